"""Sung words heard by a recogniser of speech: as they are, and with what vowels are held for cut out of the sound.

Notable: a recogniser of speech steps through a note of a second as if something were said all the while, and hears
words in it. Stepping more slowly helps it over the vowels and makes it miss the consonants, which are no longer in song
than in speech. So the middle of each held vowel is left out, whole periods of it, and its edges stand; consonants are
never touched. Speech itself, whose vowels are short, goes through nearly as it is: that calibrates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import MissingError
from soundstage.evaluate import intelligibility
from soundstage.media import Audio, Phoneme, Speech
from soundstage.tasks.align import align
from soundstage.tasks.speak_voice import frontend
from soundstage.text.symbols import VOWELS

KEPT = 0.12
"""Seconds of a vowel that stay."""
FADE, SEARCH = 0.02, 0.012
"""Seconds over which two ends are joined, and within which the place is sought where they fit best."""
OWN, SLOWER = 100, 75
"""Frames a second at which the recogniser steps through speech, and through sung words without what is held."""
Samples = NDArray[np.float32]


def shortened(line: Speech, kept: float = KEPT) -> Audio:
    """The words' sound with vowels of at most `kept` seconds, mono, with 0.1 s around it."""
    audio = line.audio.mono()
    begin = max(0.0, line.words[0].start - 0.1)
    end = min(line.seconds, line.words[-1].end + 0.1)
    spans = [(each.start, each.end) for each in line.phonemes if each.symbol in VOWELS and each.end - each.start > kept]
    cuts = [(round((start + kept / 2) * audio.rate), round((stop - kept / 2) * audio.rate)) for start, stop in spans]
    return Audio(
        without(audio.samples[0], audio.rate, cuts, round(begin * audio.rate), round(end * audio.rate)), audio.rate
    )


def without(samples: Samples, rate: int, cuts: Sequence[tuple[int, int]], begin: int, end: int) -> Samples:
    """Samples [1, T] from `begin` to `end` without the stretches cut out, ends joined where the waves fit."""
    fade, search = round(FADE * rate), round(SEARCH * rate)
    rise = np.linspace(0, 1, fade, dtype=np.float32)
    out, at = samples[:0], begin
    for start, stop in (*cuts, (end, end)):
        out = _joined(out, samples, at, start, rise, search)
        at = stop
    return out[None]


def _joined(out: Samples, samples: Samples, begin: int, end: int, rise: Samples, search: int) -> Samples:
    """What is there, gone on with a stretch that begins up to `search` samples later."""
    fade = len(rise)
    if len(out) < fade or begin < fade:
        return np.concatenate((out, samples[begin:end]))
    tail = out[-fade:]
    room = max(1, min(search, end - begin, len(samples) - begin))
    begin += max(range(room), key=lambda late: float(tail @ samples[begin + late - fade : begin + late]))
    mixed = tail * (1 - rise) + samples[begin - fade : begin] * rise
    return np.concatenate((out[:-fade], mixed, samples[begin:end]))


@cache
def _decoder(frames: int) -> Any:
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MissingError("pocketsphinx is not installed", "pip install 'soundstage[evaluate]'") from error
    return Decoder(samprate=intelligibility.RATE, loglevel="FATAL", frate=frames)


def recognised(line: Speech) -> str:
    """What the recogniser hears of the words, without the silence around them."""
    cut = line.audio.cut(max(0.0, line.words[0].start - 0.1), min(line.seconds, line.words[-1].end + 0.1))
    return _hear(cut.mono(), OWN)


def recognised_cut(line: Speech) -> str:
    """The same of the words at the lengths of speech: see `evaluate.held`."""
    return _hear(shortened(line), SLOWER)


def with_phones(line: Speech) -> Speech:
    """The line with the phones that the aligner finds in it; with none where it finds none."""
    begin = max(0.0, line.words[0].start - 0.1)
    cut = line.audio.cut(begin, min(line.seconds, line.words[-1].end + 0.1)).mono()
    found = align(cut.samples[0], cut.rate, frontend().read(line.text)[0]).phones
    phones = [Phoneme(symbol, begin + start / cut.rate, begin + stop / cut.rate) for symbol, start, stop in found]
    return Speech(line.audio, line.words, tuple(phones), line.text)


def _hear(sound: Audio, frames: int) -> str:
    samples = sound.resampled(intelligibility.RATE).samples[0]
    padded = np.pad(samples * (0.5 / max(float(np.abs(samples).max()), 1e-6)), intelligibility.RATE // 5)
    padded = padded + 3e-5 * np.random.default_rng(0).standard_normal(len(padded))  # no digital silence
    decoder = _decoder(frames)
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw((padded * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found is not None else ""
