"""SAM as transformers keeps it: config.json and safetensors.

It answers as Meta's code does but for one thing: by its files the mask decoder's norms add 1e-6 to
variances where Meta's add 1e-5, which moves probabilities in the fourth or fifth decimal.
"""

from pathlib import Path

from torch import Tensor, nn
from transformers import SamModel

from layerpeel.backend.stages.hub_folder import load_network
from layerpeel.backend.stages.segment_anything.sam import Prompt


class HubSam(nn.Module):
    """See `Sam`."""

    def __init__(self, network: SamModel) -> None:
        super().__init__()
        self.network = network
        prompts = network.config.prompt_encoder_config
        self.side: int = prompts.image_size
        # The prompt encoder takes masks four times as fine as the embedding.
        self.mask_side: int = 4 * prompts.image_embedding_size

    def encode(self, pixels: Tensor) -> Tensor:
        """See `Sam.encode`."""
        embedding: Tensor = self.network.get_image_embeddings(pixels)
        return embedding

    def decode(self, embedding: Tensor, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """See `Sam.decode`."""
        # Here prompts have one dimension more: several for one picture.
        answer = self.network(
            image_embeddings=embedding,
            input_boxes=None if prompt.box is None else prompt.box[None],
            input_points=None if prompt.points is None else prompt.points[None],
            input_labels=None if prompt.labels is None else prompt.labels[None],
            input_masks=prompt.mask,
            multimask_output=prompt.several,
        )
        return answer.pred_masks[0, 0], answer.iou_scores[0, 0]


def load_hub_sam(folder: Path) -> HubSam:
    """Load SAM from a folder of transformers. Raises ModelError as `load_network` does."""
    return HubSam(load_network(folder, "sam", SamModel.from_pretrained))
