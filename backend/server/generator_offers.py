"""Which styles and models there are to paint with, and which could be pulled, without loading any.

For other programs only the folders that exist are named; nothing in them is read.
"""

from pathlib import Path

from layerpeel.backend.engines.full_install import what_lacks_packages
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import Model
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.backend.models.other_programs import likely_folders
from layerpeel.backend.models.style_files import make_style
from layerpeel.backend.server.model_offers import download_of
from layerpeel.backend.stages.generation.generator_checkpoint import (
    find_checkpoint,
    whole_generator_in,
)
from layerpeel.backend.stages.generation.style import (
    Style,
    find_styles,
    read_style,
    styles_folder,
)
from layerpeel.shared.generators import Generators, StyleInfo
from layerpeel.shared.scenes import GuideKind

_STAGE = "generate"


def generators_of(models: ModelStore, pulling: str) -> Generators:
    """List styles and models as they are now. A new model is hashed first, which may take a while.

    pulling: id of the model that is being pulled; may be empty.
    """
    styles = tuple(style_info(style, models) for style in find_styles())
    downloads = tuple(
        download_of(model, models)
        for model in models.manifest.models
        if model.stage == _STAGE and _could_be_pulled(model, models)
    )
    return Generators(styles, downloads, likely_folders(), pulling)


def use_checkpoint(file: Path, models: ModelStore) -> StyleInfo:
    """Make a style of a checkpoint, left where it is.

    Raises ModelError when it is not there any more, OutputError, BadInputError.
    """
    taken = [style.name for style in find_styles()]
    generator = whole_generator_in(file).family
    return style_info(read_style(make_style(file, styles_folder(), taken, generator)), models)


def style_info(style: Style, models: ModelStore) -> StyleInfo:
    """Describe a style, and what it lacks."""
    missing = _what_is_missing(style, models)
    return StyleInfo(
        name=style.name,
        title=style.title,
        missing=missing,
        needs=_needs(style, models) if missing else (),
        guides=_guides(style),
    )


def _what_is_missing(style: Style, models: ModelStore) -> str:
    lacking = what_lacks_packages("Painting")
    if lacking:
        return lacking
    try:
        find_checkpoint(style.generator, style.checkpoint, models)
    except ModelError as error:
        return str(error)
    gone = [str(lora.file) for lora in style.additions.loras if not lora.file.exists()]
    if gone:
        return f"There is no {', '.join(gone)}, which the style names as a LoRA."
    return ""


def _needs(style: Style, models: ModelStore) -> tuple[str, ...]:
    """Ids of models to pull: the checkpoint, where it is none of a person's own."""
    place = style.generator.checkpoint if style.checkpoint is None else None
    return tuple(
        model.id
        for model in models.manifest.models
        if model.id == place and _could_be_pulled(model, models)
    )


def _guides(style: Style) -> tuple[GuideKind, ...]:
    """A sketch, and an edit, need a generator that can; others a ControlNet that is there."""
    followed = [GuideKind(kind.value) for kind, place in style.controls.items() if place.exists()]
    if style.generator.start_pipeline:
        followed.append(GuideKind.SKETCH)
    if style.generator.references:
        followed.append(GuideKind.EDIT)
    return tuple(kind for kind in GuideKind if kind in followed)


def _could_be_pulled(model: Model, models: ModelStore) -> bool:
    return not model.how_to_get and models.state(model.id) is not ModelState.INSTALLED
