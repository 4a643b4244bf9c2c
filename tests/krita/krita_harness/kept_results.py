"""A backend's folder of results, filled before the backend starts."""

import json
import time
from dataclasses import replace

import numpy as np

from layerpeel.backend.image import block_of
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.result_views import write_views
from layerpeel.shared.jobs import Finished, JobState, JobSummary, SubmitJob
from layerpeel.shared.protocol import (
    ChannelOrder,
    Layer,
    LayerStack,
    MadeWith,
    PeelRequest,
    Picture,
    Role,
)
from layerpeel.shared.wire import pack

MOST_BYTES = 2 << 30
BGRA = ChannelOrder.BGRA  # as Krita keeps 8 bits


def keepsake_of(size, **origin):
    """What the plugin sends with a peel of a whole picture; without origin, as version 0.2.0."""
    place = {"above": "", "below": "", "patch": True, "blending_mode": "normal", "opacity": 255}
    place |= {"inherit_alpha": False, "covers_original": True}
    told = {"name": "Peeled subject", "size": list(size), "form": "layers", "place": place}
    told |= {"model": "RGBA", "depth": "U8", "profile": "sRGB-elle-V2-srgbtrc.icc"}
    return json.dumps(told | ({"origin": origin} if origin else {}))


def keep_results(layerpeel_home, keepsakes, picture, with_views=True):
    """Keep a result for each keepsake, the last the newest; return their ids in this order.

    picture: H×W×4, 8 bits, of which the middle was lifted off.
    """
    height, width = picture.shape[:2]
    middle = (slice(height // 4, height * 3 // 4), slice(width // 4, width * 3 // 4))
    behind = picture.copy()
    behind[middle] = picture[:1, :1]
    layers = (
        Layer("Background", Role.BACKGROUND, block_of(behind, BGRA)),
        Layer(
            "Foreground",
            Role.FOREGROUND,
            block_of(np.ascontiguousarray(picture[middle]), BGRA),
            (width // 4, height // 4),
        ),
    )
    stack = LayerStack((width, height), layers, MadeWith("compact", 0))
    job = SubmitJob("Peeled subject", PeelRequest(), Picture(block_of(picture, BGRA)))
    views = [layerpeel_home / name for name in ("thumbnails", "original")]
    write_views(job, stack, *views)
    store = JobStore(layerpeel_home / "jobs", MOST_BYTES)
    ids = []
    for number, keepsake in enumerate(keepsakes):
        created = time.time() - len(keepsakes) + number
        kept = JobSummary(f"{number:032x}", job.name, JobState.QUEUED, created, (width, height))
        store.add(replace(kept, keepsake=keepsake))
        store.draft_file(kept.id).write_bytes(pack(stack))
        if with_views:
            store.thumbnails_file(kept.id).write_bytes(views[0].read_bytes())
            store.original_file(kept.id).write_bytes(views[1].read_bytes())
        store.end(kept.id, Finished())
        ids.append(kept.id)
    store.close()
    return ids
