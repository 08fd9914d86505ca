"""The narrator: speech of many synthetic speakers with every phone's time known, made for training a voice.

Notable: a speaker is a flite voice whose pitch and tempo are set inside the synthesiser and whose formants are moved
by resampling afterwards (which moves pitch and tempo too, so both are set to compensate), then tilted in brightness.
The sound is real audio of that speaker, not a warped feature. Beside it stand the pitch and a smooth spectral
envelope (WORLD's CheapTrick, Morise 2015): an envelope holds no harmonics, so a model that learns it keeps pitch as a
free input.

T frames of 10 ms · N samples at 24 kHz · P phones
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.data import narrator_flite
from soundstage.data.narrator_sound import HOP, RATE, analyse, resonant, tilted, widened
from soundstage.data.narrator_text import sentences
from soundstage.errors import InputError, MissingError
from soundstage.text.symbols import CONTENT, IDS, PAUSE, STARTS_WORD, STRESSED, VOWELS
from soundstage.text.words import FUNCTION_WORDS

LEAD, TAIL = 8, 12
"""Frames of silence kept before and after a sentence."""
FORMANTS = {"slt": (0.95, 1.05), "awb": (0.9, 1.15), "rms": (0.9, 1.15), "kal16": (0.94, 1.08)}
"""Ranges that an independent recogniser still understands well."""
PITCH = {"slt": (150.0, 215.0), "awb": (95.0, 155.0), "rms": (102.0, 102.0), "kal16": (85.0, 130.0)}
DEVIATION = {"slt": (30.0, 55.0), "awb": (15.0, 40.0), "rms": (12.0, 12.0), "kal16": (8.0, 16.0)}


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """One synthetic speaker.

    Pitch in Hz as heard, `formants` a factor on all resonances, `tempo` on durations' inverse.
    """

    name: str
    base: str
    pitch: float | None = None
    deviation: float | None = None
    formants: float = 1.0
    tempo: float = 1.0
    tilt: float = 0.0
    """dB added at 8 kHz relative to 0 Hz, through a first-order shelf."""


NAMED = (
    Speaker(name="ada", base="slt", pitch=172, deviation=42),
    Speaker(name="ben", base="rms"),
    Speaker(name="clara", base="slt", pitch=205, deviation=48, formants=1.035, tempo=1.03, tilt=2),
    Speaker(name="finn", base="awb", pitch=124, deviation=28),
    Speaker(name="hugo", base="kal16", pitch=98, deviation=12),
    Speaker(name="iris", base="slt", pitch=156, deviation=38, formants=0.955, tempo=0.95, tilt=-2),
    Speaker(name="leo", base="awb", pitch=146, deviation=34, formants=1.11, tempo=1.02),
    Speaker(name="otto", base="rms", formants=0.915, tempo=0.95, tilt=-1),
    Speaker(name="sam", base="rms", formants=1.12, tempo=1.0, tilt=1),
    Speaker(name="wren", base="slt", pitch=228, deviation=52, formants=1.05, tempo=1.04, tilt=1),
)
"""Speakers with a name and more data than the others."""
UNSURE = ("kal16",)
"""Synthesisers whose times are those they planned, not those they sounded: good to listen to, not to train on."""
STAND_IN = "s053"
"""Who speaks under the name of a speaker of such a synthesiser."""


@dataclass(frozen=True)
class Recording:
    """One sentence of one speaker."""

    text: str
    samples: NDArray[np.float32]
    f0: NDArray[np.float32]
    """[T] Hz, 0 where there is no voice."""
    envelope: NDArray[np.float32]
    """[T, BANDS] natural log of the power envelope."""
    phones: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    durations: NDArray[np.uint16]
    """[P] frames; their sum is T."""
    words: tuple[tuple[str, float, float], ...]
    """Text, start and end in seconds."""


def random_speaker(name: str, generator: np.random.Generator) -> Speaker:
    """A speaker drawn from the ranges in which the synthesisers stay intelligible."""
    base = str(generator.choice(["slt", "awb", "rms", "kal16"], p=[0.4, 0.27, 0.27, 0.06]))
    formants = float(generator.uniform(*FORMANTS[base]))
    low, high = PITCH[base]
    return Speaker(
        name=name,
        base=base,
        pitch=round(float(np.exp(generator.uniform(math.log(low), math.log(high)))) * formants, 1),
        deviation=round(float(generator.uniform(*DEVIATION[base])), 1),
        formants=round(formants, 3),
        tempo=round(float(generator.uniform(0.88, 1.12)), 3),
        tilt=round(float(generator.uniform(-4, 4)), 2),
    )


def speakers(count: int, *, held_out: bool = False) -> list[Speaker]:
    """`count` random speakers; those held out are never trained on."""
    generator = np.random.default_rng((11, int(held_out)))
    prefix = "held" if held_out else "s"
    return [random_speaker(f"{prefix}{index:03d}", generator) for index in range(count)]


def cast() -> dict[str, Speaker]:
    """The speakers that the starter offers, by the name that it offers them under."""
    crowd = {speaker.name: speaker for speaker in speakers(110)}
    return {speaker.name: crowd[STAND_IN] if speaker.base in UNSURE else speaker for speaker in NAMED}


def voice(speaker: Speaker, text: str) -> tuple[NDArray[np.float32], narrator_flite.Utterance]:
    """The sound of `text` in that speaker's voice at 24 kHz, and the utterance with its times as they now are.

    Raises MissingError when flite is not installed.
    """
    ratio = Fraction(speaker.formants).limit_denominator(48)
    factor = float(ratio)
    utterance = narrator_flite.say(
        text,
        speaker.base,
        f0_mean=speaker.pitch / factor if speaker.pitch else None,
        f0_deviation=speaker.deviation,
        stretch=factor / speaker.tempo,
    )
    samples = tilted(resonant(widened(utterance.samples), ratio), speaker.tilt)
    level = np.sqrt(np.mean(samples**2)) + 1e-9
    samples = samples * min(0.07 / level, 0.97 / (np.abs(samples).max() + 1e-9))
    scale = len(samples) / RATE / utterance.segments[-1].end
    segments = tuple(
        narrator_flite.Segment(segment.phone, segment.end * scale, segment.word, segment.stress)
        for segment in utterance.segments
    )
    return samples, narrator_flite.Utterance(samples, utterance.words, segments)


def record(speaker: Speaker, text: str) -> Recording:
    """Speak, cut the outer silences short, and analyse.

    Raises MissingError when flite or pyworld is not installed.
    """
    samples, utterance = voice(speaker, text)
    ends = [round(segment.end * RATE / HOP) for segment in utterance.segments]
    first = max(0, ends[0] - LEAD) if utterance.segments[0].phone == PAUSE else 0
    last = len(samples) // HOP
    if utterance.segments[-1].phone == PAUSE and len(ends) > 1:
        last = min(last, ends[-2] + TAIL)
    edges = [min(max(end, first), last) - first for end in ends[:-1]] + [last - first]
    phones, flags, durations = [], [], []
    words: list[tuple[str, float, float]] = []
    shown, at = -1, 0
    for segment, end in zip(utterance.segments, edges, strict=True):
        end = max(end, at + 1)  # every phone lasts a frame at least
        text_of_word = utterance.words[segment.word][0] if segment.word >= 0 else ""
        suffix = text_of_word.startswith("'")
        starts = segment.word >= 0 and segment.word != shown and not suffix
        phones.append(IDS[segment.phone])
        flags.append(
            STRESSED * (segment.stress and segment.phone in VOWELS)
            + STARTS_WORD * starts
            + CONTENT * (segment.word >= 0 and not suffix and text_of_word not in FUNCTION_WORDS)
        )
        if starts:
            words.append((text_of_word, at * HOP / RATE, end * HOP / RATE))
        elif segment.word >= 0:
            suffix = suffix and segment.word != shown
            words[-1] = (words[-1][0] + text_of_word * suffix, words[-1][1], end * HOP / RATE)
        shown = segment.word
        durations.append(end - at)
        at = end
    samples = np.ascontiguousarray(np.pad(samples[first * HOP :], (0, HOP * at))[: at * HOP])
    f0, envelope = analyse(samples)
    return Recording(
        text, samples, f0, envelope,
        np.array(phones, np.uint8), np.array(flags, np.uint8), np.array(durations, np.uint16), tuple(words),
    )  # fmt: skip


def make(
    folder: Path,
    *,
    minutes: float = 630.0,
    crowd: int = 600,
    seed: int = 0,
    processes: int = 2,
    log: Callable[[str], object] = print,
) -> None:
    """Write one shard a speaker into `folder`; a shard that stands there is kept, so a stopped run goes on.

    The named voices get a seventh of the minutes, `crowd` random speakers share the rest. `processes` work side by
    side; 0 works in this one.
    """
    from soundstage.text.lexicon import Lexicon

    folder.mkdir(parents=True, exist_ok=True)
    pool = [word for word in Lexicon.shipped().words() if 3 <= len(word) <= 11 and word.isalpha()]
    lines = iter(sentences(round(minutes * 60 / 2.2), pool, seed=seed))
    shares = [(speaker, minutes / 7 / len(NAMED)) for speaker in NAMED]
    shares += [(speaker, minutes * 6 / 7 / crowd) for speaker in speakers(crowd)]
    jobs: list[tuple[Path, Speaker, list[str]]] = []
    for speaker, share in shares:
        texts, seconds = [], 0.0
        while seconds < share * 60:  # by an estimate from the text, so that a share does not depend on what exists
            texts.append(next(lines))
            seconds += 0.6 + len(texts[-1]) / 15.5
        jobs.append((folder / f"{speaker.name}.npz", speaker, texts))
    left = [job for job in jobs if not job[0].exists()]
    if processes and left:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as workers:
            done = workers.map(_write_shard, left)
            for count, name in enumerate(done, len(jobs) - len(left) + 1):
                log(f"{name}: {count} of {len(jobs)} speakers")
    else:
        for job in left:
            log(_write_shard(job))


def _write_shard(job: tuple[Path, Speaker, list[str]]) -> str:
    path, speaker, texts = job
    save(path, speaker, [record(speaker, text) for text in texts])
    return speaker.name


def save(path: Path, speaker: Speaker, recordings: Sequence[Recording]) -> None:
    """One shard, atomically: arrays end to end, with the sentences and lengths as JSON."""
    meta = {
        "speaker": asdict(speaker),
        "texts": [recording.text for recording in recordings],
        "frames": [len(recording.f0) for recording in recordings],
        "phones": [len(recording.phones) for recording in recordings],
        "words": [recording.words for recording in recordings],
    }
    arrays = {
        "samples": np.concatenate([np.round(r.samples * 32767).astype(np.int16) for r in recordings]),
        "f0": np.concatenate([r.f0 for r in recordings]),
        "envelope": np.concatenate([r.envelope.astype(np.float16) for r in recordings]),
        "phones": np.concatenate([r.phones for r in recordings]),
        "flags": np.concatenate([r.flags for r in recordings]),
        "durations": np.concatenate([r.durations for r in recordings]),
        "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(path)


def load(path: Path) -> tuple[Speaker, list[Recording]]:
    """Read a shard. Raises MissingError when it is not there and InputError when it is not one of ours."""
    if not path.exists():
        raise MissingError(f"no narrator shard {path}", "make the data first: python -m soundstage.recipes.voice data")
    with np.load(path, allow_pickle=False) as data:
        if "meta" not in data:
            raise InputError("path", f"{path} is no narrator shard", "give a file that data.narrator.save wrote")
        meta = json.loads(data["meta"].tobytes())
        parts = {name: data[name] for name in data.files if name != "meta"}
    return Speaker(**meta["speaker"]), list(_cut(meta, parts))


def _cut(meta: dict[str, list[object]], parts: dict[str, NDArray[np.generic]]) -> Iterator[Recording]:
    frame = phone = 0
    for text, frames, phones, words in zip(meta["texts"], meta["frames"], meta["phones"], meta["words"], strict=True):
        frames, phones = int(str(frames)), int(str(phones))
        t, p = slice(frame, frame + frames), slice(phone, phone + phones)
        yield Recording(
            str(text),
            parts["samples"][frame * HOP : (frame + frames) * HOP].astype(np.float32) / np.float32(32767),
            parts["f0"][t].astype(np.float32),
            parts["envelope"][t].astype(np.float32),
            parts["phones"][p].astype(np.uint8),
            parts["flags"][p].astype(np.uint8),
            parts["durations"][p].astype(np.uint16),
            tuple((str(w), float(s), float(e)) for w, s, e in words),  # type: ignore[attr-defined]
        )
        frame, phone = frame + frames, phone + phones
