"""How well an object over a known background is matted, compared with closed-form matting.

`python -m layerpeel.backend.benchmarks.over_known_background --art FOLDER [--count 24] [--seed 0]`

No generator takes part. Composites are measured whose background is given, once as they are and
once after lossy compression to about 38 dB, which is what an autoencoder does to a picture.
Closed-form alpha and multi-level colours do not use the background; ratios are to their errors on
the same picture.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from pymatting import estimate_foreground_ml

from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.errors import LayerpeelError, NoEdgeError
from layerpeel.backend.evaluation.classical import closed_form_alpha
from layerpeel.backend.evaluation.summary import median_ratio
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.small_networks.known_background import matte_over

DECIBELS = 38.0


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True, help="cut-outs in fg, backgrounds in bg")
    parser.add_argument("--count", type=int, default=24, help="composites (24)")
    parser.add_argument("--seed", type=int, default=0, help="of the composites (0)")
    given = parser.parse_args(words)
    try:
        _measure(list(draw_composites(given.art, given.count, given.seed)))
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure(composites: list[Composite]) -> None:
    for name, degraded in (("exact", False), (f"{DECIBELS:g} dB", True)):
        pairs: dict[str, list[tuple[float, float]]] = {}
        for composite in composites:
            seen = _degraded(composite) if degraded else composite
            try:
                theirs = _errors(*_closed_form(seen), composite)
            except NoEdgeError:
                continue  # Nothing to compare with.
            found = matte_over(seen.picture, composite.background, composite.trimap)
            for figure, ours in _errors(found.alpha, found.foreground, composite).items():
                pairs.setdefault(figure, []).append((ours, theirs[figure]))
        for figure, values in pairs.items():
            means = np.mean(values, axis=0)
            print(
                f"{name:6} {figure:12} × {median_ratio(values):.2f} (median of ratios), "
                f"mean {means[0]:.2f} : {means[1]:.2f}, {len(values)} composites",
                flush=True,
            )


def _closed_form(composite: Composite) -> tuple[Float32, Float32]:
    alpha = closed_form_alpha(composite.picture, composite.trimap)
    foreground = estimate_foreground_ml(composite.picture, alpha)
    return alpha, foreground.astype(np.float32)


def _errors(alpha: Float32, foreground: Float32, truth: Composite) -> dict[str, float]:
    """Mean errors × 1000: of alpha, of F weighted by alpha, and of the latter in the band only."""
    of_colour = truth.alpha[..., None] * np.abs(foreground - truth.foreground)
    return {
        "alpha_mad": float(np.abs(alpha - truth.alpha).mean() * 1000),
        "F_mad": float(of_colour.mean() * 1000),
        "F_mad in band": float(of_colour[truth.unknown].mean() * 1000),
    }


def _degraded(composite: Composite) -> Composite:
    """Compress with the lowest JPEG quality that keeps a PSNR of `DECIBELS`."""
    pixels = np.floor(composite.picture * 255 + 0.5).astype(np.uint8)
    for quality in range(20, 101, 4):
        _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
        if cv2.PSNR(decoded, pixels) >= DECIBELS:
            break
    return replace(composite, picture=decoded.astype(np.float32) / np.float32(255))


if __name__ == "__main__":
    sys.exit(main())
