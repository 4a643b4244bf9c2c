"""Server-sent events: what happens to a job, as it happens."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from layerpeel.backend.server.feed import JobFeed, is_final
from layerpeel.shared.jobs import JobEvent
from layerpeel.shared.wire import EVENTS_TYPE, to_text

# A comment, which clients ignore. Writing it shows whether anybody still reads.
HEARTBEAT = ": still here\n\n"
HEARTBEAT_SECONDS = 10.0


async def job_events(feed: JobFeed) -> AsyncIterator[str]:
    """Yield where a job stands and what happens to it, until it has ended."""
    with feed.listening() as heard:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    event = await heard.get()
            except TimeoutError:
                yield HEARTBEAT
                continue
            yield f"data: {to_text(event, JobEvent)}\n\n"
            if is_final(event):
                return


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """Answer with a stream of events, each sent as soon as it comes."""
    return StreamingResponse(events, headers={"Cache-Control": "no-store"}, media_type=EVENTS_TYPE)
