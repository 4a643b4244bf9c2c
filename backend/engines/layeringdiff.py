"""The paper's engine: GroundingDINO, SAM and ViTMatte find the foreground; FBDD and HFA separate.

LayeringDiff, arXiv 2501.01197, sections 3.2 and 3.3. The paper finds no subject without words; here
ISNet does.
"""

from layerpeel.backend.engines.means import FBDD, GROUNDING_DINO, ISNET, SAM, VITMATTE
from layerpeel.backend.engines.stage_choice import StageChoice
from layerpeel.backend.engines.staged_engine import StagedEngine
from layerpeel.backend.models.model_store import ModelStore

LAYERINGDIFF_CHOICE = StageChoice(
    words=GROUNDING_DINO,
    masks=SAM,
    subject=ISNET,
    part=SAM,
    box=SAM,
    points=SAM,
    lasso=None,
    things=SAM,
    glass=GROUNDING_DINO,
    edge=VITMATTE,
    layers=FBDD,
)

OTHERWISE = "“auto” takes what is there instead."


class LayeringDiffEngine(StagedEngine):
    """See `layerpeel.backend.engines.engine.Engine`. It computes on `wanted_device()`.

    Raises ModelError when a model is not there or cannot be used, DeviceError when the device is
    not, or is too small.
    """

    def __init__(self, store: ModelStore) -> None:
        super().__init__("layeringdiff", store, lambda: LAYERINGDIFF_CHOICE, OTHERWISE)
