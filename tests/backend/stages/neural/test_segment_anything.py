"""Masks from boxes and points: the same from both formats, and as Meta's code says."""

import json
import shutil
from functools import reduce

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam as WholeSam

from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.stages.segment_anything import SegmentAnything
from layerpeel.backend.stages.segment_anything.by_hub import HubSam
from layerpeel.backend.stages.segment_anything.by_meta import MetaSam, load_meta_sam
from layerpeel.backend.stages.segment_anything.frame import Frame
from layerpeel.shared.protocol import Point

pytestmark = pytest.mark.torch

BOX, OTHER_BOX = (10, 12, 50, 40), (55.5, 20.25, 88, 57)
STROKE = tuple(Point(10 + 3 * step, 20 + 2 * step) for step in range(12))
ON, ALSO_ON, BESIDE = Point(20, 30), Point(40, 18), Point(70, 50, inside=False)


@pytest.fixture(params=["hub", "meta"])
def segmenter(request, pool):
    return SegmentAnything(request.getfixturevalue(f"{request.param}_sam_folder"), pool)


PROMPTS = {
    "a box": lambda sam, picture: sam.in_boxes(picture, [BOX]),
    "two boxes": lambda sam, picture: sam.in_boxes(picture, [BOX, OTHER_BOX]),
    "a point": lambda sam, picture: sam.at_points(picture, [ON]),
    "points": lambda sam, picture: sam.at_points(picture, [ON, ALSO_ON, BESIDE]),
    "a box and a point": lambda sam, picture: sam.at_points(picture, [ON], BOX),
    "a box and points": lambda sam, picture: sam.at_points(picture, [BESIDE, ON], BOX),
    "a stroke": lambda sam, picture: sam.at_points(picture, STROKE),
}


@pytest.mark.parametrize("shape", [(60, 90), (128, 128), (301, 97)])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_both_formats_of_the_same_weights_agree(
    hub_sam_folder, meta_sam_folder, pool, noise, prompt, shape
):
    by_hub, by_meta = (
        PROMPTS[prompt](SegmentAnything(folder, pool), noise(*shape))
        for folder in (hub_sam_folder, meta_sam_folder)
    )
    assert by_hub.shape == by_meta.shape == shape
    assert by_hub.std() > 0.1
    assert np.abs(by_hub - by_meta).max() < 1e-4


def test_the_best_mask_comes_with_what_sam_expects_of_it(segmenter, noise):
    picture = noise(60, 90)
    mask, quality = segmenter.best_at(picture, ON)
    assert np.array_equal(mask, segmenter.at_points(picture, [ON]))
    assert isinstance(quality, float)
    assert quality != segmenter.best_at(picture, BESIDE)[1]


def test_what_transformers_adds_to_variances_moves_little(hub_sam_folder, pool, noise, tmp_path):
    """A tenth of what Meta adds, which the files on the hub say and the one here does not."""
    folder = shutil.copytree(hub_sam_folder, tmp_path / "sam")
    change_config(folder, lambda config: config["mask_decoder_config"].pop("layer_norm_eps"))
    as_on_hub, as_meta = (
        SegmentAnything(each, pool).at_points(noise(60, 90), [ON])
        for each in (folder, hub_sam_folder)
    )
    assert 1e-6 < np.abs(as_on_hub - as_meta).max() < 5e-4


def change_config(folder, change):
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture(scope="module")
def predictor(meta_sam_folder):
    """Meta's own code, round the same weights."""
    sam = load_meta_sam(meta_sam_folder / "sam.pth")
    return SamPredictor(WholeSam(sam.image_encoder, sam.prompt_encoder, sam.mask_decoder).eval())


def predicted(predictor, levels, several=False, **prompt):
    predictor.set_image(levels)
    prompt = {name: np.array(values) for name, values in prompt.items()}
    logits, qualities, _ = predictor.predict(**prompt, multimask_output=several, return_logits=True)
    return 1 / (1 + np.exp(-logits[qualities.argmax()]))


def corrected(predictor, levels, *clicks):
    """Clicks as in Meta's own examples: each further one corrects the best mask before it."""
    predictor.set_image(levels)
    places = np.array([(click.x, click.y) for click in clicks])
    labels = np.array([int(click.inside) for click in clicks])
    _, qualities, coarse = predictor.predict(places[:1], labels[:1], multimask_output=True)
    for count in range(2, len(clicks) + 1):
        logits, qualities, coarse = predictor.predict(
            places[:count],
            labels[:count],
            mask_input=coarse[qualities.argmax()][None],
            multimask_output=False,
            return_logits=True,
        )
    return 1 / (1 + np.exp(-logits[0]))


# What is not 128 pixels long is resized: by Meta's code in 8 bits, here in floats. A random network
# makes much of that; where nothing is resized there is nothing to make.
@pytest.mark.parametrize(
    ("shape", "error"), [((128, 128), 1e-4), ((70, 128), 1e-4), ((301, 97), 2e-2)]
)
def test_it_answers_as_metas_own_code_does(predictor, meta_sam_folder, pool, noise, shape, error):
    levels = np.rint(noise(*shape) * 255).astype(np.uint8)
    picture = levels.astype(np.float32) / np.float32(255)
    sam = SegmentAnything(meta_sam_folder, pool)
    answers = [
        (sam.in_boxes(picture, [BOX]), predicted(predictor, levels, box=BOX)),
        (
            sam.at_points(picture, [ON]),
            predicted(predictor, levels, True, point_coords=[(20, 30)], point_labels=[1]),
        ),
        (sam.at_points(picture, [BESIDE, ON]), corrected(predictor, levels, ON, BESIDE)),
        (
            sam.at_points(picture, [ON, BESIDE, ALSO_ON]),
            corrected(predictor, levels, ON, BESIDE, ALSO_ON),
        ),
        (
            sam.at_points(picture, [BESIDE, ON, ALSO_ON]),
            corrected(predictor, levels, ON, BESIDE, ALSO_ON),
        ),
        (
            sam.at_points(picture, STROKE),
            predicted(
                predictor,
                levels,
                point_coords=[(point.x, point.y) for point in STROKE],
                point_labels=[1] * len(STROKE),
            ),
        ),
    ]
    for ours, theirs in answers:
        assert np.abs(ours - theirs).mean() < error


def test_several_boxes_are_the_union_of_what_each_holds(segmenter, noise):
    picture, boxes = noise(60, 90), [BOX, OTHER_BOX, (0, 0, 90, 60)]
    each = [segmenter.in_boxes(picture, [box]) for box in boxes]
    assert np.array_equal(segmenter.in_boxes(picture, boxes), reduce(np.maximum, each))
    assert np.abs(each[0] - each[1]).mean() > 0.01


def test_what_is_shown_makes_a_difference(segmenter, noise):
    picture = noise(60, 90)
    answers = [show(segmenter, picture) for show in PROMPTS.values()]
    for place, answer in enumerate(answers):
        assert answer.dtype == np.float32
        assert 0 <= answer.min() < 0.4
        assert 0.6 < answer.max() <= 1
        for other in answers[:place]:
            assert np.abs(answer - other).max() > 0.1


def test_a_picture_is_looked_at_once_for_all_prompts(segmenter, noise, monkeypatch):
    looks = []
    for network in (HubSam, MetaSam):

        def encode(sam, pixels, encode=network.encode):
            looks.append(1)
            return encode(sam, pixels)

        monkeypatch.setattr(network, "encode", encode)
    first, second, third = (noise(60, 90, seed) for seed in range(3))
    fresh = segmenter.in_boxes(first, [BOX, OTHER_BOX])
    segmenter.at_points(first.copy(), [ON])
    assert len(looks) == 1
    # The same bytes in another shape are another picture.
    segmenter.in_boxes(first.reshape(90, 60, 3), [BOX])
    assert len(looks) == 2
    assert np.array_equal(segmenter.in_boxes(first, [BOX, OTHER_BOX]), fresh)
    assert len(looks) == 2
    segmenter.in_boxes(second, [BOX])
    segmenter.in_boxes(third, [BOX])
    assert len(looks) == 4
    assert np.array_equal(segmenter.in_boxes(first, [BOX, OTHER_BOX]), fresh)
    assert len(looks) == 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (4000, 8), (8, 4000), (1, 4000)])
def test_any_shape_has_a_mask(segmenter, noise, shape):
    mask = segmenter.in_boxes(noise(*shape), [(0, 0, shape[1], shape[0])])
    assert mask.shape == shape
    assert np.isfinite(mask).all()
    assert segmenter.at_points(noise(*shape), [Point(0, 0)]).shape == shape


@pytest.mark.parametrize(("shape", "seen"), [((900, 1800), (512, 1024)), ((4000, 1), (1024, 1))])
def test_the_long_side_fills_the_square(shape, seen):
    frame = Frame(*shape, 1024)
    assert frame.seen == seen
    height, width = shape
    corner = frame.places(torch.tensor([float(width), float(height)])).tolist()
    assert corner == pytest.approx([seen[1], seen[0]])


def test_too_little_memory_is_said_after_a_second_try(segmenter, noise, monkeypatch):
    tries = []

    def run_out(*_):
        tries.append(1)
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(HubSam, "encode", run_out)
    monkeypatch.setattr(MetaSam, "encode", run_out)
    with pytest.raises(DeviceError, match="not enough memory for the mask"):
        segmenter.in_boxes(noise(60, 90), [BOX])
    assert len(tries) == 2


def test_transformers_format_is_taken_where_both_are(
    hub_sam_folder, meta_sam_folder, pool, noise, tmp_path
):
    folder = shutil.copytree(hub_sam_folder, tmp_path / "sam")
    shutil.copy(meta_sam_folder / "sam.pth", folder)
    both, hub = (
        SegmentAnything(each, pool).in_boxes(noise(60, 90), [BOX])
        for each in (folder, hub_sam_folder)
    )
    assert np.array_equal(both, hub)


@pytest.mark.parametrize("files", [(), ("a.pth", "b.pth")])
def test_a_folder_without_one_sam_is_refused(pool, noise, tmp_path, files):
    for file in files:
        (tmp_path / file).touch()
    named = ", ".join(files) or "none"
    with pytest.raises(ModelError, match=rf"one \.pth file.*there are: {named}"):
        SegmentAnything(tmp_path, pool).in_boxes(noise(9, 9), [BOX])


def test_another_generation_of_sam_is_refused(hub_sam_folder, pool, noise, tmp_path):
    folder = shutil.copytree(hub_sam_folder, tmp_path / "sam")
    change_config(folder, lambda config: config.update(model_type="sam2"))
    with pytest.raises(ModelError, match="“sam2”, and a “sam”"):
        SegmentAnything(folder, pool).in_boxes(noise(9, 9), [BOX])
