"""Prepares the open document as an artist would: pixels, layers, selections."""

import base64
import contextlib

import numpy as np

from .layers import DTYPE


def _text_of(pixels):
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")


class Easel:
    """Draws in the active document of a RunningKrita."""

    def __init__(self, krita):
        self._krita = krita

    def picture(self, pixels, *, name="Picture", model="RGBA", depth="U8", profile=""):
        """Open a new document whose only layer holds H×W×channels; RGB as R, G, B, A.

        Returns the layer's id.
        """
        height, width = pixels.shape[:2]
        self._krita.new_document(
            width, height, name=name, model=model, depth=depth, profile=profile
        )
        (layer,) = self._krita.layer_tree()
        self.paint(pixels, layer.id, model=model, depth=depth)
        return layer.id

    def paint(self, pixels, layer=None, *, left=0, top=0, model="RGBA", depth="U8"):
        """Fill a layer with H×W×channels in its own depth; RGB as R, G, B, A."""
        is_bgra = model == "RGBA" and depth.startswith("U")
        ordered = pixels[..., [2, 1, 0, 3]] if is_bgra else pixels
        data = _text_of(ordered.astype(DTYPE[depth]))
        place = [left, top, pixels.shape[1], pixels.shape[0]]
        self._krita.run("editing.paint(layer, data, place)", layer=layer, data=data, place=place)

    def add_layer(self, name, kind="paintlayer", *, parent=None, above=None):
        """Add a layer at the top of its parent, or directly above another."""
        self._krita.run(
            "editing.add(name, kind, parent, above)",
            **{"name": name, "kind": kind, "parent": parent, "above": above},
        )

    def remove_layer(self, layer):
        """Remove a layer."""
        self._krita.run("editing.remove(layer)", layer=layer)

    def change_layer(self, layer, *, opacity=None, blending_mode=None, visible=None):
        """Set what is given."""
        self._krita.run(
            "editing.change(layer, opacity, blending_mode, visible)",
            **{"layer": layer, "opacity": opacity},
            **{"blending_mode": blending_mode, "visible": visible},
        )

    def move_layer(self, layer, left, top):
        """Move a layer's pixels to the right and down."""
        self._krita.run("editing.move(layer, left, top)", layer=layer, left=left, top=top)

    @contextlib.contextmanager
    def brush(self):
        """Paint a real stroke with the mouse inside the `with`; it ends with that."""
        brush = Brush(self._krita)
        yield brush
        brush.lift()

    def activate(self, layer):
        """Make a layer the active one."""
        self._krita.run("editing.activate(layer)", layer=layer)

    @property
    def active_layer(self):
        """Id of the active layer."""
        return self._krita.evaluate("editing.active_layer()")

    def select(self, levels, left=0, top=0):
        """Select H×W of 0–255; None removes the selection."""
        if levels is None:
            self._krita.run("editing.select(None, [])")
            return
        data = _text_of(np.asarray(levels, np.uint8))
        place = [left, top, levels.shape[1], levels.shape[0]]
        self._krita.run("editing.select(data, place)", data=data, place=place)

    @property
    def selecting_is_a_step(self):
        """Whether `select` is an undo step: in Krita 5.3 and later."""
        return self._krita.version >= (5, 3)

    def undo_selecting(self):
        """Take back a `select`, where that is a step."""
        if self.selecting_is_a_step:
            self._krita.undo()

    def redo_selecting(self):
        """Select again what `undo_selecting` took back."""
        if self.selecting_is_a_step:
            self._krita.redo()

    @property
    def selection(self):
        """H×W of 0–255, or None."""
        told = self._krita.evaluate("editing.selection()")
        if told is None:
            return None
        width, height = self._krita.evaluate(
            "[krita.activeDocument().width(), krita.activeDocument().height()]"
        )
        return np.frombuffer(base64.b64decode(told), np.uint8).reshape(height, width)

    def resize_canvas(self, width, height):
        """Cut or grow the canvas at its right and lower edges."""
        self._krita.run("editing.resize(width, height)", width=width, height=height)

    def bring_to_front(self, name):
        """Switch to another open document."""
        self._krita.run("editing.bring_to_front(name)", name=name)
        self._krita.wait_until(
            lambda: self._krita.evaluate("krita.activeDocument().name()") == name, 10, name
        )

    def close(self, name):
        """Close one document, without a question."""
        self._krita.run("editing.close(name)", name=name)
        self._krita.wait_until(
            lambda: name not in self._krita.evaluate("[d.name() for d in krita.documents()]"),
            10,
            f"{name} to close",
        )


class Brush:
    """A stroke in the middle of the canvas, drawn with the mouse."""

    def __init__(self, krita):
        self._krita = krita
        left, top, width, height = krita.evaluate("widgets.place_of_canvas()")
        self._at = (left + width // 2 - 60, top + height // 2)

    def begin(self):
        """Press the button on the canvas, and draw to the right."""
        self._krita.display.xdotool("mousemove", *map(str, self._at))
        self._draw(press=True)

    def go_on(self):
        """Draw further to the right, until paint has come onto the picture."""
        self._draw(press=False)

    def _draw(self, press):
        before = self._picture()
        if press:
            self._krita.display.xdotool("mousedown", "1")
        for _step in range(8):
            self._at = (self._at[0] + 6, self._at[1])
            self._krita.display.xdotool("mousemove", *map(str, self._at))
        self._krita.wait_until(lambda: self._picture() != before, 10, "the stroke to show")

    def _picture(self):
        # Other ways to look wait until Krita has nothing to do, which ends a stroke.
        return self._krita.run(
            "d = krita.activeDocument()\n"
            "result = hash(bytes(d.pixelData(0, 0, d.width(), d.height())))"
        )

    def lift(self):
        """Let the button go."""
        self._krita.display.xdotool("mouseup", "1")
