"""Sound as a value: samples [channels, time] at a rate.

Notable: immutable; files are written and read by suffix, with exactly as many samples as the value has (`audio_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.value import Value, read_only, restore_array, restore_facts, store_array, store_facts

if TYPE_CHECKING:
    from soundstage.media.provenance import Provenance

MAX_CHANNELS = 32
MAX_RATE = 768_000
MOST_PHASES = 4096  # of a resampling filter: odd ratios are met within 6e-8, a tenth of a sample in half a minute


@dataclass(frozen=True, eq=False)
class Audio(Value):
    """Sound: `samples` float32 [channels, time], full scale at ±1, and `rate` in Hz.

    Raises InputError for another shape or dtype, for values that are not finite, and for an impossible rate.
    """

    kind: ClassVar[str] = "audio"
    samples: NDArray[np.float32]
    rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if not np.issubdtype(samples.dtype, np.floating):
            raise InputError("samples", f"are {samples.dtype}", "give float32 with full scale at 1.0")
        if samples.ndim != 2:
            raise InputError("samples", f"have shape {samples.shape}", "give [channels, time]; mono is samples[None]")
        if not 1 <= samples.shape[0] <= MAX_CHANNELS:
            raise InputError(
                "samples", f"have {samples.shape[0]} channels", "give [channels, time], not [time, channels]"
            )
        if not np.isfinite(samples).all():
            raise InputError("samples", "hold NaN or infinity", "check what made them")
        if isinstance(self.rate, bool) or int(self.rate) != self.rate or not 1 <= self.rate <= MAX_RATE:
            raise InputError("rate", f"is {self.rate!r}", f"give whole Hz from 1 to {MAX_RATE}")
        object.__setattr__(self, "samples", read_only(samples.astype(np.float32, copy=False)))
        object.__setattr__(self, "rate", int(self.rate))

    @classmethod
    def silence(cls, seconds: float, rate: int, channels: int = 1) -> Audio:
        """Silence, its length rounded to the nearest sample."""
        return cls(np.zeros((channels, round(seconds * rate)), np.float32), rate)

    @classmethod
    def join(cls, parts: Sequence[Audio]) -> Audio:
        """The parts one after another. All need the same rate and channels."""
        if len({(part.rate, part.channels) for part in parts}) != 1:
            raise InputError(
                "parts", "differ in rate or channels (or there are none)", "use .resampled() and .mono() first"
            )
        return cls(np.concatenate([part.samples for part in parts], axis=1), parts[0].rate)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        """Number of samples of a channel."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.length / self.rate

    def mono(self) -> Audio:
        """The mean of the channels."""
        return (
            self if self.channels == 1 else Audio(self.samples.mean(axis=0, keepdims=True, dtype=np.float32), self.rate)
        )

    def stereo(self) -> Audio:
        """Two channels: mono is doubled, more than two are mixed down and doubled."""
        return self if self.channels == 2 else Audio(np.repeat(self.mono().samples, 2, axis=0), self.rate)

    def cut(self, start: float, end: float | None = None) -> Audio:
        """From `start` to `end` seconds, rounded to samples, within what there is."""
        first = max(0, round(start * self.rate))
        last = self.length if end is None else max(first, round(end * self.rate))
        return Audio(self.samples[:, first:last], self.rate)

    def fitted(self, length: int) -> Audio:
        """Exactly `length` samples: cut at the end, or followed by silence."""
        if length <= self.length:
            return Audio(self.samples[:, :length], self.rate)
        return Audio(np.pad(self.samples, ((0, 0), (0, length - self.length))), self.rate)

    def resampled(self, rate: int) -> Audio:
        """At another rate: linear phase, aliases at least 90 dB down, ceil(length · rate / old rate) samples."""
        if rate == self.rate:
            return self
        from scipy.signal import resample_poly

        if not self.length:
            return Audio(self.samples, rate)
        ratio = Fraction(rate, self.rate)
        near = ratio.limit_denominator(MOST_PHASES)
        up, down = near.numerator, near.denominator
        wave = resample_poly(self.samples, up, down, axis=1, window=lowpass(max(up, down)))
        return Audio(wave.astype(np.float32, copy=False), rate).fitted(ceil(self.length * ratio))

    def save(self, path: str | Path, provenance: Provenance | None = None, *, bits: int = 16) -> None:
        """Writes wav, flac, mp3, opus, ogg or m4a by suffix, atomically; `bits` is 16, 24 or (wav only) 32, float."""
        from soundstage.media.audio_files import write_audio

        write_audio(self, Path(path), provenance, bits=bits)

    @classmethod
    def load(cls, path: str | Path) -> Audio:
        """Reads the sound of any file that has one, with exactly as many samples as were saved."""
        from soundstage.media.audio_files import read_audio

        return read_audio(Path(path))

    def store(self, folder: Path) -> None:
        """Writes samples.npy and audio.json."""
        store_array(folder, "samples", self.samples)
        store_facts(folder, "audio", {"rate": self.rate})

    @classmethod
    def restore(cls, folder: Path) -> Audio:
        """Reads what `store` wrote."""
        return cls(restore_array(folder, "samples"), restore_facts(folder, "audio")["rate"])

    def __eq__(self, other: object) -> bool:
        """Same rate and the same samples."""
        return isinstance(other, Audio) and self.rate == other.rate and np.array_equal(self.samples, other.samples)

    def __hash__(self) -> int:
        """Cheap: rate, shape and a thin comb of the samples."""
        return hash((self.rate, self.samples.shape, self.samples[:, :: max(1, self.length // 64)].tobytes()))

    def __repr__(self) -> str:
        return f"Audio({self.seconds:.3f} s, {self.channels} ch, {self.rate} Hz)"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import audio_html

        return audio_html(self)


@lru_cache(maxsize=16)
def lowpass(factor: int) -> Any:
    """Kaiser window of 32 zero crossings a side; the pass band ends at 0.94 of the lower Nyquist frequency."""
    from scipy.signal import firwin

    return firwin(2 * 32 * factor + 1, 0.97 / factor, window=("kaiser", 9.0)).astype(np.float32)
