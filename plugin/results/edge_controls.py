"""Sliders for the edges of a result that is looked at."""

from typing import List, Optional, Tuple

from layerpeel.plugin.canvas.placement import Edge
from layerpeel.plugin.qt import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    Qt,
    QTimer,
    QToolButton,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.icons import themed_icon

MOST_SHIFT, MOST_SOFT = 8, 8  # pixels

# An artist who still tries is not waited upon.
REST = 400  # milliseconds


class EdgeControls(QWidget):
    """How far the edges are moved, and how soft they are.

    touched: emitted when the artist begins to choose, or goes on.
    chosen: emitted with an `Edge` once the artist has left the controls alone for a moment.
    """

    touched = pyqtSignal()
    chosen = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._rested)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setColumnStretch(1, 1)
        self._sliders: List[Tuple[QSlider, QSpinBox]] = []
        self._shift = self._row(
            "layerpeel_shift",
            i18n("Shift"),
            (-MOST_SHIFT, MOST_SHIFT),
            i18n(
                "Move the edge: outwards, to take in a rim that was left behind; inwards, to leave "
                "more in the background"
            ),
        )
        self._soften = self._row(
            "layerpeel_soften",
            i18n("Soften"),
            (0, MOST_SOFT),
            i18n("Make the edge softer, to both of its sides; hair stays as fine as it is"),
        )
        self._clean = QCheckBox(i18n("Clean colours"))
        self._clean.setObjectName("layerpeel_clean")
        self._clean.setToolTip(i18n("Make the edge clearer where the background shows in it"))
        self._clean.toggled.connect(lambda _checked: self._touch())
        self._busy = QLabel()
        self._busy.setObjectName("layerpeel_adjusting")
        self._busy.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._undo = QToolButton()
        self._undo.setObjectName("layerpeel_unadjusted")
        self._undo.setToolTip(i18n("The edge as it was"))
        self._undo.clicked.connect(lambda _checked=False: self._back())
        foot = QHBoxLayout()
        foot.addWidget(self._clean)
        foot.addWidget(self._busy, 1)
        foot.addWidget(self._undo)
        self._layout.addLayout(foot, 2, 0, 1, 3)
        self._tips = {each: each.toolTip() for each in self.findChildren(QWidget)}
        self.show_edge(Edge())

    def edge(self) -> Edge:
        """Return what is chosen."""
        return Edge(self._shift.value(), self._soften.value(), self._clean.isChecked())

    @property
    def is_touched(self) -> bool:
        """Whether the artist is just choosing."""
        return self._rest.isActive() or any(slider.isSliderDown() for slider, _ in self._sliders)

    def show_edge(self, edge: Edge) -> None:
        """Show how the edges are, without asking for anything."""
        controls = (self._shift, self._soften, self._clean)
        for each in controls:
            each.blockSignals(True)
        self._shift.setValue(edge.shift)
        self._soften.setValue(edge.soften)
        self._clean.setChecked(edge.clean)
        for each in controls:
            each.blockSignals(False)
        for slider, number in self._sliders:
            slider.blockSignals(True)
            slider.setValue(number.value())
            slider.blockSignals(False)
        self._rest.stop()
        self._undo.setEnabled(edge != Edge())

    def explain(self, why: str) -> None:
        """Say why nothing can be chosen, in place of all tips; empty where it can."""
        for each, tip in self._tips.items():
            each.setToolTip(why or tip)

    def show_busy(self, line: str) -> None:
        """Say what is waited for until what was chosen is seen; empty when nothing is."""
        self._busy.setText(line)
        # It may be cut off in a narrow docker.
        self._busy.setToolTip(line)

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._undo.setIcon(themed_icon("undo", self))

    def _row(self, name: str, text: str, limits: Tuple[int, int], tip: str) -> QSpinBox:
        slider = QSlider(Qt.Orientation.Horizontal)
        number = QSpinBox()
        for each, its_name in ((slider, name + "_slider"), (number, name)):
            each.setObjectName(its_name)
            each.setRange(*limits)
            each.setToolTip(tip)
        number.setSuffix(i18n(" px"))
        slider.setPageStep(1)
        slider.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        slider.setMinimumWidth(60)
        slider.valueChanged.connect(number.setValue)
        slider.sliderReleased.connect(self._touch)
        number.valueChanged.connect(slider.setValue)
        number.valueChanged.connect(lambda _value: self._touch())
        row = len(self._sliders)
        for column, widget in enumerate((QLabel(text), slider, number)):
            self._layout.addWidget(widget, row, column)
        self._sliders.append((slider, number))
        return number

    def _touch(self) -> None:
        self._undo.setEnabled(self.edge() != Edge())
        self._rest.start()
        self.touched.emit()

    def _rested(self) -> None:
        if not self.is_touched:
            self.chosen.emit(self.edge())

    def _back(self) -> None:
        self.show_edge(Edge())
        self.chosen.emit(Edge())
