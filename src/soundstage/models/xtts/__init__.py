"""XTTS v2: speech in 17 languages in the voice of a few seconds (Casanova et al., 2024).

Read `config` and `model` first. `style` and `speaker` are its two ears; `speech` has the engine functions.
"""

from soundstage.models.xtts.config import SpeakerConfig, XttsConfig, xtts_v2
from soundstage.models.xtts.model import Xtts
from soundstage.models.xtts.speech import Heard, Told, listen, sound, speak, stream, tell

__all__ = [
    "Heard",
    "SpeakerConfig",
    "Told",
    "Xtts",
    "XttsConfig",
    "listen",
    "sound",
    "speak",
    "stream",
    "tell",
    "xtts_v2",
]
