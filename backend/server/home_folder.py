"""The folder of the server's state, which nobody else may write into.

Who could, would replace the token, lead the log to another file by a link, or exchange results.
"""

import os
import stat
from pathlib import Path

from layerpeel.backend.errors import OutputError
from layerpeel.shared.private_files import OTHERS_WRITE


def make_home(folder: Path) -> None:
    """Create the folder if it is missing, and take others' right to write into it away.

    Raises OutputError when it is not the owner's, or others may have put something into it, OSError
    when it cannot be created or changed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise OutputError(
            f"{folder} belongs to another user of this computer, who could read your pictures "
            "there. Set LAYERPEEL_HOME to a folder of your own."
        )
    if status.st_mode & OTHERS_WRITE:
        _check_content(folder)
        folder.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS_WRITE)


def _check_content(folder: Path) -> None:
    """Raise OutputError for what others have put there, and for links, which lead elsewhere."""
    for within, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(within, name)
            status = path.lstat()
            if status.st_uid != os.geteuid() or stat.S_ISLNK(status.st_mode):
                raise OutputError(
                    f"Others can write into {folder}, and {path} may be theirs. Remove that, and "
                    f"run `chmod go-w {folder}`."
                )
