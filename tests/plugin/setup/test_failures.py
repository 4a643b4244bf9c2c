"""What pip and npm print when they fail, and what the artist is told then."""

import pytest

from layerpeel.plugin.setup.failures import failure_in


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "room"),
        ("OSError: [Errno 27] File too large", "room"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the file",
        ),
        ("zipfile.BadZipFile: Bad CRC-32 for file 'layerpeel/api.py'", "damaged"),
        ("zlib.error: Error -3 while decompressing data: invalid block type", "damaged"),
        ("ERROR: Wheel 'layerpeel' located at /x/layerpeel.whl is invalid.", "damaged"),
        ("ERROR: [Errno 13] Permission denied: '/home/é/setup'", "cannot be written"),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\\\x'", "cannot be written"),
        (
            "npm error code SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate in chain",
            "certificate",
        ),
        ("WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to", "proxy"),
        (
            "Looking in links: /connection/proxyerror\nProcessing /certificate/a.whl\n"
            "ERROR: No matching distribution found for numpy==2.4.6",
            "not in the folder",
        ),
        ("npm error connect ECONNREFUSED 127.0.0.1:9", "internet"),
        (
            "Retrying: NewConnectionError: [Errno -3] Temporary failure in name resolution",
            "internet",
        ),
        ("npm error code ENOTFOUND", "internet"),
    ],
)
def test_what_is_known_is_said_in_plain_words(printed, text):
    assert text in failure_in(f"Collecting a\n{printed}\nmore", 1).text


def test_what_is_not_known_is_quoted():
    failure = failure_in("Collecting a\nERROR: the moon is full\nbye", 1)
    assert failure.text.format(failure.value) == "It stopped: the moon is full"


def test_one_that_says_nothing_is_told_by_its_exit_code():
    failure = failure_in("", 137)
    assert failure.text.format(failure.value) == (
        "It stopped: it ended with exit code 137, and said nothing"
    )


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "Looking in links: /f\nERROR: Could not find a version\n"
            "ERROR: No matching distribution found for numpy==2.4.6",
            "The package numpy==2.4.6 is not in the folder, or where else packages come from.",
        ),
        (
            "ISNet could not be pulled. Mirror folder /f: it has no file isnet.fp16.onnx. Put it",
            "The folder lacks the model isnet.fp16.onnx.",
        ),
    ],
)
def test_folder_that_lacks_something_names_it(printed, told):
    failure = failure_in(printed, 1)
    assert failure.text.format(failure.value) == told


def test_folder_that_cannot_be_written_is_named():
    failure = failure_in("a\nOSError: [Errno 30] Read-only file system: '/data/é'", 1)
    assert "/data/é" in failure.text.format(failure.value)
