"""Remembers and restores the inputs of a docker, so that each test finds the defaults."""

import functools

from .qt import (
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

# Kind of input, its getter, its setter.
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
    """Remember the present values of a docker's inputs, by their names."""
    for name, value, _write in _read(docker):
        _remembered[name] = value


def restore(docker):
    """Restore the inputs that differ from what was remembered."""
    for name, value, write in _read(docker):
        if name in _remembered and _remembered[name] != value:
            write(_remembered[name])


def _read(docker):
    around = window().findChild(QDockWidget, docker)
    for kind, read, write in INPUTS:
        for widget in around.findChildren(kind):
            # Qt names the parts of compound inputs itself.
            if widget.objectName() and not widget.objectName().startswith("qt_"):
                yield widget.objectName(), read(widget), functools.partial(write, widget)
