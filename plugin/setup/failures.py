"""What a step that failed has printed, and what that means for the artist."""

import re
from dataclasses import dataclass
from typing import List, Tuple

from layerpeel.plugin.backend.native_words import word_for_qt
from layerpeel.shared.translatable import Translatable


@dataclass(frozen=True)
class Failure:
    """Why a set-up stopped, as a text with at most one gap for `value`.

    comes_from_outside: whether it is certain that what was installed before is not to blame.
    """

    text: Translatable
    value: str = ""
    comes_from_outside: bool = False


# The first that fits what was printed, in any letter case; and whether it comes from outside.
_KNOWN: List[Tuple[str, Translatable, bool]] = [
    (
        r"no space left|errno 28|not enough space|file too large|errno 27|disk quota|errno 122",
        Translatable("There is not enough room on the disk: make room, then try again."),
        True,
    ),
    (
        r"do not match the hashes|hash(es)? mismatch",
        Translatable(
            "What came is not the file that it should be, and was not installed. Try again; behind "
            "a proxy, ask who runs it."
        ),
        True,
    ),
    (
        r"bad ?zip|bad crc|zlib\.error|is invalid\.|not a zip file|has an invalid wheel",
        Translatable(
            "The plugin's own files are damaged: import its zip once more, and start Krita again."
        ),
        False,
    ),
    (
        r"permission ?denied|errno 13|read-only file system|errno 30|access is denied|winerror 5\b|"
        r"errno 17|errno 20\b",
        Translatable("A folder cannot be written: {}"),
        False,
    ),
    (
        r"certificate|ssl(error|_)",
        Translatable(
            "A server's certificate was not accepted. If your network puts in its own, set "
            "PIP_CERT and NODE_EXTRA_CA_CERTS to its file, and start Krita again."
        ),
        True,
    ),
    (
        r"proxy ?error|cannot connect to proxy|via proxy|proxy could not",
        Translatable(
            "The proxy could not be used. Set HTTPS_PROXY for your system, and start Krita again."
        ),
        True,
    ),
    (
        r"has no (?:file|folder) (?P<lacking>[\w.-]*\w)",
        Translatable("The folder lacks the model {}."),
        True,
    ),
    (
        r"connection|timed? ?out|name resolution|getaddrinfo|max retries|enotfound|eai_again|"
        r"econn|no network|network is",
        Translatable(
            "There is no connection to the internet, or it broke off. What has come is kept: try "
            "again."
        ),
        True,
    ),
    (
        r"no matching distribution found for (?P<lacking>\S+)",
        Translatable("The package {} is not in the folder, or where else packages come from."),
        True,
    ),
]


_PLACES = ("Looking in ", "Processing ", "Collecting ", "Created wheel", "Stored in ")


def failure_of(error: OSError) -> Failure:
    """Explain why a file or folder of ours cannot be used."""
    return failure_in(word_for_qt(str(error)), 1)


def failure_in(printed: str, exit_code: int) -> Failure:
    """Explain what a command has printed before it ended."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    # These name the artist's folders, which may be called anything.
    lines = [line for line in lines if not line.startswith(_PLACES)]
    told = [line for line in lines if re.match(r"(error|layerpeel)\b.*:", line, re.IGNORECASE)]
    reason = (told or lines or [f"it ended with exit code {exit_code}, and said nothing"])[-1]
    for pattern, text, comes_from_outside in _KNOWN:
        if found := re.search(pattern, "\n".join(lines), re.IGNORECASE):
            lacking = found.groupdict().get("lacking")
            line = next((line for line in lines if found.group(0)[:40] in line), reason)
            return Failure(text, lacking or _without_prefix(line), comes_from_outside)
    return Failure(Translatable("It stopped: {}"), _without_prefix(reason))


def _without_prefix(line: str) -> str:
    return re.sub(r"^(error|layerpeel): ", "", line, flags=re.IGNORECASE)[:300]
