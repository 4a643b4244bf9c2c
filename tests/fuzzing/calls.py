"""The server's calls, tried by schemathesis from the description that it gives itself."""

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
)

from fuzzing.mutations import nearly
from fuzzing.targets import TARGETS
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.pointing import WhatIsAt
from layerpeel.shared.presets import Preset
from layerpeel.shared.protocol import (
    ColourModel,
    Coverage,
    Depth,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
    Point,
    Points,
)
from layerpeel.shared.wire import MESSAGE_TYPE, pack, to_text
from waiting import PATIENCE

SIDE = 8
PICTURE = Picture(PixelBlock(SIDE, SIDE, ColourModel.RGBA, Depth.U8, b"\x30\x60\x90\xff" * SIDE**2))
# An exact mask, so that it is done in a moment and without a model.
JOB = SubmitJob(
    "known", PeelRequest(Mask(Coverage(SIDE, SIDE, b"\x00\xff" * (SIDE**2 // 2)), True)), PICTURE
)

# These go on until the client leaves.
ENDLESS = r"^/presence$|/events$"
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]

schemathesis.openapi.media_type(
    MESSAGE_TYPE, st.binary(max_size=100) | nearly(TARGETS["packed"].seeds)
)


def calls_of(backend) -> dict[str, st.SearchStrategy]:
    """Return all calls that a running backend describes, by their names, each as a strategy.

    Half of what is drawn is as the description says, half is not.
    """
    description = backend.call("GET", "/openapi.json").json()
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=backend.server.address)
    operations = [each.ok() for each in schema.exclude(path_regex=ENDLESS).get_all_operations()]
    return {
        each.label: st.one_of(each.as_strategy(generation_mode=mode) for mode in GenerationMode)
        for each in operations
    }


class KnownIds:
    """Ids of a job that has ended, a preset, and a picture that is shown: what calls may be about.

    shows_pictures: whether there is such a picture; to look at it takes seconds.
    """

    def __init__(self, backend, shows_pictures: bool = True) -> None:
        self._backend = backend
        # Between two questions many calls are tried: a connection that is kept may be closed for
        # idleness in the very moment in which it is used.
        backend.http.headers["Connection"] = "close"
        self._shows_pictures = shows_pictures
        # What is removed of models is not there: they may be those of who runs this.
        self._ids = {"/jobs": "", "/pointing": "", "/presets": "known", "/models": "nothing"}

    def find(self, path: str) -> str:
        """Return the id for a path with one; it was made anew if a call has removed it."""
        place = f"/{path.split('/')[1]}"
        if place == "/jobs" and self._is_gone(f"/jobs/{self._ids[place]}"):
            self._ids[place] = self._made(place, pack(JOB))
            self._backend.end_of(self._ids[place])
        elif place == "/presets":
            self._backend.call("POST", place, data=to_text(Preset("Known")))
        elif (
            place == "/pointing"
            and self._shows_pictures
            and self._is_gone(f"/pointing/{self._ids[place]}/at")
        ):
            self._ids[place] = self._made(place, pack(PICTURE))
        return self._ids[place]

    def _is_gone(self, path: str) -> bool:
        method = "POST" if path.endswith("/at") else "GET"
        question = to_text(WhatIsAt(Points((Point(1, 1),)))) if method == "POST" else None
        return self._backend.call(method, path, data=question).status_code == 404

    def _made(self, place: str, body: bytes) -> str:
        kind = {"Content-Type": MESSAGE_TYPE}
        answer = self._backend.call("POST", place, headers=kind, data=body)
        return str(answer.json()["id"])


def try_call(case, backend, known: KnownIds) -> int:
    """Make one call, check its answer, and return its status.

    About every second one is about what is there.

    Raises schemathesis' failures: a status of 500 or more, an answer that is not as described, one
    without the token that is not refused.
    """
    if "id" in case.path_parameters and len(str(case.path_parameters["id"])) % 2:
        case.path_parameters["id"] = known.find(case.path)
    answer = case.call(headers=backend.headers, timeout=PATIENCE)
    case.validate_response(answer, checks=CHECKS, headers=backend.headers)
    if case.path == "/jobs" and answer.status_code == 201:
        backend.cancel(answer.json()["id"])
    return int(answer.status_code)
