"""Foreground and background from picture and alpha by FBDD and HFA (paper, section 3.3).

Two diffusion UNets make both layers at their own resolution, two small networks give them the
picture's detail at its full size, and where only one layer shows, it is the picture.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor

from layerpeel.backend.devices.pool import Network, NetworkPool, smaller_until_it_fits
from layerpeel.backend.errors import DeviceError, LayerpeelError, ModelError
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.denoising import Conditions, denoise, first_noise
from layerpeel.backend.networks.fbdd_folder import SIDE_MULTIPLE, FbddFolder, LayerName
from layerpeel.backend.networks.hfa_folder import load_hfa
from layerpeel.backend.networks.high_frequency_alignment import (
    AlignmentNetwork,
    HighFrequencyAlignment,
)
from layerpeel.backend.networks.latents import (
    alpha_at_latent_size,
    decode,
    encode,
    vae_precision,
)
from layerpeel.backend.networks.tiles import in_tiles
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.working_size import (
    WorkingPicture,
    at_full_size,
    at_working_size,
    pixels_of,
    planes_of,
)

# Sides of HFA's tiles: the larger, the less is computed twice where tiles overlap. The largest
# needs 1 GB (docs/decisions.md).
TILE_SIDES = (1536, 1024, 512)

# Of the whole, how much is done when the diffusion is.
DIFFUSED = 0.85


class LayerDiffusion:
    """FBDD and HFA of two folders. Networks are loaded when first needed, and kept by the pool.

    notes: what a person should be told of how it was done so far; each a sentence.
    """

    def __init__(self, fbdd_folder: Path, hfa_folder: Path, pool: NetworkPool) -> None:
        """Open FBDD's folder; raises ModelError when it is none."""
        self._fbdd = FbddFolder(fbdd_folder)
        self._hfa_folder = hfa_folder
        self._pool = pool
        self.notes: list[str] = []

    def separate(
        self, proxy: Float32, alpha: Float32, seed: int, report: ReportFraction = say_no_fraction
    ) -> Separation:
        """Separate a picture of any size and proportions.

        proxy: H×W×3, RGB, 0–1. alpha: H×W, 0–1. seed: of the noise both layers are made from; the
            same one gives the same bytes.
        report: told after every step and tile; may raise to stop.

        Where α is 1 the foreground is the picture, where it is 0 the background is, exactly.
        Raises ModelError when a network cannot be loaded, DeviceError when memory does not suffice;
        one of them when what comes out are no numbers.
        """
        forward = _only_forward(report)
        forward(0.0)
        load_hfa(self._hfa_folder)  # A damaged folder is reported now, not in minutes.
        height, width = alpha.shape
        picture, matte = planes_of(proxy), planes_of(alpha)
        sizes = self._sizes_for(max(height, width))
        decoded, size = smaller_until_it_fits(
            self._pool,
            sizes,
            lambda longest: self._diffuse(
                at_working_size(picture, matte, longest),
                (height, width),
                seed,
                _part_of(forward, 0.0, DIFFUSED),
            ),
            "the diffusion of layers",
        )
        (foreground, background), _ = smaller_until_it_fits(
            self._pool,
            TILE_SIDES,
            lambda side: self._align(
                picture, matte, decoded, side, _part_of(forward, DIFFUSED, 1.0)
            ),
            "the alignment of layers",
        )
        if not (np.isfinite(foreground).all() and np.isfinite(background).all()):
            raise self._no_numbers()
        foreground[alpha >= 1] = proxy[alpha >= 1]
        background[alpha <= 0] = proxy[alpha <= 0]
        self.notes += _notes(self._pool, size, sizes[0])
        return Separation(alpha, foreground, background)

    def _sizes_for(self, longest: int) -> list[int]:
        """Long sides to try, largest first: FBDD's resolution, or what the picture fills of it."""
        largest = min(self._fbdd.resolution, -(-longest // SIDE_MULTIPLE) * SIDE_MULTIPLE)
        wished = [largest, largest * 3 // 4, largest // 2]
        # By way of a dict: each once, in order.
        sizes = dict.fromkeys(
            max(SIDE_MULTIPLE, size // SIDE_MULTIPLE * SIDE_MULTIPLE) for size in wished
        )
        # The first twice: if need be, the second time with the device to itself.
        return [largest, *sizes]

    def _no_numbers(self) -> LayerpeelError:
        if self._pool.compute.precision == torch.float32:
            return ModelError(
                f"The weights of {self._fbdd.folder} or {self._hfa_folder} give no layers but "
                "values that are no numbers: they cannot be used. Train or import others."
            )
        return DeviceError(
            f"In half precision on the {self._pool.compute.words} the layers came out as values "
            "that are no numbers. Let another device compute (--device cpu)."
        )

    def _diffuse(
        self, shown: WorkingPicture, size: tuple[int, int], seed: int, report: ReportFraction
    ) -> tuple[Tensor, Tensor]:
        """Make both layers at the working size; give them at `size`, [1, 3, H, W] each."""
        with self._autoencoder() as vae:
            latent = encode(vae, shown.picture)  # [1, 4, h, w]
        report(0.03)
        alpha = alpha_at_latent_size(shown.alpha)  # [1, 64, h, w]
        conditions = Conditions(latent, alpha, self._fbdd.null_embedding)
        noise = first_noise(alpha.shape[-2], alpha.shape[-1], seed)
        layers = (
            self._denoise("foreground", noise, conditions, _part_of(report, 0.03, 0.48)),
            self._denoise("background", noise, conditions, _part_of(report, 0.48, 0.93)),
        )
        with self._autoencoder() as vae:
            foreground, background = (
                at_full_size(decode(vae, layer).cpu(), shown, size) for layer in layers
            )
        report(1.0)
        return foreground, background

    def _denoise(
        self, layer: LayerName, noise: Tensor, conditions: Conditions, report: ReportFraction
    ) -> Tensor:
        def load() -> UNet2DConditionModel:
            unet = self._fbdd.unet(layer, self._pool.compute.precision)
            return unet.to(memory_format=torch.channels_last)

        with self._ready(f"The {layer} network of {self._fbdd.folder}", load) as unet:
            return denoise(
                unet,
                self._fbdd.new_scheduler(),
                noise,
                conditions,
                self._fbdd.num_inference_steps,
                report,
            )

    def _align(
        self,
        picture: Tensor,
        alpha: Tensor,
        decoded: tuple[Tensor, Tensor],
        side: int,
        report: ReportFraction,
    ) -> tuple[Float32, Float32]:
        """Refine both layers at full size, in tiles of `side`² pixels; clipped to 0–1."""

        def refine(network: AlignmentNetwork, layer: Tensor, report: ReportFraction) -> Float32:
            shape, device = network.shape, self._pool.compute.device
            # Of a network that sees far, a tile would be nothing but overlap.
            enough = max(side, 4 * shape.reach)
            refined = in_tiles(network, shape, (picture, alpha, layer), enough, device, report)
            return pixels_of(refined.clamp(0, 1))

        with self._alignment() as hfa:
            return (
                refine(hfa.foreground, decoded[0], _part_of(report, 0.0, 0.5)),
                refine(hfa.background, decoded[1], _part_of(report, 0.5, 1.0)),
            )

    def _autoencoder(self) -> AbstractContextManager[AutoencoderKL]:
        def load() -> AutoencoderKL:
            vae = self._fbdd.vae(vae_precision(self._pool.compute.precision))
            return vae.to(memory_format=torch.channels_last)

        return self._ready(f"The autoencoder of {self._fbdd.folder}", load)

    def _alignment(self) -> AbstractContextManager[HighFrequencyAlignment]:
        name = f"The alignment networks of {self._hfa_folder}"
        return self._ready(name, lambda: load_hfa(self._hfa_folder))

    @contextmanager
    def _ready(self, name: str, load: Callable[[], Network]) -> Iterator[Network]:
        """Yield a network on the device, for computing only.

        It is loaded and moved outside inference mode, so that others may move it too.
        """
        with self._pool.using(name, load) as network, torch.inference_mode():
            yield network


def _notes(pool: NetworkPool, size: int, wished: int) -> tuple[str, ...]:
    if size == wished:
        return ()
    return (
        f"The {pool.compute.words} had memory for layers of {size} pixels, not of {wished}: what "
        "is filled in has less detail. Close other programs that use it for more.",
    )


def _only_forward(report: ReportFraction) -> ReportFraction:
    """Report as `report` does, but never less than before: trying again smaller is no step back."""
    furthest = 0.0

    def forward(fraction: float) -> None:
        nonlocal furthest
        furthest = max(furthest, fraction)
        report(furthest)

    return forward


def _part_of(report: ReportFraction, begin: float, end: float) -> ReportFraction:
    """Map a part's own 0–1 to `begin`–`end` of the whole."""
    return lambda fraction: report(begin + (end - begin) * fraction)
