"""Masks from boxes and points, by SAM in either of its two formats.

Kirillov et al., "Segment Anything", ICCV 2023. `segmenter` is the stage; `by_meta` and `by_hub` are
the network as Meta and as transformers keep it.
"""

from layerpeel.backend.stages.segment_anything.segmenter import SegmentAnything

__all__ = ["SegmentAnything"]
