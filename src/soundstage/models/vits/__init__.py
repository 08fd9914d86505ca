"""VITS, text to speech in one network (Kim et al., 2021); its public checkpoints include Meta's MMS and Coqui's."""

from soundstage.models.vits.config import (
    DurationConfig,
    VitsConfig,
    WavenetConfig,
    hifigan,
    ljspeech,
    mms,
    vctk,
    vits_starter,
)
from soundstage.models.vits.model import Heard, Trained, Vits, spectrogram
from soundstage.models.vits.speech import Plan, Utterance, convert, plan, speak, stream, with_blanks

__all__ = [
    "DurationConfig",
    "Heard",
    "Plan",
    "Trained",
    "Utterance",
    "Vits",
    "VitsConfig",
    "WavenetConfig",
    "convert",
    "hifigan",
    "ljspeech",
    "mms",
    "plan",
    "speak",
    "spectrogram",
    "stream",
    "vctk",
    "vits_starter",
    "with_blanks",
]
