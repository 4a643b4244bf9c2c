"""A window with the end of a log."""

import os
from pathlib import Path
from typing import Optional

from layerpeel.plugin.qt import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTimer,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.texts import i18n, path_text

_MOST_BYTES = 200_000


def show_log(path: Path, more: QPushButton, parent: Optional[QWidget] = None) -> None:
    """Show the end of a log until the artist closes it.

    more: a further button, beside the one that closes.
    """
    dialog = QDialog(parent)
    dialog.setObjectName("layerpeel_log")
    dialog.setWindowTitle(i18n("Layerpeel log"))
    text = QPlainTextEdit(_end_of(path))
    text.setObjectName("layerpeel_log_text")
    text.setReadOnly(True)
    buttons = QDialogButtonBox()
    close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
    if close is not None:
        close.setObjectName("layerpeel_log_close")
    buttons.addButton(more, QDialogButtonBox.ButtonRole.ActionRole)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(QLabel(path_text(path)))
    layout.addWidget(text)
    layout.addWidget(buttons)
    dialog.resize(640, 400)
    # Only once it is laid out does it know where its end is.
    QTimer.singleShot(0, lambda: _scroll_to_end(text))
    dialog.exec()
    dialog.deleteLater()


def _scroll_to_end(text: QPlainTextEdit) -> None:
    bar = text.verticalScrollBar()
    if bar is not None:
        bar.setValue(bar.maximum())


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _MOST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return i18n("The log cannot be read: {}").format(error.strerror)
