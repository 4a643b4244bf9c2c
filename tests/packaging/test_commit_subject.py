"""Subjects of commits, as pre-commit checks them."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "commit_subject.py"
faults_of = runpy.run_path(str(SCRIPT))["faults_of"]


@pytest.mark.parametrize(
    "subject",
    [
        "Bound every dependency above, and check it",
        "Pass over phrases that cannot be found",
        "Focus the canvas after a peel",
        "Embed the profile",
        "x".upper() * 72,
        "Merge branch 'main' of a very long address that Git writes by itself and nobody shortens",
        'Revert "Bound every dependency above, and check it"',
        "fixup! Bound every dependency above, and check it",
    ],
)
def test_what_the_house_writes_is_taken(subject):
    assert faults_of(subject) == []


@pytest.mark.parametrize(
    ("subject", "fault"),
    [
        ("", "empty"),
        ("X" * 73, "73 characters"),
        ("bound every dependency", "capital"),
        ("Bound every dependency.", "full stop"),
        ("Bounds every dependency", "imperative"),
        ("Bounded every dependency", "imperative"),
        ("Bounding every dependency", "imperative"),
        ("Training: the paper's networks", "imperative"),
    ],
)
def test_anything_else_is_refused_with_its_reason(subject, fault):
    (said,) = faults_of(subject)
    assert fault in said


def test_the_file_of_a_message_is_read_as_git_leaves_it(tmp_path):
    message = tmp_path / "COMMIT_EDITMSG"
    command = [sys.executable, str(SCRIPT), str(message)]
    message.write_text("# Please enter the commit message\n\nBound every dependency\n\nwhy.\n")
    assert subprocess.run(command, check=False).returncode == 0
    message.write_text("bounds\n")
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.count("The commit's subject, “bounds”: ") == 2
