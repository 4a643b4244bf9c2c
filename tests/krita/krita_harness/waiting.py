"""The docker's list of jobs that run and wait, used with the real mouse."""

from .docker import SECONDS_TO_PEEL

SECONDS_TO_FOLLOW = 60


class Waiting:
    """The list, and its buttons."""

    def __init__(self, krita):
        self._krita = krita

    @property
    def is_shown(self):
        """Whether the list is seen."""
        return self._krita.evaluate("widgets.the('layerpeel_waiting').isVisible()")

    @property
    def heading(self):
        """The line above the list."""
        return self._krita.evaluate("widgets.the('layerpeel_waiting_heading').text()")

    @property
    def rows(self):
        """[title, document, progress, note] of each job, the first first; none while hidden."""
        return self._krita.evaluate(
            "[[j.title, j.document, j.progress, j.note] for j in w._jobs]"
            " if (w := widgets.the('layerpeel_waiting')).isVisible() else []"
        )

    @property
    def texts(self):
        """What the list shows, in its order."""
        return self._krita.evaluate(
            "[w.item(n).text() for n in range(w.count())]"
            " if (w := widgets.the('layerpeel_waiting_list')) else []"
        )

    @property
    def documents(self):
        """The documents of the jobs, with their notes, in their order."""
        return [", ".join(filter(None, [row[1], row[3]])) for row in self.rows]

    def wait_for(self, *documents):
        """Wait until these are the documents of the jobs, in this order."""
        try:
            self._krita.wait_until(
                lambda: self.documents == list(documents), SECONDS_TO_FOLLOW, f"jobs of {documents}"
            )
        except TimeoutError as error:
            raise TimeoutError(f"The jobs are {self.rows}: {error}") from error

    def wait_for_end(self):
        """Wait until nothing runs or waits."""
        self._krita.wait_until(
            "not widgets.the('layerpeel_waiting')._connection.line.jobs",
            SECONDS_TO_PEEL,
            "all jobs to end",
        )

    def choose(self, document):
        """Click the job of a document."""
        row = self.documents.index(document)
        self._krita.click_at(
            self._krita.evaluate(
                "[w := widgets.the('layerpeel_waiting_list'), w.scrollToItem(w.item(row)),"
                " p := w.viewport().mapToGlobal(w.visualItemRect(w.item(row))"
                ".intersected(w.viewport().rect()).center()), [p.x(), p.y()]][-1]",
                row=row,
            )
        )

    def press(self, button):
        """Press "first", "earlier", "later" or "cancel"."""
        self._krita.click(f"layerpeel_waiting_{button}")

    @property
    def offered(self):
        """The buttons that can be pressed."""
        return self._krita.evaluate(
            "[n for n in ('first', 'earlier', 'later', 'cancel')"
            " if widgets.the('layerpeel_waiting_' + n).isEnabled()]"
        )
