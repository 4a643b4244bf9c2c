"""Folders as an artist has them: models that are installed, and styles, all of tiny networks."""

from importlib import resources
from pathlib import Path

from layerpeel.backend.models.model_store import ModelStore

from .detect import save_tiny_grounding_dino
from .generation import save_tiny_controlnet, save_tiny_flux2_klein, save_tiny_sdxl
from .layering import save_tiny_fbdd, save_tiny_hfa
from .matte import save_tiny_vitmatte
from .segment import save_tiny_sam


def install_tiny_paper_models(made: Path, store: ModelStore, isnet: Path) -> None:
    """Take every model of the engine `layeringdiff` into a store. isnet: the real one's file."""
    for folder in (
        save_tiny_grounding_dino(made / "grounding-dino"),
        save_tiny_sam(made / "sam"),
        save_tiny_vitmatte(made / "vitmatte"),
        save_tiny_fbdd(made / "fbdd"),
        save_tiny_hfa(made / "hfa"),
        isnet,
    ):
        store.take_in(store.recognise(folder))


def save_tiny_style(folder: Path) -> None:
    """Save the style “tiny”: a random SDXL that likes 72×72 pixels, and a ControlNet for lines."""
    checkpoint = save_tiny_sdxl(folder / "sdxl")
    save_tiny_controlnet(folder / "lines", checkpoint)
    config = (resources.files("layerpeel.backend.stages.generation") / "sdxl.toml").read_text()
    config = config.replace("side = 1024", "side = 72").replace("steps = 30", "steps = 2")
    (folder / "generators").mkdir()
    (folder / "generators" / "tiny.toml").write_text(config, encoding="utf-8")
    (folder / "tiny.toml").write_text(
        'format = 1\nname = "tiny"\ntitle = "Tiny"\ngenerator = "generators/tiny.toml"\n'
        'checkpoint = "./sdxl"\n[control]\nlines = "lines"\n',
        encoding="utf-8",
    )


def save_tiny_editor(folder: Path) -> None:
    """Save the style “editor”: a random FLUX.2 klein that likes 80×80 pixels."""
    save_tiny_flux2_klein(folder / "klein")
    config = (
        resources.files("layerpeel.backend.stages.generation") / "flux2-klein.toml"
    ).read_text()
    config = config.replace("side = 1024", "side = 80").replace("steps = 4", "steps = 2")
    (folder / "generators").mkdir(exist_ok=True)
    (folder / "generators" / "editor.toml").write_text(config, encoding="utf-8")
    (folder / "editor.toml").write_text(
        'format = 1\nname = "editor"\ntitle = "Editor"\ngenerator = "generators/editor.toml"\n'
        'checkpoint = "./klein"\n',
        encoding="utf-8",
    )
