"""The provenance (`MadeWith`) of a stack in which something was painted."""

from dataclasses import replace

from layerpeel.backend.scenes.painter import OWN_FILE, Painted, Painter
from layerpeel.backend.stages.generation.request import GenerationRequest, settle
from layerpeel.shared.protocol import MadeWith
from layerpeel.shared.scenes import Guide

_STAGE = "paint"


def painted_by(
    made: MadeWith,
    painter: Painter,
    painted: Painted,
    prompt: str,
    asked: GenerationRequest,
    guide: Guide | None = None,
) -> MadeWith:
    """Add the generator, and what it was asked for, to what made the layers.

    prompt: as it was written, brackets and all.
    """
    models, licences = painter.models(), painter.licences()
    if asked.control is not None:
        network = asked.control.network.name
        models, licences = {**models, network: ""}, {**licences, network: OWN_FILE}
    return replace(
        made,
        models={**models, **made.models},
        seconds={_STAGE: painted.seconds, **made.seconds},
        licences={**licences, **made.licences},
        painted=_told(prompt, asked, painter) | _guided(guide),
    )


def _told(prompt: str, asked: GenerationRequest, painter: Painter) -> dict[str, str]:
    """All settings of a generation, also those that were left at their defaults."""
    style = painter.style
    settings = settle(asked, style.generator)
    width, height = settings.size
    loras = (f"{lora.file.name} ({lora.weight:g})" for lora in style.additions.loras)
    said = {
        "prompt": prompt,
        "negative": settings.negative_prompt,
        "style": style.name,
        "frame": style.frame if style.framed("") else "",
        "size": f"{width}×{height}",
        "steps": str(settings.steps),
        "guidance": "" if settings.guidance is None else f"{settings.guidance:g}",
        "sampler": style.additions.sampler or "",
        "loras": ", ".join(loras),
    }
    return {name: text for name, text in said.items() if text}


def _guided(guide: Guide | None) -> dict[str, str]:
    if guide is None:
        return {}
    strength = {} if guide.strength is None else {"strength": f"{guide.strength:g}"}
    shown = {"references": str(len(guide.references))} if guide.references else {}
    where = {} if guide.within is None else {"within": "selection"}
    return {"guide": guide.kind.value, **strength, **shown, **where}
