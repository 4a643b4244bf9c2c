"""What can be done with the result that is chosen."""

from typing import Optional

from layerpeel.plugin.qt import (
    QAction,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.texts import i18n
from layerpeel.shared.protocol import Role


class ResultButtons(QWidget):
    """Buttons in a row.

    insert_wanted: emitted with the role of the layers to insert; None for all of them.
    look_wanted: emitted when the artist wants to see it large.
    discard_wanted: emitted when the artist wants to be asked whether to discard it.
    """

    insert_wanted = pyqtSignal(object)
    look_wanted = pyqtSignal()
    discard_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._insert = QToolButton()
        self._insert.setObjectName("layerpeel_insert_result")
        self._insert.setText(i18n("Insert"))
        self._insert.setToolTip(i18n("Put its layers into the picture that is open"))
        self._insert.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._insert.clicked.connect(lambda _checked=False: self.insert_wanted.emit(None))
        self._parts = QMenu(self)
        self._parts.setObjectName("layerpeel_parts_menu")
        for role, text in (
            (Role.FOREGROUND, i18n("Only what was lifted off")),
            (Role.BACKGROUND, i18n("Only the background")),
        ):
            action = QAction(text, self)
            action.setObjectName(f"layerpeel_insert_{role.value}")
            action.triggered.connect(
                lambda _checked=False, role=role: self.insert_wanted.emit(role)
            )
            self._parts.addAction(action)
        self._look = QPushButton(i18n("Look"))
        self._look.setObjectName("layerpeel_look_at_result")
        self._look.setToolTip(i18n("See its layers large, and what was there before"))
        self._look.clicked.connect(lambda _checked=False: self.look_wanted.emit())
        self._discard = QPushButton(i18n("Discard …"))
        self._discard.setObjectName("layerpeel_discard_result")
        self._discard.setToolTip(i18n("Remove this result for good; layers in pictures stay"))
        self._discard.clicked.connect(lambda _checked=False: self.discard_wanted.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._insert, 1)
        layout.addWidget(self._look)
        layout.addWidget(self._discard)
        self._insert.setFixedHeight(self._discard.sizeHint().height())

    def show_result(self, result: Optional[ListedResult]) -> None:
        """Offer what can be done with a result; None where none is chosen."""
        self.setEnabled(result is not None)
        has_parts = result is not None and result.has_parts
        self._look.setEnabled(result is not None and result.has_layers)
        self._insert.setMenu(self._parts if has_parts else None)
        mode = QToolButton.ToolButtonPopupMode
        self._insert.setPopupMode(mode.MenuButtonPopup if has_parts else mode.DelayedPopup)
