"""The settings dialog: engine, what documents record, and how the backend is reached."""

from typing import Callable, List, Optional

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.bug_report.copy_button import CopyButton
from layerpeel.plugin.qt import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.settings.engine_choice import EngineChoice
from layerpeel.plugin.settings.stage_choices import StageChoices
from layerpeel.plugin.setup.setting_up import SettingUp
from layerpeel.plugin.stage_wishes import AUTOMATIC
from layerpeel.plugin.stored_settings import MOST_GIB, DockerSettings, read_settings, write_settings
from layerpeel.plugin.texts import i18n, path_text
from layerpeel.shared.places import log_file


class SettingsDialog(QDialog):
    """Engine; command of a backend to start, or address and token of a running one.

    models_wanted: emitted when the artist wants to add models, or to remove some.
    """

    models_wanted = pyqtSignal()

    def __init__(
        self,
        connection: Connection,
        setting_up: SettingUp,
        said: Callable[[], List[str]],
        parent: Optional[QWidget] = None,
    ) -> None:
        """said: returns the lines that the docker shows, for a bug report."""
        super().__init__(parent)
        self._setting_up = setting_up
        self.setObjectName("layerpeel_settings")
        self.setWindowTitle(i18n("Layerpeel settings"))
        saved = read_settings()
        self._engine = EngineChoice(connection, saved.engine)
        self._stages = StageChoices(connection, saved.stages)
        self._engine.chosen_anew.connect(self._show_stages)
        self._show_stages()
        self._command = _line(saved.command, "layerpeel_command", i18n("the registered one"))
        self._address = _line(
            saved.address, "layerpeel_address", i18n("start one here when it is needed")
        )
        self._token = _line(saved.token, "layerpeel_token", "")
        self._token.setEchoMode(QLineEdit.EchoMode.Password)
        self._writes_down = QCheckBox(i18n("Record how each layer was made"))
        self._writes_down.setObjectName("layerpeel_writes_down")
        self._writes_down.setChecked(saved.writes_down)
        self._writes_down.setToolTip(
            i18n("Kept in the document: engine, prompt, seed, models and their licences")
        )
        self._looks_first = QCheckBox(i18n("Look at each result before it becomes layers"))
        self._looks_first.setObjectName("layerpeel_looks_first")
        self._looks_first.setChecked(not saved.inserts_at_once)
        self._looks_first.setToolTip(
            i18n("After Peel the docker shows the result; nothing is inserted before you say so")
        )
        self._patches = QCheckBox(i18n("Fill in only a patch behind what is lifted off"))
        self._patches.setObjectName("layerpeel_patches")
        self._patches.setChecked(saved.patches)
        self._patches.setToolTip(
            i18n("Smaller files; but keep the picture below, which shows beside the patch")
        )
        self._names_lifted = QCheckBox(i18n("Name layers after what was lifted off"))
        self._names_lifted.setObjectName("layerpeel_names_lifted")
        self._names_lifted.setChecked(saved.names_lifted)
        self._names_lifted.setToolTip(i18n("Otherwise they are called Foreground and Background"))
        at_next_start = i18n("Counts from the next start of the backend")
        self._keep = _gibibytes(
            "layerpeel_keep",
            1,
            saved.keep_gib,
            i18n(
                "Counts from the next start of the backend. Beyond it the oldest results are "
                "deleted, first those that are in a document already."
            ),
        )
        self._memory = _gibibytes("layerpeel_memory", 0, saved.memory_gib, at_next_start)
        self._memory.setSpecialValueText(i18n("as much as there is"))
        self._installation = QPushButton(i18n("Install, update or remove …"))
        self._installation.setObjectName("layerpeel_installation")
        self._installation.setToolTip(i18n("Opens the docker's page that sets the backend up"))
        self._installation.clicked.connect(lambda _checked=False: self._open_installation())
        self._models = QPushButton(i18n("Add or remove …"))
        self._models.setObjectName("layerpeel_models")
        self._models.setToolTip(i18n("Opens the docker's page of models that can be downloaded"))
        self._models.clicked.connect(lambda _checked=False: self._open_models())
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        buttons = QDialogButtonBox()
        for standard, name in (
            (QDialogButtonBox.StandardButton.Ok, "layerpeel_settings_ok"),
            (QDialogButtonBox.StandardButton.Cancel, "layerpeel_settings_cancel"),
        ):
            button = buttons.addButton(standard)
            if button is not None:
                button.setObjectName(name)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(i18n("Engine:"), self._engine)
        form.addRow("", self._stages)
        form.addRow("", self._looks_first)
        form.addRow("", self._writes_down)
        form.addRow("", self._patches)
        form.addRow("", self._names_lifted)
        form.addRow(i18n("Keep results up to:"), self._keep)
        form.addRow(i18n("Memory for models:"), self._memory)
        if setting_up.is_possible:
            form.addRow(i18n("Backend:"), self._installation)
        form.addRow(i18n("Models:"), self._models)
        form.addRow(i18n("Command that starts the backend:"), self._command)
        form.addRow(i18n("Or address of a running one:"), self._address)
        form.addRow(i18n("Its token:"), self._token)
        form.addRow(i18n("Log:"), QLabel(path_text(log_file())))
        form.addRow(i18n("Something is wrong?"), CopyButton(connection, said))
        form.addRow(self._problem)
        form.addRow(buttons)
        self.setMinimumWidth(520)

    def _show_stages(self) -> None:
        """Show them where they count: any other engine is a fixed choice."""
        self._stages.setVisible(self._engine.chosen() == AUTOMATIC)

    def _open_installation(self) -> None:
        self.reject()
        self._setting_up.ask_for()

    def _open_models(self) -> None:
        self.reject()
        self.models_wanted.emit()

    def _accept(self) -> None:
        settings = DockerSettings(
            self._engine.chosen(),
            self._command.text().strip(),
            self._address.text().strip(),
            self._token.text().strip(),
            self._writes_down.isChecked(),
            not self._looks_first.isChecked(),
            self._patches.isChecked(),
            self._stages.chosen(),
            self._keep.value(),
            self._memory.value(),
            self._names_lifted.isChecked(),
        )
        try:
            settings.command_parts()
        except ValueError:
            self._problem.setText(i18n("The command has a quote that is never closed."))
            return
        if settings.address and not settings.address.startswith(("http://", "https://")):
            self._problem.setText(i18n("The address must start with http:// or https://."))
            return
        write_settings(settings)
        self.accept()


def _gibibytes(name: str, least: int, value: int, tip: str) -> QSpinBox:
    box = QSpinBox()
    box.setObjectName(name)
    box.setRange(least, MOST_GIB)
    box.setSuffix(" GiB")
    box.setValue(value)
    box.setToolTip(tip)
    return box


def _line(text: str, name: str, hint: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setObjectName(name)
    line.setPlaceholderText(hint)
    return line
