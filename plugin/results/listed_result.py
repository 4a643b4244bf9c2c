"""A result as the list says it: what it is of, where that came from, and when."""

import time
from dataclasses import dataclass, replace
from typing import Optional

from layerpeel.plugin.canvas.placement import Edge, Placement, ResultForm
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import JobSummary
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import from_text

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class ListedResult:
    """A finished job, and where its result belongs; None where it was not made from Krita."""

    job: JobSummary
    placement: Optional[Placement]

    @property
    def title(self) -> str:
        """What was lifted off, or painted."""
        lifted = self.placement.origin.lifted if self.placement else ""
        title = lifted[:1].upper() + lifted[1:] or self.job.name
        if self.placement is None or self.placement.adjusted is None:
            return title
        return f"{title}, {_said_of(self.placement.adjusted.edge)}"

    @property
    def document(self) -> str:
        """Name of the document that it was made of; empty where that is not known."""
        return self.placement.origin.document if self.placement else ""

    @property
    def origin(self) -> str:
        """Say what it was made of; of an older version's result only how large that was."""
        layer = self.placement.origin.taken_from if self.placement else ""
        if layer and self.document:
            return i18n("from “{layer}” of {document}").format(layer=layer, document=self.document)
        if self.document:
            return i18n("from {document}").format(document=self.document)
        return i18n("{width}×{height} pixels").format(
            width=self.job.size[0], height=self.job.size[1]
        )

    @property
    def has_parts(self) -> bool:
        """Whether it may have both a background and foregrounds, to be inserted alone."""
        forms = (ResultForm.LAYERS, ResultForm.MASKS)
        return self.placement is not None and self.placement.form in forms

    @property
    def has_layers(self) -> bool:
        """Whether it has layers that can be looked at; a selection has none."""
        return self.placement is not None and self.placement.form is not ResultForm.SELECTION

    def when(self, now: float) -> str:
        """Say when it was asked for. now: seconds since 1970."""
        created = self.job.created
        age = now - created
        if age < _MINUTE:
            return i18n("just now")
        if age < _HOUR:
            minutes = int(age // _MINUTE)
            one = i18n("1 minute ago")
            return one if minutes == 1 else i18n("{count} minutes ago").format(count=minutes)
        clock = time.strftime("%H:%M", time.localtime(created))
        days = _day_of(now) - _day_of(created)
        if days == 0:
            return i18n("today, {clock}").format(clock=clock)
        if days == 1:
            return i18n("yesterday, {clock}").format(clock=clock)
        return time.strftime("%Y-%m-%d, ", time.localtime(created)) + clock

    def matches(self, words: str) -> bool:
        """Whether each of these words is in what the list says of it."""
        text = f"{self.title} {self.origin} {self.job.name}".casefold()
        return all(word in text for word in words.casefold().split())


def listed(job: JobSummary) -> ListedResult:
    """Read what a job was made of."""
    try:
        placement: Placement = from_text(Placement, job.keepsake)
    except ProtocolError:
        return ListedResult(job, None)
    # What is kept of it is read: it need not stay in memory twice.
    return ListedResult(replace(job, keepsake=""), placement)


def _said_of(edge: Edge) -> str:
    said = [i18n("edge {pixels} px").format(pixels=f"{edge.shift:+d}")] if edge.shift else []
    said += [i18n("soft {pixels} px").format(pixels=edge.soften)] if edge.soften else []
    said += [i18n("clean colours")] if edge.clean else []
    return ", ".join(said)


def _day_of(seconds: float) -> int:
    """Return the number of a local day."""
    local = time.localtime(seconds)
    return int(time.mktime((*local[:3], 12, 0, 0, 0, 0, -1)) // _DAY)
