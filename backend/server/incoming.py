"""Bodies that the plugin has written into files, where it shares this server's folder.

Who holds the token may only name a file there: no other file can be read or removed through a call.
"""

import re
import stat
from pathlib import Path

from starlette.requests import Request

from layerpeel.backend.files.disk import remove
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.refusal import Refused
from layerpeel.backend.server.upload import receive_body, too_long
from layerpeel.shared.wire import FILE_HEADER

_NAME = re.compile(r"[0-9a-f]{32}")


class Incoming:
    """The folder of these files.

    Creating it empties the folder: whoever wrote into it before, wrote to an earlier server.

    Raises OSError when the folder cannot be made or emptied.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.iterdir():
            remove(left)

    async def receive(self, request: Request, target: Path, limits: Limits) -> None:
        """Put a call's body, be it sent or in a file that the call names, into the file `target`.

        The caller removes it if this fails.

        Raises `Refused` when the body is too long, ends early, stops coming or is not there,
        OSError when it cannot be written.
        """
        name = request.headers.get(FILE_HEADER)
        if name is None:
            await receive_body(request, target, limits)
        else:
            self._take(name, target, limits)

    def _take(self, name: str, target: Path, limits: Limits) -> None:
        if _NAME.fullmatch(name) is None:
            raise Refused(400, "The call names no file that a plugin writes: update the plugin.")
        source = self._folder / name
        try:
            status = source.lstat()
        except FileNotFoundError:
            raise Refused(
                410, "The picture that was handed over is no longer there. Try again."
            ) from None
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise Refused(400, "What was handed over is no plain file. Try again.")
        if status.st_size > limits.body:
            source.unlink()
            raise too_long(limits)
        source.rename(target)
