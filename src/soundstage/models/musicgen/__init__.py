"""MusicGen: text, and where a model hears one a melody, to music of codec tokens (Copet et al., 2023).

Read `decoder` first; `model` joins it with the text encoder and the codec and has the published shapes; `generate` has
the loops.
"""

from soundstage.models.musicgen.decoder import Decoder, DecoderConfig, Heard
from soundstage.models.musicgen.generate import Guidance, generate, song, window
from soundstage.models.musicgen.model import (
    Musicgen,
    MusicgenConfig,
    musicgen_large,
    musicgen_medium,
    musicgen_melody,
    musicgen_melody_large,
    musicgen_small,
)

__all__ = [
    "Decoder",
    "DecoderConfig",
    "Guidance",
    "Heard",
    "Musicgen",
    "MusicgenConfig",
    "generate",
    "musicgen_large",
    "musicgen_medium",
    "musicgen_melody",
    "musicgen_melody_large",
    "musicgen_small",
    "song",
    "window",
]
