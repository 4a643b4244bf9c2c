"""Generators as data: a TOML file each, those that ship and a person's own."""

from dataclasses import dataclass, field, replace
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.toml_table import LINES, TomlTable, read_toml

SHIPPED = ("sdxl", "flux2-klein", "z-image", "sd1", "sd2")
FAMILIES = ("sdxl", "sd1", "sd2")
"""Generators that a single file may hold (`models.single_file`)."""

FEW_BITS = 4
BITS = (FEW_BITS, 16)
"""Bits of a weight that can be asked for."""


@dataclass(frozen=True)
class GeneratorConfig:
    """A generator: its weights, the classes of diffusers that run it, and its limits.

    name, title: in commands, and in sentences.
    checkpoint: id in the model store, or a path (with a slash in it, from the file on), of a folder
        as on the model hub or of a single file.
    pipeline, control_pipeline: classes of diffusers, without and with a ControlNet (of a UNet);
        without the second it cannot follow a control picture.
    start_pipeline, inpaint_pipeline: classes of diffusers that begin from a picture, everywhere and
        within a mask; without one it cannot.
    references: how many pictures it takes at most beside the words, the edited one among them; 0
        where it cannot edit.
    half: float16 or bfloat16, its precision on devices that compute in half precision.
    side: it works best at about side² pixels. noise_side: that of checkpoints which predict noise,
        where it differs from that of velocity. multiple: both sides must be multiples of it.
    longest_ratio: the largest ratio of the sides.
    steps, guidance: defaults; without `guidance` it has none.
    tokenizers: names of its components; for each, a prompt may have `prompt_tokens` tokens.
    negative_above: a negative prompt counts with more guidance than this; absent, it takes none.
    control_strength: default strength of a ControlNet.
    text_width: how many numbers its UNet takes a word in, where a folder of the same pipeline may
        hold another generator.
    single_file: which of `FAMILIES` a checkpoint in one file must be; absent, it is read from
        folders only.
    descriptions: path of the folder that describes the components of such a file, with their
        tokenizers, in place of what ships.
    bits: of `BITS`, for generators that have a transformer; None takes 16 where they fit, else 4.
    pipeline_arguments, call_arguments: passed to the pipeline's constructor, and to every call.
    """

    name: str
    title: str
    checkpoint: str | Path
    pipeline: str
    half: str
    side: int
    multiple: int
    longest_ratio: float
    steps: int
    tokenizers: tuple[str, ...]
    prompt_tokens: int
    guidance: float | None = None
    negative_above: float | None = None
    control_pipeline: str | None = None
    start_pipeline: str | None = None
    inpaint_pipeline: str | None = None
    references: int = 0
    control_strength: float = 1.0
    noise_side: int | None = None
    text_width: int | None = None
    single_file: str | None = None
    descriptions: Path | None = None
    bits: int | None = None
    pipeline_arguments: dict[str, Any] = field(default_factory=dict)
    call_arguments: dict[str, Any] = field(default_factory=dict)


_HALVES = ("float16", "bfloat16")


def generator_config(name: str) -> GeneratorConfig:
    """Return the generator called `name`: one of `SHIPPED`, or the path of a TOML file.

    Raises BadInputError when it is neither, or something in the file is wrong.
    """
    if name in SHIPPED:
        return _read(resources.files(__package__) / f"{name}.toml")
    path = Path(name).expanduser()
    if path.suffix != ".toml":
        raise BadInputError(
            f"There is no generator called “{name}”. There are {', '.join(SHIPPED)}, and what a "
            "TOML file of yours describes: give its path."
        )
    return _read(path)


def _read(file: Traversable) -> GeneratorConfig:
    table = read_toml(file, "The generator", BadInputError)
    config = GeneratorConfig(
        name=table.text("name", LINES),
        title=table.text("title", LINES),
        checkpoint=_place(table, "checkpoint"),
        pipeline=table.text("pipeline"),
        half=table.choice("half", _HALVES),
        side=table.count("side"),
        noise_side=table.optional("noise_side", table.count),
        text_width=table.optional("text_width", table.count),
        multiple=table.count("multiple"),
        longest_ratio=table.number("longest_ratio", 1),
        steps=table.count("steps"),
        tokenizers=table.texts("tokenizers"),
        prompt_tokens=table.count("prompt_tokens"),
        guidance=table.optional("guidance", table.number),
        negative_above=table.optional("negative_above", table.number),
        control_pipeline=table.optional("control_pipeline", table.text),
        start_pipeline=table.optional("start_pipeline", table.text),
        inpaint_pipeline=table.optional("inpaint_pipeline", table.text),
        references=table.optional("references", table.count) or 0,
        control_strength=table.number("control_strength", default=1.0),
        single_file=table.optional("single_file", partial(table.choice, choices=FAMILIES)),
        descriptions=table.optional("descriptions", table.path),
        bits=table.optional("bits", partial(bits_of, table)),
        pipeline_arguments=table.values("pipeline_arguments"),
        call_arguments=table.values("call_arguments"),
    )
    table.finish()
    return config


def with_bits(config: GeneratorConfig, bits: int) -> GeneratorConfig:
    """Ask for bits of a weight. Raises BadInputError unless they are among `BITS`."""
    if bits not in BITS:
        raise BadInputError(f"There is no {bits} bit: choose {' or '.join(map(str, BITS))}.")
    return replace(config, bits=bits)


def bits_of(table: TomlTable, key: str) -> int:
    """Take one of `BITS`; raises as a table does."""
    bits = table.count(key)
    if bits not in BITS:
        raise table.wrong(f"`{key}` may be {' or '.join(map(str, BITS))}, not {bits}")
    return bits


def _place(table: TomlTable, key: str) -> str | Path:
    """Take a path where there is a slash in it, else an id of the model store."""
    text = table.text(key)
    return table.path_of(key, text) if "/" in text or "\\" in text else text
