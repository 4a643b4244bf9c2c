"""A window of its own to point in, beside Krita's."""

from typing import Optional

from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.pointing.pointing_panel import PointingPanel
from layerpeel.plugin.qt import QDialog, QEvent, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n

SIZE = (900, 720)  # logical pixels


class LargerWindow(QDialog):
    """Shows the same picture as the docker, larger; what is marked in one is seen in the other.

    peel_wanted: emitted when the artist presses Peel.
    """

    peel_wanted = pyqtSignal()

    def __init__(self, pointing: Pointing, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_larger_window")
        self.setWindowTitle(i18n("Layerpeel: point at what to lift off"))
        self._pointing = pointing
        self._panel = PointingPanel(pointing, in_docker=False)
        self._peel = QPushButton(i18n("Peel"))
        self._peel.setObjectName("layerpeel_larger_peel")
        self._peel.setMinimumHeight(32)
        # Return must not press it while the artist is still pointing.
        self._peel.setAutoDefault(False)
        self._peel.clicked.connect(lambda _checked=False: self._close_and_peel())
        layout = QVBoxLayout(self)
        layout.addWidget(self._panel, 1)
        layout.addWidget(self._peel)
        self.resize(*SIZE)

    def open_in_front(self) -> None:
        """Show the window before Krita's, without blocking that."""
        self.show()
        self.raise_()
        self.activateWindow()

    def event(self, event: Optional[QEvent]) -> bool:
        """Look whether the picture has changed when the pointer comes back from Krita's window."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Enter:
            self._pointing.look_again()
        elif event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._panel.draw_icons()
        return super().event(event)

    def _close_and_peel(self) -> None:
        self.close()
        self.peel_wanted.emit()
