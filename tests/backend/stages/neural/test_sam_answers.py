"""Things told apart by SAM, here of random weights."""

import numpy as np
import pytest

from layerpeel.backend.image import Image
from layerpeel.backend.progress import StopWork, say_no_fraction
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.segment_anything import SegmentAnything
from layerpeel.backend.stages.segment_anything.sam_answers import SamAnswers
from layerpeel.backend.stages.things.agreement import AGREEMENT
from layerpeel.backend.stages.things.thing_masks import mask_of
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.shared.protocol import Depth, Point

pytestmark = pytest.mark.torch

SHAPE = (96, 128)


@pytest.fixture
def answers(hub_sam_folder, pool, noise):
    return SamAnswers(SegmentAnything(hub_sam_folder, pool), noise(*SHAPE))


def things(answers, standing_out, report=say_no_fraction):
    proxy = np.zeros((*SHAPE, 3), np.float32)
    image = Image(proxy, np.ones(SHAPE, np.float32), proxy, Depth.U8)
    return find_things(image, standing_out, answers, 8, report)


def two_apart():
    standing_out = np.zeros(SHAPE, np.float32)
    standing_out[20:80, 10:50] = standing_out[30:90, 70:120] = 1
    return standing_out


def test_what_stands_out_comes_as_things_and_it_says_how_far_it_is(answers):
    said = []
    found = things(answers, two_apart(), said.append)
    masks = [mask_of(thing, SHAPE) for thing in found]
    assert masks
    assert np.sum(masks, axis=0).max() == 1
    covered = np.any(masks, axis=0) & (two_apart() > 0)
    assert np.count_nonzero(covered) > 0.5 * two_apart().sum()
    assert said == sorted(said)
    assert len(said) > 10
    assert said[-1] == 1.0


def test_an_answer_is_sams_best_mask_at_that_point(hub_sam_folder, pool, noise):
    segmenter, picture = SegmentAnything(hub_sam_folder, pool), noise(*SHAPE)
    answers = SamAnswers(segmenter, picture)
    assert answers.shape == (192, 256)
    (answer,) = answers.at([(10, 32)], say_no_fraction)
    mask, quality = segmenter.best_at(picture, Point(16, 5))
    assert answer.place == (10, 32)
    assert np.array_equal(answer.sureness, resized(mask, answers.shape))
    # A point agrees with itself, if it lies in what it is answered with.
    agreed = AGREEMENT * bool(answer.sureness[10, 32] > 0.5)
    assert answer.likelihood == pytest.approx((1 - AGREEMENT) * quality + agreed)


def test_it_can_be_stopped_while_points_are_asked_about(answers):
    def stop(done):
        if done > 0.3:
            raise StopWork

    with pytest.raises(StopWork):
        things(answers, two_apart(), stop)
