"""The picture to point at with its tools: in the docker, or as a window of its own."""

from typing import Optional

from layerpeel.plugin.pointing.gestures import Tool
from layerpeel.plugin.pointing.picture_view import PictureView
from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.pointing.things_row import ThingsRow
from layerpeel.plugin.qt import (
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.segments import Segments
from layerpeel.shared.translatable import Translatable

_TOOLS = (
    (
        Tool.BOX,
        Translatable("Box"),
        Translatable(
            "Click what to lift off, right-click or Ctrl+click what should stay.\n"
            "Drag a box round what to lift off; with Shift, drag a stroke over it."
        ),
    ),
    (
        Tool.STROKE,
        Translatable("Stroke"),
        Translatable(
            "Click what to lift off, right-click or Ctrl+click what should stay.\n"
            "Drag a stroke over what to lift off, or with the right button over what should stay; "
            "with Shift, drag a box."
        ),
    ),
)


class PointingPanel(QWidget):
    """Tools, picture, and a line for the artist.

    larger_wanted: emitted when the artist asks for a larger window.
    """

    larger_wanted = pyqtSignal()

    def __init__(
        self, pointing: Pointing, in_docker: bool, parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(parent)
        self._pointing = pointing
        self._prefix = "layerpeel" if in_docker else "layerpeel_larger"
        self._tools = Segments(
            f"{self._prefix}_tool",
            [(tool.value, translated(text), translated(tip)) for tool, text, tip in _TOOLS],
        )
        self._view = PictureView(pointing, takes_its_shape=in_docker)
        self._view.setObjectName(f"{self._prefix}_picture")
        self._line = WrappedLabel(f"{self._prefix}_pointing_line")
        self._undo = self._button("undo_mark", i18n("Take the last mark back (Ctrl+Z)"))
        self._clear = self._button("clear_marks", i18n("Take all marks back"))
        self._fit = self._button("fit", i18n("Show the whole picture (the wheel zooms)"))
        self._larger = self._button("larger", i18n("Point in a larger window"))
        self._larger.setVisible(in_docker)
        self._things = ThingsRow(pointing)
        self._things.setObjectName(f"{self._prefix}_things")
        self._merge = QToolButton(self)
        self._merge.setObjectName(f"{self._prefix}_merge")
        self._merge.setText(i18n("Merge"))
        self._merge.setToolTip(i18n("Make one thing of those that you clicked below the picture"))
        self._merge.clicked.connect(
            lambda _checked=False: pointing.merge(self._things.picked_rows())
        )
        self._things.picked.connect(self._show)
        self._undo.clicked.connect(lambda _checked=False: pointing.undo())
        self._clear.clicked.connect(lambda _checked=False: pointing.clear())
        self._fit.clicked.connect(lambda _checked=False: self._view.fit())
        self._larger.clicked.connect(lambda _checked=False: self.larger_wanted.emit())
        self._tools.chosen.connect(self._choose_tool)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self._tools)
        row.addWidget(self._undo)
        row.addWidget(self._clear)
        row.addWidget(self._merge)
        row.addStretch(1)
        row.addWidget(self._fit)
        row.addWidget(self._larger)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._line)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._things)
        pointing.changed.connect(self._show)
        self.draw_icons()
        self._show()

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        for button, icon in (
            (self._undo, "undo"),
            (self._clear, "clear"),
            (self._fit, "fit"),
            (self._larger, "larger"),
        ):
            button.setIcon(themed_icon(icon, self))

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self._prefix}_{name}")
        button.setToolTip(tip)
        return button

    def _choose_tool(self) -> None:
        self._view.tool = Tool(self._tools.value())

    def _show(self) -> None:
        points = self._pointing.most is None
        for widget in (self._tools, self._undo, self._clear):
            widget.setVisible(points)
        self._merge.setVisible(not points)
        self._merge.setEnabled(len(self._things.picked_rows()) > 1)
        self._things.setVisible(self._pointing.things is not None)
        has_marks = bool(self._pointing.marks)
        self._undo.setEnabled(has_marks)
        self._clear.setEnabled(has_marks)
        self._line.setText(self._pointing.line)
