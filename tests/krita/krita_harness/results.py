"""The docker's page of results, used with the real mouse."""

from .docker import SECONDS_TO_PEEL
from .running import DOCKER

_ROWS = "[r for r in widgets.the('layerpeel_result_list').model().rows if not isinstance(r, str)]"
# Scrolled into view first; the middle of what is seen of the row of a job.
_PLACE = (
    "[v := widgets.the('layerpeel_result_list'), i := v.model().index_of(job), v.scrollTo(i),"
    " p := v.viewport().mapToGlobal("
    "v.visualRect(i).intersected(v.viewport().rect()).center()), [p.x(), p.y()]][-1]"
)


class ResultsPage:
    """The list, and what can be done with a result."""

    def __init__(self, krita):
        self._krita = krita

    def open(self):
        """Go to the page's list, and wait until the backend has answered."""
        self._krita.click("layerpeel_page_results")
        if self._krita.evaluate("widgets.the('layerpeel_look_leave').isVisible()"):
            # Of a peel before, which may go back to the page that peels.
            self.leave()
            self._krita.click("layerpeel_page_results")
        self.wait_for_answer()

    def wait_for_answer(self):
        """Wait until the list is what the backend has said."""
        self._krita.wait_until(
            lambda: self.message != "Asking the backend …" and not self._is_asking(),
            SECONDS_TO_PEEL,
            "the results",
        )

    def close(self):
        """Go back to the page that peels."""
        self._krita.click("layerpeel_page_peel")

    # The list

    @property
    def rows(self):
        """All rows, top to bottom: a heading, or [title, origin, when] of a result."""
        return self._krita.evaluate(
            "[r if isinstance(r, str) else [r.title, r.origin, r.when(__import__('time').time())]"
            " for r in widgets.the('layerpeel_result_list').model().rows]"
        )

    @property
    def jobs(self):
        """The ids of the results in the list, newest first."""
        return self._krita.evaluate(
            f"[r.job.id for r in sorted({_ROWS}, key=lambda r: -r.job.created)]"
        )

    @property
    def known(self):
        """The ids of those whose thumbnails have come."""
        return self._krita.evaluate("[j for j in widgets.the('layerpeel_results')._cache._known]")

    @property
    def rows_without_thumbnails(self):
        """How many of the results that are seen wait for the backend's answer."""
        return self._krita.evaluate(
            "[v := widgets.the('layerpeel_result_list'), m := v.model(),"
            " c := widgets.the('layerpeel_results')._cache, r := v.viewport().rect(),"
            " sum(not isinstance(row, str) and not c.is_known(row.job.id)"
            " for n, row in enumerate(m.rows) if v.visualRect(m.index(n, 0)).intersects(r))][-1]"
        )

    def is_in_view(self, job):
        """Whether a result's row is seen whole."""
        return self._krita.evaluate(
            "[v := widgets.the('layerpeel_result_list'), i := v.model().index_of(job),"
            " v.viewport().rect().contains(v.visualRect(i))][-1]",
            job=job,
        )

    def scroll_to(self, job):
        """Scroll to a result's row."""
        self._krita.run(
            "v = widgets.the('layerpeel_result_list'); v.scrollTo(v.model().index_of(job))", job=job
        )

    def search(self, words):
        """Type into the empty search line."""
        self._krita.click("layerpeel_search_results")
        self._krita.press("ctrl+a")
        self._krita.press("Delete")
        if words:
            self._krita.write(words)

    def choose(self, number=0):
        """Click a result, 0 for the newest."""
        job = self.jobs[number]
        self._krita.click_at(self._krita.evaluate(_PLACE, job=job))
        return job

    # What is done with the chosen one

    def insert(self, part=None):
        """Insert the chosen one, or its "foreground" or "background"; return the message."""
        self._krita.run("widgets.the('layerpeel_results').told.emit('')")
        if part is None:
            self._krita.click("layerpeel_insert_result")
        else:
            self._open_parts()
            self._krita.click_at(self._place_of_part(part))
        self._krita.wait_until(lambda: self.message, SECONDS_TO_PEEL, "an answer")
        self._krita.wait_until(
            lambda: "Fetching the layers" not in self.message, SECONDS_TO_PEEL, "the layers"
        )
        return self.message

    def take(self, number=0, part=None):
        """Open the page, choose a result, insert it, and return the message."""
        self.open()
        self.choose(number)
        return self.insert(part)

    @property
    def offers_parts(self):
        """Whether one layer of the chosen one can be inserted alone."""
        return self._krita.evaluate("widgets.the('layerpeel_insert_result').menu() is not None")

    @property
    def message(self):
        """The line at the foot of the page; empty when none is shown."""
        return self._krita.evaluate(
            "(w := widgets.the('layerpeel_results_message')).isVisible() and w.text() or ''"
        )

    @property
    def question(self):
        """The question before a result is discarded; empty when none is asked."""
        return self._krita.evaluate(
            "(w := widgets.the('layerpeel_discard_question')).isVisible() and w.text() or ''"
        )

    # A result that is looked at

    @property
    def is_looking(self):
        """Whether a result is shown large, and its images have come."""
        return self._krita.evaluate(
            "(w := widgets.the('layerpeel_look_insert')).isVisible() and w.isEnabled()"
        )

    def wait_for_look(self):
        """Wait until a result is shown."""
        self._krita.wait_until(lambda: self.is_looking, SECONDS_TO_PEEL, "the result to be shown")

    def look(self):
        """Look at the chosen one."""
        self._krita.click("layerpeel_look_at_result")
        self.wait_for_look()

    def see(self, what):
        """Show its "background", what was "lifted" off, or "all"."""
        self._krita.click(f"layerpeel_look_{what}")

    def colour_at(self, x, y):
        """Red, green and blue of the view where a place of the picture is shown."""
        return self._krita.evaluate(
            "[v := widgets.the('layerpeel_look_view'), p := v.place_on_widget(x + 0.5, y + 0.5),"
            " i := v.grab().toImage(), r := i.width() / v.width(),"
            " list(i.pixelColor(int(p[0] * r), int(p[1] * r)).getRgb()[:3])][-1]",
            x=x,
            y=y,
        )

    def forget(self, job):
        """Have the backend forget a result that the list still shows."""
        self._krita.run(
            "page = widgets.the('layerpeel_results'); page.setProperty('gone', False);"
            "page.client.forget(job, lambda _: page.setProperty('gone', True), print)",
            job=job,
        )
        self._krita.wait_until("widgets.the('layerpeel_results').property('gone')", 10, "its end")

    def adjust(self, **edge):
        """Turn the arrow keys in the fields `shift` and `soften`; press `clean`."""
        for name, steps in edge.items():
            self._krita.click(f"layerpeel_{name}")
            if steps is not True:
                for _ in range(abs(steps)):
                    self._krita.press("Up" if steps > 0 else "Down")

    def wait_for_edge(self, **edge):
        """Wait until what is looked at has this edge, and can be inserted."""
        whole = {"shift": 0, "soften": 0, "clean": False, **edge}
        self._krita.wait_until(
            lambda: self.is_looking and self.edge == whole, SECONDS_TO_PEEL, f"the edge {whole}"
        )

    @property
    def title_seen(self):
        """Which result is looked at."""
        return self._krita.evaluate("widgets.the('layerpeel_look_title').text()")

    def end_peel(self, job):
        """Show a result as if the peel that made it had just ended."""
        self._krita.run(
            "page = widgets.the('layerpeel_results').parent();"
            "page.look_at(job, krita.activeDocument())",
            job=job,
        )

    def leave_when_fetched(self):
        """Press Not now once the layers of the next result to be shown are asked for."""
        self._krita.run(
            "client = widgets.the('layerpeel_results').client; look = client.look\n"
            "def leave_first(*asked):\n"
            "    client.look = look\n"
            "    widgets.the('layerpeel_look_leave').click()\n"
            "    look(*asked)\n"
            "client.look = leave_first"
        )

    @property
    def waits_for(self):
        """What is said while an edge is being adjusted."""
        return self._krita.evaluate("widgets.the('layerpeel_adjusting').text()")

    def cancel_adjusting(self):
        """Have the backend cancel what it adjusts, as another client may."""
        self._krita.run(
            "page = widgets.the('layerpeel_results');"
            "page.client.cancel(page.parent()._edges._running, print, print)"
        )

    @property
    def edge(self):
        """How the edges of what is looked at are adjusted."""
        return self._krita.evaluate(
            "vars(widgets.the('layerpeel_look_view').parent().parent()._edges.edge)"
        )

    @property
    def edge_chosen(self):
        """What the controls show."""
        return self._krita.evaluate("vars(widgets.the('layerpeel_shift').parent().edge())")

    def insert_what_is_seen(self):
        """Insert what is looked at."""
        self._krita.click("layerpeel_look_insert")

    def leave(self):
        """Press Not now."""
        self._krita.click("layerpeel_look_leave")

    def picture_of(self, name):
        """Take a screenshot of the docker."""
        self._krita.screenshot_of(DOCKER, name)

    def _is_asking(self):
        return self._krita.evaluate("widgets.the('layerpeel_results').is_asking")

    def _open_parts(self):
        left, top, width, height = self._krita.place_of("layerpeel_insert_result")
        self._krita.click_at((left + width - 6, top + height // 2))
        self._krita.wait_until(
            "widgets.the('layerpeel_parts_menu').isVisible()", 10, "the menu of parts"
        )

    def _place_of_part(self, part):
        return self._krita.evaluate(
            "[m := widgets.the('layerpeel_parts_menu'), a := [a for a in m.actions()"
            " if a.objectName().endswith(part)][0], p := m.mapToGlobal("
            "m.actionGeometry(a).center()), [p.x(), p.y()]][-1]",
            part=part,
        )
