"""What a person has set in a docker, so that each test finds it as the first one did."""

import functools

from PyQt5.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
)

from .widgets import window

# Kind of input, how it is read, how it is set.
INPUTS = (
    (QComboBox, QComboBox.currentIndex, QComboBox.setCurrentIndex),
    (QSpinBox, QSpinBox.value, QSpinBox.setValue),
    (QDoubleSpinBox, QDoubleSpinBox.value, QDoubleSpinBox.setValue),
    (QSlider, QSlider.value, QSlider.setValue),
    (QAbstractButton, QAbstractButton.isChecked, QAbstractButton.setChecked),
    (QLineEdit, QLineEdit.text, QLineEdit.setText),
    (QPlainTextEdit, QPlainTextEdit.toPlainText, QPlainTextEdit.setPlainText),
)

_remembered = {}


def remember(docker):
    """Keep what is set now in a docker, by the names of its inputs."""
    for name, value, _write in _read(docker):
        _remembered[name] = value


def restore(docker):
    """Set again what differs from what was kept."""
    for name, value, write in _read(docker):
        if name in _remembered and _remembered[name] != value:
            write(_remembered[name])


def _read(docker):
    around = window().findChild(QDockWidget, docker)
    for kind, read, write in INPUTS:
        for widget in around.findChildren(kind):
            # Parts of other inputs have Qt's own names.
            if widget.objectName() and not widget.objectName().startswith("qt_"):
                yield widget.objectName(), read(widget), functools.partial(write, widget)
