"""The implementations there are, of one stage or of several.

Each is loaded only when it is asked for: what computes takes seconds to load, and need not even be
installed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from layerpeel.backend.engines.edges_by_vitmatte import EdgesByVitMatte
    from layerpeel.backend.engines.layers_by_diffusion import LayersByDiffusion
    from layerpeel.backend.engines.layers_by_editing import LayersByEditing
    from layerpeel.backend.engines.layers_by_inpainting import LayersByInpainting
    from layerpeel.backend.engines.pointing_by_minisam import PointingByMiniSam
    from layerpeel.backend.engines.pointing_by_sam import PointingBySam
    from layerpeel.backend.engines.separating_without_torch import (
        EdgesBySmallNetwork,
        EdgesInClosedForm,
        LayersByPatchMatch,
    )
    from layerpeel.backend.engines.subject_by_isnet import SubjectByIsnet, SubjectByParts
    from layerpeel.backend.engines.used_models import UsedModels
    from layerpeel.backend.engines.words_by_grounding_dino import WordsByGroundingDino

Part = TypeVar("Part", covariant=True)


@dataclass(frozen=True)
class Means(Generic[Part]):
    """An implementation.

    name: by which `auto+NAME` asks for it. title: in words. models: ids of all that it needs.
    make: makes it.
    """

    name: str
    title: str
    models: tuple[str, ...]
    make: "Callable[[UsedModels], Part]"
    needs_torch: bool = False


def _isnet(used: "UsedModels") -> "SubjectByIsnet":
    from layerpeel.backend.engines.subject_by_isnet import SubjectByIsnet

    return SubjectByIsnet(used)


def _weighed(used: "UsedModels") -> "SubjectByParts":
    from layerpeel.backend.engines.subject_by_isnet import SubjectByParts

    return SubjectByParts(used)


def _minisam(used: "UsedModels") -> "PointingByMiniSam":
    from layerpeel.backend.engines.pointing_by_minisam import PointingByMiniSam

    return PointingByMiniSam(used)


def _sam(used: "UsedModels") -> "PointingBySam":
    from layerpeel.backend.engines.pointing_by_sam import PointingBySam

    return PointingBySam(used)


def _grounding_dino(used: "UsedModels") -> "WordsByGroundingDino":
    from layerpeel.backend.engines.words_by_grounding_dino import WordsByGroundingDino

    return WordsByGroundingDino(used)


def _small_network(_used: "UsedModels") -> "EdgesBySmallNetwork":
    from layerpeel.backend.engines.separating_without_torch import EdgesBySmallNetwork

    return EdgesBySmallNetwork()


def _closed_form(_used: "UsedModels") -> "EdgesInClosedForm":
    from layerpeel.backend.engines.separating_without_torch import EdgesInClosedForm

    return EdgesInClosedForm()


def _vitmatte(used: "UsedModels") -> "EdgesByVitMatte":
    from layerpeel.backend.engines.edges_by_vitmatte import EdgesByVitMatte

    return EdgesByVitMatte(used)


def _patchmatch(_used: "UsedModels") -> "LayersByPatchMatch":
    from layerpeel.backend.engines.separating_without_torch import LayersByPatchMatch

    return LayersByPatchMatch()


def _diffusion(used: "UsedModels") -> "LayersByDiffusion":
    from layerpeel.backend.engines.layers_by_diffusion import LayersByDiffusion

    return LayersByDiffusion(used)


def _inpainting(model_id: str) -> "Callable[[UsedModels], LayersByInpainting]":
    def make(used: "UsedModels") -> "LayersByInpainting":
        from layerpeel.backend.engines.layers_by_inpainting import LayersByInpainting

        return LayersByInpainting(used, model_id)

    return make


def _editing(model_id: str) -> "Callable[[UsedModels], LayersByEditing]":
    def make(used: "UsedModels") -> "LayersByEditing":
        from layerpeel.backend.engines.layers_by_editing import LayersByEditing

        return LayersByEditing(used, model_id)

    return make


ISNET = Means("isnet", "ISNet", ("isnet",), _isnet)
WEIGHED = Means("weighed", "ISNet and miniSAM", ("isnet", "minisam"), _weighed)
MINISAM = Means("minisam", "miniSAM", ("minisam",), _minisam)
SAM = Means("sam", "SAM", ("sam",), _sam, needs_torch=True)
GROUNDING_DINO = Means(
    "grounding-dino", "GroundingDINO", ("grounding-dino",), _grounding_dino, needs_torch=True
)
SMALL_NETWORK = Means("small-network", "a small matting network", (), _small_network)
CLOSED_FORM = Means("closed-form", "closed-form matting", (), _closed_form)
VITMATTE = Means("vitmatte", "ViTMatte", ("vitmatte",), _vitmatte, needs_torch=True)
PATCHMATCH = Means("patchmatch", "PatchMatch", (), _patchmatch)
FBDD = Means("fbdd", "FBDD and HFA", ("fbdd", "hfa"), _diffusion, needs_torch=True)
INPAINTERS = tuple(
    Means(name, title, (name,), _inpainting(name), needs_torch=True)
    for name, title in (
        ("sdxl-inpainting", "SDXL for inpainting"),
        ("sd1-inpainting", "Stable Diffusion 1 for inpainting"),
        ("sd2-inpainting", "Stable Diffusion 2 for inpainting"),
        ("sdxl", "SDXL"),
        ("sd1", "Stable Diffusion 1"),
        ("sd2", "Stable Diffusion 2"),
        ("flux2-klein", "FLUX.2 klein"),
        ("z-image", "Z-Image"),
    )
)
"""Generators that paint within a mask, by their ids in the model store."""
EDITORS = (
    Means(
        "flux2-klein-edit",
        "FLUX.2 klein as an editor",
        ("flux2-klein",),
        _editing("flux2-klein"),
        needs_torch=True,
    ),
)
"""Generators that are told to take a thing away."""
