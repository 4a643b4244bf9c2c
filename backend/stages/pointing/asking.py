"""Asking the pointing network about one thing: in the whole picture first, then closer.

Each question is put in more than one way, and of all that is answered the likeliest is taken
(`best_answer`). It is the mask that the next question corrects.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.pointing.answer_facts import Asked
from layerpeel.backend.stages.pointing.best_answer import Choose, Question
from layerpeel.backend.stages.pointing.clicks import Clicks
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    LOGITS_SIDE,
    PADDING,
    TOP_LEFT,
    Look,
    MiniSam,
    Place,
)

Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the picture."""

_PADDING: Place = (0.0, 0.0, PADDING)
# What is said of what lies beyond an earlier answer.
_SURELY_NOT = -10.0


@dataclass(frozen=True)
class Asking:
    """A picture (H×W×3, RGB, 0–1), clicks into it, and who chooses among answers."""

    network: MiniSam
    picture: Float32
    clicks: Clicks
    choose: Choose
    _looks: dict[Window, Look] = field(default_factory=dict)

    @property
    def whole(self) -> Window:
        """All of the picture."""
        return Window(0, self.picture.shape[0], 0, self.picture.shape[1])

    def look_at(self, window: Window) -> Look:
        """Look at a part of the picture; raises ModelError as `MiniSam.look` does."""
        if window not in self._looks:
            self._looks[window] = self.network.look(self._part(window))
        return self._looks[window]

    def has_seen(self, window: Window) -> bool:
        """Whether looking at a part costs nothing."""
        return window in self._looks or self.network.has_seen(self._part(window))

    def _part(self, window: Window) -> Float32:
        if window == self.whole:
            return self.picture
        return np.ascontiguousarray(self.picture[window.slices])

    def first_answer(self) -> Float32:
        """Logits (256×256) of what is pointed at first, in the whole picture."""
        asked = self._asked(self.whole, [*self.clicks.start, _PADDING], None)
        return self._best(self.whole, [asked], None)

    def bounds_of(self, first: Float32) -> Bounds:
        """Where the first answer lies; where it is empty, the clicks."""
        found = self.look_at(self.whole).upscaled(first) > 0
        if found.any():
            tight = window_round(found, 0)
            return tight.left, tight.top, tight.right, tight.bottom
        x, y = zip(*((place[0], place[1]) for place in self.clicks.start), strict=True)
        return min(x) - 1, min(y) - 1, max(x) + 1, max(y) + 1

    def answer_in_box(self, window: Window, box: Bounds) -> Float32:
        """Logits of the thing in a box, seen in a window: it leaves little in doubt."""
        answered: Float32 = self._asked(window, _corners(box), None).answers.logits[0]
        return answered

    def closer_answer(self, window: Window, bounds: Bounds, first: Float32) -> Float32:
        """Logits of what was found at first and lies within bounds, seen in a window."""
        corners = _corners(bounds)
        earlier = self._carried(first, window)
        asked = [
            self._asked(window, corners, None),
            self._asked(window, [*self.clicks.start, *corners], earlier),
        ]
        return self._best(window, asked, earlier)

    def corrected(self, window: Window, logits: Float32, bounds: Bounds, by_hand: bool) -> Float32:
        """Logits that follow all other clicks, one after the other.

        by_hand: whether a person has drawn the bounds, so that they hold at each step.
        """
        for places in self.clicks.steps:
            prompts = [[*places, *_corners(bounds)]]
            if not by_hand:
                prompts.append([*places, _PADDING])
            asked = [self._asked(window, prompt, logits) for prompt in prompts]
            logits = self._best(window, asked, logits)
        return logits

    def _best(self, window: Window, asked: Sequence[Asked], earlier: Float32 | None) -> Float32:
        question = Question(self.look_at(window), window, asked, earlier)
        chosen: Float32 = question.logits[self.choose(question)]
        return chosen

    def _asked(self, window: Window, places: Sequence[Place], earlier: Float32 | None) -> Asked:
        # A padding has no place.
        within = [
            (x, y, label) if label == PADDING else (x - window.left, y - window.top, label)
            for x, y, label in places
        ]
        return Asked(within, self.look_at(window).answers(within, earlier))

    def _carried(self, logits: Float32, window: Window) -> Float32:
        """An answer to the whole picture as one to a part of it."""
        if window == self.whole:
            return logits
        part = self.look_at(self.whole).upscaled(logits)[window.slices]
        rows, columns = self.look_at(window).grid.shape[:2]
        method = cv2.INTER_AREA if max(part.shape) > LOGITS_SIDE else cv2.INTER_LINEAR
        carried = np.full((LOGITS_SIDE, LOGITS_SIDE), _SURELY_NOT, np.float32)
        carried[:rows, :columns] = cv2.resize(part, (columns, rows), interpolation=method)
        return carried


def _corners(bounds: Bounds) -> list[Place]:
    left, top, right, bottom = bounds
    return [(left, top, TOP_LEFT), (right, bottom, BOTTOM_RIGHT)]
