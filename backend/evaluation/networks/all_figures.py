"""Which figures by networks there are."""

from layerpeel.backend.evaluation.network_figure import NetworkFigure
from layerpeel.backend.evaluation.networks.distributions import Distributions
from layerpeel.backend.evaluation.networks.perceptual import Perceptual
from layerpeel.backend.evaluation.networks.subject_overlap import SubjectOverlap
from layerpeel.backend.evaluation.networks.text_alignment import TextAlignment

NETWORK_FIGURES: tuple[NetworkFigure, ...] = (
    Perceptual(),
    Distributions(),
    TextAlignment(),
    SubjectOverlap(),
)
