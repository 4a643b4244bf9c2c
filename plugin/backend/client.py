"""What can be asked of the backend, and how its answers are read."""

from typing import Any, Callable, Iterable, Iterator, List, Optional
from urllib.parse import quote

from layerpeel.plugin.backend.http_calls import Failed, HttpCalls, Problem
from layerpeel.plugin.backend.incoming_file import (
    AT_A_TIME,
    not_handed_over,
    remove_incoming,
    write_incoming,
)
from layerpeel.plugin.qt import QByteArray, QNetworkReply, QObject, QTimer
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS, run_in_turns
from layerpeel.shared.generators import (
    FoundFiles,
    Generators,
    LookInto,
    PullModel,
    PullSummary,
    StyleInfo,
    UseFile,
)
from layerpeel.shared.jobs import (
    AdjustJob,
    AutoInfo,
    Health,
    JobEvent,
    JobList,
    JobsInLine,
    JobSummary,
    MoveJob,
)
from layerpeel.shared.model_offers import ModelOffers
from layerpeel.shared.places import ServerAddress
from layerpeel.shared.pointing import (
    Outlined,
    PictureShown,
    ThingsFound,
    WhatIsAt,
    WhatThings,
)
from layerpeel.shared.presets import Preset, PresetFile, Presets
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.thumbnails import Thumbnails
from layerpeel.shared.wire import EVENTS_TYPE, MESSAGE_TYPE, Packed, from_text, to_text, unpack

# The backend sends nothing while it looks at a picture, for which it may have to load networks
# first.
SLOW_ANSWER = 180_000  # milliseconds

_JSON = "application/json"


class Client(QObject):
    """A client of one backend. Calls return at once and answer later through `done` or `failed`."""

    def __init__(self, address: ServerAddress, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.address = address
        self._calls = HttpCalls(address, self)
        self._presence: List[QNetworkReply] = []
        self._has_left = False

    def health(self, done: Callable[[Health], None], failed: Failed) -> None:
        """Ask for the backend's version and engines; any version answers it."""
        self._get("/health", Health, done, failed)

    def auto_info(self, done: Callable[[AutoInfo], None], failed: Failed) -> None:
        """Ask what the engine `auto` takes, and what it can be told."""
        self._get("/auto", AutoInfo, done, failed)

    def submit(self, message: Packed, done: Callable[[JobSummary], None], failed: Failed) -> None:
        """Submit a packed `SubmitJob`."""
        self._send("/jobs", message, JobSummary, done, failed)

    def adjust(
        self, job: str, asked: AdjustJob, done: Callable[[JobSummary], None], failed: Failed
    ) -> None:
        """Ask for another result, with the edges of a job's result adjusted."""
        self._ask(f"/jobs/{job}/adjust", asked, JobSummary, done, failed)

    def jobs(self, done: Callable[[JobList], None], failed: Failed) -> None:
        """List the recent jobs, newest first."""
        self._get("/jobs", JobList, done, failed)

    def cancel(self, job: str, done: Callable[[JobSummary], None], failed: Failed) -> None:
        """Stop a job."""
        self._order(f"/jobs/{job}/cancel", JobSummary, done, failed)

    def move(
        self, job: str, where: MoveJob, done: Callable[[JobsInLine], None], failed: Failed
    ) -> None:
        """Give a job another place among those that wait."""
        self._ask(f"/jobs/{job}/move", where, JobsInLine, done, failed)

    def result(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Fetch a result, a packed `LayerStack`."""
        self._calls.get(f"/jobs/{job}/result", done, failed)

    def look(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Fetch a result as `result` does, but only to look: the backend keeps it as long."""
        self._calls.get(f"/jobs/{job}/look", done, failed)

    def thumbnails(self, job: str, done: Callable[[Thumbnails], None], failed: Failed) -> None:
        """Fetch what a result looks like; of an older version's it is not known."""
        read = _unpacking(Thumbnails, done, failed)
        self._calls.get(f"/jobs/{job}/thumbnails", read, failed)

    def original(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Fetch the picture that a result was made of, small: a JPEG or PNG."""
        self._calls.get(f"/jobs/{job}/original", done, failed)

    def enclosed(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Fetch a result packed for a document, an `EnclosedResult`."""
        self._calls.get(f"/jobs/{job}/enclosed", done, failed)

    def take_in(
        self, job: str, packed: QByteArray, done: Callable[[JobSummary], None], failed: Failed
    ) -> None:
        """Hand over the result of a job that a document has brought, to be listed with others."""
        self._send(f"/jobs/{job}/enclosed", _in_pieces(packed), JobSummary, done, failed)

    def forget(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Let the backend forget a job that has ended, and its result, for good."""
        self._calls.delete(f"/jobs/{job}", done, failed)

    def follow(
        self, job: str, heard: Callable[[Any], None], ended: Callable[[Optional[Problem]], None]
    ) -> None:
        """Call `heard` with each `JobEvent` of a job, and `ended` when the stream ends."""
        self._hear(f"/jobs/{job}/events", heard, ended)

    def generators(self, done: Callable[[Generators], None], failed: Failed) -> None:
        """Ask which styles there are, and what can be downloaded."""
        self._get("/generators", Generators, done, failed)

    def look_into(
        self, folders: LookInto, done: Callable[[FoundFiles], None], failed: Failed
    ) -> None:
        """Look for checkpoints in the folders that the artist has allowed."""
        self._ask("/generators/look", folders, FoundFiles, done, failed)

    def use_file(self, file: UseFile, done: Callable[[StyleInfo], None], failed: Failed) -> None:
        """Make a style of a file that was found."""
        self._ask("/generators/use", file, StyleInfo, done, failed)

    def models(self, done: Callable[[ModelOffers], None], failed: Failed) -> None:
        """Ask which models can be added, and which of them are there."""
        self._calls.get("/models", _reading(ModelOffers, done, failed), failed)

    def remove_model(self, model: str, done: Callable[[ModelOffers], None], failed: Failed) -> None:
        """Have a model removed that was downloaded."""
        self._calls.delete(f"/models/{model}", _reading(ModelOffers, done, failed), failed)

    def pull(self, model: PullModel, done: Callable[[PullSummary], None], failed: Failed) -> None:
        """Start downloading a model."""
        self._ask("/generators/pull", model, PullSummary, done, failed)

    def cancel_pull(self, done: Callable[[PullSummary], None], failed: Failed) -> None:
        """Stop the download; what was downloaded so far is kept."""
        self._order("/generators/pull/cancel", PullSummary, done, failed)

    def follow_pull(
        self, heard: Callable[[Any], None], ended: Callable[[Optional[Problem]], None]
    ) -> None:
        """Call `heard` with each `JobEvent` of the download, and `ended` when the stream ends."""
        self._hear("/generators/pull/events", heard, ended)

    def presets(self, done: Callable[[Presets], None], failed: Failed) -> None:
        """Ask for the presets that are kept."""
        self._get("/presets", Presets, done, failed)

    def save_preset(self, preset: Preset, done: Callable[[Presets], None], failed: Failed) -> None:
        """Keep a preset, in place of one with its title."""
        self._ask("/presets", preset, Presets, done, failed)

    def take_in_preset(
        self, file: PresetFile, done: Callable[[Presets], None], failed: Failed
    ) -> None:
        """Keep a preset from elsewhere."""
        self._ask("/preset-files", file, Presets, done, failed)

    def preset_file(self, name: str, done: Callable[[PresetFile], None], failed: Failed) -> None:
        """Ask for a preset as a file, to be handed on."""
        self._get(_preset_path(name), PresetFile, done, failed)

    def remove_preset(self, name: str, done: Callable[[Presets], None], failed: Failed) -> None:
        """Have a preset removed for good."""
        self._calls.delete(_preset_path(name), _reading(Presets, done, failed), failed)

    def show_picture(
        self, message: Packed, done: Callable[[PictureShown], None], failed: Failed
    ) -> None:
        """Show a packed `Picture`, to be asked about."""
        self._send("/pointing", message, PictureShown, done, failed)

    def what_is_at(
        self, picture: str, question: WhatIsAt, done: Callable[[Outlined], None], failed: Failed
    ) -> None:
        """Ask which thing is pointed at in a picture that was shown."""
        self._ask(f"/pointing/{picture}/at", question, Outlined, done, failed, SLOW_ANSWER)

    def what_things(
        self,
        picture: str,
        question: WhatThings,
        done: Callable[[ThingsFound], None],
        failed: Failed,
    ) -> Callable[[], None]:
        """Ask for the things in a picture that was shown; return what stops asking."""
        read = _unpacking(ThingsFound, done, failed)
        path = f"/pointing/{picture}/things"
        return self._calls.post(path, _as_body(question), _JSON, read, failed, SLOW_ANSWER)

    def forget_picture(self, picture: str) -> None:
        """Let the backend forget a picture; nobody waits for its answer."""
        self._calls.delete(f"/pointing/{picture}", lambda _rest: None, lambda _problem: None)

    def stay(self, heard: Callable[[JobsInLine], None], ended: Callable[[], None]) -> None:
        """Keep a connection open for as long as this Krita uses the backend.

        heard: called with the jobs that run and wait, now and when they change. ended: called when
        the backend has gone.
        """

        def end(_problem: Optional[Problem]) -> None:
            self._presence.clear()
            self._calls.doubt()
            ended()

        def start(reply: QNetworkReply) -> None:
            self._presence.append(reply)
            if self._has_left:
                self.leave()

        self._hear("/presence", heard, end, JobsInLine, start)

    def leave(self) -> None:
        """Stay no longer: this Krita asks another client now. Jobs are followed to their ends."""
        self._has_left = True
        for reply in self._presence:
            # Not now: it may be telling us something.
            QTimer.singleShot(0, reply.abort)
        self._presence = []

    # ------------------------------------------------------------------------------------------

    def _get(self, path: str, kind: Any, done: Callable[[Any], None], failed: Failed) -> None:
        self._calls.get(path, _reading(kind, done, failed), failed)

    def _send(
        self,
        path: str,
        message: Iterable[bytes],
        kind: Any,
        done: Callable[[Any], None],
        failed: Failed,
    ) -> None:
        reading = _reading(kind, done, failed)
        if not self.address.shares_folder:
            body = QByteArray(b"".join(message))
            self._calls.post(path, body, MESSAGE_TYPE, reading, failed)
            return

        def refused(file: str, problem: Problem) -> None:
            remove_incoming(file)
            failed(problem)

        def post(file: str) -> None:
            self._calls.post(
                path,
                QByteArray(),
                MESSAGE_TYPE,
                reading,
                lambda problem: refused(file, problem),
                file=file,
            )
            TIMINGS.note_moment("sent")

        run_in_turns(
            write_incoming(message),
            post,
            lambda error: failed(not_handed_over(error)),
            (OSError,),
            at_once=True,
        )

    def _order(self, path: str, kind: Any, done: Callable[[Any], None], failed: Failed) -> None:
        reading = _reading(kind, done, failed)
        self._calls.post(path, QByteArray(), "text/plain", reading, failed)

    def _ask(
        self,
        path: str,
        message: object,
        kind: Any,
        done: Callable[[Any], None],
        failed: Failed,
        silence: Optional[int] = None,
    ) -> None:
        reading = _reading(kind, done, failed)
        self._calls.post(path, _as_body(message), _JSON, reading, failed, silence)

    def _hear(
        self,
        path: str,
        heard: Callable[[Any], None],
        ended: Callable[[Optional[Problem]], None],
        kind: Any = JobEvent,
        started: Callable[[QNetworkReply], None] = lambda _reply: None,
    ) -> None:
        replies: List[QNetworkReply] = []
        garbled: List[ProtocolError] = []
        events: List[Any] = []

        def read() -> None:
            (reply,) = replies
            while not garbled and reply.canReadLine():
                line = bytes(reply.readLine()).strip()
                if not line.startswith(b"data:"):
                    continue
                try:
                    events.append(from_text(kind, line[len(b"data:") :].strip()))
                except ProtocolError as error:
                    garbled.append(error)
                    reply.abort()
            # Not now: Krita may draw, and let the stream end, before somebody has heard it. The
            # reply would be deleted under Qt's feet, which is still telling us of it.
            QTimer.singleShot(0, tell)

        def tell() -> None:
            while events:
                heard(events.pop(0))

        def start(reply: QNetworkReply) -> None:
            replies.append(reply)
            reply.readyRead.connect(read)
            started(reply)

        def finish(_rest: QByteArray) -> None:
            tell()
            ended(_garbled(garbled[0]) if garbled else None)

        def fail(problem: Problem) -> None:
            tell()
            ended(_garbled(garbled[0]) if garbled else problem)

        self._calls.get(path, finish, fail, EVENTS_TYPE, start)


def _reading(
    kind: Any, done: Callable[[Any], None], failed: Failed
) -> Callable[[QByteArray], None]:
    """Return what reads an answer that is JSON."""

    def read(body: QByteArray) -> None:
        try:
            value = from_text(kind, bytes(body))
        except ProtocolError as error:
            failed(_garbled(error))
        else:
            done(value)

    return read


def _unpacking(
    kind: Any, done: Callable[[Any], None], failed: Failed
) -> Callable[[QByteArray], None]:
    """Return what reads an answer that is a packed message."""

    def read(body: QByteArray) -> None:
        try:
            value = unpack(kind, bytes(body))
        except ProtocolError as error:
            failed(_garbled(error))
        else:
            done(value)

    return read


def _in_pieces(packed: QByteArray) -> Iterator[bytes]:
    """Yield the bytes of something large, a piece at a time: copying them takes a while."""
    for start in range(0, packed.size(), AT_A_TIME):
        yield bytes(packed.mid(start, AT_A_TIME))


def _preset_path(name: str) -> str:
    # Files are called as people like, with # or ? too.
    return "/presets/" + quote(name, safe="")


def _as_body(message: object) -> QByteArray:
    return QByteArray(to_text(message).encode("utf-8"))


def _garbled(error: ProtocolError) -> Problem:
    return Problem(i18n("The backend's answer cannot be read: {}").format(error))
