"""Peeling groups, and layers that are not of paint."""

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import assert_same_picture
from PIL import Image

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

HIDE = f"{DONE} Hide the layer that was peeled: it shows through the new layers."
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120" viewBox="0 0 160 120">'
    '<rect width="160" height="120" fill="#205080"/><circle cx="60" cy="55" r="34" fill="#e09020"/>'
    "</svg>"
)


def source_is(krita, docker, text):
    """Wait until the list offers the active layer by this name, and choose it."""
    offered = "(box := widgets.the('layerpeel_source')).itemText(box.findData('layer'))"
    krita.wait_until(lambda: krita.evaluate(offered) == text, 5, f"{text} to be offered")
    docker.take_from(text)


def peel_disc(docker, easel, soft_disc):
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    return docker.peel()


def test_group_is_peeled_as_it_looks(krita, docker, easel, small_painting, soft_disc):
    easel.picture(small_painting[::-1])
    easel.add_layer("Trees", "grouplayer")
    easel.add_layer("Far", parent="Trees")
    easel.paint(small_painting, "Far")
    easel.add_layer("Near", parent="Trees")
    easel.paint(np.full((30, 40, 4), 128, np.uint8), "Near", left=20, top=30)
    easel.activate("Trees")
    before = krita.pixels()
    source_is(krita, docker, "Active group")
    docker.picture_of("active-group")
    assert peel_disc(docker, easel, soft_disc) == DONE
    names = [layer.name for layer in krita.layer_tree()]
    assert names == ["Background", "Trees", "Peeled selection"]
    np.testing.assert_array_equal(krita.pixels(), before)
    easel.change_layer("Trees", visible=False)
    np.testing.assert_array_equal(krita.pixels(), before)


def test_group_gives_opacity_and_mode_to_its_layers(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Glaze", "grouplayer")
    easel.add_layer("Inner", parent="Glaze")
    easel.paint(small_painting, "Inner")
    easel.change_layer("Glaze", opacity=150, blending_mode="multiply")
    easel.activate("Glaze")
    before = krita.pixels()
    source_is(krita, docker, "Active group")
    assert peel_disc(docker, easel, soft_disc) == HIDE
    easel.change_layer("Glaze", visible=False)
    assert_same_picture(krita.pixels(), before, steps=1)


def test_group_that_passes_through_is_refused(krita, docker, easel, small_painting, soft_disc):
    easel.picture(small_painting)
    easel.add_layer("Through", "grouplayer")
    krita.run("documents.find('Through').setPassThroughMode(True)")
    easel.activate("Through")
    source_is(krita, docker, "Active group")
    assert peel_disc(docker, easel, soft_disc).startswith("“Through” passes through, so it has no")


@pytest.mark.parametrize("kind", ["vector", "file", "clone", "fill"])
def test_layer_of_another_kind_is_peeled(
    krita, docker, easel, small_painting, soft_disc, tmp_path, kind
):
    source = easel.picture(small_painting)
    path = tmp_path / "picture.png"
    Image.fromarray(small_painting[:, ::-1]).save(path)
    krita.run(
        "d = documents.active()\n"
        "from krita import InfoObject, Selection\n"
        "if kind == 'vector':\n"
        "    node = d.createVectorLayer('Other')\n"
        "elif kind == 'file':\n"
        "    node = d.createFileLayer('Other', path, 'None')\n"
        "elif kind == 'clone':\n"
        "    node = d.createCloneLayer('Other', documents.find(source))\n"
        "else:\n"
        "    wanted = InfoObject()\n"
        "    wanted.setProperty('pattern', '<!DOCTYPE color>')\n"
        "    chosen = Selection()\n"
        "    chosen.select(0, 0, 160, 120, 255)\n"
        "    node = d.createFillLayer('Other', 'color', wanted, chosen)\n"
        "d.rootNode().addChildNode(node, None)\n"
        "if kind == 'vector':\n"
        "    node.addShapesFromSvg(svg)\n"
        "d.waitForDone()\nd.refreshProjection()\nd.waitForDone()\nd.setActiveNode(node)",
        **{"kind": kind, "path": str(path), "source": source, "svg": SQUARE},
    )
    if kind != "clone":
        # Krita draws some of them a moment later.
        krita.wait_until(lambda: (krita.pixels() != small_painting).any(), 10, "it to be drawn")
    before = krita.pixels()
    krita.screenshot(f"other-{kind}")
    source_is(krita, docker, f"Active {kind} layer")
    said = peel_disc(docker, easel, soft_disc)
    assert said in (DONE, HIDE), said
    names = [layer.name for layer in krita.layer_tree()]
    assert names == ["Background", "Other", "Peeled selection"]
    easel.change_layer("Other", visible=False)
    assert_same_picture(krita.pixels(), before, steps=1)
    krita.undo()
    assert len(krita.layer_tree()) == 2
