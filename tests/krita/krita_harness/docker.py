"""Layerpeel's docker, used with the real mouse and read from its visible widgets."""

import time

from .home import ENGINE
from .running import DOCKER, PARKED_POINTER

# The line after a peel of one layer by an engine that was chosen by name.
DONE = "Done: 2 layers."
SELECTED = "Done: selected."

SECONDS_TO_PEEL = 120
SECONDS_TO_NOTICE = 0.2
SECONDS_FOR_A_TIP = 10
# While a job only waits, the bar has no scale; a hidden bar may have one.
_BAR_HAS_A_SCALE = "(b := widgets.the('layerpeel_progress')).isVisible() and b.maximum() > 0"


class Docker:
    """The docker in the window of a RunningKrita."""

    def __init__(self, krita):
        self._krita = krita

    # Settings of the form

    def lift(self, what):
        """Lift off "subject", "selection" or "words"."""
        self._krita.click(f"layerpeel_lift_{what}")

    def take_from(self, source):
        """Choose what to peel, by the text in the list."""
        self._krita.choose("layerpeel_source", source)

    def give_back_as(self, form):
        """Choose the form of the result, by the text in the list."""
        self._krita.choose("layerpeel_form", form)

    def take_edge_exactly(self):
        """Tick Exact edge, unless it is ticked."""
        if not self._krita.evaluate("widgets.the('layerpeel_exact_edge').isChecked()"):
            self._krita.click("layerpeel_exact_edge")

    # Actions

    def start(self):
        """Press Peel without waiting for the end."""
        self._krita.click("layerpeel_peel")

    def peel(self):
        """Press Peel, wait for the end, and return the message."""
        self.start()
        return self.wait_for_end()

    def fill_in_otherwise(self):
        """Press Another background, wait for the end, and return the message."""
        self._krita.click("layerpeel_another_background")
        return self.wait_for_end()

    @property
    def offers_another_background(self):
        """Whether the button is shown."""
        return self._krita.evaluate("widgets.the('layerpeel_another_background').isVisible()")

    def cancel(self):
        """Press Cancel."""
        self._krita.click("layerpeel_cancel")

    def wait_for_end(self):
        """Wait until the peel has ended, and return the message."""
        self._krita.wait_until(lambda: not self.is_working, SECONDS_TO_PEEL, "the peel to end")
        return self.message

    def wait_for_message(self, line):
        """Wait until the docker says this, as it does of a peel of another document."""
        self._krita.wait_until(lambda: self.message == line, SECONDS_TO_PEEL, repr(line))

    def wait_until_it_runs(self):
        """Wait until the backend has started on it."""
        self._krita.wait_until(
            lambda: not self.is_working or self._krita.evaluate(_BAR_HAS_A_SCALE),
            SECONDS_TO_PEEL,
            "the backend to begin",
        )

    def wait_for_preview(self):
        """Wait until the docker shows what will be lifted off."""
        self._krita.wait_until(
            "widgets.the('layerpeel_preview').isVisible()", SECONDS_TO_PEEL, "the preview"
        )

    def look_at_backend(self):
        """Have the docker find out what backend there is, as when Krita starts."""
        self._krita.run("from layerpeel.plugin.docker import CONNECTION\nCONNECTION.forget()")

    # Display

    def places(self):
        """Return where the button that peels is, and the height of each docker that is seen."""
        heights = self._krita.evaluate("widgets.docker_heights()")
        return self._krita.place_of("layerpeel_peel"), heights

    @property
    def is_working(self):
        """Whether a peel runs."""
        return self._krita.evaluate("not widgets.the('layerpeel_peel').isEnabled()")

    @property
    def message(self):
        """The line under the buttons; empty when none is shown."""
        return self._shown("layerpeel_message")

    @property
    def warns(self):
        """Whether the message is shown as one of something that went wrong."""
        return self._krita.evaluate("widgets.the('layerpeel_message_icon').isVisible()")

    @property
    def remedy(self):
        """The text of the button that helps against what went wrong; empty without one."""
        return self._shown("layerpeel_message_remedy")

    def take_remedy(self, text):
        """Press the button that helps, which has to say this."""
        if self.remedy != text:
            raise AssertionError(f"{text!r} is not offered, but {self.remedy!r}")
        self._krita.click("layerpeel_message_remedy")

    @property
    def status(self):
        """The line about the backend, at the foot."""
        return self._shown("layerpeel_status")

    @property
    def hint(self):
        """The hint among the choices."""
        return self._shown("layerpeel_hint")

    @property
    def button(self):
        """The text of the button that peels."""
        return self._krita.evaluate("widgets.the('layerpeel_peel').text()")

    @property
    def source(self):
        """What is peeled, by the text in the list."""
        return self._krita.evaluate("widgets.the('layerpeel_source').currentText()")

    def look_again(self):
        """Move the mouse out of the docker and into it again, upon which it refreshes."""
        left, top, width, height = self._krita.place_of("layerpeel_peel")
        # Qt's own answer to where the mouse is stays wrong after a menu: no event to wait for.
        for x, y in (PARKED_POINTER, (left + width // 2, top + height // 2)):
            self._krita.display.xdotool("mousemove", str(x), str(y))
            time.sleep(SECONDS_TO_NOTICE)  # Two moves in one moment are none.

    def point_at(self, name):
        """Rest the mouse on a widget until its tip shows."""
        self._krita.move_mouse_to(name)
        self._krita.wait_until("widgets.tip()", SECONDS_FOR_A_TIP, "the tip")

    def picture_of(self, name):
        """Take screenshots of the docker, and of the whole screen."""
        self._krita.screenshot_of(DOCKER, name)
        return self._krita.screenshot(f"{name}-screen")

    def _shown(self, name):
        return self._krita.evaluate(
            "widgets.the(name).text() if widgets.the(name).isVisible() else ''", name=name
        )

    # Settings

    def open_settings(self):
        """Press Settings, and wait for the dialog."""
        self._krita.click("layerpeel_open_settings")
        self._krita.wait_until("widgets.open_dialog() is not None", 10, "the settings")

    @property
    def engine(self):
        """The engine in the open Settings, by the text in the list."""
        return self._krita.evaluate("widgets.the('layerpeel_engine').currentText()")

    @property
    def about_engine(self):
        """The line below the list of engines."""
        return self._shown("layerpeel_about_engine")

    def choose_engine(self, title):
        """Open Settings, choose an engine by the text in the list, and press OK."""
        self.open_settings()
        self._krita.choose("layerpeel_engine", title)
        self.close_settings("ok")

    def set_backend(self, address="", token="", command=""):
        """Open Settings, type into it with real keys, and press OK."""
        self.open_settings()
        for name, text in (("command", command), ("address", address), ("token", token)):
            self._krita.click(f"layerpeel_{name}")
            self._krita.press("ctrl+a")
            self._krita.press("Delete")
            if text:
                self._krita.write(text)
        self.close_settings("ok")

    def close_settings(self, button):
        """Press "ok" or "cancel", and wait until the dialog has gone."""
        self._krita.click(f"layerpeel_settings_{button}")
        self._krita.wait_until("widgets.open_dialog() is None", 10, "the settings to close")

    def forget_choices(self):
        """Reset everything in the docker to its state when Krita started."""
        self._krita.run("inputs.restore(docker)", docker=DOCKER)

    def forget_settings(self):
        """Reset the settings to those that each test starts with."""
        self.change_settings(engine=ENGINE)

    def change_settings(self, **settings):
        """Set the given settings without the dialog, and all others to their defaults."""
        self._krita.run(
            "from layerpeel.plugin import docker, stored_settings\n"
            "wanted = stored_settings.DockerSettings(**given)\n"
            "if stored_settings.read_settings() != wanted:\n"
            "    stored_settings.write_settings(wanted)\n"
            "    docker.CONNECTION.forget()",
            given=settings,
        )
