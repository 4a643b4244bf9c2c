"""Recipes: everything that decides what comes out of a training, in one TOML file."""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.training.known_layers import CompositeSettings
from layerpeel.backend.training.samples import SampleSettings
from layerpeel.backend.training.softness import KINDS

RECIPES = Path(__file__).parent / "recipes"
FORMAT = 1


@dataclass(frozen=True)
class NetworkSettings:
    """The size of the network, as in `UNetShape`."""

    widths: tuple[int, ...]
    blocks: int
    unshuffle: int


@dataclass(frozen=True)
class DiffusionSettings:
    """How FBDD is made: how many steps its sampler takes, and how large its UNets are.

    widths, blocks: of UNets from scratch, as in `scratch_unet.new_unet`; without widths, training
        starts from those of the start folder.
    """

    steps: int
    widths: tuple[int, ...] = ()
    blocks: int = 2


@dataclass(frozen=True)
class DecodedSettings:
    """Where the decoded layers come from that HFA learns from.

    by: `fbdd`, which makes them of every sample, or `simulation` (`decoded_layers.py`).
    """

    by: str


@dataclass(frozen=True)
class TrainingSettings:
    """How it learns (recipes/small-matting.toml says it in words)."""

    iterations: int
    batch: int
    seed: int
    learning_rate: float
    warm_up: int
    weight_decay: float
    largest_gradient: float
    average: float
    precision: str


@dataclass(frozen=True)
class RunSettings:
    """What decides how a run goes about it, and not what comes out.

    workers: threads that make samples meanwhile; processes, for the small networks.
    at_once: samples that the device works on at once, whose gradients are added up to those of a
        batch; the whole batch where nothing is said.
    """

    save_every: int
    check_every: int
    workers: int
    cache_megabytes: int
    at_once: int | None = None


@dataclass(frozen=True)
class TrainingRecipe:
    """What all recipes say, whatever is learned."""

    training: TrainingSettings
    run: RunSettings


@dataclass(frozen=True)
class MattingSampleSettings(SampleSettings):
    """As `SampleSettings`; `distinct` are drawn, and come `again` (`kept_samples.py`)."""

    distinct: int
    again: int


@dataclass(frozen=True)
class Recipe(TrainingRecipe):
    """A recipe of the matting network."""

    network: NetworkSettings
    samples: MattingSampleSettings


@dataclass(frozen=True)
class HfaRecipe(TrainingRecipe):
    """A recipe of FAN and BAN."""

    network: NetworkSettings
    decoded: DecodedSettings
    samples: SampleSettings | CompositeSettings


@dataclass(frozen=True)
class FbddRecipe(TrainingRecipe):
    """A recipe of both diffusion UNets."""

    network: DiffusionSettings
    samples: CompositeSettings


SomeRecipe = TypeVar("SomeRecipe", bound=TrainingRecipe)

# What a value must be, by its name; whatever is not here is a whole number of at least 1.
_SHARES = ("second_object", "degraded", "from_mask", "average")
_POSITIVE = ("learning_rate", "largest_gradient")
_FROM_NOTHING = ("seed", "warm_up", "cache_megabytes")


def recipe_file(given: Path | None, default: str) -> Path:
    """Find a recipe: a file, or by its name one of those that are shipped."""
    named = RECIPES / f"{given or default}.toml"
    return given if given is not None and (given.exists() or not named.exists()) else named


def read_recipe(file: Path) -> Recipe:
    """Read a recipe of the matting network; raises as `read_recipe_as` does."""
    return read_recipe_as(Recipe, file)


def read_recipe_as(kind: type[SomeRecipe], file: Path) -> SomeRecipe:
    """Read a recipe of a kind.

    Raises BadInputError when it cannot be read, is of another kind, or says what cannot be.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"The recipe {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadInputError(f"The recipe {file} is not TOML: {error}.") from error
    if content.pop("format", None) != FORMAT:
        raise BadInputError(f"The recipe {file} does not begin with “format = {FORMAT}”.")
    try:
        _check_names(content, kind, "sections")
        sections = get_type_hints(kind)
        return kind(**{name: _section(name, content[name], sections[name]) for name in content})
    except _WrongError as error:
        raise BadInputError(f"The recipe {file} cannot be followed: {error}.") from error


class _WrongError(Exception):
    pass


def _section(name: str, content: object, kinds: Any) -> Any:  # noqa: ANN401  (classes of settings)
    if not isinstance(content, dict):
        raise _WrongError(f"{name} is no section")
    # Of several kinds of samples, the names tell which it is.
    *others, kind = get_args(kinds) or (kinds,)
    kind = next((each for each in others if set(content) == set(_names_in(each))), kind)
    _check_names(content, kind, f"settings of [{name}]")
    return kind(**{key: _checked(key, value) for key, value in content.items()})


def _names_in(kind: type) -> dict[str, bool]:
    """Name what there is to be said, and whether it has to be."""
    return {field.name: field.default is MISSING for field in fields(kind)}


def _check_names(content: dict[str, object], kind: type, what: str) -> None:
    names = _names_in(kind)
    missing = {name for name, needed in names.items() if needed} - set(content)
    wrong = sorted(missing | (set(content) - set(names)))
    if wrong:
        raise _WrongError(f"{what} that are missing, or that nobody knows: {', '.join(wrong)}")


def _checked(key: str, value: Any) -> Any:  # noqa: ANN401  (whatever stands in the file)
    match key:
        case "precision":
            right = value in ("bfloat16", "float32")
        case "by":
            right = value in ("fbdd", "simulation")
        case "widths":
            right = isinstance(value, list) and len(value) > 0 and all(map(_is_count, value))
        case "longest_side":
            right = isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))
            right = right and value[0] <= value[1]
        case "softness":
            right = isinstance(value, dict) and set(value) <= set(KINDS)
            right = right and all(map(_is_count, value.values())) and len(value) > 0
        case _ if key in _SHARES:
            right = _is_number(value) and 0 <= value <= 1
        case "weight_decay":
            right = _is_number(value) and value >= 0
        case _ if key in _POSITIVE:
            right = _is_number(value) and value > 0
        case _:
            right = _is_count(value) or (value == 0 and key in _FROM_NOTHING)
    if not right:
        raise _WrongError(f"{key} = {value!r} is not possible")
    return tuple(value) if isinstance(value, list) else value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
