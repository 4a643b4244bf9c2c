"""What is written down in files about what made them."""

import json
from dataclasses import replace
from typing import Any

from layerpeel.shared.protocol import LayerStack, MadeWith


def provenance_of(stack: LayerStack) -> dict[str, Any]:
    """Say what made a stack: engine, models and their licences, seed, prompt. Empty for nothing."""
    made = stack.made_with
    if not made.engine:
        return {}
    return {
        "engine": made.engine,
        "models": dict(made.models),
        "licences": dict(made.licences),
        "seed": made.seed,
        "painted": dict(made.painted),
    }


def provenance_text(stack: LayerStack) -> bytes:
    """The same as UTF-8 JSON; empty for nothing."""
    said = provenance_of(stack)
    return json.dumps(said, ensure_ascii=False, indent=2).encode("utf-8") if said else b""


def without_provenance(stack: LayerStack) -> LayerStack:
    """Leave out what made a stack, for files that are not to say it."""
    return replace(stack, made_with=MadeWith("", 0))
