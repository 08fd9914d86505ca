"""Plucked strings (Karplus and Strong, 1983; Jaffe and Smith, 1983): a burst that goes round a loop and wears off.

Notable: the loop's filter is designed, not guessed: one short FIR that holds the exact delay of the pitch, fractions of
a sample included, and the wanted decay at every frequency. A round trip taken m times is again a loop, m times as long,
with the filter m times convolved with itself, so high strings are played in long blocks too.

T samples · P taps
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.score.synth.envelope import NEPERS, clock, fall, rise
from soundstage.score.synth.modes import ring
from soundstage.score.synth.noise import dice, hiss

Sound = NDArray[np.float32]
MIDDLE_C = 261.6256
BLOCK = 640  # samples that one step of the loop aims at
TAPS = 8
FOREVER = 1e6  # seconds
GRID = 96  # frequencies at which the loop is designed


@dataclass(frozen=True, kw_only=True)
class String:
    """A plucked string. Times are those to −60 dB, at middle C.

    place: where it is plucked, as a part of its length; slope: dB an octave of the pluck's harmonics.
    pick: frequency from which the finger's softness takes away the treble at velocity 80; `opens` octaves.
    decay, at low frequencies, times `shorter` an octave up; `bright` seconds at 4 kHz.
    body: (Hz, dB, octaves) resonances; noise: share of the burst that is chance.
    """

    place: float = 0.2
    slope: float = -3.0
    pick: float = 3000.0
    opens: float = 2.0
    decay: float = 5.0
    shorter: float = 0.7
    bright: float = 0.8
    body: tuple[tuple[float, float, float], ...] = ()
    noise: float = 0.1
    attack: float = 0.001
    click: float = -90.0
    click_band: tuple[float, float] = (1500.0, 6000.0)


def resonance(hz: NDArray[np.float64], bumps: tuple[tuple[float, float, float], ...]) -> NDArray[np.float64]:
    """Amplitude at each frequency of a body with (Hz, dB, octaves) bumps."""
    octaves = np.log2(np.maximum(hz, 1.0))
    total = np.zeros_like(octaves)
    for centre, gain, width in bumps:
        total += gain * np.exp(-(((octaves - np.log2(centre)) / width) ** 2))
    amplitude: NDArray[np.float64] = 10 ** (total / 20)
    return amplitude


def loop_filter(period: float, decay: float, bright: float, rate: int) -> tuple[int, NDArray[np.float64]]:
    """(delay, taps [P]): a loop of `period` samples whose sound falls by 60 dB in `decay` seconds, `bright` at 4 kHz.

    Weighted least squares on the wanted response; the lowest frequencies weigh most, for they are the pitch.
    """
    delay = max(int(np.floor(period - TAPS / 2)), 1)
    w = np.linspace(0, 0.98 * np.pi, GRID)
    hz = w * rate / (2 * np.pi)
    seconds = 1 / (1 / decay + (hz / 4000) ** 2 * max(1 / bright - 1 / decay, 0))
    wanted = np.exp(-NEPERS * period / rate / seconds) * np.exp(-1j * w * (period - delay))
    weight = 1 / (0.02 + w) + 4 * np.exp(-(((w - 2 * np.pi / period) / 0.02) ** 2)) / 0.02
    basis = np.exp(-1j * np.outer(w, np.arange(TAPS)))
    system = np.vstack([(basis * weight[:, None]).real, (basis * weight[:, None]).imag])
    taps = np.linalg.lstsq(system, np.concatenate([(wanted * weight).real, (wanted * weight).imag]), rcond=None)[0]
    peak = float(np.abs(np.fft.rfft(taps, 512)).max())
    return delay, taps * min(1.0, 0.99995 / peak)


def around(burst: NDArray[np.float64], delay: int, taps: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """The loop's answer [T] to a burst: out[n] = burst[n] + Σ taps[p]·out[n − delay − p]."""
    turns, kernel, reach = 1, taps, delay
    while reach + len(kernel) < BLOCK:  # out = x + g·out = (x + g·x) + g²·out
        spread = np.zeros(len(burst) + reach + len(kernel) - 1)
        spread[: len(burst)] = burst
        spread[reach:] += np.convolve(burst, kernel)
        burst, kernel, reach, turns = spread, np.convolve(kernel, kernel), 2 * reach, 2 * turns
    pad = reach + len(kernel)
    out = np.zeros(pad + samples + reach)
    count = min(len(burst), samples)
    out[pad : pad + count] = burst[:count]
    for start in range(pad, pad + samples, reach):
        past = out[start - reach - len(kernel) + 1 : start]
        out[start : start + reach] += np.convolve(past, kernel, "valid")
    return out[pad : pad + samples]


def plucked(patch: String, hz: float, hardness: float, samples: int, rate: int, seed: int) -> Sound:
    """One pluck [T]. `hardness` is −1 to 1, 0 for velocity 80."""
    period = rate / hz
    keys = np.log2(hz / MIDDLE_C)
    decay = patch.decay * patch.shorter**keys
    if period < TAPS + 2:  # too short a loop for its filter: the string's modes themselves
        return ring([hz, 2 * hz], [1.0, 0.3], [decay, 0.5 * decay], samples, rate) * rise(clock(samples, rate), 0.002)
    delay, taps = loop_filter(period, decay, min(patch.bright, decay), rate)
    samples = min(samples, round(1.4 * decay * rate) + BLOCK)
    first = _released(patch, hz, hardness, rate, seed, delay + len(taps))
    # What must be fed to the loop so that its first turn is exactly `first`, and all that follows is its own.
    burst = first.copy()
    burst[delay:] -= np.convolve(first, taps)[: len(first) - delay]
    out = around(burst, delay, taps, samples).astype(np.float32)
    t = clock(len(out), rate)
    if patch.click > -80:
        count = min(len(out), round(0.03 * rate))
        loud = np.float32(10 ** ((patch.click + 5 * hardness) / 20))
        out[:count] += loud * hiss(count, *patch.click_band, rate, seed, round(hz * 8)) * fall(t[:count], 0.02)
    count = min(len(out), round(patch.attack * rate) + 1)
    out[:count] *= rise(t[:count], patch.attack)
    return out


def _released(patch: String, hz: float, hardness: float, rate: int, seed: int, samples: int) -> NDArray[np.float64]:
    """The first turn of the string when the finger leaves it, of RMS 1/√2."""
    k = np.arange(1, int(0.46 * rate / hz) + 1, dtype=np.float64)
    soft = patch.pick * 2.0 ** (0.5 * patch.opens * hardness)
    gains = 10 ** (patch.slope * np.log2(k) / 20) * np.maximum(np.abs(np.sin(np.pi * k * patch.place)), 0.03)
    gains *= resonance(k * hz, patch.body) / np.sqrt(1 + (k * hz / soft) ** 4)
    rng = dice("pluck", seed, round(hz, 2))
    phases = patch.noise * rng.uniform(-np.pi, np.pi, len(k)) + np.where(np.sin(np.pi * k * patch.place) < 0, np.pi, 0)
    gains /= np.sqrt((gains**2).sum())
    return ring(k * hz, gains, np.full(len(k), FOREVER), samples, rate, phases).astype(np.float64)


__all__ = ["String", "around", "loop_filter", "plucked", "resonance"]
