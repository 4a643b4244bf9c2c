"""Provenance in files: the engine, models, seed and prompt that made them."""

import json
from dataclasses import replace
from typing import Any

from layerpeel.shared.protocol import LayerStack, MadeWith


def provenance_of(stack: LayerStack) -> dict[str, Any]:
    """Return what made a stack: engine, models and licences, seed, prompt; empty if not known."""
    made = stack.made_with
    if not made.engine:
        return {}
    return {
        "engine": made.engine,
        "stages": dict(made.stages),
        "models": dict(made.models),
        "licences": dict(made.licences),
        "seed": made.seed,
        "painted": dict(made.painted),
    }


def provenance_text(stack: LayerStack) -> bytes:
    """Return a stack's provenance as UTF-8 JSON; empty if not known."""
    said = provenance_of(stack)
    return json.dumps(said, ensure_ascii=False, indent=2).encode("utf-8") if said else b""


def without_provenance(stack: LayerStack) -> LayerStack:
    """Return the stack without provenance, for files that should not hold it."""
    return replace(stack, made_with=MadeWith("", 0))
