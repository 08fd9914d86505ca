"""Tempo and beats of sound: the steady pulse that explains best what the ear hears as beats, counted as it is written.

Notable: a pulse is scored by its likelihood, so a beat that it leaves out counts against it as much as one that nobody
hears. Which of the pulses a simple ratio apart is the beat, beats alone do not tell: that the ear judges by the music
on each of them (`evaluate.tactus`). Figures are given with and without octaves, for people tap both ways.

T frames, fifty a second
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.evaluate.ear import HOP, RATE, Heard
from soundstage.evaluate.harmony import A_SECOND as SLOW_A_SECOND
from soundstage.evaluate.harmony import chords_of
from soundstage.evaluate.tactus import CELLS, changes_of, judged, on_grid, summed
from soundstage.media.audio import Audio

OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3)
RELATED = (*OCTAVES[1:], 4 / 3, 3 / 4)  # what a steady pulse may be of the beat: three against four too
TOLERANCE = 0.04
SLOWEST, FASTEST = 40.0, 220.0
A_SECOND = RATE / HOP
FEWEST = 4 * CELLS  # cells of a pulse that can be judged: four beats


class Pulse(NamedTuple):
    """A steady pulse: beats a minute, the second of its first beat, and the nats for it of what is heard as beats; all
    are 0 where none is heard."""

    bpm: float
    first: float
    evidence: float


NONE = Pulse(0.0, 0.0, 0.0)


def tempo(heard: Heard) -> float:
    """Beats a minute, 40 to 220; 0 when no beat is heard."""
    return pulse(heard).bpm


def pulse(heard: Heard) -> Pulse:
    """The beat: of the steady pulse that is heard and those a simple ratio from it the likeliest one."""
    known = related(heard)
    if len(known) < 2:
        return known[0] if known else NONE
    return known[int(np.argmax(chances(heard, known)))]


def related(heard: Heard) -> list[Pulse]:
    """The steady pulse that is heard, then those a ratio of `RELATED` from it, each where it explains most; empty
    without one."""
    found = steady(heard)
    if found.bpm == 0:
        return []
    evidence = evidence_of(heard)
    out = [found]
    for bpm in (found.bpm * ratio for ratio in RELATED):
        if SLOWEST <= bpm <= FASTEST:
            score, phase = _phase(evidence, 60 * A_SECOND / bpm)
            out.append(Pulse(bpm, phase / A_SECOND, score))
    return out


@torch.inference_mode()
def chances(heard: Heard, pulses: list[Pulse]) -> NDArray[np.float64]:
    """Log chances of each pulse's being the beat; of those that are too short to judge, and not the first, none."""
    sums = summed(heard.spectrum, changes_of(chords_of(heard)) * A_SECOND / SLOW_A_SECOND)
    laid = [on_grid(sums, 60 * A_SECOND / one.bpm, one.first * A_SECOND) for one in pulses]
    long = [index for index, one in enumerate(laid) if len(one) >= FEWEST]
    out = np.full(len(pulses), -np.inf)
    if not long:
        out[0] = 0.0
        return out
    logits = judged(
        heard.by.tactus, [torch.from_numpy(laid[index]) for index in long], [pulses[index].bpm for index in long]
    )
    beats = heard.by.settled.trust * torch.tensor([pulses[index].evidence for index in long])
    out[long] = (logits + beats).log_softmax(0).double().numpy()
    return out


def steady(heard: Heard) -> Pulse:
    """The pulse that explains best what is heard."""
    near = nearness(heard.beats[:, 0])
    if len(near) < 2 * A_SECOND or np.quantile(near, 0.98) < heard.by.settled.faintest:
        return NONE
    evidence = evidence_of(heard)
    longest = 60 * A_SECOND / SLOWEST
    shortest = 60 * A_SECOND / FASTEST
    step = 0.5 / len(near)  # half a frame from the first beat to the last
    periods = shortest * np.exp(np.arange(0, np.log(longest / shortest), step))
    found = NONE._replace(evidence=-np.inf)
    for period in periods:
        score, phase = _phase(evidence, float(period))
        if score > found.evidence:
            found = Pulse(60 * A_SECOND / float(period), phase / A_SECOND, score)
    return found


def evidence_of(heard: Heard) -> NDArray[np.float64]:
    """Nats for a beat in every frame, against it below zero, of which no frame may say too many."""
    near, settled = nearness(heard.beats[:, 0]), heard.by.settled
    return np.asarray(np.clip(np.log(near / (1 - near)), -settled.doubt, settled.doubt) + settled.lean)


def nearness(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance that a beat is within a frame, from those of every frame, which share it."""
    padded = np.pad(chances, 1)
    return np.clip((padded[:-2] + padded[1:-1] + padded[2:]) / 2, 1e-4, 1 - 1e-4)


def _phase(evidence: NDArray[np.float64], period: float) -> tuple[float, float]:
    """The best sum of evidence on a pulse of that period in frames, and where it begins."""
    starts = np.arange(0.0, period)
    counts = np.arange(int(len(evidence) / period) + 1)
    at = np.round(starts[:, None] + counts[None] * period).astype(int)
    sums = np.where(at < len(evidence), evidence[np.minimum(at, len(evidence) - 1)], 0.0).sum(axis=1)
    top = int(np.argmax(sums))
    return float(sums[top]), float(starts[top])


def agrees(found: float, true: float, *, octaves: bool = False) -> bool:
    """Whether two tempi are within 4%, or (with `octaves`) one simple ratio apart."""
    ratios = OCTAVES if octaves else (1.0,)
    return any(abs(found - true * ratio) <= TOLERANCE * true * ratio for ratio in ratios)


def beat_alignment(audio: Audio, beats: list[float]) -> float:
    """How much louder onsets are on the stated beats than off them: mean onset strength at beats over the mean
    anywhere."""
    onset = onset_strength(audio)
    at = np.round(np.array(beats) * 100).astype(int)
    near = np.stack([onset[np.clip(at + shift, 0, len(onset) - 1)] for shift in (-2, -1, 0, 1, 2, 3)]).max(axis=0)
    return float(near.mean() / max(onset.mean(), 1e-9))


def onset_strength(audio: Audio) -> NDArray[np.float64]:
    """Rise of the log spectrum, 100 frames a second."""
    wave = audio.mono().samples[0]
    hop, size = audio.rate // 100, 1024
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (size // 2, size // 2)), size)[::hop]
    magnitude = np.log1p(200 * np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))[:, 2:400])
    rise = np.maximum(0, np.diff(magnitude, axis=0, prepend=magnitude[:1]))
    return np.asarray(rise.mean(axis=1))
