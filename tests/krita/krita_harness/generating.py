"""The docker's page that generates, used with the real mouse and read from its visible widgets."""

from .running import DOCKER

SECONDS_TO_GENERATE = 180


class Generating:
    """The page in the window of a RunningKrita."""

    def __init__(self, krita):
        self._krita = krita

    def open(self):
        """Show the page."""
        self._krita.click("layerpeel_page_generate")

    def set(self, mode="scene", prompt=None, **fields):
        """Choose what to generate, set prompt, and fields by names without `layerpeel_`."""
        self._krita.click(f"layerpeel_mode_{mode}")
        if prompt is not None:
            self._krita.run("widgets.the('layerpeel_prompt').setPlainText(text)", text=prompt)
        for name, value in fields.items():
            self._krita.run(
                "widgets.the('layerpeel_' + name).setValue(value)", name=name, value=value
            )

    def write(self, text):
        """Type a prompt with real keys."""
        self._krita.click("layerpeel_prompt")
        self._krita.write(text)

    def start(self):
        """Press Generate without waiting for the end."""
        self._krita.click("layerpeel_generate")

    def generate(self):
        """Press Generate, wait for the end, and return the message."""
        self.start()
        return self.wait_for_end()

    def cancel(self):
        """Press Cancel, wait for the end, and return the message."""
        self._krita.click("layerpeel_cancel_generating")
        return self.wait_for_end()

    def wait_for_end(self):
        """Wait until nothing is being generated or inserted, and return the message."""
        self._krita.wait_until(lambda: not self.is_working, SECONDS_TO_GENERATE, "the generator")
        return self.message

    def insert(self, seed):
        """Click the thumbnail of the variant of that seed, wait, and return the message."""
        self._krita.click(f"layerpeel_variant_{seed}")
        return self.wait_for_end()

    @property
    def is_working(self):
        """Whether anything is being generated or inserted, or waits."""
        return self._krita.evaluate("widgets.the('layerpeel_generating').isVisible()")

    @property
    def message(self):
        """The line under the buttons; empty when none is shown."""
        return self.shown("layerpeel_scene_message")

    @property
    def problem(self):
        """The line under the prompt; empty when none is shown."""
        return self.shown("layerpeel_prompt_problem")

    @property
    def marked(self):
        """Start and end of each mark in the prompt, in UTF-16 code units."""
        return self._krita.evaluate(
            "[[m.cursor.selectionStart(), m.cursor.selectionEnd()]"
            " for m in widgets.the('layerpeel_prompt').extraSelections()]"
        )

    @property
    def seed(self):
        """The seed that is shown."""
        return self._krita.evaluate("widgets.the('layerpeel_seed').value()")

    @property
    def thumbnails(self):
        """For each variant shown, first to last: its seed, and whether it can be clicked."""
        return self._krita.evaluate(
            "[[int(w.text()), w.isEnabled()] for w in sorted(widgets.the('layerpeel_strip')"
            ".findChildren(qt.QToolButton),"
            " key=lambda w: (w.y(), w.x())) if w.isVisible()]"
        )

    def shown(self, name):
        """Return the text of a label or button; empty when it is not visible."""
        return self._krita.evaluate(
            "widgets.the(name).text() if widgets.the(name).isVisible() else ''", name=name
        )

    def picture_of(self, name):
        """Take a screenshot of the docker."""
        self._krita.screenshot_of(DOCKER, name)
