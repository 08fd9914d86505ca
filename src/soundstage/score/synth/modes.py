"""Struck things: strings under a hammer, bars, bells and skins, as sums of modes that ring and die away.

Notable: a sum of decaying sinusoids on a grid of blocks is one matrix product (exp(s·(bB + j)) = exp(s·bB)·exp(s·j)),
which is some ten times as fast as a sine a sample. Modes above the band are left out, so nothing aliases.

K modes · B samples a block · T samples
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundstage.score.synth.envelope import NEPERS, clock, fall, rise
from soundstage.score.synth.noise import dice, hiss

Sound = NDArray[np.float32]
BLOCK = 256
TOP = 0.46  # of the rate: the highest mode
MIDDLE_C = 261.6256


@dataclass(frozen=True, kw_only=True)
class Struck:
    """A struck instrument. Times are those to −60 dB, at middle C; `key`s are per octave above it.

    ratios, gains (dB), lives: the modes of a bar or skin beside the first; without ratios there are `partials`
        harmonics of a string with `stiffness`, struck at `place` of its length, falling by `slope` dB an octave.
    hammer: frequency from which its softness takes away the treble (6 dB an octave) at velocity 80; `opens` octaves
        from the softest to the loudest blow.
    decay: of the first mode, times `shorter` an octave up; the k-th mode's is `damp` times shorter still a kHz up.
    pair: cents between two strings of a note; `aftersound` dB and times the life of what rings on.
    knock: dB of the blow's own noise, its band and life.
    """

    ratios: tuple[float, ...] = ()
    gains: tuple[float, ...] = ()
    lives: tuple[float, ...] = ()
    partials: int = 40
    stiffness: float = 0.0
    place: float = 0.0
    slope: float = 0.0
    hammer: float = 4000.0
    opens: float = 2.0
    decay: float = 6.0
    shorter: float = 0.6
    damp: float = 0.3
    pair: float = 0.0
    aftersound: tuple[float, float] = (-12.0, 3.0)
    attack: float = 0.001
    knock: float = -90.0
    knock_band: tuple[float, float] = (100.0, 2000.0)
    knock_life: float = 0.08
    tremolo: tuple[float, float] = (0.0, 0.0)  # Hz, depth


def ring(hz: ArrayLike, gains: ArrayLike, decays: ArrayLike, samples: int, rate: int, phases: ArrayLike = 0.0) -> Sound:
    """Modes [K] of frequency, amplitude and seconds to −60 dB as sound [T]; sines from `phases`."""
    hz_K, gain_K = np.asarray(hz, np.float64), np.asarray(gains, np.float64)
    inside = hz_K < TOP * rate
    pole_K = (-NEPERS / np.asarray(decays, np.float64) + 2j * np.pi * hz_K)[inside] / rate
    start_K = (gain_K * np.exp(1j * np.broadcast_to(np.asarray(phases, np.float64), hz_K.shape)))[inside] * -1j
    blocks = -(-samples // BLOCK)
    left = start_K * np.exp(pole_K * (np.arange(blocks)[:, None] * BLOCK))
    right = np.exp(pole_K[:, None] * np.arange(BLOCK))
    grid = np.hstack([left.real, -left.imag]).astype(np.float32) @ np.vstack([right.real, right.imag]).astype(
        np.float32
    )
    out: Sound = grid.reshape(-1)[:samples]
    return out


def struck(patch: Struck, hz: float, hardness: float, samples: int, rate: int, seed: int) -> Sound:
    """One blow [T]. `hardness` is −1 to 1, 0 for velocity 80."""
    hz_K, gain_K, life_K = _modes(patch, hz)
    keys = np.log2(hz / MIDDLE_C)
    soft = patch.hammer * 2.0 ** (0.5 * patch.opens * hardness)
    gain_K = gain_K / np.sqrt(1 + (hz_K / soft) ** 2)
    gain_K /= np.sqrt((gain_K**2).sum())
    decay = patch.decay * patch.shorter**keys
    decay_K = np.maximum(decay * life_K / (1 + patch.damp * np.maximum(hz_K - hz_K[0], 0) / 1000), 0.03)
    samples = min(samples, round(1.4 * patch.aftersound[1] * decay * rate) + BLOCK)  # beyond −84 dB there is nothing
    if patch.pair > 0:
        rng = dice("pair", seed, round(hz, 2))
        # Beats differ from mode to mode, as the bridge would have it; the two strings lie evenly about the pitch.
        half_K = 2 ** (0.5 * patch.pair * rng.uniform(0.6, 1.4, len(hz_K)) / 1200)
        after = 10 ** (patch.aftersound[0] / 20)
        hz_K = np.concatenate([hz_K / half_K, hz_K * half_K])
        gain_K = np.concatenate([gain_K * (1 - after), gain_K * after])
        decay_K = np.concatenate([decay_K, decay_K * patch.aftersound[1]])
    out = ring(hz_K, gain_K, decay_K, samples, rate)
    t = clock(len(out), rate)
    if patch.tremolo[1]:
        speed, depth = patch.tremolo
        out *= 1 - np.float32(depth) * (0.5 - 0.5 * np.cos(t * np.float32(2 * np.pi * speed)))
    if patch.knock > -80:
        count = min(len(out), round(1.5 * patch.knock_life * rate))
        loud = np.float32(10 ** ((patch.knock + 4 * hardness) / 20))
        burst = hiss(count, *patch.knock_band, rate, seed, round(hz * 16))
        out[:count] += loud * burst * fall(t[:count], patch.knock_life)
    count = min(len(out), round(patch.attack * rate) + 1)
    out[:count] *= rise(t[:count], patch.attack)
    return out


def _modes(patch: Struck, hz: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies, amplitudes and relative lives [K] of the modes of a note; the first is at `hz` exactly."""
    if patch.ratios:
        lives = patch.lives or (1.0,) * len(patch.ratios)
        return hz * np.array(patch.ratios), 10 ** (np.array(patch.gains) / 20), np.array(lives)
    k = np.arange(1, patch.partials + 1, dtype=np.float64)
    stiff = patch.stiffness * (hz / MIDDLE_C) ** 1.2
    hz_K = hz * k * np.sqrt((1 + stiff * k**2) / (1 + stiff))
    gain_K = 10 ** (patch.slope * np.log2(k) / 20)
    if patch.place > 0:
        gain_K = gain_K * np.maximum(np.abs(np.sin(np.pi * k * patch.place)), 0.05)
    return hz_K, gain_K, np.ones_like(k)
