"""What a Python says about itself, and whether the backend can be installed with it."""

from dataclasses import dataclass
from typing import Dict, List, Optional, Union

from layerpeel.plugin.backend.native_words import path_for_python
from layerpeel.plugin.setup.systems import NEWEST, OLDEST
from layerpeel.shared.strict_json import read_json
from layerpeel.shared.translatable import Translatable

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


@dataclass(frozen=True)
class UnusablePython:
    """Why a Python cannot be used: a sentence with gaps for its name, and a part that it lacks."""

    why: Translatable
    python: str
    part: str = ""


def judge(told: str) -> Union[UsablePython, UnusablePython, None]:
    """Return the Python that answered `ASK_IT`, or why it cannot be used.

    None when what answered is no Python that is worth telling about.
    """
    try:
        facts = read_json(told)
        path, version, lacks = facts["path"], facts["version"], facts["lacks"]
        numbers: List[int] = [int(number) for number in version]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(path, str) or not path_for_python(path).is_absolute():
        return None
    version_text = ".".join(map(str, numbers))
    part = str(lacks[0]) if lacks else ""
    why = _why_not(path, numbers, facts)
    if why is not None:
        return UnusablePython(why, f"Python {version_text} ({path})", part)
    return UsablePython(path, version_text)


def _why_not(path: str, numbers: List[int], facts: Dict[str, object]) -> Optional[Translatable]:
    if tuple(numbers[:2]) < OLDEST:
        return Translatable("{python} is too old.")
    if tuple(numbers[:2]) > NEWEST:
        return Translatable("{python} is newer than what Layerpeel was tried with.")
    if facts.get("bits") != 64:
        return Translatable("{python} has 32 bits, and 64 are needed.")
    if "\\WindowsApps\\" in path:
        return Translatable(
            "{python} is from the Microsoft Store, and writes where Krita cannot look."
        )
    if facts.get("system") == "win32" and facts.get("machine") == "ARM64":
        return Translatable("{python} is for ARM: get the one for x64, which Windows runs too.")
    if facts["lacks"]:
        return Translatable("{python} lacks its part “{part}”, which python3-venv brings.")
    return None
