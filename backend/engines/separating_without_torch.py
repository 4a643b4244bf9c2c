"""Edges by a small network of our own or in closed form; colours, and a fill by PatchMatch."""

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.visible_pieces import fill_from_visible

# pymatting compiles for a minute at its first import, and takes a second at any other. Finding does
# without it, so what needs it is imported where it is used.


class EdgesBySmallNetwork:
    """Finds alpha, and the colours of both layers along with it."""

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Separation:
        """Alpha and colours in the unknown band of a trimap, all by one network."""
        from layerpeel.backend.stages.small_networks.matting import matte_by_small_network

        return matte_by_small_network(image.proxy, trimap, report)


class EdgesInClosedForm:
    """Finds alpha by equations; their colours are estimated afterwards."""

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Matte:
        """Alpha in the unknown band of a trimap. Raises NoEdgeError where it has no solution."""
        from layerpeel.backend.stages.closed_form import matte_closed_form

        alpha = matte_closed_form(image.proxy, trimap)
        report(1.0)
        return Matte(alpha)


class LayersByPatchMatch:
    """Estimates colours where both layers show, and fills in behind the foreground by pieces.

    filling: how long filling takes, beside all else of `separate`, which takes 1.
    """

    filling = 0.32

    def fill(
        self, image: Image, hole: Bool, later: Bool, seed: int, report: ReportFraction
    ) -> Float32:
        """Fill a hole (H×W) in a picture's proxy: H×W×3, RGB, 0–1.

        later: H×W, what will be lifted off afterwards, and is taken from only where there is
        nothing else.
        """
        return fill_from_visible(image.proxy, image.alpha, hole, later, seed, report=report)

    def window(self, image: Image, trimap: Float32) -> Window:
        """What is lifted off, and what lies round it; pieces to fill in come from anywhere."""
        from layerpeel.backend.stages.classical_separation import room_round

        return window_round(trimap > 0, room_round(image))

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Estimate both layers, filled in behind the foreground."""
        from layerpeel.backend.stages.classical_separation import separate_classically

        whole, place = image.cut_from or (image, np.s_[:, :])

        def in_whole(hole: Bool) -> Bool:
            there = np.zeros(whole.shape, np.bool_)
            there[place] = hole
            return there

        def fill(values: Float32, hole: Bool, report: ReportFraction) -> Float32:
            filled = self.fill(whole, in_whole(hole), later, seed, report)[place]
            result = values.copy()
            result[hole] = values_from_proxy(
                np.ascontiguousarray(filled[hole][None]),
                values.shape[-1],
                image.depth,
                image.icc_profile,
            )[0]
            return result

        def fill_alpha(_alpha: Float32, hole: Bool) -> Float32:
            seen, everywhere = (
                np.repeat(whole.alpha[..., None], 3, axis=-1),
                np.ones_like(whole.alpha),
            )
            filled = fill_from_visible(seen, everywhere, in_whole(hole), later, seed)
            return np.ascontiguousarray(filled[place][..., 0])

        in_document = _in_document(matte, image)
        return separate_classically(
            image, in_document, trimap, fill, fill_alpha, report, self.filling
        )


def _in_document(matte: Matte, image: Image) -> Matte:
    """Bring the colours that were found along with alpha into the document's own values.

    In float documents alpha alone is kept: their colours may lie far beyond what networks see.
    """
    if not isinstance(matte, Separation) or image.depth.is_float:
        return Matte(matte.alpha)
    foreground, background = (
        values_from_proxy(plane, image.values.shape[-1], image.depth, image.icc_profile)
        for plane in (matte.foreground, matte.background)
    )
    return Separation(matte.alpha, foreground, background)
