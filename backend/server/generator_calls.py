"""The calls about generators: list them, look for more, use a file, pull a model."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.models.delivery import no_progress
from layerpeel.backend.models.file_names import is_text
from layerpeel.backend.models.looking import look_into
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.call import Call, Content, Form
from layerpeel.backend.server.event_stream import job_events, stream
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.pulls import Pulls
from layerpeel.backend.server.refusal import Refused, as_json
from layerpeel.backend.server.upload import read_message
from layerpeel.shared.generators import (
    FoundFiles,
    Generators,
    LookInto,
    PullModel,
    PullSummary,
    StyleInfo,
    UseFile,
)
from layerpeel.shared.jobs import JobEvent
from layerpeel.shared.wire import to_text

# The plugin gives up a call that is silent for half a minute.
LOOKING_SECONDS = 20.0


class GeneratorCalls:
    """The calls about generators.

    models: what is installed. pulls: what is being downloaded.
    """

    def __init__(self, models: ModelStore, pulls: Pulls) -> None:
        self._models = models
        self._pulls = pulls
        self._styles = OwnThreads("styles", 2)
        self._looks = OwnThreads("looks into folders", 2)
        self._usable: set[str] = set()
        """Files that `look` found usable: only these may become styles."""

    def calls(self) -> list[Call]:
        """Return these calls."""
        pulled, events = Content(PullSummary), Content(JobEvent, Form.EVENTS)
        folders, file, model = map(Content, (LookInto, UseFile, PullModel))
        found, style = Content(FoundFiles), Content(StyleInfo)
        return [
            Call("GET", "/generators", self.tell, gives=Content(Generators)),
            Call("POST", "/generators/look", self.look, folders, found),
            Call("POST", "/generators/use", self.use, file, style),
            Call("POST", "/generators/pull", self.pull, model, pulled, 202),
            Call("GET", "/generators/pull/events", self.tell_pull, gives=events),
            Call("POST", "/generators/pull/cancel", self.cancel_pull, gives=pulled),
        ]

    async def tell(self, _request: Request) -> Response:
        """Answer `Generators`."""
        pulling = self._pulls.pulling
        return as_json(to_text(await self._styles.run(_generators_of, self._models, pulling)))

    async def look(self, request: Request) -> Response:
        """Take `LookInto`, by which the artist consents; answer `FoundFiles`."""
        wanted = await read_message(LookInto, request)
        folders = [Path(folder) for folder in wanted.folders]
        for folder in folders:
            if not (folder.is_absolute() and is_text(str(folder))):
                raise Refused(400, f"{str(folder)!a} is no whole path of a folder: choose another.")
        if self._looks.is_full:
            raise Refused(429, "Folders are being looked into already. Try again in a moment.")
        found = await self._looks.run(look_into, folders, no_progress, LOOKING_SECONDS)
        self._usable |= {file.path for file in found.files if not file.why_not}
        return as_json(to_text(found))

    async def use(self, request: Request) -> Response:
        """Take `UseFile` of a file that was found; answer the `StyleInfo` of its new style."""
        wanted = await read_message(UseFile, request)
        if wanted.path not in self._usable:
            raise Refused(
                403,
                f"{wanted.path} is not among what was found and can be used. Look into its folder "
                "first.",
            )
        return as_json(
            to_text(await self._styles.run(_use_checkpoint, Path(wanted.path), self._models))
        )

    async def pull(self, request: Request) -> Response:
        """Take `PullModel`, by which the artist consents; start, and answer `PullSummary`."""
        wanted = await read_message(PullModel, request)
        return as_json(to_text(self._pulls.start(wanted.model)), 202)

    async def tell_pull(self, _request: Request) -> Response:
        """Answer with the events of the latest pull, each a `JobEvent`."""
        return stream(job_events(self._pulls.feed))

    async def cancel_pull(self, _request: Request) -> Response:
        """Stop the pull; answer `PullSummary` once it has ended, in whichever way."""
        return as_json(to_text(await self._pulls.cancel()))


# Styles need numpy: it is loaded when somebody asks for them, not when the server starts.


def _generators_of(models: ModelStore, pulling: str) -> Generators:
    from layerpeel.backend.server.generator_offers import generators_of

    return generators_of(models, pulling)


def _use_checkpoint(file: Path, models: ModelStore) -> StyleInfo:
    from layerpeel.backend.server.generator_offers import use_checkpoint

    return use_checkpoint(file, models)
