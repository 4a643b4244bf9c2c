"""What the server says of its calls is what it does; and no call that it invites breaks it."""

import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings

from fuzzing.calls import KnownIds, calls_of, try_call
from layerpeel.backend.server.routes import Backend
from layerpeel.shared.jobs import JobState
from layerpeel.shared.proof import PROOF_PATH
from layerpeel.shared.wire import MESSAGE_TYPE

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
TRIED = 12


@pytest.fixture(scope="module")
def paths(backend):
    return backend.call("GET", "/openapi.json").json()["paths"]


def test_no_call_breaks_it_and_each_is_answered_as_described(backend, subtests):
    known = KnownIds(backend, shows_pictures=False)
    for name, cases in calls_of(backend).items():

        @settings(max_examples=TRIED, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def each_is_answered(case):
            try_call(case, backend, known)

        with subtests.test(name):
            each_is_answered()


def test_nothing_of_that_is_in_the_log(backend):
    assert "Traceback" not in backend.log()


def test_the_description_needs_the_token(backend):
    assert backend.call("GET", "/openapi.json", headers={"Authorization": None}).status_code == 401


def test_it_names_every_call_and_no_other(backend, paths):
    assert PROOF_PATH in paths
    for path, described in paths.items():
        for method in METHODS if path != PROOF_PATH else ():  # The guard minds no method.
            found = path.replace("{id}", "nothing")
            answer = backend.call(method, found, stream=True)
            is_no_call = answer.status_code == 405 or "There is nothing at" in _start_of(answer)
            assert is_no_call is (method.lower() not in described), (method, path)
            answer.close()


def test_every_route_that_is_served_is_described(paths):
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(Backend) if field.init)
    calls = Backend(**nothing).application().routes
    served = {(each.path, method) for each in calls for method in each.methods - {"HEAD"}}
    described = {
        (path, method.upper())
        for path, operations in paths.items()
        for method in operations
        if path != PROOF_PATH  # The guard answers it.
    }
    assert served == described


def test_it_says_what_each_call_takes_and_gives(paths):
    submitted = paths["/jobs"]["post"]["requestBody"]["content"][MESSAGE_TYPE]["schema"]
    assert submitted["x-message"] == {"$ref": "#/components/schemas/SubmitJob"}
    for path, described in paths.items():
        for method, operation in described.items():
            (well,) = [each for each in operation["responses"] if each != "default"]
            assert re.fullmatch("2..", well), (path, method)
            assert operation["description"], (path, method)


def test_states_and_fields_are_those_of_the_messages(backend):
    schemas = backend.call("GET", "/openapi.json").json()["components"]["schemas"]
    assert schemas["JobState"]["enum"] == [state.value for state in JobState]
    picture = schemas["Picture"]["properties"]
    assert picture["icc_profile"]["type"] == "integer"
    assert picture["proxy"]["oneOf"][0] == {"$ref": "#/components/schemas/PixelBlock"}
    lift = schemas["PeelRequest"]["properties"]["lift"]["oneOf"]
    assert {"const": "Box"} in [each["allOf"][1]["properties"]["type"] for each in lift]


def _start_of(answer):
    kind = answer.headers.get("Content-Type", "")
    return answer.text if kind.startswith("application/json") else ""
