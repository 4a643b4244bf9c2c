"""The real Krita, killed while it peels by the backend of a campaign."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from faults.campaign import Campaign
from layerpeel.shared.jobs import JobState

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "krita"), str(TESTS.parent / "packaging")]

from krita_harness.docker import DONE, Docker  # noqa: E402
from krita_harness.easel import Easel  # noqa: E402
from krita_harness.launcher import Launcher  # noqa: E402
from krita_harness.pictures import disc_selection, small_picture  # noqa: E402
from krita_harness.requirements import reason_to_leave_out  # noqa: E402
from krita_harness.results import ResultsPage  # noqa: E402
from plugin_zip import build_plugin_zip  # noqa: E402

LONGEST_PEEL = 3.0  # seconds, from the click until its layers are in the document
NAME = "Castle"


def why_without_krita() -> str | None:
    """Return why no Krita can be started here; None if one can."""
    return reason_to_leave_out(os.environ)


class KritaAtWork:
    """A Krita whose plugin asks the campaign's backend. folder: for its home."""

    def __init__(self, folder: Path, campaign: Campaign) -> None:
        self._launcher = Launcher(folder, build_plugin_zip(folder))
        self._krita = self._launcher.launch({"LAYERPEEL_HOME": str(campaign.home)})
        self._picture = small_picture()

    def peel_and_be_killed(self, campaign: Campaign) -> None:
        """Start a peel, and be killed at a random moment of it, or of the insertion after it."""
        if self._krita.is_running:
            self._krita.reset()
        else:
            self._krita.start()
        docker, easel = Docker(self._krita), Easel(self._krita)
        self._open_picture(easel)
        easel.select(disc_selection())
        docker.lift("selection")
        docker.take_edge_exactly()
        docker.start()
        time.sleep(campaign.chance.uniform(0, LONGEST_PEEL))
        self._krita.kill()

    def insert_newest(self, campaign: Campaign) -> None:
        """Start again, and insert the newest result that a Krita has asked for, if there is one."""
        asked = [job for job in campaign.backend.jobs() if job.keepsake]
        done = [job.id for job in asked if job.state is JobState.FINISHED]
        self._krita.start()
        results = ResultsPage(self._krita)
        self._open_picture(Easel(self._krita))
        if not done:
            return
        results.open()
        message = results.take(results.jobs.index(done[0]))
        if message != DONE or not np.array_equal(self._krita.pixels(), self._picture):
            campaign.broken.append(f"Krita killed: inserting gave “{message}”")

    def end(self) -> None:
        """End it."""
        self._launcher.kill_all()

    def _open_picture(self, easel: Easel) -> None:
        easel.picture(self._picture, name=NAME)
