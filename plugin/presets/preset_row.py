"""The list of presets, and what can be done with them."""

from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Callable, List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.presets.preset_files import read_file, write_file
from layerpeel.plugin.qt import (
    QAction,
    QEvent,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QMenu,
    QObject,
    QToolButton,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.rows import combo_of, enable_item
from layerpeel.shared.presets import KeptPreset, Preset, PresetFile, Presets

_ENDING = ".toml"


class PresetRow(QWidget):
    """Lists the presets that the backend keeps; those that cannot be read say why, in their tips.

    chosen: emitted with the `Preset` that the artist chooses, or, for none, with what was chosen
        before, without a title.
    told: emitted with a line for the artist. failed: likewise, of what went wrong.
    """

    chosen = pyqtSignal(object)
    told = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], Preset],
        parent: Optional[QWidget] = None,
    ) -> None:
        """now: returns what is chosen now, without a title."""
        super().__init__(parent)
        self._connection = connection
        self._now = now
        self._kept: List[KeptPreset] = []
        self._shown: Optional[Presets] = None
        self._own: Optional[Preset] = None
        self._taken_on: Optional[Preset] = None
        self._asked: Optional[Client] = None
        self._is_being_taken_on = False
        self._list = combo_of("layerpeel_preset", i18n("How to peel, as it was saved"))
        self._menu = QMenu(self)
        self._menu.setObjectName("layerpeel_preset_menu")
        self._actions = [
            self._action(name, text, do)
            for name, text, do in (
                ("save", i18n("Save as preset …"), self._save),
                ("import", i18n("Take in a file …"), self._take_in),
                ("export", i18n("Save as a file …"), self._hand_on),
                ("remove", i18n("Remove"), self._remove),
            )
        ]
        more = QToolButton()
        more.setObjectName("layerpeel_preset_more")
        more.setText("…")
        more.setToolTip(i18n("Save, share or remove presets"))
        # The dots say it: the style's own arrow would lie over them.
        more.setStyleSheet("QToolButton::menu-indicator {image: none;}")
        more.setMenu(self._menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list, 1)
        layout.addWidget(more)
        self._list.activated.connect(self._choose)
        view = self._list.view()
        if view is not None:
            view.installEventFilter(self)
        connection.changed.connect(self._ask_new_backend)
        self._show(Presets())

    def follow(self) -> None:
        """Show no preset any more once something else is chosen than it says."""
        if self._is_being_taken_on:
            return  # One choice after the other.
        # A file may say what means the same as what the docker says, such as words that are not
        # asked for: so it is compared with what has become of it.
        if self._chosen() is not None and self._taken_on != self._now():
            self._show_none()

    def eventFilter(self, watched: Optional[QObject], event: Optional[QEvent]) -> bool:  # noqa: N802  (Qt calls it so)
        """Ask again as the list is opened: another Krita may have saved a preset."""
        if event is not None and event.type() == QEvent.Type.Show:
            self._asked = None
            self._ask_new_backend()
        return bool(super().eventFilter(watched, event))

    def _ask_new_backend(self) -> None:
        client = self._connection.client
        if client is not None and client is not self._asked:
            self._asked = client
            client.presets(self._show, self._ask_later)

    def _ask_later(self, _problem: Problem) -> None:
        # Without an answer the list is as it was; what is done with it next says why.
        self._asked = None

    def _show(self, presets: Presets, chosen: str = "") -> None:
        """Show presets. chosen: title of the one that was just saved."""
        before = self._chosen()
        if presets == self._shown and not chosen:
            return  # It may be open.
        self._shown = presets
        self._kept = list(presets.kept)
        self._list.clear()
        self._list.addItem(i18n("No preset"))
        for number, each in enumerate(self._kept, start=1):
            self._list.addItem(each.preset.title)
            if (each.preset.title == chosen) if chosen else (each == before):
                self._list.setCurrentIndex(number)
        if chosen:
            self._taken_on = self._now()
        elif self._chosen() is None:
            self._taken_on = None
        for fault in presets.faults:
            self._list.addItem(fault)
            enable_item(self._list, self._list.count() - 1, fault)
        self._offer()

    def _chosen(self) -> Optional[KeptPreset]:
        number = self._list.currentIndex() - 1
        return self._kept[number] if 0 <= number < len(self._kept) else None

    def _choose(self, _index: int) -> None:
        kept = self._chosen()
        self._offer()
        if kept is not None:
            if self._own is None or self._taken_on is None:
                self._own = self._now()
            self._take_on(kept.preset)
            self._taken_on = self._now()
        elif self._own is not None:
            self._take_on(self._own)
            self._own = self._taken_on = None

    def _take_on(self, preset: Preset) -> None:
        self._is_being_taken_on = True
        self.chosen.emit(preset)
        self._is_being_taken_on = False

    def _show_none(self) -> None:
        """Show that no preset is chosen any more; what was chosen before it can come back still."""
        self._list.setCurrentIndex(0)
        self._taken_on = None
        self._offer()

    def _offer(self) -> None:
        is_chosen = self._chosen() is not None
        for action in self._actions[2:]:
            action.setEnabled(is_chosen)

    # What the menu does ----------------------------------------------------------------------

    def _save(self) -> None:
        kept = self._chosen()
        title, is_wanted = QInputDialog.getText(
            self,
            i18n("Save as preset"),
            i18n("Name (one that is there is replaced):"),
            text=kept.preset.title if kept else "",
        )
        title = " ".join(title.split())
        if not is_wanted or not title:
            return
        preset = replace(self._now(), title=title)

        def saved(presets: Presets) -> None:
            self._show(presets, title)
            self.told.emit(i18n("The preset is saved."))

        self._call(lambda client: client.save_preset(preset, saved, self._fail))

    def _take_in(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, i18n("Take in a preset"), "", f"TOML (*{_ENDING})"
        )
        if not path:
            return
        try:
            text = read_file(path)
        except ValueError as error:
            self.failed.emit(str(error))
            return

        def taken_in(presets: Presets) -> None:
            self._show(presets)
            self.told.emit(i18n("The preset is in the list."))

        file = PresetFile(PurePath(path).stem, text)
        self._call(lambda client: client.take_in_preset(file, taken_in, self._fail))

    def _hand_on(self) -> None:
        kept = self._chosen()
        if kept is None:
            return
        path, _kind = QFileDialog.getSaveFileName(
            self, i18n("Save the preset as a file"), kept.name + _ENDING, f"TOML (*{_ENDING})"
        )
        if path:
            write = partial(self._write, path)
            self._call(lambda client: client.preset_file(kept.name, write, self._fail))

    def _write(self, path: str, file: PresetFile) -> None:
        try:
            write_file(path, file.text)
        except ValueError as error:
            self.failed.emit(str(error))
        else:
            self.told.emit(i18n("The preset is saved."))

    def _remove(self) -> None:
        kept = self._chosen()
        if kept is not None:
            self._call(lambda client: client.remove_preset(kept.name, self._show, self._fail))

    def _call(self, do: Callable[[Client], None]) -> None:
        self._connection.when_ready(do, self.failed.emit)

    def _fail(self, problem: Problem) -> None:
        self.failed.emit(problem.message)

    def _action(self, name: str, text: str, do: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"layerpeel_preset_{name}")
        action.triggered.connect(lambda _checked=False: do())
        self._menu.addAction(action)
        return action
