"""The rows of the list of results: those of the open document first, then all others."""

from typing import Collection, List, Optional, Sequence, Union

from layerpeel.plugin.qt import QAbstractListModel, QModelIndex, QObject, Qt
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.texts import i18n

Row = Union[str, ListedResult]
"""A heading, or a result."""


class ResultsModel(QAbstractListModel):
    """Headings and results, newest first below each heading."""

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.rows: List[Row] = []

    def show_results(
        self, results: Sequence[ListedResult], document: str, carried: Collection[str] = ()
    ) -> None:
        """Show these.

        document: name of the open one; empty when none is open. carried: ids of the jobs whose
        results it carries along, whatever it was called when they were made.
        """
        here: List[ListedResult] = []
        others: List[ListedResult] = []
        for each in results:
            is_here = document and (each.document == document or each.job.id in carried)
            (here if is_here else others).append(each)
        rows: List[Row] = []
        if here:
            rows += [i18n("Of {document}").format(document=document), *here]
        if others and document:
            rows.append(i18n("Of other pictures"))
        rows += others
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def result_at(self, index: QModelIndex) -> Optional[ListedResult]:
        """Return the result of a row; None for a heading, and for no row."""
        row = self.rows[index.row()] if 0 <= index.row() < len(self.rows) else ""
        return row if isinstance(row, ListedResult) else None

    def index_of(self, job: str) -> QModelIndex:
        """Return the row of a job, or no row."""
        for number, row in enumerate(self.rows):
            if isinstance(row, ListedResult) and row.job.id == job:
                return self.index(number, 0)
        return QModelIndex()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a row's text, for the keyboard and for screen readers."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        result = self.result_at(index)
        if result is None:
            return str(self.rows[index.row()])
        return f"{result.title}, {result.origin}"

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:  # type: ignore[override]
        """Headings can be neither chosen nor reached by the keyboard."""
        if self.result_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable  # type: ignore[return-value]
