"""What the narrator does to a synthesiser's sound: a wider band, other resonances and brightness; and its analysis.

Notable: flite ends at 8 kHz. The octave above is drawn from noise that follows the level just below it, frame by
frame, so that hisses go on as real ones do and vowels end softly; nothing below 7.35 kHz is touched.

T frames of 10 ms · N samples at 24 kHz
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import MissingError
from soundstage.ops.mel import mel_filterbank

RATE = 24000
HOP = 240
BANDS = 100
FFT = 2048
EDGE = 7350.0
"""Hz from which the noise takes over."""
WINDOW = 384
DROP, SLOPE = 5.5, 7.0
"""dB by which the noise is drawn below the level under it, and falls until 12 kHz; overlapping independent draws takes
six more."""


def widened(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sound at 16 kHz to 24 kHz, with the band above EDGE filled in. The same samples give the same noise."""
    from scipy.signal import istft, resample_poly, stft

    wide = resample_poly(samples, 3, 2).astype(np.float32)
    frequency, _, spectrum = stft(wide, RATE, nperseg=WINDOW, noverlap=WINDOW * 3 // 4)
    below = (frequency > 5500) & (frequency < 7200)
    level = np.sqrt(np.mean(np.abs(spectrum[below]) ** 2, 0))
    above = frequency >= EDGE
    fall = 10 ** (-(DROP + SLOPE * (frequency[above] - EDGE) / (RATE / 2 - EDGE)) / 20)
    draw = np.random.default_rng(len(samples)).standard_normal((2, int(above.sum()), len(level)))
    spectrum[above] = (draw[0] + 1j * draw[1]) / np.sqrt(2) * fall[:, None] * level
    _, sound = istft(spectrum, RATE, nperseg=WINDOW, noverlap=WINDOW * 3 // 4)
    return np.ascontiguousarray(np.pad(sound, (0, max(0, len(wide) - len(sound))))[: len(wide)], dtype=np.float32)


def resonant(samples: NDArray[np.float32], ratio: Fraction) -> NDArray[np.float32]:
    """All resonances moved by `ratio` through resampling, which moves pitch and tempo with them."""
    from scipy.signal import resample_poly

    if ratio == 1:
        return samples
    return resample_poly(samples, ratio.denominator, ratio.numerator).astype(np.float32)


def tilted(samples: NDArray[np.float32], tilt: float) -> NDArray[np.float32]:
    """`tilt` dB more at 8 kHz than at 0 Hz, rising with the root of the frequency."""
    if not tilt:
        return samples
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE) / 8000
    return np.fft.irfft(spectrum * 10 ** (tilt * frequency.clip(0, 1.2) ** 0.5 / 20), len(samples)).astype(np.float32)


@cache
def _windows() -> NDArray[np.float64]:
    """[F, BANDS] mel windows whose weights sum to one each, so that a flat spectrum keeps its level."""
    bank = mel_filterbank(RATE, FFT, BANDS, scale="htk", area=False).double().numpy()
    return np.ascontiguousarray((bank / bank.sum(1, keepdims=True)).T)


def analyse(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pitch [T] in Hz (0 without voice) and natural log envelope [T, BANDS] of N = T · HOP samples, by WORLD.

    The envelope is CheapTrick's (Morise 2015), which holds no harmonics. Raises MissingError without pyworld.
    """
    try:
        import pyworld
    except ImportError as error:
        raise MissingError("pyworld is not installed", "pip install 'soundstage[train]'") from error
    count = len(samples) // HOP
    wide = samples.astype(np.float64) + 1e-5 * np.random.default_rng(0).standard_normal(len(samples))
    f0, times = pyworld.dio(wide, RATE, frame_period=1000 * HOP / RATE, f0_floor=60.0, f0_ceil=420.0)
    f0 = pyworld.stonemask(wide, f0, times, RATE)
    power = pyworld.cheaptrick(wide, f0, times, RATE, fft_size=FFT)
    envelope = np.log(power @ _windows() + 1e-9)
    return f0[:count].astype(np.float32), envelope[:count].astype(np.float32)
