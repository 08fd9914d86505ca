"""Drums from three kinds of layer, each of plain numbers.

Notable: a piece is skins (modes whose pitch falls), hiss (bands of noise, once or in bursts) and metal
(many modes strewn over a range by a fixed throw of dice: the same cymbal at every blow). Each of a few `takes` of a
piece has other noise, so that a roll is not a machine gun.

T samples
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.score.synth.envelope import CUT, clock, fall, rise
from soundstage.score.synth.modes import ring
from soundstage.score.synth.noise import dice, hiss

Sound = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Skin:
    """Modes (Hz; dB; seconds to −60 dB); the pitch begins `drop` octaves up and is down after `drop_life` seconds."""

    hz: tuple[float, ...]
    gains: tuple[float, ...] = (0.0,)
    lives: tuple[float, ...] = (0.5,)
    drop: float = 0.0
    drop_life: float = 0.1


@dataclass(frozen=True, kw_only=True)
class Hiss:
    """Noise from `low` to `high` Hz; begins anew at each of `bursts` (seconds); `snap`: dB that a hard blow adds."""

    low: float
    high: float
    gain: float = 0.0
    life: float = 0.2
    attack: float = 0.0005
    bursts: tuple[float, ...] = (0.0,)
    snap: float = 3.0


@dataclass(frozen=True, kw_only=True)
class Metal:
    """`count` modes between two frequencies, or given ones; lives to −60 dB at the low and at the high end."""

    low: float = 300.0
    high: float = 14000.0
    count: int = 60
    given: tuple[float, ...] = ()
    gain: float = 0.0
    tilt: float = 0.0  # dB an octave
    life: tuple[float, float] = (2.0, 0.8)
    swell: float = 0.0  # seconds until it is in full bloom
    snap: float = 3.0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece of a kit: its layers, its level in dB, how long it may ring, how many takes of it there are."""

    layers: tuple[Skin | Hiss | Metal, ...]
    seconds: float
    level: float = 0.0
    takes: int = 1


def beaten(piece: Piece, hardness: float, rate: int, seed: int, take: int = 0) -> Sound:
    """One blow [T] of `piece.seconds`, ending in silence. `hardness` is −1 to 1, 0 for velocity 80."""
    samples = round(piece.seconds * rate)
    t = clock(samples, rate)
    out: Sound = np.zeros(samples, np.float32)
    for index, layer in enumerate(piece.layers):
        if isinstance(layer, Skin):
            out += _skin(layer, t, rate)
        elif isinstance(layer, Hiss):
            out += _hiss(layer, hardness, t, rate, seed, 64 * take + index)
        else:
            out += _metal(layer, hardness, t, rate, index)
    out *= rise(t, 0.0006)
    last = round(max(CUT, 0.15 * piece.seconds) * rate)
    out[samples - last :] *= np.float32(0.5) + np.float32(0.5) * np.cos(np.linspace(0, np.pi, last, dtype=np.float32))
    return out


def _skin(skin: Skin, t: Sound, rate: int) -> Sound:
    bend = np.float32(skin.drop) * fall(t, skin.drop_life)
    turns = np.cumsum(np.exp2(bend), dtype=np.float64) / rate
    out: Sound = np.zeros_like(t)
    for hz, gain, life in zip(skin.hz, skin.gains, skin.lives, strict=True):
        if hz * 2**skin.drop < 0.46 * rate:
            angle = (turns * hz % 1 * (2 * np.pi)).astype(np.float32)
            out += np.float32(10 ** (gain / 20)) * np.sin(angle) * fall(t, life)
    return out


def _hiss(layer: Hiss, hardness: float, t: Sound, rate: int, seed: int, place: int) -> Sound:
    loud = np.float32(10 ** ((layer.gain + layer.snap * hardness) / 20))
    noise = hiss(len(t), layer.low, layer.high, rate, seed, place)
    curve: Sound = np.zeros_like(t)
    for burst in layer.bursts:
        start = round(burst * rate)
        rest = t[: len(t) - start]
        np.maximum(curve[start:], rise(rest, layer.attack) * fall(rest, layer.life), out=curve[start:])
    return loud * noise * curve


def _metal(layer: Metal, hardness: float, t: Sound, rate: int, index: int) -> Sound:
    rng = dice("metal", layer.low, layer.high, layer.count, index)
    if layer.given:
        hz = np.array(layer.given, np.float64)
    else:
        steps = (np.arange(layer.count) + rng.uniform(0, 1, layer.count)) / layer.count
        hz = layer.low * (layer.high / layer.low) ** steps
    octaves = np.log2(hz / hz[0])
    span = max(float(octaves.max()), 1e-6)
    low, high = layer.life
    lives = low * (high / low) ** (octaves / span) * rng.uniform(0.7, 1.3, len(hz))
    gains = 10 ** ((layer.tilt * octaves + rng.uniform(-5, 3, len(hz))) / 20)
    gains *= 10 ** ((layer.gain + layer.snap * hardness) / 20) / np.sqrt((gains**2).sum())
    out = ring(hz, gains, lives, len(t), rate, rng.uniform(0, 2 * np.pi, len(hz)))
    if layer.swell > 0:
        out *= rise(t, layer.swell)
    return out
