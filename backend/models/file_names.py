"""File names in a model's folder: which files are used, and which names are safe to write."""

import re

WEIGHTS = ".safetensors"
# A network's graph with its weights, which contains no code either.
ONNX = ".onnx"
# Other formats of weights, which may hold code that runs when they are loaded.
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
# Configurations, vocabularies and templates; no format that can hold code.
_TEXTS = (".json", ".txt", ".jinja")

# What Windows does not allow in names, and what leads elsewhere. Models go from system to system.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
# Control characters, and the surrogates by which Python represents undecodable bytes.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_taken(path: str) -> bool:
    """Whether a file is of a kind that models are made of: safetensors, ONNX, JSON, text."""
    return path.endswith((WEIGHTS, ONNX, *_TEXTS))


def is_taken_by_torch(path: str) -> bool:
    """Whether a file is of a kind that a model in torch is loaded from: of the above, no ONNX."""
    return is_taken(path) and not path.endswith(ONNX)


def is_weights(path: str) -> bool:
    """Whether a file holds weights as we load them."""
    return path.endswith(WEIGHTS)


def is_pickle(path: str) -> bool:
    """Whether a file is of a format that can run code when it is loaded."""
    return path.lower().endswith(PICKLES)


def is_text(path: str) -> bool:
    """Whether a path is valid text, which can be printed and saved."""
    return not _UNWRITABLE.search(path)


def is_safe(path: str) -> bool:
    """Whether a path with slashes stays inside the folder it is joined to, on every system."""
    return all(
        part not in ("", ".", "..")
        and part == part.rstrip(" .")
        and not _FORBIDDEN.search(part)
        and not _DEVICE.fullmatch(part)
        for part in path.split("/")
    )


def matches(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern: `*` is any part of one name, `**/` any folders or none."""
    translated = "".join(
        {"**/": "(?:[^/]+/)*", "*": "[^/]*"}.get(piece, re.escape(piece))
        for piece in re.split(r"(\*\*/|\*)", pattern)
    )
    return re.fullmatch(translated, path) is not None
