"""When nobody is left."""

import asyncio

from layerpeel.backend.server.presence import Presence


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


def test_one_who_stays_is_waited_for():
    async def wait():
        presence = Presence(first_seconds=60, last_seconds=0.1)
        here, gone = presence.stream(), presence.stream()
        await anext(here)
        await anext(gone)
        ended = asyncio.create_task(presence.until_nobody_is_left(lambda: False))
        await gone.aclose()
        await asyncio.sleep(1.2)
        assert not ended.done()
        await here.aclose()
        await ended

    asyncio.run(wait())


def test_streams_end_with_the_server():
    async def wait():
        presence = Presence()
        stream = presence.stream()
        await anext(stream)
        presence.close()
        assert [beat async for beat in stream] == []

    asyncio.run(wait())
