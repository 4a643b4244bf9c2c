"""What the artist paints while a peel runs stays in sight above its result."""

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import assert_same_picture, disc_selection, small_picture

pytestmark = pytest.mark.krita

PAINTED = f"{DONE} What you painted meanwhile is a layer of its own, on top."
ERASED = f"{DONE} What you erased meanwhile is a layer of its own, on top."
CONVERTED = (
    f"{DONE} The colours were converted: what you painted meanwhile is below the new layers."
)
WAITS = "The layers come once the stroke is done, or the transformation (Enter) …"
DABS = {"U8": 255, "U16": 65535, "F16": 1.0, "F32": 1.0}


@pytest.fixture
def held(docker, easel, backend, soft_disc):
    """Start peeling the soft disc off, and let the backend go on only at the end of the `with`."""

    def begin(source="Whole picture"):
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        docker.take_from(source)
        holding = backend.held()

        class Held:
            def __enter__(self):
                holding.__enter__()
                docker.start()
                docker.wait_until_it_runs()

            def __exit__(self, *problem):
                holding.__exit__(*problem)

        return Held()

    return begin


def names(krita):
    return [layer.name for layer in krita.layer_tree()]


def within_the_disc(depth="U8", channels=4):
    """Draw a mark that lies on the disc and beside it, opaque."""
    mark = np.zeros((16, 60, channels))
    mark[..., -1] = DABS[depth]
    mark[..., 0] = DABS[depth] * 0.6
    return mark


@pytest.mark.parametrize(
    ("model", "depth"),
    [("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "F16"), ("RGBA", "F32"), ("GRAYA", "U8")],
)
def test_stroke_on_the_peeled_picture_stays_in_sight(krita, docker, easel, held, model, depth):
    pixels = small_picture() / 255 * DABS[depth]
    pixels = pixels[..., [1, 3]] if model == "GRAYA" else pixels
    source = easel.picture(pixels, model=model, depth=depth)
    before = krita.layer_tree()
    with held():
        mark = within_the_disc(depth, pixels.shape[2])
        easel.paint(mark, source, left=40, top=50, model=model, depth=depth)
        seen = krita.pixels()
    assert docker.wait_for_end() == PAINTED
    krita.screenshot(f"painted-meanwhile-{model}-{depth}")
    steps = 0 if depth == "U8" else 1
    assert_same_picture(krita.pixels(), seen, steps=steps)
    group = krita.layer_tree()[1]
    assert [each.name for each in group.children] == [
        *("Background", "Foreground", "Painted meanwhile"),
    ]
    painted = group.children[-1]
    assert easel.active_layer == painted.id
    shown = krita.pixels(painted.id, area=(0, 0, 160, 120))
    changed = np.zeros(shown.shape[:2], bool)
    changed[50:66, 40:100] = True
    np.testing.assert_array_equal(shown[..., -1] > 0, changed)
    np.testing.assert_array_equal(shown[changed], seen[changed])
    # What was peeled is the picture as it was: below the stroke, the disc is whole.
    easel.change_layer(painted.id, visible=False)
    assert_same_picture(krita.pixels(), pixels.astype(seen.dtype), steps=max(steps, 1))
    krita.undo()
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), seen)


def test_nothing_painted_makes_no_layer_and_the_foreground_is_active(
    krita, docker, easel, held, small_painting
):
    easel.picture(small_painting)
    with held():
        pass
    assert docker.wait_for_end() == DONE
    _, group = krita.layer_tree()
    assert [each.name for each in group.children] == ["Background", "Foreground"]
    assert easel.active_layer == group.children[-1].id


def test_a_peel_that_has_ended_keeps_nothing_in_memory(krita, docker, easel, held, small_painting):
    easel.picture(small_painting)
    with held():
        pass
    assert docker.wait_for_end() == DONE
    left = (
        "[gc := __import__('gc'), gc.collect(),"
        " sum(type(each).__name__ in kinds for each in gc.get_objects())][-1]"
    )
    krita.wait_until(
        lambda: krita.evaluate(left, kinds=["Peel", "Job"]) == 0, 10, "the peel to be given up"
    )


def test_stroke_on_the_peeled_layer_stays_in_sight(krita, docker, easel, held, small_painting):
    easel.picture(small_painting[::-1])
    easel.add_layer("Mine")
    easel.paint(small_painting, "Mine")
    easel.add_layer("Top")
    easel.activate("Mine")
    with held("Active layer"):
        easel.paint(within_the_disc(), "Mine", left=40, top=50)
        easel.paint(within_the_disc(), "Top", left=10, top=90)
        seen = krita.pixels()
    assert docker.wait_for_end() == PAINTED
    assert names(krita) == ["Background", "Mine", "Peeled selection", "Top"]
    np.testing.assert_array_equal(krita.pixels(), seen)
    painted = krita.layer_tree()[2].children[-1]
    assert krita.pixels(painted.id, area=(0, 0, 160, 120))[..., 3].any(axis=1).sum() == 16


def test_stroke_on_what_is_left_stays_in_sight(
    krita, docker, easel, held, small_painting, peel_exactly
):
    easel.picture(small_painting)
    peel_exactly()
    with held("What “Peeled selection” left"):
        left = krita.layer_tree()[1].children[0].id
        easel.paint(within_the_disc(), left, left=60, top=90)
        seen = krita.pixels()
    assert docker.wait_for_end() == PAINTED
    np.testing.assert_array_equal(krita.pixels(), seen)


def test_layer_added_on_top_meanwhile_stays_on_top_and_active(
    krita, docker, easel, held, small_painting
):
    easel.picture(small_painting)
    with held():
        easel.add_layer("Strokes")
        easel.paint(within_the_disc(), "Strokes", left=40, top=50)
        easel.activate("Strokes")
        seen, strokes = krita.pixels(), krita.pixels("Strokes", area=(0, 0, 160, 120))
    assert docker.wait_for_end() == DONE
    assert names(krita) == ["Background", "Peeled selection", "Strokes"]
    assert easel.active_layer == krita.layer_tree()[-1].id
    np.testing.assert_array_equal(krita.pixels(), seen)
    np.testing.assert_array_equal(krita.pixels("Strokes", area=(0, 0, 160, 120)), strokes)


# Krita's names of what tidies up two layers, the upper one active, and how many it leaves.
TIDYING = {"flatten_image": 1, "merge_layer": 1, "create_quick_group": 2}


@pytest.mark.parametrize("transparent", [False, True], ids=["opaque", "transparent"])
@pytest.mark.parametrize("action", TIDYING)
def test_layers_tidied_up_meanwhile_do_not_count_as_added(
    krita, docker, easel, held, small_painting, action, transparent
):
    pixels = small_painting.copy()
    if transparent:
        pixels[..., 3] = np.linspace(255, 90, 160).astype(np.uint8)
    easel.picture(pixels)
    easel.add_layer("Strokes")
    easel.paint(within_the_disc(), "Strokes", left=40, top=50)
    easel.activate("Strokes")
    strokes = easel.active_layer
    with held():
        krita.trigger(action)
        krita.wait_until(
            lambda: strokes not in [layer.id for layer in krita.layer_tree()], 10, action
        )
        seen = krita.pixels()
    said = docker.wait_for_end()
    assert said.startswith(DONE)
    assert "meanwhile" not in said
    assert len(krita.layer_tree()) == TIDYING[action] + 1
    assert_same_picture(krita.pixels(), seen, steps=1 if transparent else 0)


@pytest.mark.parametrize("fade", [False, True], ids=["opaque", "transparent"])
def test_what_is_erased_meanwhile_stays_erased(krita, docker, easel, held, small_painting, fade):
    pixels = small_painting.copy()
    if fade:
        pixels[..., 3] = np.linspace(255, 90, 160).astype(np.uint8)
    source = easel.picture(pixels)
    with held():
        easel.paint(np.zeros((10, 40, 4), np.uint8), source, left=40, top=50)
        half = pixels[70:80, 40:80].copy()
        half[..., 3] = 100
        easel.paint(half, source, left=40, top=70)
        seen = krita.pixels()
    said = docker.wait_for_end()
    assert said.endswith(PAINTED.partition(" What")[2] if fade else ERASED.partition(" What")[2])
    group = krita.layer_tree()[1]
    assert "Erased meanwhile" in [each.name for each in group.children]
    assert_same_picture(krita.pixels(), seen, steps=1 if fade else 0)
    krita.undo()
    np.testing.assert_array_equal(krita.pixels(), seen)


def test_colours_converted_meanwhile_are_said_to_hide_what_was_painted(
    krita, docker, easel, held, small_painting
):
    easel.picture(small_painting)
    with held():
        krita.run("d = documents.active()\nd.setColorSpace('RGBA', 'U16', d.colorProfile())")
    assert docker.wait_for_end() == CONVERTED
    assert names(krita) == ["Background", "Peeled selection"]


def test_result_waits_until_the_brush_is_lifted(krita, docker, easel, held, small_painting):
    easel.picture(small_painting)
    with easel.brush() as brush:
        with held():
            brush.begin()
        krita.wait_until(lambda: docker.message == WAITS, 60, "the docker to ask for the brush")
        krita.screenshot("brush-down")
        assert names(krita) == ["Background"]
        brush.go_on()
    assert docker.wait_for_end() == PAINTED
    seen = krita.pixels()
    assert (seen != small_painting).any()
    krita.undo()
    np.testing.assert_array_equal(krita.pixels(), seen)
    krita.undo()
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_peel_again_and_another_background_go_on_below_what_was_painted(
    krita, docker, easel, held, small_painting
):
    source = easel.picture(small_painting)
    with held():
        easel.paint(within_the_disc(), source, left=40, top=50)
        seen = krita.pixels()
    assert docker.wait_for_end() == PAINTED
    assert docker.fill_in_otherwise().startswith("Done: another background.")
    np.testing.assert_array_equal(krita.pixels(), seen)
    easel.select(disc_selection(centre=(120, 90), radius=15))
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), seen)
