"""The picture to point at, used with the real mouse and read as it is shown."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw

LEFT, MIDDLE, RIGHT = "1", "2", "3"
# The first question waits for a process that loads the network.
SECONDS_TO_ANSWER = 120
VIEW = "layerpeel_picture"


class PointingPanel:
    """The picture in the docker of a RunningKrita, or in the larger window (`larger`)."""

    def __init__(self, krita, larger=False):
        self._krita = krita
        self._prefix = "layerpeel_larger" if larger else "layerpeel"

    # Hands

    def open(self):
        """Choose to lift off what is pointed at, and wait for the picture."""
        self._krita.click("layerpeel_lift_point")
        self.wait_for_picture()

    def open_things(self):
        """Choose to lift off each thing, and wait for the picture."""
        self._krita.click("layerpeel_lift_things")
        self.wait_for_picture()

    def undo_by_key(self):
        """Press Ctrl+Z with the mouse over the picture."""
        self._move_to(5, 5)
        self._krita.wait_until(
            lambda: self._krita.evaluate(
                "widgets.the(view).hasFocus()", view=f"{self._prefix}_picture"
            ),
            10,
            "the keys to go to the picture",
        )
        self._krita.press("ctrl+z")

    def click(self, x, y, button=LEFT, held=None):
        """Click a place of the picture; wait until it is marked."""
        before = self.marks
        self._move_to(x, y)
        self._with(held, "click", button)
        self._wait_for_change(before)

    def drag(self, *places, button=LEFT, held=None):
        """Press at the first place of the picture, let go at the last."""
        before = self.marks
        self._move_to(*places[0])
        display = self._krita.display
        if held:
            display.xdotool("keydown", held)
        display.xdotool("mousedown", button)
        for place in places[1:]:
            self._move_to(*place)
        display.xdotool("mouseup", button)
        if held:
            display.xdotool("keyup", held)
        if button != MIDDLE and held != "space":
            self._wait_for_change(before)

    def click_thing_in_picture(self, x, y):
        """Click a thing at a place of the picture."""
        self._move_to(x, y)
        self._krita.display.xdotool("click", LEFT)

    def hover_over_thing(self, index):
        """Move the mouse onto a thumbnail, and wait until its outline alone is drawn."""
        self._krita.display.xdotool("mousemove", *map(str, self._thumbnail(index)))
        self._krita.wait_until(
            lambda: self._told("p._hovered") == index, 10, "the thing to be outlined"
        )

    def pick_thing(self, index):
        """Click a thumbnail, to be merged."""
        self._krita.click_at(self._thumbnail(index))

    def press(self, name):
        """Press a button: "undo_mark", "clear_marks", "fit", "larger", "merge"."""
        self._krita.click(f"{self._prefix}_{name}")

    def choose_tool(self, tool):
        """Let dragging draw a "box" or a "stroke"."""
        self._krita.click(f"{self._prefix}_tool_{tool}")

    def turn_wheel(self, x, y, notches):
        """Turn the wheel over a place of the picture; positive zooms in."""
        before = self.place_of(0, 0)
        self._move_to(x, y)
        for _ in range(abs(notches)):
            self._krita.display.xdotool("click", "4" if notches > 0 else "5")
        self._krita.wait_until(lambda: self.place_of(0, 0) != before, 10, "the zoom")

    def wait_for_picture(self):
        """Wait until the picture is shown."""
        self._krita.wait_until(
            lambda: self._told("p.picture is not None"), SECONDS_TO_ANSWER, "the picture"
        )

    def wait_for_answer(self):
        """Wait until nothing is asked any more; return the line."""
        self._krita.wait_until(
            lambda: self._told("not p.is_busy"),
            SECONDS_TO_ANSWER,
            "the answer",
        )
        return self.line

    def let_backend_forget(self):
        """Let the backend forget the picture without the docker's knowing."""
        self._told("[p._questions._client.forget_picture(i) for i in p._questions._ids.values()]")

    # What is seen

    @property
    def line(self):
        """The line for the artist."""
        return self._krita.evaluate(
            "widgets.the(name).text()", name=f"{self._prefix}_pointing_line"
        )

    @property
    def marks(self):
        """How many marks there are."""
        return self._told("len(p.marks)")

    @property
    def points(self):
        """Points (x, y, inside) and box (left, top, width, height) that the marks mean; or None."""
        return self._krita.run(
            "at = widgets.the(view)._pointing.pointed_at()\n"
            "box = at and at.lift.box\n"
            "result = at and [[[p.x, p.y, p.inside] for p in at.lift.points],"
            " box and [box.left, box.top, box.width, box.height]]",
            view=f"{self._prefix}_picture",
        )

    @property
    def things(self):
        """Name of each thing that is offered, and whether it is ticked."""
        return self._told("p.things and [[t.thing.name, t.is_wanted] for t in p.things.things]")

    def outline(self, size):
        """H×W of booleans: what lies within the outline that is drawn. size: width, height."""
        inside = Image.new("1", size)
        for ring in self._told("p.rings"):
            filled = Image.new("1", size)
            ImageDraw.Draw(filled).polygon([(x - 0.5, y - 0.5) for x, y in ring], fill=1)
            inside = ImageChops.logical_xor(inside, filled)
        return np.asarray(inside)

    def colour_at(self, x, y):
        """Red, green, blue (0–255) of a pixel as it is drawn, at full size."""
        return self._told(
            f"(lambda c: [c.red(), c.green(), c.blue()])(p.picture.images[0].pixelColor({x}, {y}))"
        )

    def place_of(self, x, y):
        """Where a place of the picture is on the screen."""
        return self._krita.run(
            "w = widgets.the(view)\n"
            "at = w.mapToGlobal(qt.QPoint(*(int(c) for c in w.place_on_widget(x, y))))\n"
            "result = [at.x(), at.y()]",
            **{"view": f"{self._prefix}_picture", "x": x, "y": y},
        )

    # ----------------------------------------------------------------------------------------------

    def _thumbnail(self, index):
        self._krita.place_of(f"{self._prefix}_things")  # Scrolls it into view.
        return self._krita.run(
            "w = widgets.the(name)\n"
            "r = w.visualItemRect(w.item(index))\n"
            "at = w.viewport().mapToGlobal(r.center())\n"
            "result = [at.x(), at.y()]",
            **{"name": f"{self._prefix}_things", "index": index},
        )

    def _told(self, expression):
        return self._krita.run(
            "p = widgets.the(view)._pointing\nresult = " + expression,
            view=f"{self._prefix}_picture",
        )

    def _move_to(self, x, y):
        self._krita.place_of(f"{self._prefix}_picture")  # Scrolls it into view.
        self._krita.display.xdotool("mousemove", *map(str, self.place_of(x + 0.5, y + 0.5)))

    def _with(self, held, *words):
        around = [("keydown", held), ("keyup", held)] if held else [(), ()]
        self._krita.display.xdotool(*around[0], *words, *around[1])

    def _wait_for_change(self, before):
        self._krita.wait_until(lambda: self.marks != before, 20, "the mark")
