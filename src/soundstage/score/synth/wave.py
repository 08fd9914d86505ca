"""Tones that are held: subtractive synthesis (saw, square, pulse, drawbars through a filter that moves), and with body
resonances, vibrato and breath the bowed, the blown and the sung.

Notable: there is no filter to run. What the filter lets through is known, so single cycles are drawn at a few moments
of its movement, from the harmonics below the band's edge, and read with a moving blend: band-limited by construction,
and as fast as looking up a table. Overdrive is applied to the cycle, oversampled, so it does not alias either.

M moments · N samples a cycle · K harmonics · T samples
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from soundstage.score.synth.envelope import clock, fall, rise
from soundstage.score.synth.noise import dice, hiss
from soundstage.score.synth.string import resonance

Sound = NDArray[np.float32]
MOMENTS = (0.0, 0.012, 0.03, 0.06, 0.11, 0.2, 0.36, 0.7, 1.4, 3.0)  # seconds at which a cycle is drawn
TOP = 0.46  # of the rate: the highest harmonic
OVER = 8  # how much longer an overdriven cycle is drawn
MIDDLE_C = 261.6256


@dataclass(frozen=True, kw_only=True)
class Wave:
    """A held tone.

    shape: "saw", "square", "pulse" (of `width`) or "bars" (amplitudes of the harmonics); slope: dB an octave more.
    cutoff: the filter's corner in Hz at middle C and velocity 80, moving `follow` octaves an octave of pitch and
        `opens` octaves from the softest to the loudest; `poles` of 6 dB an octave; `peak` dB at the corner.
    sweep: octaves by which the corner starts off its resting place (negative: it opens), gone after `sweep_life` s
        (to 60 dB); swell: octaves that it opens in the first `swell_time` s, as brass does.
    body: (Hz, dB, octaves) resonances, standing where they are whatever the pitch; drive: gain into an
        overdrive before the body.
    attack; sustain: level held, reached with life `decay`; voices `detune` cents apart in all.
    vibrato: cents, beginning after `late` s; breath: dB of the breath's noise in its band, `chiff` dB more at first.
    """

    shape: str = "saw"
    width: float = 0.25
    bars: tuple[float, ...] = ()
    slope: float = 0.0
    cutoff: float = 4000.0
    follow: float = 0.5
    opens: float = 2.0
    poles: int = 2
    peak: float = 0.0
    sweep: float = 0.0
    sweep_life: float = 0.6
    swell: float = 0.0
    swell_time: float = 0.06
    body: tuple[tuple[float, float, float], ...] = ()
    drive: float = 0.0
    attack: float = 0.01
    sustain: float = 1.0
    decay: float = 1.0
    voices: int = 1
    detune: float = 0.0
    vibrato: float = 0.0
    speed: float = 5.3
    late: float = 0.25
    breath: float = -90.0
    breath_band: tuple[float, float] = (800.0, 6000.0)
    chiff: float = 0.0
    waver: float = 0.0  # dB by which the loudness strays
    scatter: float = 0.0  # share of chance in the phases of the harmonics


def cycles(patch: Wave, hz: float, hardness: float, rate: int, seed: int) -> tuple[Sound, list[float]]:
    """(cycles [M, N], seconds at which each is reached); one cycle when nothing moves."""
    count = max(1, int(TOP * rate / hz))
    k = np.arange(1, count + 1, dtype=np.float64)
    gains, phases = _source(patch, k)
    gains = gains * 10 ** (patch.slope * np.log2(k) / 20)
    phases = phases + dice("phases", seed, round(hz, 2)).uniform(-np.pi, np.pi, count) * patch.scatter
    moving = patch.sweep != 0 or patch.swell != 0
    t = np.array(MOMENTS if moving else (0.0,))
    corner = patch.cutoff * (hz / MIDDLE_C) ** patch.follow * 2.0 ** (0.5 * patch.opens * hardness)
    octaves = patch.sweep * np.exp(-6.9 * t / patch.sweep_life)
    octaves -= patch.swell * np.exp(-3.0 * t / patch.swell_time)
    corner_M = corner * 2.0**octaves
    ratio_MK = k * hz / corner_M[:, None]
    through_MK = 1 / np.sqrt(1 + ratio_MK ** (2 * patch.poles))
    through_MK *= 10 ** (patch.peak / 20 * np.exp(-((np.log2(ratio_MK) / 0.35) ** 2)))
    body = resonance(k * hz, patch.body)
    full = gains if patch.drive > 0 else gains * body
    size = 1 << max(9, int(np.ceil(np.log2(16 * count))))
    spectrum = np.zeros((len(t), size // 2 + 1), np.complex128)
    spectrum[:, 1 : count + 1] = full * through_MK * np.exp(1j * (phases - np.pi / 2))
    rms = np.sqrt((np.abs(spectrum[-1]) ** 2).sum() / 2)
    spectrum /= max(rms, 1e-9) * np.sqrt(2)  # the cycle that is held has the loudness of a sine
    if patch.drive > 0:
        spectrum = _overdriven(spectrum, patch.drive, count)
        spectrum[:, 1 : count + 1] *= body
    return np.fft.irfft(spectrum * (size / 2), size, axis=1).astype(np.float32), list(t)


def _source(patch: Wave, k: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64] | float]:
    """Amplitudes and phases of the harmonics of the bare oscillator."""
    if patch.shape == "bars":
        gains = np.zeros_like(k)
        count = min(len(k), len(patch.bars))
        gains[:count] = patch.bars[:count]
        return gains, 0.0
    if patch.shape == "square":
        return np.where(k % 2 == 1, 1 / k, 0.0), 0.0
    if patch.shape == "pulse":
        return np.abs(np.sin(np.pi * k * patch.width)) / k, np.pi * k * patch.width
    return 1 / k, 0.0


def _overdriven(spectrum: NDArray[np.complex128], drive: float, count: int) -> NDArray[np.complex128]:
    """The cycle through a soft clipper, drawn `OVER` times longer for it and cut back to the harmonics in the band."""
    size = 2 * (spectrum.shape[1] - 1) * OVER
    wave = np.tanh(drive * np.fft.irfft(spectrum, size, axis=1) * size / 2)
    out = np.zeros_like(spectrum)
    out[:, 1 : count + 1] = np.fft.rfft(wave, axis=1)[:, 1 : count + 1] * (2 / size)
    return out


def read(cycles_MN: Sound, moments: list[float], phase: NDArray[np.float64], rate: int) -> Sound:
    """Cycles read at a phase [T] in turns, blended from moment to moment; between samples of a cycle, along a line."""
    size = cycles_MN.shape[1]
    rise_MN = np.diff(cycles_MN, axis=1, append=cycles_MN[:, :1])
    place = (phase - np.floor(phase)) * size
    index = place.astype(np.intp)
    part = (place - index).astype(np.float32)
    out = np.empty(len(phase), np.float32)
    edges = [min(round(t * rate), len(phase)) for t in moments] + [len(phase)]
    for m, (start, end) in enumerate(pairwise(edges)):
        if end <= start:
            continue
        at, along = index[start:end], part[start:end]
        here = cycles_MN[m].take(at, mode="clip") + along * rise_MN[m].take(at, mode="clip")
        if m + 1 < len(moments):
            there = cycles_MN[m + 1].take(at, mode="clip") + along * rise_MN[m + 1].take(at, mode="clip")
            blend = np.arange(end - start, dtype=np.float32) / np.float32(round((moments[m + 1] - moments[m]) * rate))
            here += blend * (there - here)
        out[start:end] = here
    return out


def held(patch: Wave, hz: float, hardness: float, samples: int, rate: int, seed: int) -> Sound:
    """One tone [T], held to its end. `hardness` is −1 to 1, 0 for velocity 80."""
    if hz > TOP * rate:
        return np.zeros(samples, np.float32)
    drawn, moments = cycles(patch, hz, hardness, rate, seed)
    t = clock(samples, rate)
    rng = dice("tone", seed, round(hz, 2))
    turns = np.arange(1, samples + 1, dtype=np.float64) * (hz / rate)
    if patch.vibrato > 0:
        turns += _bent(patch, hz, t, rng)
    out = np.zeros(samples, np.float32)
    for cents, share in _unison(patch):
        start = rng.uniform() if patch.voices > 1 else 0.0
        out += np.float32(share) * read(drawn, moments, turns * 2 ** (cents / 1200) + start, rate)
    if patch.waver > 0:
        speed, begin = rng.uniform(0.9, 1.6), rng.uniform(0, 6.28)
        out *= 1 + np.float32(patch.waver / 8.7) * np.sin(t * np.float32(6.28 * speed) + np.float32(begin))
    if patch.breath > -80:
        out += _breath(patch, t, hardness, rate, seed, round(hz * 16))
    if patch.sustain < 1:
        out *= np.float32(patch.sustain) + np.float32(1 - patch.sustain) * fall(t, patch.decay)
    count = min(samples, round(patch.attack * rate) + 1)
    out[:count] *= rise(t[:count], patch.attack)
    return out


def _unison(patch: Wave) -> list[tuple[float, float]]:
    """(cents, amplitude) of every voice; the outer ones are softer, so that the pitch is heard in the middle."""
    places = np.linspace(-0.5, 0.5, patch.voices) if patch.voices > 1 else np.zeros(1)
    shares = 1 - 0.8 * np.abs(places)
    shares /= np.sqrt((shares**2).sum())
    return [(patch.detune * float(place), float(share)) for place, share in zip(places, shares, strict=True)]


def _bent(patch: Wave, hz: float, t: Sound, rng: np.random.Generator) -> NDArray[np.float64]:
    """Turns [T] by which vibrato is ahead: the integral of a sine that fades in, by parts; nothing on the whole."""
    speed = patch.speed * rng.uniform(0.95, 1.05)
    swing = hz * (patch.vibrato * np.log(2) / 1200) / (2 * np.pi * speed)
    late = np.clip((t - np.float32(patch.late)) / np.float32(0.35), 0, 1)
    grown = late * late * (3 - 2 * late)
    sway = grown * np.sin(t * np.float32(2 * np.pi * speed) + np.float32(rng.uniform(0, 6.28)))
    ahead: NDArray[np.float64] = sway.astype(np.float64) * swing
    return ahead


def _breath(patch: Wave, t: Sound, hardness: float, rate: int, seed: int, place: int) -> Sound:
    loud = np.float32(10 ** ((patch.breath + 3 * hardness) / 20))
    noise = loud * hiss(len(t), *patch.breath_band, rate, seed, place)
    if patch.chiff:
        noise *= 1 + np.float32(10 ** (patch.chiff / 20) - 1) * fall(t, 0.12)
    return noise
