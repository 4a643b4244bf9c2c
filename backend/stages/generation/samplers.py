"""Another sampler for a pipeline."""

import diffusers

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.additions import sampler_called
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.pipelines import Pipeline


def choose_sampler(pipeline: Pipeline, config: GeneratorConfig, name: str | None) -> None:
    """Let a pipeline sample in another way, told of the noise what its own sampler is told.

    Raises BadInputError for an unknown sampler, and for a generator that has no noise of that kind.
    """
    if name is None:
        return
    choice = sampler_called(name)
    if "Flow" in type(pipeline.scheduler).__name__:
        raise BadInputError(
            f"{config.title} learnt to follow a flow, which the sampler “{name}” cannot: leave the "
            "sampler out."
        )
    sampler_class = getattr(diffusers, choice.class_name)
    pipeline.scheduler = sampler_class.from_config(
        pipeline.scheduler.config, **dict(choice.settings)
    )
