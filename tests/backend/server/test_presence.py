"""The server waits for clients and for work, and ends when there are none."""

import asyncio
from types import SimpleNamespace

import pytest

from layerpeel.backend.server import presence as module
from layerpeel.backend.server.presence import Presence


async def beats(count=1000):
    for _beat in range(count):
        yield "beat"


class Clock:
    """Time that passes only by sleeping, which returns at once.

    seconds: how much time has passed.
    """

    def __init__(self, sleep):
        self.seconds = 0.0
        self._let_others_run = sleep

    async def sleep(self, seconds):
        self.seconds += seconds
        await self._let_others_run(0)

    async def until(self, seconds):
        while self.seconds < seconds:
            await self._let_others_run(0)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(asyncio.sleep)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    return clock


@pytest.mark.usefixtures("clock")
def test_nobody_coming_ends_it_and_work_does_not():
    work = [True, True, False]
    looks = []

    def is_busy():
        looks.append(work[min(len(looks), 2)])
        return looks[-1]

    async def wait():
        await Presence(first_seconds=0.1).until_nobody_is_left(is_busy)

    asyncio.run(wait())
    assert looks[:3] == work


def test_one_who_stays_is_waited_for(clock):
    async def wait():
        presence = Presence(first_seconds=60, last_seconds=0.1)
        here, gone = presence.stream(beats()), presence.stream(beats())
        await anext(here)
        await anext(gone)
        ended = asyncio.create_task(presence.until_nobody_is_left(lambda: False))
        await gone.aclose()
        await clock.until(20)
        assert not ended.done()
        await here.aclose()
        await ended
        assert clock.seconds < 60

    asyncio.run(wait())


def test_a_stream_is_what_is_told_and_ends_with_that():
    async def wait():
        assert [beat async for beat in Presence().stream(beats(3))] == ["beat"] * 3

    asyncio.run(wait())
