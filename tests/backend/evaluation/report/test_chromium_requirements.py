"""Without a browser its tests are skipped with a reason, and fail where CI is set."""

import chromium
import pytest


def find_all(name):
    return f"/usr/bin/{name}"


def test_nothing_is_left_out_where_all_is_there():
    assert chromium.reason_to_leave_out({}, find_all) is None


def test_the_reason_names_what_is_missing_and_how_to_get_it():
    reason = chromium.reason_to_leave_out({}, {"chromium": "/usr/bin/chromium"}.get)
    assert "chromedriver not found" in reason
    assert "Install chromium-driver " in reason


@pytest.mark.parametrize(
    ("environment", "fails"),
    [
        ({}, False),
        ({"CI": "true"}, True),
        ({"CI": "true", "LAYERPEEL_WITHOUT_BROWSER": "1"}, False),
    ],
)
def test_ci_may_not_go_without_unless_it_is_told_to(environment, fails):
    assert chromium.is_failure(environment) is fails


def test_going_without_is_enough_of_a_reason():
    environment = {"LAYERPEEL_WITHOUT_BROWSER": "1"}
    assert "LAYERPEEL_WITHOUT_BROWSER=1" in chromium.reason_to_leave_out(environment, find_all)
