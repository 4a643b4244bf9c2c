"""A Krita that a test uses as a person would, and can inspect."""

import contextlib
import re
import time
from types import SimpleNamespace

from .connection import ConnectionLostError
from .display import SIZE
from .layers import layer_from, pixels_from
from .process import KritaProcess

DOCKER = "layerpeel_docker"
CANCEL_BUTTONS = ("layerpeel_cancel", "layerpeel_cancel_generating")
DOCKER_WIDTH = 360
SECONDS_FOR_INPUT = 20
SECONDS_FOR_THE_SCREEN = 0.4
# Dockers are laid out a moment after their content has changed.
SECONDS_TO_SETTLE = 0.05
# The Layers docker follows changes a moment later; Krita 5.1 crashes if it is closed by then.
SECONDS_FOR_THE_LAYERS = 0.3
PARKED_POINTER = (SIZE[0] // 2, SIZE[1] - 3)  # On the status bar, where it has no effect.


class NotClickableError(Exception):
    """A person could not click this now; the message says why."""


class RunningKrita:
    """Krita with Layerpeel and the driver.

    home: a KritaHome. environment: further variables for Krita. screenshots: folder for pictures.
    """

    def __init__(self, home, environment, screenshots):
        self.home = home
        self._environment = environment
        self._screenshots = screenshots
        self._process = None

    # Start and end

    def start(self):
        """Start Krita, for the first time or again in the same home; RuntimeError if it cannot."""
        self._process = KritaProcess(self.home, self._environment)
        self.wait_until(f"widgets.window().width() >= {SIZE[0] * 0.9}", 20, "the full window")
        if not self.evaluate("widgets.has_loaded('layerpeel')"):
            raise RuntimeError(f"Krita could not load the plugin. {self.account()}")
        self.run("inputs.remember(docker)", docker=DOCKER)
        self.reset()

    def quit(self):
        """Quit as File > Quit does, without saving documents; return the exit code."""
        self.close_documents()
        self.trigger("file_quit")
        return self._process.wait_for_end()

    def kill(self):
        """Kill Krita, as a crash would."""
        self._process.kill()

    @property
    def is_running(self):
        """Whether Krita runs."""
        return self._process is not None and self._process.exit_code is None

    @property
    def exit_code(self):
        """None while it runs; negative when a signal ended it."""
        return self._process.exit_code

    @property
    def pid(self):
        """Number of Krita's process."""
        return self._process.pid

    def account(self):
        """Describe for people: exit code, open dialog, unhandled exceptions and end of the log."""
        if self._process is None:
            return "Krita never started."
        account = []
        if self.is_running:
            with contextlib.suppress(ConnectionLostError):
                if dialog := self.evaluate("widgets.open_dialog()"):
                    account.append(f"A dialog is open: {dialog}")
                account += self.errors()
        return "\n".join([*account, self._process.account()])

    def reset(self):
        """Reset Krita to the state in which each test finds it."""
        self.run("widgets.close_popups()")
        self._cancel_peel()
        self.close_documents()
        self.display.xdotool("mousemove", *map(str, PARKED_POINTER))
        self.show_docker(DOCKER)
        self.run("inputs.restore(docker)", docker=DOCKER)
        self.run("unhandled.errors.clear()")

    def _cancel_peel(self):
        for button in CANCEL_BUTTONS:
            self.wait_until(
                lambda button=button: (
                    not self.evaluate("widgets.press_if_possible(name)", name=button)
                ),
                30,
                "what the last test left working to end",
            )

    # Looking inside

    def run(self, code, **values):
        """Run `code` on Krita's GUI thread, and return what it leaves in `result`.

        It sees the values, `krita` (Krita.instance()) and the modules of the driver: `documents`,
        `widgets`. Values and result are JSON. Raises ErrorInKritaError when the
        code fails, ConnectionLostError when Krita has died, or hangs and was killed for it.
        """
        try:
            return self._process.connection.run(code, values)
        except ConnectionLostError as error:
            self._process.end_what_is_left()
            raise ConnectionLostError(f"{error}. {self._process.account()}") from error

    def evaluate(self, expression, **values):
        """Return the value of an expression inside Krita."""
        return self.run(f"result = {expression}", **values)

    def wait_until(self, condition, seconds, what):
        """Return the value of a function, or of an expression in Krita, once it is true."""
        ask = condition if callable(condition) else lambda: self.evaluate(condition)
        end = time.monotonic() + seconds
        while not (value := ask()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s in vain for {what}. {self.account()}")
            time.sleep(0.05)
        return value

    def errors(self):
        """Return the tracebacks of all unhandled exceptions since the test began."""
        return self.evaluate("unhandled.errors")

    @contextlib.contextmanager
    def watched_gui(self):
        """Measure inside the `with`; then its `longest_gap` is in seconds.

        Looking (`run`, `wait_until`) keeps the GUI thread busy too, for a millisecond or so.
        """
        watched = SimpleNamespace(longest_gap=None)
        self.run("heartbeat.start()")
        try:
            yield watched
        finally:
            watched.longest_gap = self.evaluate("heartbeat.stop()")

    # Hands

    @property
    def display(self):
        """The screen on which this Krita shows itself."""
        return self._process.display

    def click(self, object_name):
        """Click the middle of a widget once it stands still; NotClickableError if none could."""
        point = None
        while point != (point := self._click_point_of(object_name)):
            time.sleep(SECONDS_TO_SETTLE)
        self.click_at(point)

    def choose(self, object_name, text):
        """Open a combo box with the mouse and click the item that says `text`."""
        self.click(object_name)

        def is_open():
            return self.evaluate("widgets.the(name).view().isVisible()", name=object_name)

        self.wait_until(is_open, SECONDS_FOR_INPUT, f"{object_name} to open")
        # Qt takes a release that follows the opening click too soon for a part of that click.
        time.sleep(self.evaluate("widgets.double_click_seconds()"))
        item = self._ask_place("widgets.item_point_of(name, text)", name=object_name, text=text)
        self.click_at(item["point"])
        # The list goes a moment after the click, and until then takes the next one for itself.
        self.wait_until(lambda: not is_open(), SECONDS_FOR_INPUT, f"{object_name} to close")

    def press(self, keys):
        """Press a real key, with or without others held, as xdotool says it: "ctrl+alt+p"."""
        with self._witnessed("key"):
            self.display.xdotool("key", keys)

    def write(self, text):
        """Type text with real keys into what has the focus; xdotool has no capitals like É."""
        with self._witnessed("key", len(text)):
            self.display.xdotool("type", "--delay", "20", "--", text)

    def trigger(self, action):
        """Trigger one of Krita's actions a moment from now; it may open a dialog."""
        self.run("widgets.trigger_later(action)", action=action)

    @property
    def version(self):
        """The first two numbers of Krita's version."""
        return tuple(int(number) for number in self.evaluate("krita.version()").split(".")[:2])

    def undo(self):
        """Take one step back."""
        self.run("documents.step('edit_undo')")

    def redo(self):
        """Take one step forward again."""
        self.run("documents.step('edit_redo')")

    def click_at(self, point):
        """Click a place on the screen, whatever is there."""
        with self._witnessed("click"):
            self.display.xdotool("mousemove", *map(str, point))
            self.display.xdotool("click", "1")

    def move_mouse_to(self, object_name):
        """Move the mouse into the middle of a widget, and wait until Qt has noticed."""
        left, top, width, height = self.place_of(object_name)
        # Qt shows a tip only once the mouse moves within a widget: hence a second step.
        for step in range(2):
            self.display.xdotool("mousemove", str(left + width // 2 + step), str(top + height // 2))
            self.wait_until(
                lambda: self.evaluate("widgets.has_mouse(name)", name=object_name),
                SECONDS_FOR_INPUT,
                f"the mouse to be on {object_name}",
            )

    def _click_point_of(self, object_name):
        return self._ask_place("widgets.click_point_of(name)", name=object_name)["point"]

    @contextlib.contextmanager
    def _witnessed(self, kind, count=1):
        self.run("witness.call(kind, count)", kind=kind, count=count)
        yield
        try:
            self.wait_until("witness.has_seen()", SECONDS_FOR_INPUT, f"the {kind} to arrive")
        finally:
            self.run("witness.dismiss()")

    def _ask_place(self, expression, **values):
        answer = self.evaluate(expression, **values)
        if "problem" in answer:
            raise NotClickableError(answer["problem"])
        return answer

    # Dockers and pictures of the screen

    def show_docker(self, object_name, width=DOCKER_WIDTH):
        """Bring a docker to the front, at least this wide, scrolled to its top."""
        self.run("widgets.show_docker(name, width)", name=object_name, width=width)

    def screenshot(self, name):
        """Take a screenshot; return the path of the PNG."""
        return self._capture(name, None)

    def screenshot_of(self, object_name, name):
        """Take a screenshot of one widget's visible part; return the path of the PNG."""
        return self._capture(name, self.place_of(object_name))

    def place_of(self, object_name):
        """Return left, top, width, height on the screen of a widget's visible part."""
        return self._ask_place("widgets.place_of(name)", name=object_name)["place"]

    def _capture(self, name, place):
        time.sleep(SECONDS_FOR_THE_SCREEN)  # The screen follows what Krita drew a moment later.
        # Brackets in a file name have a meaning to ImageMagick.
        path = self._screenshots / (re.sub(r"[^\w-]+", "-", name) + ".png")
        self.display.capture(path, place)
        return path

    # Documents

    def open_picture(self, path):
        """Open a file and wait until its view is the active one."""
        self.run("documents.open_picture(path)", path=str(path))
        self._wait_for_view()

    def new_document(
        self,
        width,
        height,
        *,
        name="Untitled",
        model="RGBA",
        depth="U8",
        profile="",
        resolution=300.0,
    ):
        """Create a document, with the one empty layer that Krita gives it, and show it."""
        self.run(
            "documents.create(width, height, name, model, depth, profile, resolution)",
            **{"width": width, "height": height, "name": name, "model": model},
            **{"depth": depth, "profile": profile, "resolution": resolution},
        )
        self._wait_for_view()

    def save(self, path):
        """Save the active document at `path`, without a question."""
        self.run("documents.save(path)", path=str(path))

    def close_documents(self):
        """Close all documents; none asks to be saved."""
        if self.evaluate("bool(krita.documents())"):
            time.sleep(SECONDS_FOR_THE_LAYERS)
        self.run("documents.close_all()")
        self.wait_until("not krita.documents()", 30, "the documents to close")

    def layer_tree(self):
        """Return the active document's layers as KritaLayer, bottom to top."""
        return tuple(layer_from(told) for told in self.evaluate("documents.tree()"))

    def pixels(self, layer=None, *, area=None, projected=False):
        """Return H×W×channels in the document's own depth; RGB as R, G, B, A.

        layer: name or id; None for the merged picture. area: left, top, width, height;
        None is the canvas. projected: with masks and children, as a group must be read.
        """
        told = self.evaluate(
            "documents.pixels(layer, area, projected)",
            **{"layer": layer, "area": area, "projected": projected},
        )
        return pixels_from(told)

    def _wait_for_view(self):
        self.wait_until(
            "krita.activeDocument() is not None and krita.activeWindow().activeView() is not None",
            30,
            "the view of the document",
        )
