"""Pulls a model when somebody asks for it, one at a time, in a process of its own.

A process can be killed at once, whatever it waits for; the next pull continues where it stopped.
"""

import asyncio
import contextlib

from layerpeel.backend.child_process import ChildEnded, ChildProcess, Parent
from layerpeel.backend.errors import LayerpeelError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.feed import JobFeed
from layerpeel.backend.server.log import log
from layerpeel.backend.server.orders import JobOutcome
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.generators import PullSummary
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, Progress

_ENDED_EARLY = "The download ended early. Pull it again: it goes on from there."
_STEPS = 1000
"""Progress is reported in so many steps: a large model comes in a hundred thousand pieces."""


class Pulls:
    """The latest pull. Use it in one event loop."""

    def __init__(self, models: ModelStore) -> None:
        self._models = models
        self._listening = OwnThreads("pull's reports", 1)
        self._pull: _Pull | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a model is being pulled."""
        return self._pull is not None and self._pull.outcome is None

    @property
    def pulling(self) -> str:
        """Id of the model that is being pulled; empty when none is."""
        return self._pull.model if self._pull is not None and self.is_busy else ""

    @property
    def feed(self) -> JobFeed:
        """The events of the latest pull; once it has ended, how it ended. Raises Refused."""
        return self._last().feed

    def start(self, model_id: str) -> PullSummary:
        """Start pulling a model; one that is installed and whole is left alone.

        Raises Refused when there is no such model, or another one is being pulled, NotStartedError.
        """
        try:
            model = self._models.manifest.usable(model_id)
        except ModelError as error:
            raise Refused(404, str(error)) from error
        if self.is_busy:
            raise Refused(
                409, f"{self.pulling} is being pulled: wait until it has come, or cancel it."
            )
        self._pull = _Pull(self._models, self._listening, model.id, f"Pulling {model.title}")
        return self._pull.summary

    async def cancel(self) -> PullSummary:
        """Stop the pull if it has not ended; return how it ended. Raises Refused if none was."""
        pull = self._last()
        pull.cancel()
        await pull.watch
        return pull.summary

    def close(self) -> None:
        """Stop the pull if it has not ended."""
        if self._pull is not None:
            self._pull.cancel()

    def _last(self) -> "_Pull":
        if self._pull is None:
            raise Refused(404, "Nothing has been pulled since the backend started.")
        return self._pull


class _Pull:
    """One model that is being pulled.

    outcome: None until it has ended.
    """

    def __init__(self, models: ModelStore, listening: OwnThreads, model: str, stage: str) -> None:
        self.model = model
        self.outcome: JobOutcome | None = None
        self.feed = JobFeed(Progress(stage, 0.0))
        self._listening = listening
        self._stage = stage
        self._is_unwanted = False
        self._process: ChildProcess[None, float | JobOutcome] = ChildProcess(
            "layerpeel-pull", _pull, models, model
        )
        self.watch = asyncio.create_task(self._watch())

    @property
    def summary(self) -> PullSummary:
        match self.outcome:
            case None:
                return PullSummary(self.model, JobState.RUNNING, "")
            case Finished():
                return PullSummary(self.model, JobState.FINISHED, "")
            case Cancelled():
                return PullSummary(self.model, JobState.CANCELLED, "")
            case Failed(message):
                return PullSummary(self.model, JobState.FAILED, message)

    def cancel(self) -> None:
        if self.outcome is None:
            self._is_unwanted = True
            self._process.kill()

    async def _watch(self) -> None:
        outcome: JobOutcome | None = None
        with contextlib.suppress(ChildEnded):
            while True:
                report = await self._listening.run(self._process.receive)
                if isinstance(report, float):
                    self.feed.publish(Progress(self._stage, report))
                else:
                    outcome = report
        self._process.close()
        if outcome is None:
            outcome = Cancelled() if self._is_unwanted else Failed(_ENDED_EARLY)
        log.info("pull of %s: %s", self.model, outcome)
        self.outcome = outcome
        self.feed.publish(outcome)


def _pull(server: Parent[None, float | JobOutcome], models: ModelStore, model: str) -> None:
    """Pull a model, in a child process of the server."""
    told = -1

    def tell(fraction: float) -> None:
        nonlocal told
        if int(fraction * _STEPS) != told:
            told = int(fraction * _STEPS)
            server.send(told / _STEPS)

    try:
        models.pull(model, tell)
    except LayerpeelError as error:
        server.send(Failed(str(error)))
    else:
        server.send(Finished())
