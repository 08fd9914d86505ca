"""F5-TTS: speech in the voice of a reference by flow matching, without an aligner (Chen et al., 2024)."""

from soundstage.models.f5.aligned import (
    Aligned,
    AlignedConfig,
    AlignedF5,
    after,
    aligned_loss,
    f5_starter,
    f5_tiny,
    fill,
    together,
)
from soundstage.models.f5.duration import Heard, Line, byte_frames, evenly, paced_frames, spoken
from soundstage.models.f5.hearing import hear
from soundstage.models.f5.infill import generate, infill_loss, levelled, listen
from soundstage.models.f5.model import F5, F5Config, Read, f5_base, f5_small, f5_v1_base, f5_v1_small

__all__ = [
    "F5",
    "Aligned",
    "AlignedConfig",
    "AlignedF5",
    "F5Config",
    "Heard",
    "Line",
    "Read",
    "after",
    "aligned_loss",
    "byte_frames",
    "evenly",
    "f5_base",
    "f5_small",
    "f5_starter",
    "f5_tiny",
    "f5_v1_base",
    "f5_v1_small",
    "fill",
    "generate",
    "hear",
    "infill_loss",
    "levelled",
    "listen",
    "paced_frames",
    "spoken",
    "together",
]
