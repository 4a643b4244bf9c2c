"""Which of the two formats of SAM lies in a folder."""

from pathlib import Path

from layerpeel.backend.stages.hub_folder import CONFIG, unusable
from layerpeel.backend.stages.segment_anything.by_hub import HubSam, load_hub_sam
from layerpeel.backend.stages.segment_anything.by_meta import MetaSam, load_meta_sam


def load_sam(folder: Path) -> HubSam | MetaSam:
    """Load the SAM that lies in a folder, transformers' where there are both.

    Raises ModelError when there is none, more than one of Meta's, or it is not whole.
    """
    if (folder / CONFIG).exists():
        return load_hub_sam(folder)
    files = sorted(folder.glob("*.pth"))
    if len(files) != 1:
        named = ", ".join(file.name for file in files) or "none"
        raise unusable(
            folder, f"there has to be {CONFIG}, or one .pth file and no other (there are: {named})"
        )
    return load_meta_sam(files[0])
