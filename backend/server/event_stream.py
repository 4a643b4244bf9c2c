"""Server-sent events: what happens to a job, and which jobs there are, as it happens."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from layerpeel.backend.server.feed import JobFeed, is_final
from layerpeel.backend.server.job_queue import JobQueue
from layerpeel.shared.jobs import JobEvent, JobsInLine
from layerpeel.shared.wire import EVENTS_TYPE, to_text

# A comment, which clients ignore. Writing it shows whether anybody still reads.
HEARTBEAT = ": still here\n\n"
HEARTBEAT_SECONDS = 10.0

# Progress comes faster than anybody reads it.
_BETWEEN_LINES = 0.25


async def job_events(feed: JobFeed) -> AsyncIterator[str]:
    """Yield where a job stands and what happens to it, until it or the server has ended."""
    with feed.listening() as heard:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    event = await heard.get()
            except TimeoutError:
                yield HEARTBEAT
                continue
            if event is None:
                return
            yield f"data: {to_text(event, JobEvent)}\n\n"
            if is_final(event):
                return


async def line_events(queue: JobQueue) -> AsyncIterator[str]:
    """Yield which jobs run and wait, now and whenever that changes, until the server ends."""
    said: JobsInLine | None = None
    while not queue.is_closed:
        if (line := queue.line()) != said:
            said = line
            yield f"data: {to_text(line)}\n\n"
            await asyncio.sleep(_BETWEEN_LINES)
            continue
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await queue.until_line_changes()
        except TimeoutError:
            yield HEARTBEAT


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """Answer with a stream of events, each sent as soon as it comes."""
    return StreamingResponse(events, headers={"Cache-Control": "no-store"}, media_type=EVENTS_TYPE)
