"""Where ComfyUI, krita-ai-diffusion and AUTOMATIC1111 keep models on this disk.

Nothing is read here: the disk is only asked whether folders exist.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from layerpeel.shared.generators import ProgramFolder

COMFY = "ComfyUI"
KRITA_AI = "krita-ai-diffusion"
WEBUI = "AUTOMATIC1111 or Forge"

# Folders of checkpoints, LoRAs and ControlNets in `models`: of ComfyUI (its folder_paths.py), then
# of AUTOMATIC1111 and Forge (ComfyUI's extra_model_paths.yaml.example names them).
KEPT_IN = ("checkpoints", "loras", "controlnet", "Stable-diffusion", "Lora", "ControlNet")

# As they unpack, or as Git names what it clones; `comfy` is where comfy-cli installs.
_COMFY_ROOTS = ("ComfyUI", "ComfyUI_windows_portable/ComfyUI", "comfy/ComfyUI")
_WEBUI_ROOTS = (
    "stable-diffusion-webui",
    "stable-diffusion-webui-forge",
    "stable-diffusion-webui-reForge",
    "sd-webui-forge-classic",
    "sd.webui/webui",
)


def likely_folders() -> tuple[ProgramFolder, ...]:
    """Return existing model folders of other programs, in the places where these usually are.

    Each folder is listed once, under the first program that uses it.
    """
    there: dict[str, ProgramFolder] = {}
    for program, folder in _candidates():
        # Path.is_dir raises where access is denied.
        if os.path.isdir(folder):  # noqa: PTH112
            there.setdefault(os.path.realpath(folder), ProgramFolder(program, str(folder)))
    return tuple(there.values())


def _candidates() -> Iterator[tuple[str, Path]]:
    for server in _servers_of_krita_ai():
        # Which of the two holds its downloads depends on the version: see its server.py.
        yield KRITA_AI, server / "models"
        yield KRITA_AI, server / "ComfyUI" / "models"
    for place in _usual_places():
        for root in _COMFY_ROOTS:
            yield COMFY, place / root / "models"
        for root in _WEBUI_ROOTS:
            yield WEBUI, place / root / "models"


def _usual_places() -> tuple[Path, ...]:
    """Return where people unpack or clone programs; ComfyUI Desktop suggests Documents."""
    own = (
        Path.home(),
        platformdirs.user_documents_path(),
        platformdirs.user_downloads_path(),
        platformdirs.user_desktop_path(),
    )
    drives = tuple(Path(f"{letter}:\\") for letter in "CDE") if sys.platform == "win32" else ()
    return own + drives


def _servers_of_krita_ai() -> Iterator[Path]:
    """Return where krita-ai-diffusion puts its own ComfyUI unless told otherwise.

    By `user_data_dir` in its util.py and `server_path` in its settings.py: in Krita's folder, else
    in one of its own; up to version 1.14 beside its own code (its issues 352 and 650).
    """
    for krita in _data_folders("krita"):
        yield krita / "ai_diffusion" / "server"
        yield krita / "pykrita" / "ai_diffusion" / ".server"
    for own in _data_folders("krita-ai-diffusion"):
        yield own / "server"


def _data_folders(name: str) -> tuple[Path, ...]:
    """Return Qt's data folders for a program (AppDataLocation, GenericDataLocation)."""
    if sys.platform == "win32":
        roaming = platformdirs.user_data_path(name, appauthor=False, roaming=True)
        return roaming, platformdirs.user_data_path(name, appauthor=False)
    usual = platformdirs.user_data_path(name)
    if sys.platform == "darwin":
        return (usual,)
    return usual, Path.home() / ".var" / "app" / "org.kde.krita" / "data" / name  # as Flatpak
