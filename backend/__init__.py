"""The local process: pipeline, engines, model store and command line.

For scripts::

    from layerpeel.backend import adjust, peel, read_picture, write_stack

    stack = peel(read_picture(Path("painting.png")).picture, layers=2)
    write_stack(stack, "painting.ora", force=False)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerpeel.backend.api import adjust, edit, peel, read_picture, write_stack

__all__ = ["adjust", "edit", "peel", "read_picture", "write_stack"]


def __getattr__(name: str) -> object:
    """Load what scripts use when it is used: it brings compiled libraries that take a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from layerpeel.backend import api

    return getattr(api, name)
