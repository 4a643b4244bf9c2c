"""The calls about models beyond those that set-up brings: list them, remove one.

They are pulled as generators are (`generator_calls`).
"""

from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.call import Call, Content
from layerpeel.backend.server.job_queue import JobQueue
from layerpeel.backend.server.model_offers import can_be_removed, model_offers
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.pulls import Pulls
from layerpeel.backend.server.refusal import Refused, as_json
from layerpeel.shared.model_offers import ModelOffers
from layerpeel.shared.wire import to_text


class ModelCalls:
    """These calls. models: what is installed. pulls: what is being downloaded. queue: of jobs."""

    def __init__(self, models: ModelStore, pulls: Pulls, queue: JobQueue) -> None:
        self._models, self._pulls, self._queue = models, pulls, queue
        self._files = OwnThreads("models", 2)

    def calls(self) -> list[Call]:
        """Return these calls."""
        listed = Content(ModelOffers)
        return [
            Call("GET", "/models", self.list_models, gives=listed),
            Call("DELETE", "/models/{id}", self.remove_model, gives=listed),
        ]

    async def list_models(self, _request: Request) -> Response:
        """Answer `ModelOffers`."""
        offers = await self._files.run(model_offers, self._models, self._pulls.pulling)
        return as_json(to_text(offers))

    async def remove_model(self, request: Request) -> Response:
        """Remove a model that was pulled; answer `ModelOffers`."""
        model_id = request.path_params["id"]
        try:
            model = self._models.manifest.usable(model_id)
        except ModelError as error:
            raise Refused(404, str(error)) from error
        if not can_be_removed(model):
            raise Refused(409, f"{model.title} stays: set-up has brought it, and peeling needs it.")
        if self._pulls.pulling == model_id:
            raise Refused(409, f"{model_id} is being pulled: cancel that first.")
        # What a job takes is settled stage by stage: any job may need it.
        if self._queue.is_busy:
            raise Refused(
                409,
                f"{model.title} stays for now: a picture is being taken apart, or waits for that, "
                "and may need it. Remove it once that has ended, or cancel it first.",
            )
        await self._files.run(self._models.remove, model_id)
        return await self.list_models(request)
