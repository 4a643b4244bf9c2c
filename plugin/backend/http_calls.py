"""Calls over HTTP that do not block the GUI thread, made only to who has proved to be the backend.

The first call, and the first after the backend may have gone, waits for that proof
(`layerpeel.shared.proof`): until then neither the token nor anything of a picture is sent.
"""

from typing import Callable, List, Optional, Set, Tuple

from layerpeel.plugin.qt import (
    QByteArray,
    QNetworkAccessManager,
    QNetworkReply,
    QNetworkRequest,
    QObject,
    QUrl,
)
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import Refusal
from layerpeel.shared.places import ServerAddress, is_gone
from layerpeel.shared.proof import CHALLENGE_HEADER, PROOF_PATH, Proof, is_proved, new_challenge
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import FILE_HEADER, PROTOCOL_HEADER, from_text

# The backend sends something at least every ten seconds; after this long without, it hangs.
SILENCE = 30_000  # milliseconds


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


Done = Callable[[QByteArray], None]
Failed = Callable[[Problem], None]
Started = Callable[[QNetworkReply], None]


class HttpCalls(QObject):
    """Calls to one address. They return at once, and answer later through `done` or `failed`."""

    def __init__(self, address: ServerAddress, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._address = address
        self._network = QNetworkAccessManager(self)
        # A reply and its slots only refer to each other: without this, Python's garbage collector
        # removes the slots, and the answer is lost.
        self._open: Set[QNetworkReply] = set()
        self._is_proved = False
        self._waiting: List[Tuple[Callable[[], None], Failed]] = []

    def get(
        self,
        path: str,
        done: Done,
        failed: Failed,
        accept: str = "*/*",
        started: Optional[Started] = None,
    ) -> None:
        """Get what is at a path.

        started: called with the reply once the call is made, to read of it before it has ended.
        """

        def call() -> None:
            request = self._request(path)
            request.setRawHeader(b"Accept", accept.encode("ascii"))
            # Qt holds six connections of one manager, and lets other calls wait: streams, which
            # last, would soon be all of these.
            network = self._network if started is None else QNetworkAccessManager(self)
            reply = self._keep(network.get(request))
            if started is not None:
                started(reply)
                reply.finished.connect(network.deleteLater)
            self._when_finished(reply, done, failed)

        self._when_proved(call, failed)

    def post(
        self,
        path: str,
        body: QByteArray,
        kind: str,
        done: Done,
        failed: Failed,
        silence: Optional[int] = None,
        file: str = "",
    ) -> Callable[[], None]:
        """Post a body; return what gives the call up, which then fails.

        silence: how many milliseconds may pass in which nothing comes; None is `SILENCE`.
        file: name of the incoming file that holds the body, which is empty then.
        """
        made: List[QNetworkReply] = []
        given_up: List[bool] = []

        def call() -> None:
            if given_up:
                failed(Problem(i18n("Stopped.")))
                return
            request = self._request(path, silence)
            request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, kind)
            if file:
                request.setRawHeader(FILE_HEADER.encode("ascii"), file.encode("ascii"))
            made.append(self._keep(self._network.post(request, body)))
            self._when_finished(made[0], done, failed)

        def give_up() -> None:
            given_up.append(True)
            for reply in made:
                reply.abort()

        self._when_proved(call, failed)
        return give_up

    def delete(self, path: str, done: Done, failed: Failed) -> None:
        """Delete what is at a path."""

        def call() -> None:
            reply = self._keep(self._network.deleteResource(self._request(path)))
            self._when_finished(reply, done, failed)

        self._when_proved(call, failed)

    def doubt(self) -> None:
        """Have the proof brought again before the next call: another may be there by now."""
        self._is_proved = False

    # ------------------------------------------------------------------------------------------

    def _when_proved(self, call: Callable[[], None], failed: Failed) -> None:
        if self._is_proved:
            call()
            return
        self._waiting.append((call, failed))
        if len(self._waiting) == 1:
            self._ask_for_proof()

    def _ask_for_proof(self) -> None:
        challenge = new_challenge()
        url = QUrl(self._address.address + PROOF_PATH)
        request = QNetworkRequest(url)
        request.setRawHeader(CHALLENGE_HEADER.encode("ascii"), challenge.encode("ascii"))
        request.setTransferTimeout(SILENCE)
        reply = self._keep(self._network.get(request))

        def answered(body: QByteArray) -> None:
            try:
                proof: Proof = from_text(Proof, bytes(body))
            except ProtocolError:
                refuse(Problem(i18n("What answers there is not Layerpeel."), unreachable=True))
                return
            if not is_proved(proof, self._address.token, url.port(), challenge):
                refuse(Problem(_not_ours(), unreachable=True))
                return
            self._is_proved = True
            waiting, self._waiting = self._waiting, []
            for call, _failed in waiting:
                call()

        def refuse(problem: Problem) -> None:
            waiting, self._waiting = self._waiting, []
            for _call, failed in waiting:
                failed(problem)

        def not_answered(problem: Problem) -> None:
            if problem.unreachable or problem.broken:
                refuse(problem)
            elif is_gone(self._address.process):
                # It speaks as an older backend does, but ours has ended: another took its port.
                refuse(Problem(_not_ours(), unreachable=True))
            else:
                refuse(Problem(_too_old(self._address.address)))

        self._when_finished(reply, answered, not_answered)

    def _request(self, path: str, silence: Optional[int] = None) -> QNetworkRequest:
        request = QNetworkRequest(QUrl(self._address.address + path))
        request.setRawHeader(b"Authorization", b"Bearer " + self._address.token.encode("utf-8"))
        request.setRawHeader(PROTOCOL_HEADER.encode("ascii"), str(PROTOCOL).encode("ascii"))
        request.setTransferTimeout(SILENCE if silence is None else silence)
        return request

    def _keep(self, reply: Optional[QNetworkReply]) -> QNetworkReply:
        if reply is None:
            raise RuntimeError("Qt made no reply")
        self._open.add(reply)
        return reply

    def _when_finished(self, reply: QNetworkReply, done: Done, failed: Failed) -> None:
        def finish() -> None:
            self._open.discard(reply)
            reply.deleteLater()
            error = _error_of(reply)
            if error == QNetworkReply.NetworkError.NoError:
                done(reply.readAll())
                return
            problem = _problem_of(reply)
            was_given_up = error == QNetworkReply.NetworkError.OperationCanceledError
            if (problem.unreachable or problem.broken) and not was_given_up:
                self.doubt()
            failed(problem)

        reply.finished.connect(finish)


# Of a transfer that takes too long: with Qt 5 and, at least from 6.11 on, with Qt 6.
_SILENT = (
    QNetworkReply.NetworkError.OperationCanceledError,
    QNetworkReply.NetworkError.TimeoutError,
)


def _problem_of(reply: QNetworkReply) -> Problem:
    """Describe why a call failed, in the backend's own words where it answered."""
    status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    if status is None:
        if _error_of(reply) in _SILENT:
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


def _not_ours() -> str:
    return i18n(
        "What answers there does not know the token, so nothing was sent to it: check address and "
        "token in Settings."
    )


def _too_old(address: str) -> str:
    return i18n(
        "What answers at {} cannot prove that it is your backend, so nothing was sent to it. Most "
        "likely it is older than this plugin: update it, and start it again."
    ).format(address)
