"""The pipelines of diffusers: their classes, arguments and networks."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import diffusers
from torch import nn

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.config import GeneratorConfig

Pipeline = Any
PipelineClass = Any
"""diffusers ships no types."""

# Passed at every call, beside what the config says.
_ALWAYS_PASSED = (
    "prompt",
    "num_inference_steps",
    "generator",
    "output_type",
    "callback_on_step_end",
)


SIZE = ("width", "height")

REFERENCES = "image"


def pipeline_class_of(
    config: GeneratorConfig, name: str, taking: tuple[str, ...] = SIZE
) -> PipelineClass:
    """Return the class of diffusers called `name`.

    taking: arguments of its calls beside those of every call.

    Raises BadInputError when there is none, or it does not take what the config passes.
    """
    found = getattr(diffusers, name, None)
    if not (isinstance(found, type) and issubclass(found, diffusers.DiffusionPipeline)):
        raise BadInputError(
            f"The generator {config.name} names a pipeline that diffusers {diffusers.__version__} "
            f"has not: {name}."
        )
    guided = [] if config.guidance is None else ["guidance_scale"]
    shown = [REFERENCES] if config.references and name == config.pipeline else []
    negative = [] if config.negative_above is None else ["negative_prompt"]
    passed = (*_ALWAYS_PASSED, *taking, *shown, *guided, *negative)
    _check_taken(config, found, config.pipeline_arguments)
    _check_taken(config, found.__call__, (*passed, *config.call_arguments))
    for argument in config.call_arguments:
        if argument in passed:
            raise BadInputError(
                f"The generator {config.name}: `{argument}` may not be among the call_arguments: "
                "every request says it."
            )
    return found


def takes(pipeline: Pipeline, argument: str) -> bool:
    """Whether a call of the pipeline takes this argument."""
    return argument in inspect.signature(pipeline.__call__).parameters


def _check_taken(
    config: GeneratorConfig, function: Callable[..., object], arguments: Iterable[str]
) -> None:
    taken = inspect.signature(function).parameters
    for argument in arguments:
        if argument not in taken:
            raise BadInputError(
                f"The generator {config.name}: {function.__qualname__} takes no `{argument}`."
            )


def networks_of(pipeline: Pipeline) -> dict[str, nn.Module]:
    """Return the networks of a pipeline, by the names of its components."""
    return {
        name: component
        for name, component in pipeline.components.items()
        if isinstance(component, nn.Module)
    }
