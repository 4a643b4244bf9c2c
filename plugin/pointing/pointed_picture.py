"""The picture to point at: what the artist does in it, and what the backend makes of it."""

from dataclasses import replace
from typing import Optional, Sequence, Tuple

from krita import Document

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import is_open
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.pointed_source import Hints
from layerpeel.plugin.canvas.source_reading import while_open
from layerpeel.plugin.pointing.marks import Click, Mark, PointedAt
from layerpeel.plugin.pointing.pointed_document import PointedDocument, PointedDocuments
from layerpeel.plugin.pointing.questions import Answer, Question, Questions
from layerpeel.plugin.pointing.seen_picture import SeenPicture, see
from layerpeel.plugin.pointing.things_choice import ThingsChoice, offered
from layerpeel.plugin.qt import QObject, QTimer, pyqtSignal
from layerpeel.plugin.texts import i18n, place_text
from layerpeel.plugin.turns import run_in_turns
from layerpeel.shared.pointing import FoundThing, Ring, ThingsFound, WhatIsAt, WhatThings

# An answer mostly comes before a line about waiting for it could be read.
PATIENCE = 500  # milliseconds


class Pointing(QObject):
    """The active document's picture, with what is marked or found in it.

    changed: emitted when anything that is shown may have changed.

    picture: None while there is nothing to point at. hints: what is painted on a layer of hints.
    line: one for the artist. most: how many things at most are looked for in the picture; None
    while the artist points.
    """

    changed = pyqtSignal()

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.picture: Optional[SeenPicture] = None
        self.hints = Hints()
        self.line = ""
        self.most: Optional[int] = None
        self._rings: Tuple[Ring, ...] = ()
        self._hovered: Optional[int] = None
        self._questions = Questions(connection, self)
        self._questions.answered.connect(self._answered)
        self._questions.failed.connect(self._failed)
        self._documents = PointedDocuments()
        self._now: Optional[PointedDocument] = None
        self._reading: Optional[object] = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(lambda: self._say(i18n("Looking at the picture …")))

    @property
    def is_busy(self) -> bool:
        """Whether the picture is being read, or the backend looks at it."""
        return self._reading is not None or self._questions.is_busy

    # The picture -----------------------------------------------------------------------------

    def show(
        self,
        document: Optional[Document],
        kind: SourceKind,
        most: Optional[int] = None,
        thoroughly: bool = False,
    ) -> None:
        """Show what would be peeled, read anew if it has changed since it was last shown.

        most: look for so many things at most; None where the artist points.
        thoroughly: whether to look for changes even where that takes Krita long.
        """
        self._documents.drop_closed()
        now = None if document is None else self._documents.of(document, kind)
        if now is not self._now:
            self._now, self._reading = now, None
            self._show_nothing(i18n("Open a picture first.") if now is None else "")
        if most != self.most:
            self.most, self._rings, self._hovered = most, (), None
            self._ask()
        # A document's first reading, with no picture yet, is thorough whatever was asked for.
        must_begin_again = thoroughly and self.picture is not None
        if now is not None and (self._reading is None or must_begin_again):
            self._read(now, thoroughly)

    def look_again(self) -> None:
        """Read the picture that is shown anew if it has changed."""
        if self._now is not None:
            document = self._now.document if is_open(self._now.document) else None
            self.show(document, self._now.kind, self.most)

    @property
    def rings(self) -> Tuple[Ring, ...]:
        """The outline of what would be lifted off, or of the thing under the mouse."""
        things = self.things
        if things is None:
            return self._rings
        if self._hovered is not None and self._hovered < len(things.things):
            return things.things[self._hovered].rings
        return tuple(ring for each in things.wanted() for ring in each.rings)

    def pointed_at(self) -> Optional[PointedAt]:
        """Return what the artist has chosen; None where that does not say what to lift off."""
        now, picture = self._now, self.picture
        if now is None or picture is None:
            return None
        if self.most is None:
            points = now.points(picture, self.hints.points)
            if points is not None:
                return PointedAt(points, picture.fingerprint, self.hints.points)
        else:
            things = now.wanted_things(picture, self.most)
            if things is not None:
                return PointedAt(things, picture.fingerprint)
        return None

    # The marks -------------------------------------------------------------------------------

    @property
    def marks(self) -> Tuple[Mark, ...]:
        """What is marked in the picture, the oldest first."""
        return () if self._now is None or self.most is not None else self._now.marks

    def mark(self, mark: Mark) -> None:
        """Add a mark. Where things are offered, a click wants the one there, or lets it stay."""
        if self.most is None:
            self._set_marks((*self.marks, mark))
        elif self.things is not None and isinstance(mark, Click):
            index = self.things.at(mark.place)
            if index is not None:
                self.want(index, mark.keeps and not self.things.things[index].is_wanted)

    def undo(self) -> None:
        """Take the last mark back."""
        self._set_marks(self.marks[:-1])

    def clear(self) -> None:
        """Take all marks back."""
        self._set_marks(())

    def forget_what_was_left(self, document: Document) -> None:
        """Take the marks in what a peel left back: the next peel has left something else."""
        self._documents.of(document, SourceKind.LEFT).marks = ()

    # The things ------------------------------------------------------------------------------

    @property
    def things(self) -> Optional[ThingsChoice]:
        """The things that were found; None while they are looked for, or the artist points."""
        if self._now is None or self.picture is None or self.most is None:
            return None
        return self._now.things(self.picture, self.most)

    def hover(self, index: Optional[int]) -> None:
        """Show the outline of one thing, or of all that are wanted."""
        if index != self._hovered:
            self._hovered = index
            self.changed.emit()

    def want(self, index: int, is_wanted: bool) -> None:
        """Want a thing, or let it stay in the picture."""
        if self.things is not None:
            self._choose(self.things.wanting(index, is_wanted))

    def merge(self, indices: Sequence[int]) -> None:
        """Make one thing of several."""
        if self.things is not None:
            self._hovered = None
            self._choose(self.things.merging(indices))

    # Reading ---------------------------------------------------------------------------------

    def _read(self, now: PointedDocument, thoroughly: bool) -> None:
        reading = self._reading = object()
        known = "" if self.picture is None else self.picture.fingerprint
        if not known:
            self._say(i18n("Reading the canvas …"))

        def seen(found: "Tuple[Hints, Optional[SeenPicture]]") -> None:
            if reading is self._reading:
                self._reading = None
                self._seen(*found)

        def failed(error: Exception) -> None:
            if reading is self._reading:
                self._reading = None
                self._show_nothing(str(error))

        turns = while_open(now.document, see(now.document, now.kind, known, thoroughly))
        run_in_turns(turns, seen, failed, (CanvasError,))

    def _seen(self, hints: Hints, picture: Optional[SeenPicture]) -> None:
        is_new = hints != self.hints
        self.hints = hints
        if picture is not None:
            if self.picture is not None:
                self._questions.forget(self.picture.fingerprint)
            self.picture, self._rings = picture, ()
            self._questions.show(picture)
            self._ask()
        elif is_new or (not self.rings and not self._questions.is_busy):
            self._ask()

    def _show_nothing(self, why: str) -> None:
        self.picture, self.hints, self._rings = None, Hints(), ()
        self._wait(False)
        self._say(why)

    # Asking ----------------------------------------------------------------------------------

    def _set_marks(self, marks: Tuple[Mark, ...]) -> None:
        # Where things are offered, no marks are shown that could be changed.
        if self._now is not None and self.most is None and marks != self._now.marks:
            self._now.marks = marks
            self._ask()

    def _choose(self, choice: ThingsChoice) -> None:
        if self._now is not None and self.picture is not None and self.most is not None:
            self._now.keep_things(self.picture, self.most, choice)
            self.changed.emit()

    def _ask(self) -> None:
        if self._now is None or self.picture is None:
            return
        if self.most is not None:
            self._ask_for_things(self.most)
            return
        points = self._now.points(self.picture, self.hints.points)
        if points is None:
            self._questions.drop()
            self._rings = ()
            self._wait(False)
            self._say(_how_to_begin(bool(self.marks)))
        else:
            self._questions.ask(WhatIsAt(points, at_once=True))
            self._wait(True)
            self.changed.emit()

    def _ask_for_things(self, most: int) -> None:
        self._wait(False)
        if self.things is not None:
            self._say(_how_to_choose(self.things))
        else:
            self._questions.ask(WhatThings(most))
            self._say(i18n("Looking for what stands out …"))

    def _answered(self, question: Question, answer: Answer) -> None:
        if isinstance(answer, ThingsFound):
            if question == WhatThings(self.most or 0):
                self._choose(offered(map(_translated, answer.things), answer.notes))
                self._ask()
        elif isinstance(question, WhatIsAt) and self._now is not None and self.picture is not None:
            points = self._now.points(self.picture, self.hints.points)
            if points is not None and points == question.points:
                self._rings = answer.rings
                self._wait(False)
                self._say(_how_to_go_on(bool(answer.rings)))
                if answer.is_rough:
                    self._questions.ask(WhatIsAt(points))

    def _failed(self, line: str) -> None:
        self._rings = ()
        self._wait(False)
        self._say(line)

    def _wait(self, waits: bool) -> None:
        if waits and not self._patience.isActive():
            self._patience.start(PATIENCE)
        elif not waits:
            self._patience.stop()

    def _say(self, line: str) -> None:
        self.line = line
        if line and self.hints.layer and self.most is None:
            hints = i18n("Hints from the layer “{name}”.").format(name=self.hints.layer)
            self.line = f"{hints} {line}"
        self.changed.emit()


def _translated(found: FoundThing) -> FoundThing:
    # Under this name it is sent back, so its layer and the list of results have it too.
    return replace(found, thing=replace(found.thing, name=place_text(found.thing.name)))


def _how_to_begin(has_marks: bool) -> str:
    if has_marks:
        return i18n("Click what to lift off, or drag a box round it.")
    return i18n("Click what to lift off, right-click what should stay.")


def _how_to_go_on(has_found: bool) -> str:
    if has_found:
        return i18n("More clicks and right-clicks correct it. Then press Peel.")
    return i18n("Nothing was found there: click elsewhere, or drag a box.")


def _how_to_choose(choice: ThingsChoice) -> str:
    lines = list(choice.notes)
    if choice.things:
        lines.append(i18n("Untick what should stay, merge what belongs together, then press Peel."))
    return " ".join(lines)
