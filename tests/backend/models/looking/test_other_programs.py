"""Where other programs keep models: listed, and not touched."""

import os
import sys

import pytest

from layerpeel.backend.models.other_programs import COMFY, KRITA_AI, WEBUI, likely_folders
from layerpeel.shared.generators import ProgramFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's places")


@pytest.mark.parametrize(
    ("program", "folder"),
    [
        (COMFY, "ComfyUI/models"),
        (COMFY, "comfy/ComfyUI/models"),
        (COMFY, "Documents/ComfyUI/models"),
        (COMFY, "Downloads/ComfyUI_windows_portable/ComfyUI/models"),
        (WEBUI, "stable-diffusion-webui/models"),
        (WEBUI, "Desktop/stable-diffusion-webui-forge/models"),
        (KRITA_AI, ".local/share/krita/ai_diffusion/server/models"),
        (KRITA_AI, ".local/share/krita/ai_diffusion/server/ComfyUI/models"),
        (KRITA_AI, ".local/share/krita/pykrita/ai_diffusion/.server/ComfyUI/models"),
        (KRITA_AI, ".local/share/krita-ai-diffusion/server/models"),
        (KRITA_AI, ".var/app/org.kde.krita/data/krita/ai_diffusion/server/models"),
    ],
)
def test_each_program_is_found_where_it_usually_is(home, program, folder):
    assert likely_folders() == ()
    (home / folder).mkdir(parents=True)
    assert likely_folders() == (ProgramFolder(program, str(home / folder)),)


def test_documents_may_go_by_another_name(home, monkeypatch):
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(home / "Dokumente"))
    (home / "Dokumente" / "ComfyUI" / "models").mkdir(parents=True)
    assert [each.program for each in likely_folders()] == [COMFY]


def test_a_folder_is_named_once_however_many_links_lead_to_it(home):
    (home / "ComfyUI" / "models").mkdir(parents=True)
    (home / "stable-diffusion-webui").mkdir()
    (home / "stable-diffusion-webui" / "models").symlink_to(home / "ComfyUI" / "models")
    (home / "Documents").symlink_to(home / "nowhere")
    assert [each.program for each in likely_folders()] == [COMFY]


def test_nothing_is_opened_or_listed(home, put):
    put(home / "ComfyUI" / "models" / "checkpoints" / "a.safetensors")
    seen = []

    def hear(event, arguments):
        if event in ("open", "os.listdir", "os.scandir") and str(home) in str(arguments[0]):
            seen.append((event, arguments[0]))

    hearing = [hear]
    sys.addaudithook(lambda *what: [each(*what) for each in hearing] and None)
    likely_folders()
    hearing.clear()
    # platformdirs asks where Documents are, in a file that is the desktop's own.
    assert [each for each in seen if not each[1].endswith("user-dirs.dirs")] == []


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may look anywhere")
def test_a_place_that_may_not_be_looked_at_is_passed_over(home):
    (home / "ComfyUI" / "models").mkdir(parents=True)
    (home / "ComfyUI").chmod(0)
    try:
        assert likely_folders() == ()
    finally:
        (home / "ComfyUI").chmod(0o700)
