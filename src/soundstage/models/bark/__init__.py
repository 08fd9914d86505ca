"""Bark: text to speech, laughter and song by three transformers over tokens, and a codec (Suno, 2023).

Read `model` first: the config and the three transformers. `stages` has the engine functions, a stage each and
`generate`, which joins them; `prompt` is the voice they continue.
"""

from soundstage.models.bark.model import Bark, BarkConfig, TransformerConfig, bark_large, bark_small
from soundstage.models.bark.prompt import VoicePrompt
from soundstage.models.bark.stages import Spoken, coarse, fine, generate, semantic, wave

__all__ = [
    "Bark",
    "BarkConfig",
    "Spoken",
    "TransformerConfig",
    "VoicePrompt",
    "bark_large",
    "bark_small",
    "coarse",
    "fine",
    "generate",
    "semantic",
    "wave",
]
