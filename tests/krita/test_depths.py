"""Documents of every depth, grey ones, and colour models other than RGB and grey."""

import base64

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.layers import DTYPE
from krita_harness.pictures import assert_same_picture, small_picture
from PIL import Image

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

FULL = {"U8": 255, "U16": 65535, "F16": 1.0, "F32": 1.0}


def in_depth(pixels, depth):
    """Scale 0–1 to the depth; floats also go a little beyond white."""
    spread = pixels * FULL[depth]
    if depth.startswith("F"):
        spread[..., :-1] *= 1.2
        return spread.astype(DTYPE[depth])
    return np.rint(spread).astype(DTYPE[depth])


@pytest.fixture
def peel_disc(docker, easel, soft_disc):
    """Peel the soft disc off the open picture, with an exact edge."""

    def peel():
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        return docker.peel()

    return peel


# In floats, one step is that of a half near 1.
@pytest.mark.parametrize(
    ("model", "depth", "steps"),
    [
        ("RGBA", "U16", 1),
        ("RGBA", "F16", 2**-10),
        ("RGBA", "F32", 2**-20),
        ("GRAYA", "U8", 0),
        ("GRAYA", "U16", 1),
        ("GRAYA", "F32", 2**-20),
    ],
)
def test_picture_stays_the_same_and_layers_have_its_depth(
    krita, easel, peel_disc, model, depth, steps
):
    pixels = small_picture() / 255
    if model == "GRAYA":
        pixels = pixels[..., [1, 3]]
    easel.picture(in_depth(pixels, depth), model=model, depth=depth)
    before = krita.pixels()
    assert peel_disc() == DONE
    group = krita.layer_tree()[1]
    for layer in group.children:
        space = krita.evaluate(
            "[(n := documents.find(layer)).colorModel(), n.colorDepth(), n.colorProfile()]",
            layer=layer.id,
        )
        profile = krita.evaluate("krita.activeDocument().colorProfile()")
        assert space == [model, depth, profile]
    assert_same_picture(krita.pixels(), before, steps=steps)
    krita.undo()
    assert_same_picture(krita.pixels(), before)


@pytest.mark.parametrize("model", ["CMYKA", "LABA"])
def test_other_models_look_much_the_same(krita, peel_disc, model, painting_png):
    krita.open_picture(painting_png)
    krita.run(
        "d = krita.activeDocument()\n"
        "profiles = krita.profiles(model, 'U8')\n"
        "d.setColorSpace(model, 'U8', profiles[0])\nd.waitForDone()",
        model=model,
    )
    before = krita.pixels()
    seen = projected(krita)
    assert peel_disc() == DONE
    assert krita.evaluate("krita.activeDocument().colorModel()") == model
    after = projected(krita)
    # The split is done in RGB, but Krita mixes in the document's model: edges differ, and in CMYK
    # also colours outside sRGB.
    difference = np.abs(after.astype(int) - seen.astype(int))
    assert difference.mean() < 2
    assert difference.max() < 48
    krita.undo()
    np.testing.assert_array_equal(krita.pixels(), before)


@pytest.fixture
def painting_png(tmp_path, small_painting):
    """A PNG of the small picture."""
    Image.fromarray(small_painting).save(tmp_path / "small.png")
    return tmp_path / "small.png"


def projected(krita):
    """Return the picture as shown on screen: H×W×4 of 8 bits, in sRGB."""
    told = krita.run(
        "import base64\nfrom layerpeel.plugin.qt import QImage\n"
        "shown = krita.activeDocument().projection(0, 0, 160, 120)\n"
        "image = shown.convertToFormat(QImage.Format.Format_RGBA8888)\n"
        "bits = image.constBits()\nbits.setsize(image.sizeInBytes())\n"
        "result = base64.b64encode(bytes(bits)).decode()"
    )
    return np.frombuffer(base64.b64decode(told), np.uint8).reshape(120, 160, 4)
