"""Sees that real clicks and keys have arrived, so that a test does not look before they have."""

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtWidgets import QApplication

LAST_EVENT_OF = {"click": QEvent.MouseButtonRelease, "key": QEvent.KeyRelease}
MODIFIERS = {Qt.Key_Shift, Qt.Key_Control, Qt.Key_Alt, Qt.Key_AltGr, Qt.Key_Meta}


class Witness(QObject):
    """Watches all of Krita until `count` clicks or keys have come; nothing is held back."""

    def __init__(self, kind, count):
        super().__init__()
        self._awaited = LAST_EVENT_OF[kind]
        self.missing = count
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, receiver, event):  # noqa: N802 (Qt's name)
        """See the event before its receiver does: who asks afterwards finds it handled."""
        # Each comes once to a window, and from there to any number of widgets.
        if event.type() == self._awaited and receiver.isWindowType():
            is_key = self._awaited == QEvent.KeyRelease
            if not (is_key and (event.isAutoRepeat() or event.key() in MODIFIERS)):
                self.missing -= 1
        return False


_present = None


def call(kind, count):
    """Watch for this many of "click" or "key", those of Shift and the like not counted."""
    global _present
    _present = Witness(kind, count)


def has_seen():
    """Whether all have come."""
    return _present.missing <= 0


def dismiss():
    """Watch no longer."""
    QApplication.instance().removeEventFilter(_present)
