"""Composites tell the truth about themselves, or say in one line why they cannot be drawn."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerpeel.backend.composites.composite import draw_composites, trimap_of_true_alpha
from layerpeel.backend.errors import BadInputError

SIZE = 192
PLANES = ("picture", "alpha", "foreground", "background", "trimap")


@pytest.fixture(scope="module")
def drawn(art):
    return list(draw_composites(art, 8, seed=3, size=SIZE))


@pytest.fixture
def make_art(tmp_path):
    """Make an art folder of one disc, whose side is given, and one striped background."""

    def make(side=300, name="art"):
        folder = tmp_path / name
        (folder / "fg").mkdir(parents=True)
        (folder / "bg").mkdir()
        disc = Image.new("RGBA", (side, side), (0, 255, 0, 0))
        ImageDraw.Draw(disc).ellipse((0, 0, side - 1, side - 1), fill=(200, 40, 60, 255))
        disc.save(folder / "fg" / "disc.png")
        stripes = np.tile(np.array([[20], [230]], np.uint8).repeat(8, 0), (20, 320))
        Image.fromarray(np.dstack([stripes] * 3)).save(folder / "bg" / "stripes.png")
        return folder

    return make


def test_a_seed_draws_the_same_again(art, drawn):
    again = list(draw_composites(art, 8, seed=3, size=SIZE))
    for one, other in zip(drawn, again, strict=True):
        assert one.name == other.name
        for plane in PLANES:
            np.testing.assert_array_equal(getattr(one, plane), getattr(other, plane))


def test_a_longer_run_starts_with_the_same_pictures_and_another_seed_with_others(art, drawn):
    assert [c.name for c in draw_composites(art, 3, 3, SIZE)] == [c.name for c in drawn[:3]]
    other = list(draw_composites(art, 3, 4, SIZE))
    assert all((a.picture != b.picture).any() for a, b in zip(drawn, other, strict=False))


def test_the_picture_is_its_layers_mixed_and_rounded_to_8_bits(drawn):
    for composite in drawn:
        alpha = composite.alpha[..., None].astype(np.float64)
        mixed = alpha * composite.foreground + (1 - alpha) * composite.background
        steps = composite.picture.astype(np.float64) * 255
        assert np.abs(steps - mixed * 255).max() <= 0.5 + 1e-4
        assert np.abs(steps - np.rint(steps)).max() < 1e-4


def test_everything_lies_in_0_to_1_and_has_the_asked_size(drawn):
    for composite in drawn:
        for plane in PLANES:
            values = getattr(composite, plane)
            assert values.shape[:2] == (SIZE, SIZE)
            assert values.dtype == np.float32
            assert values.min() >= 0
            assert values.max() <= 1


def test_the_trimap_never_contradicts_alpha_and_leaves_enough_known(drawn):
    for composite in drawn:
        assert set(np.unique(composite.trimap)) <= {0, 0.5, 1}
        assert composite.alpha[composite.trimap == 1].min() >= 0.99
        assert composite.alpha[composite.trimap == 0].max() <= 0.01
        assert (composite.trimap == 1).mean() >= 0.02
        assert (composite.trimap > 0).mean() <= 0.95
        np.testing.assert_array_equal(composite.unknown, composite.trimap == 0.5)


@pytest.mark.parametrize("kernel_size", range(5, 21))
def test_a_trimap_is_right_for_every_size_of_kernel(kernel_size):
    alpha = np.zeros((80, 90), np.float32)
    alpha[20:60, 25:70] = 1
    alpha[20:60, 70] = 0.5
    trimap = trimap_of_true_alpha(alpha, kernel_size)
    assert alpha[trimap == 1].min() == 1
    assert alpha[trimap == 0].max() == 0
    assert trimap[40, 70] == 0.5
    # The band is about as wide as the kernel: half of it to each side, and the soft column.
    assert kernel_size <= np.count_nonzero(trimap[40, 45:] == 0.5) <= kernel_size + 2


def test_a_cut_out_lies_whole_in_the_frame_at_50_to_95_percent_of_it(make_art):
    for composite in draw_composites(make_art(), 12, seed=0, size=SIZE):
        rows, columns = np.nonzero(composite.alpha > 0.5)
        tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert abs(int(tall) - int(wide)) <= 1
        assert 0.5 * SIZE - 2 <= tall <= 0.95 * SIZE + 2
        # A disc that the frame cuts off would cover less.
        assert composite.alpha.sum() == pytest.approx(np.pi / 4 * tall * wide, rel=0.03)


def test_a_small_cut_out_is_enlarged_to_1_6_times_at_most(make_art):
    for composite in draw_composites(make_art(side=50), 4, seed=0, size=SIZE):
        rows, _ = np.nonzero(composite.alpha > 0.5)
        assert abs(int(np.ptp(rows)) + 1 - 80) <= 1


def test_the_colour_under_clear_pixels_does_not_bleed_into_the_edge(make_art):
    """The clear corners hide green, and the disc is its one colour up to its very edge."""
    for composite in draw_composites(make_art(), 3, seed=1, size=SIZE):
        edge = composite.foreground[composite.alpha > 0.05]
        np.testing.assert_allclose(
            edge, np.broadcast_to([200 / 255, 40 / 255, 60 / 255], edge.shape), atol=2 / 255
        )


def draw_one(folder):
    return next(draw_composites(folder, 1, seed=0, size=SIZE))


@pytest.mark.parametrize("kind", ["fg", "bg"])
def test_an_empty_folder_is_refused(make_art, kind):
    folder = make_art()
    shutil.rmtree(folder / kind)
    (folder / kind).mkdir()
    with pytest.raises(BadInputError, match="No PNG or WebP pictures"):
        draw_one(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="No PNG or WebP pictures"):
        draw_one(tmp_path / "nowhere")


def test_backgrounds_among_cut_outs_are_refused(make_art):
    folder = make_art()
    shutil.copy(folder / "bg" / "stripes.png", folder / "fg" / "disc.png")
    with pytest.raises(BadInputError, match="is no cut-out"):
        draw_one(folder)


def test_cut_outs_among_backgrounds_are_refused(make_art):
    folder = make_art()
    shutil.copy(folder / "fg" / "disc.png", folder / "bg" / "stripes.png")
    with pytest.raises(BadInputError, match="is no background"):
        draw_one(folder)


def test_a_broken_picture_is_refused(make_art):
    folder = make_art()
    broken = folder / "fg" / "disc.png"
    broken.write_bytes(broken.read_bytes()[:200])
    with pytest.raises(BadInputError, match=r"disc\.png cannot be read"):
        draw_one(folder)


def test_cut_outs_that_show_nothing_end_the_search(make_art):
    folder = make_art()
    Image.new("RGBA", (300, 300)).save(folder / "fg" / "disc.png")
    with pytest.raises(BadInputError, match="are of no use"):
        draw_one(folder)
