"""Which texts of a widget's content are not seen whole."""

from .qt import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    Qt,
    QWidget,
)
from .widgets import the


def cut_texts(object_name):
    """Return what cannot be read whole in a widget, each text with the name of where it is."""
    top = the(object_name)
    shown = [each for each in top.findChildren(QWidget) if each.isVisibleTo(top)]
    return [
        f"{each.objectName() or type(each).__name__}: {text}"
        for each in shown
        for text in _texts_of(each)
        if text and (_lies_outside(each, top) or not _fits(each, text))
    ]


def _texts_of(widget):
    if isinstance(widget, QComboBox):
        return [widget.itemText(index) for index in range(widget.count())]
    if isinstance(widget, QLineEdit):
        inside = isinstance(widget.parent(), (QAbstractSpinBox, QComboBox))
        return [widget.text() if inside else widget.placeholderText()]
    return [widget.text()] if isinstance(widget, (QLabel, QAbstractButton)) else []


def _fits(widget, text):
    letters = widget.fontMetrics().size(0, text).width()
    if isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        field = widget.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, part, widget
        )
        return letters <= field.width()
    if isinstance(widget, QLineEdit):
        return letters <= widget.contentsRect().width()
    if isinstance(widget, QAbstractButton):
        return widget.sizeHint().width() <= widget.width()
    if not widget.wordWrap():
        return widget.sizeHint().width() <= widget.width()
    room = widget.contentsRect()
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    taken = widget.fontMetrics().boundingRect(room, int(flags), text)
    return taken.width() <= room.width() and taken.height() <= room.height()


def _lies_outside(widget, top):
    """Whether it reaches over the left or right border of what is shown of `top`."""
    left = widget.mapTo(top, widget.rect().topLeft()).x()
    return left < 0 or left + widget.width() > top.width()
