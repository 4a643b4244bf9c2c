"""Libraries that run out of memory say so in words of their own: here it becomes a MemoryError.

Otherwise a model whose network finds no room would be called damaged, and the artist would pull it
again in vain.
"""

from types import TracebackType

from layerpeel.backend.errors import DeviceError

# ONNX Runtime, OpenCV, torch on the processor, the C++ library under all of them.
_WORDS = (
    "bad allocation",
    "bad_alloc",
    "failed to allocate",
    "can't allocate memory",
    "cannot allocate memory",
    "insufficient memory",
    "not enough memory",
)


class TellingOfMemory:
    """Inside the `with`, errors of libraries that mean too little memory become MemoryError."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and is_of_memory(error):
            raise MemoryError(str(error)) from error


def is_of_memory(error: BaseException) -> bool:
    """Whether an error, or what caused it, means that this computer's memory did not suffice.

    What a device says of its own memory is no such error.
    """
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, DeviceError):
        return False
    if any(words in str(error).lower() for words in _WORDS):
        return True
    return error.__cause__ is not None and is_of_memory(error.__cause__)
