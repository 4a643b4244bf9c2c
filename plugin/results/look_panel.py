"""A result, looked at before any of it is in a document."""

from typing import Optional

from layerpeel.plugin.canvas.placement import Edge
from layerpeel.plugin.qt import (
    QColor,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.results.edge_controls import EdgeControls
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.results.result_view import ResultView, Seen
from layerpeel.plugin.results.shown_result import ShownResult
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.rows import combo_of
from layerpeel.plugin.widgets.segments import Segments
from layerpeel.shared.protocol import Role

_COLOURS = ("#ffffff", "#808080", "#000000", "#00b140")


class LookPanel(QWidget):
    """The picture, what of it is seen, and the choice to insert it or not.

    edge_wanted: emitted with an `Edge` that the result is to have.
    insert_wanted: emitted when it is to be inserted. left: when it is not; it stays in the list.
    """

    edge_wanted = pyqtSignal(object)
    insert_wanted = pyqtSignal()
    left = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._title = WrappedLabel("layerpeel_look_title")
        self._seen = Segments(
            "layerpeel_look",
            [
                (Seen.BACKGROUND.value, i18n("Background"), i18n("Without what was lifted off")),
                (Seen.LIFTED.value, i18n("Lifted off"), i18n("What was lifted off, alone")),
                (Seen.ALL.value, i18n("All layers"), i18n("As the picture will look")),
            ],
        )
        self._view = ResultView()
        self._view.setObjectName("layerpeel_look_view")
        self._backdrop = combo_of(
            "layerpeel_look_backdrop",
            i18n("What lies below what was lifted off"),
            ("", i18n("Checkerboard")),
            *zip(_COLOURS, (i18n("White"), i18n("Grey"), i18n("Black"), i18n("Green"))),
        )
        self._before = QToolButton()
        self._before.setObjectName("layerpeel_look_before")
        self._before.setText(i18n("Before"))
        self._before.setToolTip(i18n("Hold to see what was there before"))
        self._fit = QToolButton()
        self._fit.setObjectName("layerpeel_look_fit")
        self._fit.setToolTip(i18n("Show the whole picture (the wheel zooms, dragging moves it)"))
        self._edges = EdgeControls()
        self._has_edge = False
        self._fixed_because = ""
        self._insert = QPushButton(i18n("Insert"))
        self._insert.setObjectName("layerpeel_look_insert")
        self._insert.setToolTip(i18n("Make it layers of your picture, in one undo step"))
        self._leave = QPushButton(i18n("Not now"))
        self._leave.setObjectName("layerpeel_look_leave")
        self._leave.setToolTip(i18n("Your picture stays as it is; the result stays in the list"))
        self._arrange()
        self._seen.chosen.connect(self._choose)
        self._backdrop.currentIndexChanged.connect(lambda _index: self._choose())
        self._before.pressed.connect(lambda: self._show_before(True))
        self._before.released.connect(lambda: self._show_before(False))
        self._fit.clicked.connect(lambda _checked=False: self._view.fit())
        self._edges.touched.connect(lambda: self._insert.setEnabled(False))
        self._edges.chosen.connect(self.edge_wanted)
        self._insert.clicked.connect(lambda _checked=False: self.insert_wanted.emit())
        self._leave.clicked.connect(lambda _checked=False: self.left.emit())

    def show_title(self, of: ListedResult) -> None:
        """Say which result is looked at."""
        self._title.setText(f"{of.title}, {of.origin}")

    def show_nothing(self) -> None:
        """Show no result, as while one is fetched."""
        self._show_edge(Edge())
        self._show(None)

    def show_result(self, result: ShownResult, edge: Edge, fixed_because: str = "") -> None:
        """Show a result, and how its edges are: its background first, where it has one.

        fixed_because: why the edges cannot be adjusted; empty where they can.
        """
        self._show_edge(edge, fixed_because)
        self._show(result)
        has_background = result.has(Role.BACKGROUND)
        self._seen.choose((Seen.BACKGROUND if has_background else Seen.LIFTED).value)
        self._choose()

    def show_adjusted(self, result: ShownResult) -> None:
        """Show the same result with other edges, as it is looked at."""
        self._show(result)

    def take_back(self, edge: Edge) -> None:
        """Show how the edges still are, unless the artist is just choosing others."""
        if not self._edges.is_touched:
            self._edges.show_edge(edge)

    def show_adjusting(self, line: str) -> None:
        """Say what is waited for, and insert nothing meanwhile; empty when nothing is."""
        self._edges.show_busy(line)
        self._insert.setEnabled(not line and not self._edges.is_touched)

    def show_inserting(self, is_inserting: bool) -> None:
        """Take no second press of Insert, and no other edge, while it is being carried out."""
        self._insert.setEnabled(not is_inserting)
        self._edges.setEnabled(self._has_edge and not is_inserting)

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._fit.setIcon(themed_icon("fit", self))
        self._edges.draw_icons()

    def _show(self, result: Optional[ShownResult]) -> None:
        self._view.show_result(result)
        self._insert.setEnabled(result is not None and not self._edges.is_touched)
        has_edge = result is not None and all(map(result.has, Role))
        self._has_edge = has_edge and not self._fixed_because
        self._edges.setEnabled(self._has_edge)
        self._before.setEnabled(result is not None and result.original is not None)
        for seen, role in ((Seen.BACKGROUND, Role.BACKGROUND), (Seen.LIFTED, Role.FOREGROUND)):
            self._seen.button(seen.value).setEnabled(result is not None and result.has(role))

    def _show_edge(self, edge: Edge, fixed_because: str = "") -> None:
        self._fixed_because = fixed_because
        self._edges.show_edge(edge)
        self._edges.explain(fixed_because)

    def _choose(self) -> None:
        self._view.seen = Seen(self._seen.value())
        colour = self._backdrop.currentData()
        self._view.backdrop = QColor(colour) if colour else None
        self._backdrop.setEnabled(self._view.seen is Seen.LIFTED)
        self._view.update()

    def _show_before(self, is_before: bool) -> None:
        self._view.before = is_before
        self._view.update()

    def _arrange(self) -> None:
        tools = QHBoxLayout()
        tools.addWidget(self._backdrop, 1)
        tools.addWidget(self._before)
        tools.addWidget(self._fit)
        self._before.setFixedHeight(self._backdrop.sizeHint().height())
        self._fit.setFixedHeight(self._backdrop.sizeHint().height())
        choice = QHBoxLayout()
        choice.addWidget(self._insert, 1)
        choice.addWidget(self._leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._title)
        layout.addWidget(self._seen)
        layout.addWidget(self._view, 1)
        layout.addLayout(tools)
        layout.addWidget(self._edges)
        layout.addLayout(choice)
        self.draw_icons()
