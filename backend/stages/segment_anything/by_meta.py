"""SAM as Meta published it: one `.pth` file of tensors, for the `segment-anything` package.

The file says nothing about the network but the shapes of its tensors, and they say enough: which of
Meta's three sizes it is, or any other.
"""

import pickle
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    TwoWayTransformer,
)
from torch import Tensor, nn

from layerpeel.backend.networks.checkpoint_folder import misfits
from layerpeel.backend.stages.hub_folder import unusable
from layerpeel.backend.stages.segment_anything.sam import Prompt

# Of the mask decoder's attention. No shape tells; it is the same in all of Meta's sizes.
DECODER_HEADS = 8

# What torch.load raises for files that are cut short or no checkpoints.
_DAMAGE = (RuntimeError, OSError, EOFError, KeyError, ValueError)

Tensors = dict[str, Tensor]


class NoSamError(Exception):
    """Tensors are not those of a SAM. The message says which, for within a sentence."""


@dataclass(frozen=True)
class SamShape:
    """How large the parts of a SAM are.

    side: of the square that it sees, in pixels, which it takes apart into patches.
    width, depth, heads, mlp_ratio: of the image encoder. window: of its attention, in patches;
        blocks in `global_blocks` see everything. channels: of the embedding.
    mask_channels: of what encodes an earlier mask.
    decoder_depth, decoder_mlp: of the mask decoder's transformer. masks: how many it gives to
        choose from. quality_depth, quality_width: of the head that says how good each is.
    """

    side: int
    patch: int
    width: int
    depth: int
    heads: int
    mlp_ratio: float
    window: int
    global_blocks: tuple[int, ...]
    channels: int
    mask_channels: int
    decoder_depth: int
    decoder_mlp: int
    masks: int
    quality_depth: int
    quality_width: int


def shape_of(tensors: Tensors) -> SamShape:
    """Read a SAM's shape off its tensors. Raises NoSamError when they are not those of one."""
    try:
        shape = _shape_of(tensors)
    except KeyError as error:
        raise NoSamError(f"there is no “{error.args[0]}” among its tensors") from error
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise NoSamError("its tensors have other dimensions") from error
    # The mask decoder attends at its full width and at half of it.
    if shape.channels % (2 * DECODER_HEADS):
        raise NoSamError(f"{shape.channels} channels cannot be shared by {DECODER_HEADS} heads")
    return shape


def _shape_of(tensors: Tensors) -> SamShape:
    encoder, decoder = "image_encoder", "mask_decoder"
    _, grid, _, width = tensors[f"{encoder}.pos_embed"].shape
    patch = tensors[f"{encoder}.patch_embed.proj.weight"].shape[-1]
    depth = _count(tensors, f"{encoder}.blocks")
    reaches = [tensors[f"{encoder}.blocks.{place}.attn.rel_pos_h"].shape for place in range(depth)]
    # Relative positions of s patches go from -(s - 1) to s - 1.
    windows = [(distances + 1) // 2 for distances, _ in reaches]
    narrower = {window for window in windows if window != grid}
    if len(narrower) > 1:
        raise NoSamError(f"its attention has windows of several sizes ({sorted(narrower)})")
    mlp = tensors[f"{encoder}.blocks.0.mlp.lin1.weight"].shape[0]
    return SamShape(
        side=grid * patch,
        patch=patch,
        width=width,
        depth=depth,
        heads=width // reaches[0][1],
        mlp_ratio=mlp / width,
        window=next(iter(narrower), 0),
        global_blocks=tuple(place for place, window in enumerate(windows) if window == grid),
        channels=tensors[f"{encoder}.neck.0.weight"].shape[0],
        mask_channels=tensors["prompt_encoder.mask_downscaling.3.weight"].shape[0],
        decoder_depth=_count(tensors, f"{decoder}.transformer.layers"),
        decoder_mlp=tensors[f"{decoder}.transformer.layers.0.mlp.lin1.weight"].shape[0],
        masks=tensors[f"{decoder}.mask_tokens.weight"].shape[0] - 1,
        quality_depth=_count(tensors, f"{decoder}.iou_prediction_head.layers"),
        quality_width=tensors[f"{decoder}.iou_prediction_head.layers.0.weight"].shape[0],
    )


def _count(tensors: Tensors, prefix: str) -> int:
    """How many layers there are under a name."""
    depth = prefix.count(".") + 1
    return len({name.split(".")[depth] for name in tensors if name.startswith(f"{prefix}.")})


class MetaSam(nn.Module):
    """See `Sam`. The names of its parts are those in Meta's files."""

    def __init__(self, shape: SamShape) -> None:
        super().__init__()
        grid = shape.side // shape.patch
        self.side = shape.side
        self.mask_side = 4 * grid
        self.image_encoder = ImageEncoderViT(
            depth=shape.depth,
            embed_dim=shape.width,
            img_size=shape.side,
            mlp_ratio=shape.mlp_ratio,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            num_heads=shape.heads,
            patch_size=shape.patch,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=shape.global_blocks,
            window_size=shape.window,
            out_chans=shape.channels,
        )
        self.prompt_encoder = PromptEncoder(
            embed_dim=shape.channels,
            image_embedding_size=(grid, grid),
            input_image_size=(shape.side, shape.side),
            mask_in_chans=shape.mask_channels,
        )
        self.mask_decoder = MaskDecoder(
            num_multimask_outputs=shape.masks,
            transformer=TwoWayTransformer(
                depth=shape.decoder_depth,
                embedding_dim=shape.channels,
                mlp_dim=shape.decoder_mlp,
                num_heads=DECODER_HEADS,
            ),
            transformer_dim=shape.channels,
            iou_head_depth=shape.quality_depth,
            iou_head_hidden_dim=shape.quality_width,
        )

    def encode(self, pixels: Tensor) -> Tensor:
        """See `Sam.encode`."""
        embedding: Tensor = self.image_encoder(pixels)
        return embedding

    def decode(self, embedding: Tensor, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """See `Sam.decode`."""
        points = None if prompt.points is None else (prompt.points, prompt.labels)
        sparse, dense = self.prompt_encoder(points=points, boxes=prompt.box, masks=prompt.mask)
        masks, qualities = self.mask_decoder(
            image_embeddings=embedding,
            image_pe=self.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=prompt.several,
        )
        return masks[0], qualities[0]


def load_meta_sam(file: Path) -> MetaSam:
    """Load SAM from a `.pth` into main memory, in float32.

    Raises ModelError when the file is damaged, holds other things than tensors, or no SAM.
    """
    tensors = _read_tensors(file)
    try:
        shape = shape_of(tensors)
    except NoSamError as error:
        raise unusable(file.parent, f"{file.name} is no SAM: {error}") from error
    with torch.device("meta"):
        sam = MetaSam(shape)
    differing = misfits(sam, tensors)
    if differing:
        raise unusable(
            file.parent,
            f"{file.name} is no SAM: {len(differing)} tensors are missing, too many or of another "
            f"shape, “{differing[0]}” among them",
        )
    sam.load_state_dict(tensors, assign=True)
    return sam.float()


def _read_tensors(file: Path) -> Tensors:
    # Only tensors are ever taken from a pickle: anything else in it would be run as a program.
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise unusable(
            file.parent,
            f"{file.name} holds other things than tensors, which could run as a program when read, "
            "so it was not read",
        ) from error
    except _DAMAGE as error:
        raise unusable(file.parent, f"{file.name} is missing or damaged") from error
    if not isinstance(content, dict) or not all(
        isinstance(tensor, Tensor) for tensor in content.values()
    ):
        raise unusable(file.parent, f"{file.name} holds no tensors by name")
    return content
