"""Downloads over HTTP that resume where they stopped."""

import re
from pathlib import Path

import requests

from layerpeel.backend.models.delivery import Progress, SourceError, size_of
from layerpeel.backend.models.manifest import spoken_size

CONNECT_SECONDS = 10
SILENCE_SECONDS = 60
# How often a download is resumed within one pull, as long as each try brings something.
TRIES = 5
# When a connection breaks, the piece in transit is lost: keep pieces small.
_PIECE = 1 << 16


def download(url: str, part: Path, size: int, progress: Progress) -> None:
    """Download a file of `size` bytes into `part`, resuming where an earlier download stopped.

    Whatever interrupts it, `part` keeps what has arrived. Its content is not checked.

    Raises SourceError when the server does not deliver `size` bytes, OSError when `part` cannot be
    written.
    """
    if size_of(part) > size:
        part.unlink()
    reason = ""
    for _ in range(TRIES):
        before = size_of(part)
        if before == size:
            return
        try:
            _receive(url, part, size, progress)
            reason = "the connection ended early"
        except requests.RequestException as error:
            reason = why_not_downloaded(error)
        if size_of(part) <= before:
            break
    have = size_of(part)
    if have == size:
        return
    kept = (
        f"; {spoken_size(have)} of {spoken_size(size)} have come and are kept, the next pull goes "
        "on from there"
    )
    raise SourceError(reason + (kept if have else ""))


def _receive(url: str, part: Path, size: int, progress: Progress) -> None:
    """Request the missing bytes once and write what arrives, until the connection ends."""
    have = size_of(part)
    with _ask(url, have) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable and have:
            # The server's file is shorter than what we have, which is therefore not part of it.
            part.unlink()
            _receive(url, part, size, progress)
            return
        response.raise_for_status()
        start, total = _span(response, have)
        if total is not None and total != size:
            raise SourceError(f"the file there has {total:,} bytes instead of {size:,}")
        _write(response, part, start, size, progress)


def _ask(url: str, have: int) -> requests.Response:
    # Sizes and ranges of a compressed transfer would not be those of the file.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    return requests.get(
        url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)
    )


def _span(response: requests.Response, have: int) -> tuple[int, int | None]:
    """Return the offset of the bytes that follow, and the whole file's size if it is given."""
    if response.status_code == requests.codes.partial_content:
        stated = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", stated)
        if match is None or int(match[1]) != have:
            raise SourceError(f"the server was asked for bytes from {have} on but sent {stated!r}")
        return have, None if match[2] == "*" else int(match[2])
    # Any other answer is the whole file: this server cannot resume.
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _write(
    response: requests.Response, part: Path, start: int, size: int, progress: Progress
) -> None:
    written = start
    with part.open("ab" if start else "wb") as file:
        progress(written / size)
        for piece in response.iter_content(_PIECE):
            if written + len(piece) > size:
                file.truncate(0)  # Another file: do not resume from it.
                raise SourceError(f"the file there has more than the {size:,} bytes it should have")
            file.write(piece)
            written += len(piece)
            progress(written / size)


def why_not_downloaded(error: requests.RequestException) -> str:
    """Say why a server could not be asked, as the end of a sentence."""
    match error:
        case requests.HTTPError(response=requests.Response() as response):
            return f"the server answered {response.status_code} {response.reason}"
        case requests.exceptions.SSLError():
            return "the server's certificate was not accepted"
        case requests.exceptions.ProxyError():
            return "the proxy could not be used"
        case requests.Timeout():
            return "the server did not answer in time"
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return "there was no connection to the server, or it broke off"
        case _:
            return str(error)
