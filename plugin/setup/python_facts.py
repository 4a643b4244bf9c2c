"""What a Python says about itself, and whether the backend can be installed with it."""

from dataclasses import dataclass
from typing import List, Union

from layerpeel.plugin.backend.native_words import path_for_python
from layerpeel.plugin.setup.systems import NEWEST, OLDEST
from layerpeel.shared.strict_json import read_json

# For any Python 3, so that an old one can say that it is one.
ASK_IT = """
import importlib, json, platform, struct, sys
lacks = []
for name in ("venv", "ensurepip"):
    try:
        importlib.import_module(name)
    except ImportError:
        lacks.append(name)
print(json.dumps({
    "path": sys.executable, "version": list(sys.version_info[:3]), "lacks": lacks,
    "bits": struct.calcsize("P") * 8, "system": sys.platform, "machine": platform.machine(),
}))
"""


@dataclass(frozen=True)
class UsablePython:
    """A Python that the backend can be installed with. version: such as 3.11.2."""

    path: str
    version: str


def judge(told: str) -> Union[UsablePython, str]:
    """Return the Python that answered `ASK_IT`, or why it cannot be used, as a sentence.

    The sentence is empty when what answered is no Python that is worth telling about.
    """
    try:
        facts = read_json(told)
        path, version, lacks = facts["path"], facts["version"], facts["lacks"]
        numbers: List[int] = [int(number) for number in version]
    except (ValueError, KeyError, TypeError):
        return ""
    if not isinstance(path, str) or not path_for_python(path).is_absolute():
        return ""
    named = f"Python {'.'.join(map(str, numbers))} ({path})"
    if tuple(numbers[:2]) < OLDEST:
        return f"{named} is too old."
    if tuple(numbers[:2]) > NEWEST:
        return f"{named} is newer than what Layerpeel was tried with."
    if facts.get("bits") != 64:
        return f"{named} has 32 bits, and 64 are needed."
    if "\\WindowsApps\\" in path:
        return f"{named} is from the Microsoft Store, and writes where Krita cannot look."
    if facts.get("system") == "win32" and facts.get("machine") == "ARM64":
        return f"{named} is for ARM: get the one for x64, which Windows runs too."
    if lacks:
        return f"{named} lacks its part “{lacks[0]}”, which python3-venv brings."
    return UsablePython(path, ".".join(map(str, numbers)))
