"""Asks the backend about a picture, one question after the other; only the newest one waits."""

from typing import Callable, Dict, Optional, Union

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.pointing.seen_picture import SeenPicture
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.shared.pointing import Outlined, PictureShown, ThingsFound, WhatIsAt, WhatThings

Question = Union[WhatIsAt, WhatThings]
Answer = Union[Outlined, ThingsFound]


class Questions(QObject):
    """The questions about the picture that the artist sees.

    answered: a question, and the answer to it.
    failed: one line for the artist about why there is none. Asking again is possible.

    A backend that has forgotten the picture, or has gone, is shown the picture once more for each
    question, without a word.
    """

    answered = pyqtSignal(object, object)
    failed = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._picture: Optional[SeenPicture] = None
        self._client: Optional[Client] = None
        # What the backend calls the pictures that it knows, by their fingerprints.
        self._ids: Dict[str, str] = {}
        self._asked: Optional[Question] = None
        self._waiting: Optional[Question] = None
        self._stop: Optional[Callable[[], None]] = None
        self._is_busy = False
        self._may_repeat = True

    @property
    def is_busy(self) -> bool:
        """Whether the picture is being shown, or a question is under way."""
        return self._is_busy

    @property
    def is_shown(self) -> bool:
        """Whether the backend has the picture."""
        return self._picture is not None and self._picture.fingerprint in self._ids

    def show(self, picture: SeenPicture) -> None:
        """Show the picture that is asked about from now on; the backend is started if needed."""
        self._picture, self._asked = picture, None
        self._may_repeat = True
        self.drop()
        self._go_on()

    def ask(self, question: Question) -> None:
        """Ask about the picture. A question that still waits is dropped for this one."""
        if question == self._asked:
            self._waiting = None
            return
        self.drop()
        self._waiting = question
        self._may_repeat = True
        self._go_on()

    def drop(self) -> None:
        """Drop the question that waits, and stop looking for things, which takes long."""
        self._waiting = None
        stop, self._stop = self._stop, None
        if stop is not None:
            self._asked = None
            stop()

    def forget(self, fingerprint: str) -> None:
        """Let the backend forget a picture."""
        known = self._ids.pop(fingerprint, None)
        if known is not None and self._client is not None:
            self._client.forget_picture(known)

    def _go_on(self) -> None:
        if self._picture is None or self._is_busy or (self.is_shown and self._waiting is None):
            return
        self._is_busy = True
        self._connection.when_ready(self._send, self._connection_failed)

    def _send(self, client: Client) -> None:
        if client is not self._client:
            self._client, self._ids = client, {}
        picture, question = self._picture, self._waiting
        if picture is not None and not self.is_shown:
            self._show(client, picture)
        elif picture is not None and question is not None:
            self._ask(client, picture, question)
        else:
            self._is_busy = False

    def _show(self, client: Client, picture: SeenPicture) -> None:
        def shown(answer: PictureShown) -> None:
            self._ids[picture.fingerprint] = answer.id
            self._is_busy = False
            if not self.is_shown:  # Another picture has taken its place since.
                self.forget(picture.fingerprint)
            self._go_on()

        client.show_picture(picture.message, shown, self._when_refused(client, picture))

    def _ask(self, client: Client, picture: SeenPicture, question: Question) -> None:
        self._asked, self._waiting = question, None

        def answered(answer: Answer) -> None:
            self._is_busy, self._asked, self._stop = False, None, None
            if picture is self._picture:
                self.answered.emit(question, answer)
            self._go_on()

        def refused(problem: Problem) -> None:
            if self._asked is None:  # It was stopped, or is about the picture before.
                self._is_busy = False
                self._go_on()
            else:
                self._when_refused(client, picture)(problem)

        known = self._ids[picture.fingerprint]
        if isinstance(question, WhatThings):
            self._stop = client.what_things(known, question, answered, refused)
        else:
            client.what_is_at(known, question, answered, refused)

    def _when_refused(self, client: Client, picture: SeenPicture) -> "Callable[[Problem], None]":
        def refused(problem: Problem) -> None:
            asked, self._asked = self._asked, None
            self._is_busy, self._stop = False, None
            has_gone = problem.unreachable or problem.broken
            if has_gone:
                self._connection.doubt(client)
            has_forgotten = problem.unknown and picture.fingerprint in self._ids
            if picture is not self._picture:
                self._go_on()
            elif self._may_repeat and (has_forgotten or has_gone):
                self._may_repeat = False
                self._ids.pop(picture.fingerprint, None)
                self._waiting = self._waiting or asked
                self._go_on()
            elif self._waiting is not None and self.is_shown:
                self._go_on()
            else:
                self._waiting = None
                self.failed.emit(problem.message)

        return refused

    def _connection_failed(self, line: str) -> None:
        self._is_busy = False
        self._waiting = None
        self.failed.emit(line)
