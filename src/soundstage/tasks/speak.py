"""The task `speak`: text to speech with the times of its words and phonemes.

Notable: a text of any length is said sentence by sentence with one speaker vector, so the voice does not drift; times
are counted in samples from the durations that made the sound, so they are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Phoneme, Speech, Voice, Word
from soundstage.text.phonemes import Frontend, Spoken
from soundstage.text.symbols import PAUSE

GAP = 0.22
"""Seconds of silence between two sentences, beside the breath that each of them begins and ends with."""

Part = tuple[Spoken, NDArray[np.float32], NDArray[np.int64]]


@task(version=1)
def speak(
    text: Annotated[
        str, Says("What to say. [pause:0.5s] is a silence, [word](/w er1 d/) or [word](/wɝd/) a pronunciation.")
    ],
    voice: Annotated[Voice | None, Says("Who speaks: the name of a voice, or a recording to speak like.")] = None,
    *,
    model: ModelRef = "starter/voice",
    speed: Annotated[float, Says("How fast; 2 is twice as fast."), Between(0.25, 4)] = 1.0,
    pitch: Annotated[float, Says("Semitones higher or lower."), Between(-12, 12)] = 0.0,
    seed: Seed = 0,
) -> Speech:
    """Speech from text, with the times of its words and phonemes.

    Raises InputError for a text without words, for an unknown voice (its message lists those there are), for a silent
    reference.
    """
    sentences = _frontend().read(text)
    parts: list[Part] = []
    from soundstage.tasks.speak_engines import ENGINES  # brings torch, which a cached result does not need

    with runtime.use(model, ENGINES) as engine:
        vector = engine.vector(voice)
        for index, sentence in enumerate(runtime.progress(sentences, "speaking")):
            generator = runtime.generator(runtime.derive(seed, "sentence", index))
            samples, lengths = engine.say(sentence, vector, speed=speed, pitch=pitch, generator=generator)
            parts.append((sentence, samples, lengths))
        return join(parts, engine.rate, text, GAP / speed)


@cache
def _frontend() -> Frontend:
    return Frontend()


def join(parts: Sequence[Part], rate: int, text: str, gap: float) -> Speech:
    """Sentences one after another, with the silences that were asked for, as one value with its times."""
    sound: list[NDArray[np.float32]] = []
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    at = 0  # samples so far

    def rest(seconds: float) -> None:
        nonlocal at
        count = round(seconds * rate)
        sound.append(np.zeros(count, np.float32))
        at += count

    for index, (sentence, samples, lengths) in enumerate(parts):
        if index:
            rest(gap)
        spans: dict[int, tuple[int, int]] = {}
        begin = 0
        for phone, length in zip(sentence.phones, lengths.tolist(), strict=True):
            sound.append(samples[begin : begin + length])
            if phone.symbol != PAUSE:
                phonemes.append(Phoneme(phone.symbol, at / rate, (at + length) / rate))
                spans[phone.token] = (spans.get(phone.token, (at, at))[0], at + length)
            begin, at = begin + length, at + length
            if phone.silence:
                rest(phone.silence)
        written = sentence.sentence.tokens
        words += [
            Word(written[token].written, start / rate, end / rate) for token, (start, end) in sorted(spans.items())
        ]
    whole = np.concatenate(sound)
    peak = float(np.abs(whole).max(initial=0.0))
    return Speech(Audio((whole * min(1.0, 0.98 / (peak + 1e-9)))[None], rate), tuple(words), tuple(phonemes), text)
