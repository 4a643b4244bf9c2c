"""Errors whose messages are for people: what happened, what it means, what to do."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def reason_of(error: OSError) -> str:
    """Return the system's words for what went wrong, without number and path."""
    return error.strerror or str(error)


def one_line(text: str) -> str:
    """Return a text with its control characters spelt out, so that it is one line wherever shown.

    File names may hold line breaks, and what terminals take for commands.
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class LayerpeelError(Exception):
    """Base of all our own errors. The message is one line, to be shown unchanged.

    exit_code: what the command line ends with (README, "Exit codes").
    """

    exit_code = 1


class BadInputError(LayerpeelError):
    """A file or value that was given cannot be used (not a picture, a mask of another size)."""

    exit_code = 3


class NothingFoundError(LayerpeelError):
    """There is nothing to lift off: no subject, an empty mask."""

    exit_code = 4


class OneLayerError(NothingFoundError):
    """To an engine that decides by itself what the layers are, there is only one.

    Pointing at something would not help: it does not listen to that.
    """


class NoEdgeError(LayerpeelError):
    """Alpha could not be computed for this picture and trimap."""

    exit_code = 7


class ModelError(LayerpeelError):
    """A model is missing, cannot be obtained, or is not what the manifest says."""

    exit_code = 5


class DeviceError(LayerpeelError):
    """The device that should compute is not there, or has too little memory."""

    exit_code = 9


class OutputError(LayerpeelError):
    """The result cannot be written where it was asked for."""

    exit_code = 6


class StoppedError(LayerpeelError):
    """The person at the command line pressed Ctrl-C."""

    exit_code = 130
