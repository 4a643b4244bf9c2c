"""Calls the backend over HTTP without blocking the GUI thread."""

from typing import Any, Callable, List, Optional, Set

from layerpeel.plugin.qt import (
    QByteArray,
    QNetworkAccessManager,
    QNetworkReply,
    QNetworkRequest,
    QObject,
    QUrl,
)
from layerpeel.plugin.texts import i18n
from layerpeel.shared.generators import (
    FoundFiles,
    Generators,
    LookInto,
    PullModel,
    PullSummary,
    StyleInfo,
    UseFile,
)
from layerpeel.shared.jobs import Health, JobEvent, JobList, JobSummary, Refusal
from layerpeel.shared.places import ServerAddress
from layerpeel.shared.pointing import (
    Outlined,
    PictureShown,
    ThingsFound,
    WhatIsAt,
    WhatThings,
)
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import (
    EVENTS_TYPE,
    MESSAGE_TYPE,
    PROTOCOL_HEADER,
    from_text,
    to_text,
    unpack,
)

# The backend sends something at least every ten seconds; after this long without, it hangs.
SILENCE = 30_000  # milliseconds
# But nothing while it looks at a picture, for which it may have to load networks first.
SLOW_ANSWER = 180_000  # milliseconds


class Problem:
    """Why a call failed. message: one line for the artist.

    unreachable: whether no backend answered at all, rather than refusing the call.
    broken: whether the connection broke before the whole answer had come.
    unknown: whether the backend does not know what the call is about.
    """

    def __init__(
        self, message: str, unreachable: bool = False, broken: bool = False, unknown: bool = False
    ) -> None:
        self.message = message
        self.unreachable = unreachable
        self.broken = broken
        self.unknown = unknown


Failed = Callable[[Problem], None]


class Client(QObject):
    """A client of one backend. Calls return at once and answer later through `done` or `failed`."""

    def __init__(self, address: ServerAddress, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.address = address
        self._network = QNetworkAccessManager(self)
        # A reply and its slots only refer to each other: without this, Python's garbage collector
        # removes the slots, and the answer is lost.
        self._open: Set[QNetworkReply] = set()

    def health(self, done: Callable[[Health], None], failed: Failed) -> None:
        """Ask for the backend's version and engines."""
        self._text(self._get("/health"), Health, done, failed)

    def submit(self, message: bytes, done: Callable[[JobSummary], None], failed: Failed) -> None:
        """Submit a packed `SubmitJob`."""
        reply = self._post("/jobs", QByteArray(message), MESSAGE_TYPE)
        self._text(reply, JobSummary, done, failed)

    def jobs(self, done: Callable[[JobList], None], failed: Failed) -> None:
        """List the recent jobs, newest first."""
        self._text(self._get("/jobs"), JobList, done, failed)

    def cancel(self, job: str, done: Callable[[JobSummary], None], failed: Failed) -> None:
        """Stop a job."""
        reply = self._post(f"/jobs/{job}/cancel", QByteArray(), "text/plain")
        self._text(reply, JobSummary, done, failed)

    def result(self, job: str, done: Callable[[QByteArray], None], failed: Failed) -> None:
        """Fetch a result, a packed `LayerStack`."""
        reply = self._get(f"/jobs/{job}/result")
        self._when_finished(reply, done, failed)

    def follow(
        self, job: str, heard: Callable[[Any], None], ended: Callable[[Optional[Problem]], None]
    ) -> None:
        """Call `heard` with each `JobEvent` of a job, and `ended` when the stream ends."""
        self._hear(f"/jobs/{job}/events", heard, ended)

    def generators(self, done: Callable[[Generators], None], failed: Failed) -> None:
        """Ask which styles there are, and what can be downloaded."""
        self._text(self._get("/generators"), Generators, done, failed)

    def look_into(
        self, folders: LookInto, done: Callable[[FoundFiles], None], failed: Failed
    ) -> None:
        """Look for checkpoints in the folders that the artist has allowed."""
        self._text(self._post_text("/generators/look", folders), FoundFiles, done, failed)

    def use_file(self, file: UseFile, done: Callable[[StyleInfo], None], failed: Failed) -> None:
        """Make a style of a file that was found."""
        self._text(self._post_text("/generators/use", file), StyleInfo, done, failed)

    def pull(self, model: PullModel, done: Callable[[PullSummary], None], failed: Failed) -> None:
        """Start downloading a model."""
        self._text(self._post_text("/generators/pull", model), PullSummary, done, failed)

    def cancel_pull(self, done: Callable[[PullSummary], None], failed: Failed) -> None:
        """Stop the download; what was downloaded so far is kept."""
        reply = self._post("/generators/pull/cancel", QByteArray(), "text/plain")
        self._text(reply, PullSummary, done, failed)

    def follow_pull(
        self, heard: Callable[[Any], None], ended: Callable[[Optional[Problem]], None]
    ) -> None:
        """Call `heard` with each `JobEvent` of the download, and `ended` when the stream ends."""
        self._hear("/generators/pull/events", heard, ended)

    def show_picture(
        self, message: bytes, done: Callable[[PictureShown], None], failed: Failed
    ) -> None:
        """Show a packed `Picture`, to be asked about."""
        reply = self._post("/pointing", QByteArray(message), MESSAGE_TYPE)
        self._text(reply, PictureShown, done, failed)

    def what_is_at(
        self, picture: str, question: WhatIsAt, done: Callable[[Outlined], None], failed: Failed
    ) -> None:
        """Ask which thing is pointed at in a picture that was shown."""
        reply = self._post_text(f"/pointing/{picture}/at", question, SLOW_ANSWER)
        self._text(reply, Outlined, done, failed)

    def what_things(
        self,
        picture: str,
        question: WhatThings,
        done: Callable[[ThingsFound], None],
        failed: Failed,
    ) -> Callable[[], None]:
        """Ask for the things in a picture that was shown; return what stops asking."""
        reply = self._post_text(f"/pointing/{picture}/things", question, SLOW_ANSWER)

        def read(body: QByteArray) -> None:
            try:
                found = unpack(ThingsFound, bytes(body))
            except ProtocolError as error:
                failed(_garbled(error))
            else:
                done(found)

        self._when_finished(reply, read, failed)
        return reply.abort

    def forget_picture(self, picture: str) -> None:
        """Let the backend forget a picture; nobody waits for its answer."""
        reply = self._keep(self._network.deleteResource(self._request(f"/pointing/{picture}")))
        self._when_finished(reply, lambda _rest: None, lambda _problem: None)

    def stay(self, ended: Callable[[], None]) -> None:
        """Keep a connection open for as long as this Krita uses the backend.

        ended: called when the backend has gone.
        """
        reply = self._get("/presence", accept=EVENTS_TYPE)
        reply.readyRead.connect(lambda: _discard(reply))
        self._when_finished(reply, lambda _rest: ended(), lambda _problem: ended())

    # ------------------------------------------------------------------------------------------

    def _request(self, path: str) -> QNetworkRequest:
        request = QNetworkRequest(QUrl(self.address.address + path))
        request.setRawHeader(b"Authorization", b"Bearer " + self.address.token.encode("utf-8"))
        request.setRawHeader(PROTOCOL_HEADER.encode("ascii"), str(PROTOCOL).encode("ascii"))
        request.setTransferTimeout(SILENCE)
        return request

    def _get(self, path: str, accept: str = "*/*") -> QNetworkReply:
        request = self._request(path)
        request.setRawHeader(b"Accept", accept.encode("ascii"))
        return self._keep(self._network.get(request))

    def _post(
        self, path: str, body: QByteArray, kind: str, silence: int = SILENCE
    ) -> QNetworkReply:
        request = self._request(path)
        request.setTransferTimeout(silence)
        request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, kind)
        return self._keep(self._network.post(request, body))

    def _post_text(self, path: str, message: object, silence: int = SILENCE) -> QNetworkReply:
        body = QByteArray(to_text(message).encode("utf-8"))
        return self._post(path, body, "application/json", silence)

    def _hear(
        self, path: str, heard: Callable[[Any], None], ended: Callable[[Optional[Problem]], None]
    ) -> None:
        reply = self._get(path, accept=EVENTS_TYPE)
        garbled: List[ProtocolError] = []

        def read() -> None:
            while reply.canReadLine() and not garbled:
                line = bytes(reply.readLine()).strip()
                if not line.startswith(b"data:"):
                    continue
                try:
                    event = from_text(JobEvent, line[len(b"data:") :].strip())
                except ProtocolError as error:
                    garbled.append(error)
                    reply.abort()
                    return
                heard(event)

        def finish(_rest: QByteArray) -> None:
            read()
            ended(_garbled(garbled[0]) if garbled else None)

        def fail(problem: Problem) -> None:
            ended(_garbled(garbled[0]) if garbled else problem)

        reply.readyRead.connect(read)
        self._when_finished(reply, finish, fail)

    def _keep(self, reply: Optional[QNetworkReply]) -> QNetworkReply:
        if reply is None:
            raise RuntimeError("Qt made no reply")
        self._open.add(reply)
        return reply

    def _when_finished(
        self, reply: QNetworkReply, done: Callable[[QByteArray], None], failed: Failed
    ) -> None:
        def finish() -> None:
            self._open.discard(reply)
            reply.deleteLater()
            if _error_of(reply) == QNetworkReply.NetworkError.NoError:
                done(reply.readAll())
            else:
                failed(_problem_of(reply))

        reply.finished.connect(finish)

    def _text(
        self, reply: QNetworkReply, kind: Any, done: Callable[[Any], None], failed: Failed
    ) -> None:
        def read(body: QByteArray) -> None:
            try:
                value = from_text(kind, bytes(body))
            except ProtocolError as error:
                failed(_garbled(error))
            else:
                done(value)

        self._when_finished(reply, read, failed)


def _problem_of(reply: QNetworkReply) -> Problem:
    """Describe why a call failed, in the backend's own words where it answered."""
    status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    if status is None:
        if _error_of(reply) == QNetworkReply.NetworkError.OperationCanceledError:
            return Problem(i18n("The backend does not answer. Try again."), True)
        return Problem(i18n("The backend cannot be reached: {}.").format(reply.errorString()), True)
    if status < 400:
        words = i18n("The connection to the backend broke: {}.")
        return Problem(words.format(reply.errorString()), broken=True)
    body = bytes(reply.readAll())
    try:
        refusal: Refusal = from_text(Refusal, body)
    except ProtocolError:
        message = i18n("What answers there is not Layerpeel ({}).").format(status)
        return Problem(message, True)
    return Problem(refusal.message, unknown=status == 404)


def _error_of(reply: QNetworkReply) -> QNetworkReply.NetworkError:
    # Qt has a signal of the same name, and the type stubs know only that.
    error: QNetworkReply.NetworkError = reply.error()  # type: ignore[operator]
    return error


def _discard(reply: QNetworkReply) -> None:
    reply.readAll()


def _garbled(error: ProtocolError) -> Problem:
    return Problem(i18n("The backend's answer cannot be read: {}").format(error))
