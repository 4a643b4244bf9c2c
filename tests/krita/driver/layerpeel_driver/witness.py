"""Notices when real clicks and keys have arrived, so that a test can wait for them."""

from .qt import QApplication, QEvent, QObject, Qt

LAST_EVENT_OF = {"click": QEvent.Type.MouseButtonRelease, "key": QEvent.Type.KeyRelease}
MODIFIERS = {
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
}


class Witness(QObject):
    """Counts clicks or keys in all of Krita, without filtering any, until `count` have come."""

    def __init__(self, kind, count):
        super().__init__()
        self._awaited = LAST_EVENT_OF[kind]
        self.missing = count
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, receiver, event):  # noqa: N802 (Qt's name)
        """Count the event before its receiver handles it; a later call finds it handled."""
        # Each event reaches a window once, and from there any number of widgets.
        if event.type() == self._awaited and receiver.isWindowType():
            is_key = self._awaited == QEvent.Type.KeyRelease
            if not (is_key and (event.isAutoRepeat() or event.key() in MODIFIERS)):
                self.missing -= 1
        return False


_present = None


def call(kind, count):
    """Watch for this many of "click" or "key"; modifier keys do not count."""
    global _present
    _present = Witness(kind, count)


def has_seen():
    """Whether all have arrived."""
    return _present.missing <= 0


def dismiss():
    """Stop watching."""
    QApplication.instance().removeEventFilter(_present)
