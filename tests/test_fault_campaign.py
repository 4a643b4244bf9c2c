"""The campaign of `make faults` itself: a few faults, and what it says of a result that is lost."""

import shutil

import pytest

from fault_campaign import run, table_of
from faults.calls import (
    connection_is_cut,
    fetching_is_cut,
    handed_over_file_is_odd,
    message_is_odd,
)
from faults.campaign import Campaign
from faults.disk import disk_is_full_at_forgetting, disk_is_full_at_restart
from faults.full_disk import own_disk
from faults.processes import clock_jumps, worker_is_killed


def test_a_short_campaign():
    kinds = [
        (connection_is_cut, 5),
        (message_is_odd, 5),
        (handed_over_file_is_odd, 5),
        (fetching_is_cut, 5),
        (worker_is_killed, 1),
        (clock_jumps, 1),
    ]
    campaign = run(2, 0, 1, kinds)
    assert campaign.broken == []
    assert campaign.tried.total() == 22
    assert "Faults tried: 22. Results lost: 0." in table_of(campaign, 2, 1.0)


def test_a_full_disk_is_one_line_at_restart_and_lets_results_be_forgotten(tmp_path):
    with own_disk(tmp_path) as is_own:
        if not is_own:
            pytest.skip("no disk of its own may be mounted here, and the machine's is not filled")
        campaign = Campaign(tmp_path / "home", 3)
        try:
            for fault in (disk_is_full_at_restart, disk_is_full_at_forgetting):
                campaign.check("nothing yet")
                fault(campaign)
                campaign.check(fault.__name__)
        finally:
            campaign.kill()
    assert campaign.broken == []


def _all_are_forgotten(campaign):
    for job in campaign.backend.jobs():
        campaign.backend.call("DELETE", f"/jobs/{job.id}")
    campaign.backend.end_of(campaign.backend.submit(campaign.job()).id)


def test_results_that_are_lost_between_two_checks_are_noticed():
    campaign = run(1, 0, 1, [(_all_are_forgotten, 3)])
    lost = [line for line in campaign.broken if line.endswith(" is lost")]
    assert len(lost) == 3
    assert campaign.broken == lost


def test_a_result_that_is_lost_as_the_server_is_killed_is_noticed(tmp_path):
    campaign = Campaign(tmp_path / "home", 1)
    try:
        finished = campaign.backend.submit(campaign.job()).id
        campaign.backend.end_of(finished)
        campaign.crash()
        shutil.rmtree(campaign.home / "jobs")
        campaign.start()
        campaign.check("killed")
        assert campaign.broken == [f"killed: result {finished} is lost"]
    finally:
        campaign.kill()
    assert "Results lost: 1." in table_of(campaign, 1, 1.0)
