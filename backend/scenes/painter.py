"""A style's generator, loaded when it is first needed and kept for the next job."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from layerpeel.backend.engines.full_install import require_full_install
from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Float32
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress, ShowFound
from layerpeel.backend.stages.generation.generator_checkpoint import GGUF, find_checkpoint
from layerpeel.backend.stages.generation.request import (
    Control,
    GenerationRequest,
    Start,
    settle,
)
from layerpeel.backend.stages.generation.style import Style, style_called
from layerpeel.shared.scenes import Painting

if TYPE_CHECKING:
    from layerpeel.backend.stages.generation.generator import Generator

# The engine that is installed with all that generators need.
_ENGINE = "layeringdiff"

OWN_FILE = "unknown (your own file)"


@dataclass(frozen=True)
class Painted:
    """What was painted.

    picture: H×W×3, display sRGB, 0–1. notes: what a person should be told; each a sentence.
    seconds: how long it took.
    """

    picture: Float32
    notes: tuple[str, ...]
    seconds: float


class Painter(Protocol):
    """Paints in one style."""

    @property
    def style(self) -> Style:
        """How it paints."""

    def check(self, request: GenerationRequest) -> None:
        """Raise, before any work, when it is known that a request cannot be answered."""

    def paint(self, request: GenerationRequest, report: ReportProgress, show: ShowFound) -> Painted:
        """Paint. Raises as `Generator.generate` does."""

    def models(self) -> dict[str, str]:
        """Ids or file names of the models, and their sha256; empty where that is not computed."""

    def licences(self) -> dict[str, str]:
        """The licences of these models."""


def painter_of(painting: Painting, store: ModelStore) -> "StylePainter":
    """Make the painter of a request. Raises BadInputError when there is no such style."""
    return StylePainter(style_called(painting.style), store)


def asked_for(
    painting: Painting,
    prompt: str,
    style: Style,
    size: tuple[int, int],
    control: Control | None = None,
    start: Start | None = None,
) -> GenerationRequest:
    """Combine a person's settings with the style's into a request."""
    negative = ", ".join(text for text in (painting.negative.strip(), style.negative) if text)
    return GenerationRequest(
        style.framed(prompt),
        size,
        style.steps if painting.steps is None else painting.steps,
        style.guidance if painting.guidance is None else painting.guidance,
        negative,
        painting.seed,
        control,
        start,
    )


class StylePainter:
    """See `Painter`. It computes on `wanted_device()`."""

    def __init__(self, style: Style, store: ModelStore) -> None:
        self.style = style
        self._store = store

    def check(self, request: GenerationRequest) -> None:
        """Raise BadInputError, and ModelError when the style lacks its generator or a LoRA."""
        settle(request, self.style.generator)
        require_full_install(_ENGINE)
        find_checkpoint(self.style.generator, self.style.checkpoint, self._store)
        for lora in self.style.additions.loras:
            if not lora.file.exists():
                raise ModelError(
                    f"There is no {lora.file}, which the style “{self.style.name}” names as a LoRA."
                )

    def paint(self, request: GenerationRequest, report: ReportProgress, show: ShowFound) -> Painted:
        """Paint. Raises as `Generator.generate` does."""
        begun = time.perf_counter()
        made = self._generator().generate(request, report, show)
        return Painted(made.picture, made.notes, round(time.perf_counter() - begun, 3))

    def models(self) -> dict[str, str]:
        """Hash what the store keeps; a person's own file of gigabytes is named only."""
        own = [*self._own_files(), *(lora.file for lora in self.style.additions.loras)]
        stored = {place: self._store.digest_of(place) for place in self._stored()}
        return stored | {file.name: "" for file in own}

    def licences(self) -> dict[str, str]:
        """As the store knows them; those of files that are used by their path are unknown."""
        stored = {place: self._store.licence_of(place) for place in self._stored()}
        return dict.fromkeys(self.models(), OWN_FILE) | stored

    def _places(self) -> list[str | Path]:
        """Name what its networks come from; a GGUF file holds the transformer alone."""
        given, whole = self.style.checkpoint, self.style.generator.checkpoint
        if given is None:
            return [whole]
        return [whole, given] if given.suffix.lower() == GGUF else [given]

    def _stored(self) -> list[str]:
        return [place for place in self._places() if isinstance(place, str)]

    def _own_files(self) -> list[Path]:
        return [place for place in self._places() if isinstance(place, Path)]

    def _generator(self) -> "Generator":
        # torch and what stands on it take seconds to load.
        from layerpeel.backend.engines.kept_pool import kept_pool
        from layerpeel.backend.stages.generation.generator import Generator

        pool = kept_pool(self._store)
        checkpoint = find_checkpoint(self.style.generator, self.style.checkpoint, self._store)
        style = replace(self.style, name="", title="", frame="{prompt}", negative="")
        own = [checkpoint.path, *([checkpoint.transformer] if checkpoint.transformer else [])]
        files = [*own, *(lora.file for lora in style.additions.loras)]
        paints_as = style, [file.stat().st_mtime_ns for file in files if file.exists()]
        kept = pool.companions.get(Generator)
        if isinstance(kept, tuple) and kept[0] == paints_as and isinstance(kept[1], Generator):
            return kept[1]
        # First, so that two never lie side by side.
        pool.companions.pop(Generator, None)
        generator = Generator(self.style.generator, checkpoint, pool, self.style.additions)
        pool.companions[Generator] = (paints_as, generator)
        return generator
