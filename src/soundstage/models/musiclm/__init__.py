"""MusicLM: words to music over a ladder of tokens (Agostinelli et al., 2023).

Notable: one embedding for sound and words (`mulan`), so the stages learn from sound alone and are asked in words;
semantic tokens say what is played (`semantic`), acoustic ones how it sounds (`acoustic`), coarse before fine. Its
makers released no weights; this is the family at a size that two cores can train, with measured acoustic codes in the
place of SoundStream's and BEST-RQ in the place of w2v-BERT.
"""

from soundstage.models.musiclm.acoustic import AcousticCodec, sound_plainly
from soundstage.models.musiclm.config import (
    AcousticConfig,
    MulanConfig,
    MusicLMConfig,
    SemanticConfig,
    StageConfig,
    musiclm_starter,
    musiclm_tiny,
)
from soundstage.models.musiclm.generate import Choices, Scene, Window, Written, follow, generate, walk, windows
from soundstage.models.musiclm.model import MusicLM
from soundstage.models.musiclm.mulan import Mulan
from soundstage.models.musiclm.semantic import Guess, MaskedPredictor, SemanticTokeniser
from soundstage.models.musiclm.spectrum import Spectrum
from soundstage.models.musiclm.stage import Stage, around

__all__ = [
    "AcousticCodec",
    "AcousticConfig",
    "Choices",
    "Guess",
    "MaskedPredictor",
    "Mulan",
    "MulanConfig",
    "MusicLM",
    "MusicLMConfig",
    "Scene",
    "SemanticConfig",
    "SemanticTokeniser",
    "Spectrum",
    "Stage",
    "StageConfig",
    "Window",
    "Written",
    "around",
    "follow",
    "generate",
    "musiclm_starter",
    "musiclm_tiny",
    "sound_plainly",
    "walk",
    "windows",
]
