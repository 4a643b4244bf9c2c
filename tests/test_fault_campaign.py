"""The campaign of `make faults` itself: a few faults, and what it says of a result that is lost."""

from fault_campaign import run, table_of
from faults.calls import (
    connection_is_cut,
    fetching_is_cut,
    handed_over_file_is_odd,
    message_is_odd,
)
from faults.campaign import Campaign
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


def test_a_lost_result_is_noticed(tmp_path):
    campaign = Campaign(tmp_path / "home", 1)
    try:
        campaign.check("before")
        (lost,) = campaign.results
        campaign.backend.call("DELETE", f"/jobs/{lost}")
        campaign.check("forgotten")
        assert campaign.broken == [f"forgotten: result {lost} is lost"]
    finally:
        campaign.kill()
    assert "Results lost: 1." in table_of(campaign, 1, 1.0)
