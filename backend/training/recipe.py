"""Recipes: all that determines the outcome of a training, in one TOML file."""

from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.toml_table import TomlTable, read_toml
from layerpeel.backend.training.known_layers import CompositeSettings
from layerpeel.backend.training.samples import SampleSettings
from layerpeel.backend.training.softness import KINDS

RECIPES = Path(__file__).parent / "recipes"
FORMAT = 1
HIDDEN_LAYERS = 2


@dataclass(frozen=True)
class NetworkSettings:
    """The size of the network, as in `UNetShape`."""

    widths: tuple[int, ...]
    blocks: int
    unshuffle: int


@dataclass(frozen=True)
class DiffusionSettings:
    """The steps of FBDD's scheduler, and the size of its UNets.

    widths, blocks: of UNets from scratch, as in `layer_unet.new_unet`; without widths, training
        starts from those of the start folder.
    lora_rank: of the changes that are trained in place of all weights (`lora.py`); 0: all weights.
    """

    num_inference_steps: int
    widths: tuple[int, ...] = ()
    blocks: int = 2
    lora_rank: int = 0


@dataclass(frozen=True)
class DecodedSettings:
    """Where the decoded layers that HFA is trained on come from.

    by: `fbdd`, which makes them of every sample, or `simulation` (`decoded_layers.py`).
    """

    by: str


@dataclass(frozen=True)
class TrainingSettings:
    """Optimizer and schedule (explained in recipes/small-matting.toml)."""

    iterations: int
    batch_size: int
    seed: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    max_grad_norm: float
    ema_decay: float
    precision: str


@dataclass(frozen=True)
class RunSettings:
    """How a run proceeds; nothing here changes its outcome.

    num_workers: threads that make samples meanwhile; processes, for the small networks.
    micro_batch_size: samples that the device works on at once; their gradients are accumulated to
        those of a batch. None: the whole batch.
    gradient_checkpointing: of diffusion UNets, whether activations are computed again for the
        gradients instead of kept: less memory, and a third more time.
    """

    save_every: int
    check_every: int
    num_workers: int
    cache_megabytes: int
    micro_batch_size: int | None = None
    gradient_checkpointing: bool = False


@dataclass(frozen=True)
class TrainingRecipe:
    """What all recipes have."""

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


@dataclass(frozen=True)
class FactScorerSettings:
    """The size of a network that scores by facts, as in `FactScorerShape`."""

    widths: tuple[int, ...]
    members: int
    dropout: float


@dataclass(frozen=True)
class ScorerSampleSettings:
    """count: pictures that are asked about once, and learned from again and again."""

    count: int


@dataclass(frozen=True)
class ScorerRecipe(TrainingRecipe):
    """A recipe of a network that scores by facts: parts of a picture, or answers to a click."""

    network: FactScorerSettings
    samples: ScorerSampleSettings


def recipe_file(given: Path | None, default: str) -> Path:
    """Find a recipe: a file, or by its name one of those that are shipped."""
    named = RECIPES / f"{given or default}.toml"
    return given if given is not None and (given.exists() or not named.exists()) else named


def read_recipe(file: Path) -> Recipe:
    """Read a recipe of a small network; raises as `read_fbdd_recipe` does."""
    table = _open(file)
    recipe = Recipe(
        _training(table), _run(table), _network(table), _matting_samples(table.table("samples"))
    )
    table.finish()
    return recipe


def read_hfa_recipe(file: Path) -> HfaRecipe:
    """Read a recipe of FAN and BAN; raises as `read_fbdd_recipe` does."""
    table = _open(file)
    decoded = table.table("decoded")
    by = DecodedSettings(by=decoded.choice("by", ("fbdd", "simulation")))
    decoded.finish()
    samples = table.table("samples")
    recipe = HfaRecipe(
        _training(table),
        _run(table),
        _network(table),
        by,
        _composites(samples) if samples.has("count") else _samples(samples),
    )
    table.finish()
    return recipe


def read_fbdd_recipe(file: Path) -> FbddRecipe:
    """Read a recipe of the diffusion UNets.

    Raises BadInputError when it cannot be read, is of another kind, or has values out of range.
    """
    table = _open(file)
    recipe = FbddRecipe(
        _training(table),
        _run(table, of_unet=True),
        _diffusion(table),
        _composites(table.table("samples")),
    )
    table.finish()
    return recipe


def read_scorer_recipe(file: Path) -> ScorerRecipe:
    """Read a recipe of a network that scores by facts; raises as `read_fbdd_recipe` does."""
    table = _open(file)
    recipe = ScorerRecipe(
        _training(table), _run(table), _scorer_network(table), _scorer_samples(table)
    )
    table.finish()
    return recipe


def _open(file: Path) -> TomlTable:
    table = read_toml(file, "The recipe", BadInputError)
    if table.optional("format", table.count) != FORMAT:
        raise table.wrong(f"`format` must be {FORMAT}: it may be for another Layerpeel")
    return table


def _training(recipe: TomlTable) -> TrainingSettings:
    table = recipe.table("training")
    settings = TrainingSettings(
        iterations=table.count("iterations"),
        batch_size=table.count("batch_size"),
        seed=table.count("seed", 0),
        learning_rate=table.positive("learning_rate"),
        warmup_steps=table.count("warmup_steps", 0),
        weight_decay=table.number("weight_decay"),
        max_grad_norm=table.positive("max_grad_norm"),
        ema_decay=table.number("ema_decay", most=1),
        precision=table.choice("precision", ("bfloat16", "float32")),
    )
    table.finish()
    return settings


def _run(recipe: TomlTable, of_unet: bool = False) -> RunSettings:
    table = recipe.table("run")
    settings = RunSettings(
        save_every=table.count("save_every"),
        check_every=table.count("check_every"),
        num_workers=table.count("num_workers"),
        cache_megabytes=table.count("cache_megabytes", 0),
        micro_batch_size=table.optional("micro_batch_size", table.count),
        gradient_checkpointing=of_unet and table.flag("gradient_checkpointing"),
    )
    table.finish()
    return settings


def _network(recipe: TomlTable) -> NetworkSettings:
    table = recipe.table("network")
    settings = NetworkSettings(
        widths=table.counts("widths"),
        blocks=table.count("blocks"),
        unshuffle=table.count("unshuffle"),
    )
    table.finish()
    return settings


def _diffusion(recipe: TomlTable) -> DiffusionSettings:
    table = recipe.table("network")
    settings = DiffusionSettings(
        num_inference_steps=table.count("num_inference_steps"),
        widths=table.optional("widths", table.counts) or (),
        blocks=table.count("blocks", default=DiffusionSettings.blocks),
        lora_rank=table.count("lora_rank", 0, default=0),
    )
    if settings.widths and settings.lora_rank:
        raise table.wrong(
            "`lora_rank` goes with a network that exists, and `widths` make a new one"
        )
    table.finish()
    return settings


def _scorer_network(recipe: TomlTable) -> FactScorerSettings:
    table = recipe.table("network")
    widths = table.counts("widths")
    if len(widths) != HIDDEN_LAYERS:
        raise table.wrong(f"`widths` must be {HIDDEN_LAYERS} numbers, one for each hidden layer")
    settings = FactScorerSettings(
        widths,
        members=table.count("members"),
        dropout=table.number("dropout", most=1),
    )
    table.finish()
    return settings


def _scorer_samples(recipe: TomlTable) -> ScorerSampleSettings:
    table = recipe.table("samples")
    settings = ScorerSampleSettings(count=table.count("count"))
    table.finish()
    return settings


def _matting_samples(table: TomlTable) -> MattingSampleSettings:
    distinct, again = table.count("distinct"), table.count("again")
    common = _samples(table)
    return MattingSampleSettings(**vars(common), distinct=distinct, again=again)


def _samples(table: TomlTable) -> SampleSettings:
    settings = SampleSettings(
        side=table.count("side"),
        longest_side=_range(table, "longest_side"),
        softness=table.counts_by_name("softness", KINDS),
        second_object=table.number("second_object", most=1),
        degraded=table.number("degraded", most=1),
        from_mask=table.number("from_mask", most=1),
    )
    table.finish()
    return settings


def _range(table: TomlTable, key: str) -> tuple[int, int]:
    numbers = table.counts(key)
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise table.wrong(f"`{key}` may not be {list(numbers)}: it has two numbers, least first")
    return numbers[0], numbers[1]


def _composites(table: TomlTable) -> CompositeSettings:
    settings = CompositeSettings(side=table.count("side"), count=table.count("count"))
    table.finish()
    return settings
