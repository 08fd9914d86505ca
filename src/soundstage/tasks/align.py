"""The shared forced aligner: when the words and phones of a sentence are heard in a sound that was made without times.

Notable: the starter says the same sentence in a clone of the same voice, and its phones' times are known; each third of
a phone becomes a state, and the states are laid over the sound by the best monotonic path. Level and colour are taken
out of both first. No model is needed beyond the starter. Over six held-out sentences each of four synthetic speakers,
three of them never trained on, word edges were 7.5 ms from the true ones on average, and at most 120 ms.

N samples · T frames of 10 ms · M mel bands · S states
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.ops.alignment import monotonic_durations
from soundstage.ops.mel import log_mel
from soundstage.tasks.said import Manner, Span
from soundstage.tasks.speak_voice import StarterVoice
from soundstage.text.phonemes import Spoken

TEACHER = "starter/voice"
RATE, SIZE, HOP, BANDS = 16_000, 512, 160, 40
STATES = 3  # of a phone that lasts long enough
QUIET = -9.0  # natural log of amplitude under the loudest, below which all is silence


class Aligned(NamedTuple):
    """Where the words of a sentence are, by the index of their token, and its phones in order, in samples."""

    words: dict[int, Span]
    phones: tuple[tuple[str, int, int], ...]


NOWHERE = Aligned({}, ())


def align(samples: NDArray[np.float32], rate: int, sentence: Spoken) -> Aligned:
    """Samples [N] of one sentence to the spans of its words and phones.

    A sound too short or too quiet to hold the words gives none.
    """
    audio = Audio(np.ascontiguousarray(samples)[None], rate)
    heard = features(audio)
    if heard is None:
        return NOWHERE
    with runtime.using(dtype="float32"), runtime.use(TEACHER, {"voice": StarterVoice}) as teacher:
        try:
            speaker = teacher.speaker(Voice(reference=audio))
        except InputError:  # too short or silent for a clone
            speaker = teacher.speaker(None)
        said = teacher.say(sentence, speaker, Manner(), runtime.generator(0))
        example = features(Audio(said.samples[None], teacher.rate))
        if example is None:
            return NOWHERE
        scale = teacher.rate * HOP / RATE  # samples of the teacher a frame
    states, owners = prototypes(example, [(a / scale, b / scale) for _, a, b in said.phones])
    if len(states) > len(heard):
        return NOWHERE
    score = -(heard[None, None] - states[None, :, None]).square().mean(-1)  # [1, S, T]
    lasting = monotonic_durations(score, torch.tensor([len(states)]), torch.tensor([len(heard)]))[0]
    ends = lasting.cumsum(0).tolist()
    spans: dict[int, Span] = {}  # of phones
    for state, owner in enumerate(owners):
        if owner >= 0:
            first, last = (ends[state - 1] if state else 0), ends[state]
            start = spans.get(owner, (round(first * HOP * rate / RATE), 0))[0]
            spans[owner] = (start, min(round(last * HOP * rate / RATE), len(samples)))
    words: dict[int, Span] = {}
    sounding = [phone for phone in sentence.phones if phone.token >= 0]
    for owner, (start, end) in spans.items():
        token = sounding[owner].token
        words[token] = (words.get(token, (start, 0))[0], end)
    return Aligned(words, tuple((sounding[owner].symbol, *span) for owner, span in spans.items()))


def features(audio: Audio) -> Tensor | None:
    """Log mel [T, M] without the recording's level and colour; None for a sound that is too short or silent."""
    sound = torch.tensor(audio.mono().resampled(RATE).samples[0])
    level = float(sound.square().mean().sqrt())
    if len(sound) < SIZE or level < 1e-5:
        return None
    mel = log_mel(0.1 * sound / level, RATE, SIZE, HOP, BANDS, high=7600.0).T
    loudness = mel.mean(1)
    mel = mel.clamp_min(float(loudness.max()) + QUIET)
    loud = mel[loudness > loudness.max() + QUIET / 2]
    return (mel - loud.mean(0)) / loud.std(0).clamp_min(0.1)


def prototypes(example_TM: Tensor, phones: list[tuple[float, float]]) -> tuple[Tensor, list[int]]:
    """States [S, M] of an example and the index of the phone that each belongs to (−1: a pause).

    Pauses stand before, between and behind the phones where the example has them; at the ends always.
    """
    states: list[Tensor] = []
    owners: list[int] = []
    silence = example_TM.amin(0)
    at = 0.0
    for index, (start, end) in enumerate([*phones, (float(len(example_TM)), float(len(example_TM)))]):
        if start - at > 1.5 or index in (0, len(phones)):
            states.append(silence)
            owners.append(-1)
        if index == len(phones):
            break
        parts = max(1, min(STATES, round(end - start)))
        for part in range(parts):
            first = round(start + (end - start) * part / parts)
            last = max(first + 1, round(start + (end - start) * (part + 1) / parts))
            states.append(example_TM[min(first, len(example_TM) - 1) : last].mean(0))
            owners.append(index)
        at = end
    return torch.stack(states), owners
