"""Skipping or failing where Krita is missing."""

from krita_harness.requirements import PROGRAMS, is_failure, reason_to_leave_out


def test_nothing_is_left_out_where_all_programs_are():
    assert reason_to_leave_out({}, find_program=lambda name: f"/usr/bin/{name}") is None


def test_reason_names_what_is_missing_and_how_to_get_it():
    def find(name):
        return None if name in ("krita", "import") else f"/usr/bin/{name}"

    reason = reason_to_leave_out({}, find)
    assert "krita, import not found" in reason
    assert "Install krita imagemagick" in reason


def test_wish_to_go_without_is_heard_where_all_programs_are():
    reason = reason_to_leave_out({"LAYERPEEL_WITHOUT_KRITA": "1"}, find_program=PROGRAMS.get)
    assert "LAYERPEEL_WITHOUT_KRITA=1 is set" in reason


def test_only_ci_without_that_wish_fails():
    assert is_failure({"CI": "true"})
    assert not is_failure({"CI": "true", "LAYERPEEL_WITHOUT_KRITA": "1"})
    assert not is_failure({})
