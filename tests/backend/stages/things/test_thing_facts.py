"""Finding out about answers to many points: it says how far it is all along, and can be stopped."""

import numpy as np
import pytest

from layerpeel.backend.progress import StopWork, say_no_fraction
from layerpeel.backend.stages.pointing.answer_facts import FACTS, MASKS
from layerpeel.backend.stages.pointing.minisam import MiniSam
from layerpeel.backend.stages.things.answer_relations import RELATIONS
from layerpeel.backend.stages.things.thing_facts import SHARES, THING_FACTS, answers_to_points
from tiny_checkpoints.point import save_tiny_minisam

POINTS = [(row, column) for row in range(10, 128, 30) for column in range(10, 256, 40)]
# Where asking ends, and finding out about all answers together.
ASKED, TOGETHER = SHARES[0], SHARES[0] + SHARES[1]


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    """At noise, by a network that answers with discs."""
    folder = save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")
    picture = np.random.default_rng(0).random((64, 128, 3)).astype(np.float32)
    return MiniSam(folder).look(picture)


def test_each_answer_comes_with_all_that_is_known_of_it(look):
    answered = answers_to_points(look, POINTS, say_no_fraction)
    assert answered.logits.shape == answered.masks.shape == (MASKS * len(POINTS), 128, 256)
    assert np.array_equal(answered.masks, answered.logits > 0)
    assert answered.facts.shape == (MASKS * len(POINTS), THING_FACTS)
    for number, (row, column) in enumerate(POINTS):
        assert answered.masks[MASKS * number : MASKS * (number + 1), row, column].all()
    for kind in np.split(answered.facts, [FACTS, FACTS + RELATIONS], axis=1):
        assert np.isfinite(kind).all()
        assert kind.any(axis=1).all()


def test_it_says_how_far_it_is_to_the_end(look):
    said = []
    answers_to_points(look, POINTS, said.append)
    assert said == sorted(said)
    assert said[0] == 0
    assert said[-1] == pytest.approx(1)
    assert sum(ASKED < done < TOGETHER for done in said) >= 5
    assert sum(TOGETHER < done < 1 for done in said) >= 5


@pytest.mark.parametrize("begin", [0.0, ASKED, TOGETHER])
def test_it_can_be_stopped_at_any_time(look, begin):
    said = []

    def stop(done):
        said.append(done)
        if done > begin:
            raise StopWork

    with pytest.raises(StopWork):
        answers_to_points(look, POINTS, stop)
    assert sum(done > begin for done in said) == 1
