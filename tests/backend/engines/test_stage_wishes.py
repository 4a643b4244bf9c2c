"""An implementation is chosen for one stage: what that takes, leaves open, and refuses."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.engines.best_choice import ANSWERING, BestChoice
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.engines.stage_choice import Question
from layerpeel.backend.engines.stage_wishes import Stage, choices_of, with_stages
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.health import auto_info_of
from layerpeel.shared.protocol import Coverage, Mask, PeelRequest, Point, Points, Subject, Words

CLICK = Points((Point(3, 3),))


@pytest.fixture
def empty_store(tmp_path):
    """A store in which no model is installed."""
    return ModelStore(folder=tmp_path)


def taken(request, store, *stages):
    choice = BestChoice(store, stages, see_room=lambda: None).for_request(request)
    return {str(question): means.name for question, means in choice.taken_for(request).items()}


def test_a_wish_is_for_its_stage_alone(empty_store):
    request = PeelRequest(CLICK)
    open_choice = taken(request, empty_store)
    assert open_choice["edge"] == "small-network"
    assert taken(request, empty_store, "edge=closed-form") == {
        **open_choice,
        "edge": "closed-form",
    }
    assert taken(request, empty_store, "pointing=sam") == {**open_choice, "points": "sam"}
    assert taken(request, empty_store, "subject=isnet", "pointing=auto") == open_choice


def test_what_answers_only_some_questions_of_a_stage_leaves_the_others_open(empty_store):
    assert Question.PART in Stage.SUBJECT.questions
    within = PeelRequest(Subject(Coverage(2, 1, b"\x00\xff")))
    assert taken(within, empty_store, "subject=weighed")["part"] == "weighed"
    words = PeelRequest(Words("a cat"))
    assert taken(words, empty_store, "pointing=sam", "words=grounding-dino") == {
        **taken(words, empty_store),
        "masks": "sam",
    }


def test_a_wish_that_is_not_asked_for_is_no_news(empty_store):
    best = BestChoice(empty_store, ["edge=vitmatte", "pointing=sam"], see_room=lambda: None)
    best.for_request(PeelRequest(Mask(Coverage(2, 1, b"\x00\xff"), exact=True)))
    assert best.notes == []


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (["hair=vitmatte"], "no stage “hair”.*words, subject, pointing, edge, layers"),
        (["edge=sam"], "“sam” cannot be chosen for the stage “edge”.*auto, .*closed-form"),
        (["edge="], "“” cannot be chosen"),
        (["=vitmatte"], "no stage “”"),
        (["edge=closed-form", "edge=closed-form"], "“edge” was chosen twice"),
    ],
)
def test_odd_wishes_are_refused_in_a_line(empty_store, wishes, said):
    with pytest.raises(BadInputError, match=said) as error:
        engine_for(PeelRequest(engine="+".join(["auto", *wishes])), empty_store)
    assert "\n" not in str(error.value)


def test_what_is_wished_and_not_there_is_not_replaced(empty_store):
    request = PeelRequest(Subject(), engine="auto+layers=fbdd")
    engine, _ = engine_for(request, empty_store)
    with pytest.raises(ModelError, match="FBDD"):
        engine.check(request)


def test_a_fixed_engine_takes_no_wishes():
    assert with_stages("compact", []) == "compact"
    with pytest.raises(BadInputError, match="fixed choice"):
        with_stages("compact", ["edge=vitmatte"])


def test_the_result_says_what_was_taken(empty_store):
    picture = np.zeros((24, 24, 3), np.uint8)
    picture[6:18, 6:18] = 200
    mask = np.zeros((24, 24), np.uint8)
    mask[6:18, 6:18] = 255
    lift = Mask(Coverage(24, 24, mask.tobytes()))

    def stages(**more):
        made = peel(picture, lift=lift, band=2.0, engine="auto", store=empty_store, **more)
        return made.made_with.stages

    assert stages()["edge"] == "a small matting network"
    assert stages(stages={"edge": "closed-form"})["edge"] == "closed-form matting"
    with pytest.raises(BadInputError, match="no stage"):
        stages(stages={"hair": "closed-form"})


def test_it_is_listed_what_can_be_chosen_and_what_it_lacks(empty_store):
    stages = {stage.name: stage.choices for stage in auto_info_of(empty_store).stages}
    assert list(stages) == [str(stage) for stage in Stage]
    for stage in Stage:
        names = [means.name for means in choices_of(stage, ANSWERING)]
        assert [each.name for each in stages[stage]] == names
        for each in stages[stage]:
            assert each.title
            assert "\n" not in each.missing
    edge = {each.name: each.missing for each in stages["edge"]}
    assert edge["closed-form"] == edge["small-network"] == ""
    assert "models pull vitmatte" in edge["vitmatte"]
