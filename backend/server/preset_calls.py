"""Calls about presets: listed, saved, taken in from a file, handed out as one, removed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.server.call import Call, Content
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.refusal import Refused, as_json
from layerpeel.backend.server.upload import read_message
from layerpeel.shared.presets import Preset, PresetFile, Presets
from layerpeel.shared.wire import to_text

if TYPE_CHECKING:
    from layerpeel.backend.presets import PresetFolder

Result = TypeVar("Result")


class PresetCalls:
    """The calls about presets. Files are read and written one call after the other.

    folder: of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = OwnThreads("presets", 1)

    def calls(self) -> list[Call]:
        """Return all calls that are answered here."""
        listed, file = Content(Presets), Content(PresetFile)
        return [
            Call("GET", "/presets", self.list_presets, gives=listed),
            Call("POST", "/presets", self.save_preset, Content(Preset), listed),
            Call("POST", "/preset-files", self.take_in_preset, file, listed),
            Call("GET", "/presets/{id}", self.give_preset, gives=file),
            Call("DELETE", "/presets/{id}", self.remove_preset, gives=listed),
        ]

    async def list_presets(self, _request: Request) -> Response:
        """Answer `Presets`."""
        return as_json(to_text(await self._run(lambda presets: presets.listed())))

    async def save_preset(self, request: Request) -> Response:
        """Take a `Preset`, in place of one with its title; answer `Presets`."""
        preset = await read_message(Preset, request)
        await self._run(lambda presets: presets.save(preset))
        return await self.list_presets(request)

    async def take_in_preset(self, request: Request) -> Response:
        """Take a `PresetFile` from elsewhere, in place of none; answer `Presets`."""
        file = await read_message(PresetFile, request)
        await self._run(lambda presets: presets.take_in(file.name, file.text))
        return await self.list_presets(request)

    async def give_preset(self, request: Request) -> Response:
        """Answer a `PresetFile`."""
        name = request.path_params["id"]
        text = await self._run(lambda presets: presets.text_of(name))
        if text is None:
            raise _unknown()
        return as_json(to_text(PresetFile(name, text)))

    async def remove_preset(self, request: Request) -> Response:
        """Remove a preset; answer `Presets`."""
        name = request.path_params["id"]
        if not await self._run(lambda presets: presets.remove(name)):
            raise _unknown()
        return await self.list_presets(request)

    async def _run(self, work: "Callable[[PresetFolder], Result]") -> Result:
        return await self._files.run(_work_with, self._folder, work)


def _work_with(folder: Path, work: "Callable[[PresetFolder], Result]") -> Result:
    # To check them needs what knows the engines, and that numpy: it is not loaded at the start.
    from layerpeel.backend.presets import PresetFolder

    return work(PresetFolder(folder))


def _unknown() -> Refused:
    return Refused(404, "There is no preset of that name any more.")
