"""The docker's page that generates, used with the real mouse and read as a person reads it."""

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
        """Choose what is generated, write the prompt, and set fields by the ends of their names."""
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
        """Press Generate, and come back while it works."""
        self._krita.click("layerpeel_generate")

    def generate(self):
        """Press Generate, wait until nothing works, and give the line that is said then."""
        self.start()
        return self.wait_for_end()

    def cancel(self):
        """Press Cancel, and wait until nothing works; give the line that is said then."""
        self._krita.click("layerpeel_cancel_generating")
        return self.wait_for_end()

    def wait_for_end(self):
        """Wait until nothing works, and give the line that is said then."""
        self._krita.wait_until(lambda: not self.is_working, SECONDS_TO_GENERATE, "the generator")
        return self.message

    def insert(self, seed):
        """Click the thumbnail of the variant of that seed; give the line that is said then."""
        self._krita.click(f"layerpeel_variant_{seed}")
        return self.wait_for_end()

    @property
    def is_working(self):
        """Whether anything works, or waits."""
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
        """Where each mark in the prompt begins and ends."""
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
            ".findChildren(__import__('PyQt5.QtWidgets').QtWidgets.QToolButton),"
            " key=lambda w: (w.y(), w.x())) if w.isVisible()]"
        )

    def shown(self, name):
        """The text of a label, or a button; empty when it is not to be seen."""
        return self._krita.evaluate(
            "widgets.the(name).text() if widgets.the(name).isVisible() else ''", name=name
        )

    def picture_of(self, name):
        """Picture of the docker for people."""
        self._krita.screenshot_of(DOCKER, name)
