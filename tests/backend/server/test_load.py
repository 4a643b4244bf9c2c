"""A little load: every job comes to one end, and what the benchmark prints says so."""

import sys

import pytest

from layerpeel.backend.benchmarks import server_load


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as only Linux tells it")
def test_every_job_comes_to_one_end(monkeypatch, capsys):
    monkeypatch.setattr(server_load, "PROBED", 0.3)
    monkeypatch.setattr(server_load, "LARGE", 256)
    assert server_load.main(["--clients", "4", "--seconds", "1", "--jobs", "12"]) == 0
    clients, jobs, *health = capsys.readouterr().out.splitlines()
    assert clients.startswith("4 clients, 1 s: {'peeled and fetched':")
    assert "," not in clients.partition("{")[2]
    assert jobs.startswith("12 jobs: {'finished': 12}; memory")
    assert all(line.startswith("/health, worker") for line in health[:2])
