"""The docker's page that sets the backend up: an offer, its progress, what stopped it."""

from pathlib import Path
from typing import Optional

from layerpeel.plugin.qt import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.setup.setting_up import SettingUp, SetupState
from layerpeel.plugin.setup.setup_texts import heading, texts, what_starts, what_starts_online
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel

FULL = 1000  # steps of the progress bar
_LOG_HEIGHT = 140  # logical pixels
_MOST_LINES = 2000


class SetupPage(QWidget):
    """Shows where the set-up stands. Nothing is fetched, or removed, before a click."""

    def __init__(self, setting_up: SettingUp, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._setting_up = setting_up
        self._heading = WrappedLabel("layerpeel_setup_heading")
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        self._text = WrappedLabel("layerpeel_setup_text")
        self._with = WrappedLabel("layerpeel_setup_with")
        self._torch = QCheckBox(i18n("With torch, for more models"))
        self._torch.setObjectName("layerpeel_setup_torch")
        self._torch.setToolTip(
            i18n("GroundingDINO, SAM, ViTMatte and all that paints compute with it")
        )
        self._bar = QProgressBar()
        self._bar.setObjectName("layerpeel_setup_progress")
        self._bar.setTextVisible(False)
        self._start = _button("layerpeel_set_up", "")
        self._online = _button("layerpeel_setup_online", "")
        self._folder = _button("layerpeel_setup_from_folder", i18n("From a folder …"))
        self._folder.setToolTip(
            i18n("Without the internet: from a folder with the packages and models in it")
        )
        self._look = _button("layerpeel_setup_look", i18n("Look again"))
        self._cancel = _button("layerpeel_setup_cancel", i18n("Cancel"))
        self._remove = _button("layerpeel_setup_remove", i18n("Remove"))
        self._remove.setToolTip(i18n("Removes the backend; models stay"))
        self._back = _button("layerpeel_setup_back", i18n("Back"))
        self._shows_log = _button("layerpeel_setup_show_log", i18n("Show log"))
        self._log = QPlainTextEdit()
        self._log.setObjectName("layerpeel_setup_log")
        self._log.setReadOnly(True)
        self._log.setMaximumBlockCount(_MOST_LINES)
        self._log.setFixedHeight(_LOG_HEIGHT)
        self._arrange()
        setting_up.changed.connect(self._show)
        setting_up.said.connect(self._log.appendPlainText)
        self._show()

    # Actions of the artist -------------------------------------------------------------------

    def _begin(self) -> None:
        has_failed = self._setting_up.state is SetupState.FAILED
        self._log.clear()
        if has_failed:
            self._setting_up.try_again()
        else:
            self._setting_up.start()

    def _begin_online(self) -> None:
        self._log.clear()
        self._setting_up.start()

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self, i18n("Choose the folder with the packages and models")
        )
        if path:
            self._log.clear()
            self._setting_up.start(Path(path))

    def _show_log(self) -> None:
        self._log.setVisible(self._log.isHidden())
        self._name_log_button()

    # Display ---------------------------------------------------------------------------------

    def _show(self) -> None:
        setting_up, state = self._setting_up, self._setting_up.state
        is_offer = state is SetupState.OFFERED
        is_failure = state is SetupState.FAILED
        can_start = (is_offer or is_failure) and setting_up.python is not None
        shown = {
            self._start: can_start,
            self._torch: can_start
            and setting_up.can_have_torch
            and not (is_failure and setting_up.repeats_removal),
            self._online: can_start and is_failure and setting_up.repeats_another_way,
            self._folder: can_start,
            self._look: state is SetupState.NO_PYTHON,
            self._cancel: state is SetupState.RUNNING,
            self._remove: is_offer and setting_up.is_asked_for and setting_up.installed is not None,
            self._back: (is_offer or is_failure) and setting_up.is_asked_for,
            self._bar: state in (SetupState.RUNNING, SetupState.REMOVING),
            self._shows_log: state is SetupState.RUNNING or (is_failure and bool(setting_up.lines)),
        }
        for widget, is_shown in shown.items():
            widget.setVisible(is_shown)
        if not shown[self._shows_log]:
            self._log.hide()
        self._torch.setChecked(setting_up.with_torch)
        self._start.setText(what_starts(setting_up))
        self._online.setText(what_starts_online(setting_up))
        self._heading.setText(heading(setting_up))
        _set_text(self._text, "\n\n".join(texts(setting_up)))
        python = setting_up.python if is_offer else None
        _set_text(
            self._with,
            ""
            if python is None
            else i18n("With Python {}, {}").format(python.version, python.path),
        )
        is_counted = state is SetupState.RUNNING and setting_up.done >= 0
        self._bar.setRange(0, FULL if is_counted else 0)
        self._bar.setValue(round(max(setting_up.done, 0.0) * FULL))
        self._name_log_button()

    def _name_log_button(self) -> None:
        self._shows_log.setText(i18n("Show log") if self._log.isHidden() else i18n("Hide log"))

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._heading, self._text, self._with, self._bar, self._torch, self._start):
            layout.addWidget(widget)
        for widget in (self._online, self._folder, self._look, self._cancel):
            layout.addWidget(widget)
        beside = QHBoxLayout()
        beside.addWidget(self._remove)
        beside.addWidget(self._back)
        layout.addLayout(beside)
        layout.addWidget(self._shows_log)
        layout.addWidget(self._log)
        self._log.hide()
        for button in (self._start, self._cancel):
            button.setMinimumHeight(32)
        self._start.clicked.connect(lambda _checked=False: self._begin())
        self._torch.clicked.connect(self._setting_up.want_torch)
        self._online.clicked.connect(lambda _checked=False: self._begin_online())
        self._folder.clicked.connect(lambda _checked=False: self._choose_folder())
        self._look.clicked.connect(lambda _checked=False: self._setting_up.look())
        self._cancel.clicked.connect(lambda _checked=False: self._setting_up.cancel())
        self._remove.clicked.connect(lambda _checked=False: self._setting_up.remove())
        self._back.clicked.connect(lambda _checked=False: self._setting_up.leave())
        self._shows_log.clicked.connect(lambda _checked=False: self._show_log())


def _button(name: str, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    return button


def _set_text(label: WrappedLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
