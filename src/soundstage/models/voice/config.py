"""The shape of the voice, its presets, and how its predictions are drawn apart again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KNOTS = ((-15.0, -21.0), (-14.2, -20.0), (-14.0, -17.0), (-13.9, -15.3), (-13.5, -14.0), (-12.8, -12.8), (6.0, 6.0))
"""Log power as predicted and as measured, quantile by quantile: training asks for no exact depth below −14. A starter
brings its own."""
RELIEF = 0.3
"""How much further apart peaks and valleys of the envelope are drawn: what regression smooths over."""


@dataclass(frozen=True, kw_only=True)
class VoiceConfig:
    """Everything that rebuilds the model; sizes are widths of the networks."""

    symbols: int
    rate: int = 16000
    hop: int = 200
    bands: int = 80
    width: int = 192
    text_layers: int = 4
    frame_layers: int = 6
    speaker: int = 128
    vocoder_width: int = 192
    vocoder_layers: int = 4
    voices: int = 10
    """Rows of the table of named voices."""
    fft: int = 1024
    sub: int = 1
    """Filters of the vocoder a frame."""
    ear_bands: int = 80
    ear_fft: int = 1024
    ear_top: float = 8000.0
    """What the speaker encoder hears: mel bands up to so many Hz, the same for recordings of any quality."""
    relief: float = RELIEF
    knots: tuple[tuple[float, float], ...] = KNOTS
    """How a prediction is drawn apart again: see `relieved`."""

    @classmethod
    def of(cls, config: Mapping[str, object]) -> VoiceConfig:
        """From a card's plain dictionary; unknown keys (names of voices, say) are the card's own."""
        given: dict[str, Any] = {key: config[key] for key in cls.__dataclass_fields__ if key in config}
        if "knots" in given:
            given["knots"] = tuple((float(x), float(y)) for x, y in given["knots"])
        return cls(**given)

    def plain(self) -> dict[str, object]:
        """As a dictionary for a card."""
        return asdict(self)


def voice_starter(symbols: int) -> VoiceConfig:
    """The shipped size, about 10 M parameters, at 24 kHz with frames of 10 ms."""
    return VoiceConfig(
        symbols=symbols, rate=24000, hop=240, bands=100, width=256, text_layers=4, frame_layers=7, vocoder_width=192,
        vocoder_layers=5, fft=1024, sub=2, ear_fft=2048,
    )  # fmt: skip


def voice_tiny(symbols: int) -> VoiceConfig:
    """A toy of the same shape for tests."""
    return VoiceConfig(
        symbols=symbols,
        rate=24000,
        hop=240,
        bands=100,
        sub=2,
        ear_fft=2048,
        width=32,
        text_layers=1,
        frame_layers=1,
        speaker=16,
        vocoder_width=16,
        vocoder_layers=1,
        voices=2,
    )
