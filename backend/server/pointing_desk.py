"""Keeps pictures to point at, and has a process of its own answer what is asked about them."""

import asyncio
import itertools
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.child_process import ChildEnded
from layerpeel.backend.errors import LayerpeelError, OutputError, reason_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.log import log
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.pointing_orders import (
    Answer,
    Answered,
    AskOrder,
    DropOrder,
    LookOrder,
    PointingReport,
    Question,
    Unforeseen,
)
from layerpeel.backend.server.pointing_process import (
    PointingProcess,
    start_pointing_process,
    why_no_answer,
)
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.places import log_file
from layerpeel.shared.pointing import Outlined, ThingsFound

# Of a few documents; the one that was not asked about for longest is forgotten first.
MOST_PICTURES = 4

# The process holds some 600 MB: it ends when nobody has pointed at anything for so long.
IDLE_SECONDS = 300.0

FORGOTTEN = "The backend does not know this picture any more. Show it again."
ENDING = "The backend is ending. Start it again, then point again."


@dataclass(frozen=True)
class _Open:
    """A question that waits for its answer."""

    picture_id: str
    process: PointingProcess
    answer: "asyncio.Future[Answer]"


class PointingDesk:
    """The last pictures that were shown, and the questions about them.

    folder: for the pictures; what an earlier server left there is removed. models: what is
        installed.

    Use it in one event loop. The process is started when a picture is shown or asked about.

    Raises OutputError when the folder cannot be written.
    """

    def __init__(
        self, folder: Path, models: ModelStore, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._folder = folder
        self._models = models
        self._idle_seconds = idle_seconds
        self._pictures: OrderedDict[str, Path] = OrderedDict()
        self._process: PointingProcess | None = None
        self._open: dict[int, _Open] = {}
        self._numbers = itertools.count()
        self._listening: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._reports = OwnThreads("answers about pictures", 1)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._remove_files()
        except OSError as error:
            raise OutputError(
                f"Pictures to point at cannot be kept in {folder}: {reason_of(error)}."
            ) from error

    @property
    def is_busy(self) -> bool:
        """Whether a question waits for its answer."""
        return bool(self._open)

    def check_open(self) -> None:
        """Raise Refused when nothing is answered any more."""
        if self._is_closed:
            raise Refused(503, ENDING)

    def new_picture(self) -> tuple[str, Path]:
        """Give a new picture's id, and the file that is to hold it before it is shown."""
        picture_id = uuid.uuid4().hex
        return picture_id, self._folder / picture_id

    def show(self, picture_id: str) -> None:
        """Keep a new picture, and have it looked at.

        Raises Refused when the server is ending, NotStartedError when no process looks at it.
        """
        self.check_open()
        process = self._living_process()
        self._pictures[picture_id] = self._folder / picture_id
        while len(self._pictures) > MOST_PICTURES:
            self.give_up(next(iter(self._pictures)))
        process.send(LookOrder(self._pictures[picture_id]))

    def give_up(self, picture_id: str) -> None:
        """Forget a picture. Raises Refused when it is not known."""
        self._known(picture_id).unlink(missing_ok=True)
        del self._pictures[picture_id]
        for question in list(self._open.values()):
            if question.picture_id == picture_id and not question.answer.done():
                question.answer.set_exception(Refused(404, FORGOTTEN))

    async def ask(self, picture_id: str, question: Question) -> Answer:
        """Have a question answered; when this is cancelled, it is dropped.

        Raises Refused for an unknown picture and when the process ends, or the server,
        NotStartedError when it cannot be started, and the errors of our own that the answer is.
        """
        picture = self._known(picture_id)
        self._pictures.move_to_end(picture_id)
        process, number = self._living_process(), next(self._numbers)
        asked = _Open(picture_id, process, asyncio.get_running_loop().create_future())
        self._open[number] = asked
        process.send(AskOrder(number, picture, question))
        is_reported = False
        try:
            answer = await asked.answer
            is_reported = True
            return answer
        finally:
            del self._open[number]
            if not is_reported:
                process.send(DropOrder(number))

    def close(self) -> None:
        """Kill the process, refuse what waits for it, and remove the pictures."""
        self._is_closed = True
        if self._idle is not None:
            self._idle.cancel()
        if self._process is not None:
            self._process.kill()
        for question in self._open.values():
            if not question.answer.done():
                question.answer.set_exception(Refused(503, ENDING))
        self._remove_files()

    def _known(self, picture_id: str) -> Path:
        self.check_open()
        if picture_id not in self._pictures:
            raise Refused(404, FORGOTTEN)
        return self._pictures[picture_id]

    def _remove_files(self) -> None:
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def _living_process(self) -> PointingProcess:
        if self._process is None or not self._process.is_alive:
            self._process = start_pointing_process(self._models)
            listening = asyncio.create_task(self._listen(self._process))
            self._listening.add(listening)
            listening.add_done_callback(self._listening.discard)
        self._await_idleness()
        return self._process

    def _await_idleness(self) -> None:
        """End the process when nothing has been asked for long enough."""
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._idle_seconds, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self.is_busy:
            self._await_idleness()
        elif self._process is not None:
            self._process.kill()
            self._process = None

    async def _listen(self, process: PointingProcess) -> None:
        """Pass on what a process reports, until it ends."""
        try:
            while True:
                self._pass_on(await self._reports.run(process.receive))
        except ChildEnded as ended:
            for asked in self._open.values():
                if asked.process is process and not asked.answer.done():
                    log.error("the process to point with ended: %s", ended.end)
                    asked.answer.set_exception(Refused(500, why_no_answer(ended.end)))

    def _pass_on(self, report: PointingReport) -> None:
        asked = self._open.get(report.number)
        if asked is None or asked.answer.done():
            return  # Nobody waits for it any more.
        match report:
            case Unforeseen(_, kind, traceback):
                log.error("a question of pointing met an unexpected error\n%s", traceback)
                asked.answer.set_exception(Refused(500, _unforeseen(kind)))
            case Answered(_, LayerpeelError() as error):
                asked.answer.set_exception(error)
            case Answered(_, Outlined() | ThingsFound() as answer):
                asked.answer.set_result(answer)


def _unforeseen(kind: str) -> str:
    return (
        f"Looking at the picture met an unexpected error ({kind}). Please report it with the end "
        f"of {log_file()}."
    )
