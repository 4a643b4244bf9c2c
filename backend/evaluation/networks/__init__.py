"""Figures computed by networks. Each says what it lacks where it cannot be computed.

They are optional: they need torch, and weights that are on this disk. Nothing is downloaded.
"""

from layerpeel.backend.evaluation.network_figure import NetworkFigure
from layerpeel.backend.evaluation.networks.distributions import Distributions
from layerpeel.backend.evaluation.networks.perceptual import Perceptual
from layerpeel.backend.evaluation.networks.subject_overlap import SubjectOverlap
from layerpeel.backend.evaluation.networks.text_alignment import TextAlignment

DISTRIBUTIONS = Distributions()
TEXT_ALIGNMENT = TextAlignment()
SUBJECT_OVERLAP = SubjectOverlap()

NETWORK_FIGURES: tuple[NetworkFigure, ...] = (
    Perceptual(),
    DISTRIBUTIONS,
    TEXT_ALIGNMENT,
    SUBJECT_OVERLAP,
)
