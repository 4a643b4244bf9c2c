"""After a peel the docker shows the layers that came; a click activates one in the document."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

# Scrolled into view first.
PLACE = (
    "[w := widgets.the('layerpeel_layers_row'), widgets.place_of('layerpeel_peel'),"
    " widgets._scroll_to(w), p := w.viewport().mapToGlobal("
    "w.visualItemRect(w.item(number)).center()), [p.x(), p.y()]][-1]"
)


@pytest.fixture
def row(krita):
    """The row of layers."""

    class Row:
        @property
        def names(self):
            """The layers shown, front-most first; none while the row is hidden."""
            return krita.evaluate(
                "[w.item(n).text() for n in range(w.count())]"
                " if (w := widgets.the('layerpeel_layers_row')).isVisible() else []"
            )

        @property
        def marked(self):
            """The number of the layer that is marked as the active one; -1 for none."""
            return krita.evaluate("widgets.the('layerpeel_layers_row').currentRow()")

        def click(self, number):
            """Click a layer."""
            krita.click_at(krita.evaluate(PLACE, number=number))

        def colours(self, number):
            """The colours of a thumbnail along its middle row, from left to right."""
            return krita.evaluate(
                "[i := widgets.the('layerpeel_layers_row').item(number).icon().pixmap(48, 48)"
                ".toImage(), [i.pixelColor(x, i.height() // 2).getRgb() for x in range(i.width())]"
                "][-1]",
                number=number,
            )

    return Row()


def test_a_click_activates_the_layer(krita, easel, row, small_painting, peel_exactly):
    easel.picture(small_painting)
    assert row.names == []
    assert peel_exactly() == DONE
    assert row.names == ["Foreground", "Background"]
    background, foreground = krita.layer_tree()[1].children
    for number, layer in ((1, background), (0, foreground), (1, background)):
        row.click(number)
        krita.wait_until(lambda layer=layer: easel.active_layer == layer.id, 5, layer.name)
        assert row.marked == number
    # The thumbnails are those of the layers: a disc in the middle of nothing, and what is behind.
    krita.wait_until(lambda: len(set(map(tuple, row.colours(1)))) > 3, 10, "the thumbnails")
    orange = np.array(row.colours(0))
    assert ((orange[:, 0] > 180) & (orange[:, 2] < 90)).any()
    behind = np.array(row.colours(1))
    assert not ((behind[:, 0] > 180) & (behind[:, 2] < 90)).any()
    krita.screenshot_of("layerpeel_docker", "layers-row")


def test_it_goes_and_comes_with_the_layers(krita, docker, easel, row, small_painting, peel_exactly):
    easel.picture(small_painting, name="First")
    assert peel_exactly() == DONE
    krita.undo()
    docker.look_again()
    krita.wait_until(lambda: not row.names, 5, "the row to go")
    krita.redo()
    docker.look_again()
    krita.wait_until(lambda: row.names, 5, "the row to come back")
    easel.picture(small_painting, name="Second")
    krita.wait_until(lambda: not row.names, 5, "the row to go")
    easel.bring_to_front("First")
    krita.wait_until(lambda: row.names, 5, "the row to come back")
    easel.close("First")
    krita.wait_until(lambda: not row.names, 5, "the row to go")
