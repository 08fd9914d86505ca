"""The shape of Soundstage's codec."""

from __future__ import annotations

import math
from dataclasses import dataclass

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """Frames of codes are cut into `fine` frames where sound is made."""

    rate: int
    hop: int  # samples a frame of codes
    ahead: int  # samples that a frame of codes sees beyond its own
    voice_books: int  # they say envelope, pitch and voicing
    wave_books: int  # they say the waveform of the low frequencies
    codes: int
    code_width: int
    width: int
    hidden: int
    listen_depth: int
    speak_depth: int
    fine: int
    fine_width: int
    fine_hidden: int
    bands: int
    fft: int  # of the filters
    coefficients: int  # of the lapped transform that the wave's books say, rate / 2 / hop apart
    kernel: int = 7

    @property
    def books(self) -> int:
        """All of them."""
        return self.voice_books + self.wave_books

    @property
    def step(self) -> int:
        """Samples a fine frame."""
        return self.hop // self.fine

    @property
    def frames_per_second(self) -> float:
        """Of every book."""
        return self.rate / self.hop

    def kbps(self, books: int | None = None) -> float:
        """The bit rate of so many books (all when not given)."""
        return (books or self.books) * math.log2(self.codes) * self.frames_per_second / 1000

    def books_at(self, kbps: float) -> int:
        """As many books as fit into a bit rate. Raises InputError for one that holds no book."""
        books = min(self.books, math.floor(kbps / self.kbps(1) + 1e-6))
        if books < 1:
            raise InputError("kbps", f"{kbps:g} kbit/s hold no codebook", f"choose from {self.kbps(1):g} up")
        return books


def codec_starter() -> CodecConfig:
    """`starter/codec`: twelve books of 0.5 kbit/s."""
    return CodecConfig(
        rate=24_000, hop=480, ahead=240, voice_books=6, wave_books=6, codes=1024, code_width=64, width=224, hidden=672,
        listen_depth=4, speak_depth=4, fine=4, fine_width=160, fine_hidden=320, bands=100, fft=1024,
        coefficients=28,
    )  # fmt: skip
