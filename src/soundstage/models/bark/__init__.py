"""Bark: text to speech, laughter and song by three transformers over tokens, and a codec (Suno, 2023).

Read `model` first: the config and the three transformers. `stages` has the engine functions, a stage each and
`generate`, which joins them; `prompt` is the voice they continue.
"""

from soundstage.models.bark.guide import coarse_guides, semantic_guides, symbol_starts, symbols_at
from soundstage.models.bark.model import Bark, BarkConfig, Guide, TransformerConfig, bark_large, bark_small
from soundstage.models.bark.prompt import VoicePrompt
from soundstage.models.bark.stages import Spoken, coarse, fine, generate, semantic, wave
from soundstage.models.bark.tokeniser import Tokeniser, TokeniserConfig, Told

__all__ = [
    "Bark",
    "BarkConfig",
    "Guide",
    "Spoken",
    "Tokeniser",
    "TokeniserConfig",
    "Told",
    "TransformerConfig",
    "VoicePrompt",
    "bark_large",
    "bark_small",
    "coarse",
    "coarse_guides",
    "fine",
    "generate",
    "semantic",
    "semantic_guides",
    "symbol_starts",
    "symbols_at",
    "wave",
]
