"""How good a voice model is: understood, on time, in tune, alike, and fast, each beside the narrator that it learned
from.

Notable: the narrator (flite) speaks the same held-out sentences with the same settings of the same voices, so every
figure has its ceiling; speakers to clone are drawn from a seed that training never uses.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from soundstage.data import narrator
from soundstage.data.narrator import Recording, Speaker
from soundstage.data.narrator_sound import HOP, RATE, analyse
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate import intelligibility
from soundstage.evaluate.clones import measure_clones
from soundstage.evaluate.intelligibility import NOTHING, Errors
from soundstage.evaluate.prosody import measure_prosody
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Speech, Voice
from soundstage.tasks.speak import speak, speak_live
from soundstage.weights import card_of

SHORT = """yes no hello morning maybe listen never always who where come go wait thanks sorry please today tomorrow
    stop look here there home water fire stone garden window seven twelve hundred sing dance jump red yellow
    heavy quick cold brother captain island river market paper silver question answer enough really perfect
    wonderful impossible""".split()  # noqa: SIM905
"""Words that short texts are made of."""
LIVE = "The keeper of the lighthouse found a small boat yesterday, and nobody in the village knew whose it was."


def evaluate(
    model_ref: str = "starter/voice",
    count: int = len(HELD_OUT),
    seed: int = 0,
    folder: Path | None = None,
    voices: Sequence[str] = ("ada", "ben", "finn"),
    clones: int = 10,
    melody: bool = True,
) -> Table:
    """Speak `count` held-out sentences in each of `voices`, clone `clones` speakers never heard.

    By default the voices are the three that are nearest to the synthesiser's own.

    With a `folder` the sounds of the first sentences are kept there. `melody` measures the rules of melody and the
    styles; a VITS has neither clones nor those, and is not asked. Raises MissingError without flite or the extra
    `evaluate`.
    """
    if card_of(model_ref).family == "vits":
        clones, melody = 0, False
    texts = HELD_OUT[:count]
    speakers = narrator.cast()
    speak("Ready.", model=model_ref)  # loading is not counted
    told = _Told()
    rows = []
    for name in voices:
        errors, truth = _read_aloud(name, speakers[name], texts, model_ref, seed, folder, told)
        rows.append(_rate(f"word errors, {name}", errors, truth))
    total, real = sum(told.ours, NOTHING), sum(told.theirs, NOTHING)
    head = [
        _rate("word errors, all voices", total, real),
        Measure(
            name="ratio to the narrator", value=total.wer / max(real.wer, 1e-9), ceiling=1.0, count=total.words,
            note="word errors over the narrator's own; 1.15 is the aim",
        ),
        Measure(
            name="character errors", value=100 * total.cer, unit="%", ceiling=100 * real.cer, count=total.characters,
        ),
    ]  # fmt: skip
    pace = Measure(
        name="real-time factor", value=told.spent / told.seconds, count=len(told.ours),
        note="processor seconds / seconds of speech, text front end included; 0.05 is the aim",
    )  # fmt: skip
    first = _first_sound(model_ref, seed)
    return Table(
        title=f"{model_ref}: {len(texts)} held-out sentences × {len(voices)} voices",
        rows=[
            *head,
            *rows,
            *told.rows(),
            *_short(model_ref, seed),
            *measure_clones(model_ref, clones, seed, folder),
            *first,
            pace,
            *(measure_prosody(model_ref, seed) if melody else ()),
        ],
    )


def _first_sound(model: str, seed: int, tries: int = 9) -> list[Measure]:
    """Wall milliseconds until speech is heard, for a sentence of 18 words."""
    waits = []
    for index in range(tries):
        begun = time.perf_counter()
        next(speak_live(LIVE, model=model, seed=seed + index))
        waits.append(1000 * (time.perf_counter() - begun))
    return [
        Measure(
            name="first sound", value=float(np.median(waits)), unit="ms", count=tries, spread=float(np.std(waits)),
            note="wall time, model loaded, a sentence of 19 words",
        )
    ]  # fmt: skip


@dataclass
class _Told:
    """What accumulates over voices and sentences."""

    ours: list[Errors] = field(default_factory=list)
    theirs: list[Errors] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    tunes: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    spent: float = 0.0
    seconds: float = 0.0

    def rows(self) -> list[Measure]:
        """Timing and melody."""
        return [
            Measure(
                name="word length error", value=1000 * float(np.mean(self.lengths)), unit="ms", count=len(self.lengths),
                note="mean absolute difference of every word's length from the narrator's",
            ),
            Measure(
                name="pitch error", value=float(np.mean(self.tunes)), unit="semitones", count=len(self.tunes),
                note="mean absolute, voiced frames of the sound itself, words aligned",
            ),
            Measure(
                name="median pitch error", value=float(np.mean(self.medians)), unit="semitones",
                count=len(self.medians), note="of whole sentences",
            ),
        ]  # fmt: skip


def _rate(name: str, made: Errors, real: Errors) -> Measure:
    spread = 196 * math.sqrt(max(made.wer * (1 - made.wer), 0) / max(made.words, 1))
    return Measure(name=name, value=100 * made.wer, unit="%", ceiling=100 * real.wer, count=made.words, spread=spread)


def _read_aloud(
    name: str, speaker: Speaker, texts: Sequence[str], model: str, seed: int, folder: Path | None, told: _Told
) -> tuple[Errors, Errors]:
    """Both say every text; what is measured goes into `told`. Returns the errors of the model and of the narrator."""
    ours, theirs = NOTHING, NOTHING
    for index, text in enumerate(texts):
        begun = time.process_time()
        made = speak(text, Voice.named(name), model=model, seed=seed + index)
        told.spent += time.process_time() - begun
        told.seconds += made.seconds
        real = narrator.record(speaker, text)
        heard = intelligibility.measure(made.audio, text)
        reference = intelligibility.measure(Audio(real.samples[None], RATE), text)
        ours, theirs = ours + heard, theirs + reference
        told.ours.append(heard)
        told.theirs.append(reference)
        _melody(made, real, told, rising=text.endswith("?"))
        if folder is not None and index < 3:
            folder.mkdir(parents=True, exist_ok=True)
            made.save(folder / f"{name}-{index}.wav")
            Audio(real.samples[None], RATE).save(folder / f"{name}-{index}-narrator.wav")
    return ours, theirs


def _melody(made: Speech, real: Recording, told: _Told, *, rising: bool) -> None:
    """Lengths of words, and pitch at ten places in each word. Questions are left out of pitch: ours rise by rule."""
    if len(made.words) != len(real.words):
        return
    f0, _ = analyse(_whole_frames(made.audio.resampled(RATE).samples[0]))
    pairs: list[tuple[float, float]] = []
    for word, (_, start, end) in zip(made.words, real.words, strict=True):
        told.lengths.append(abs((word.end - word.start) - (end - start)))
        for place in np.linspace(0.05, 0.95, 10):
            here = int((word.start + place * (word.end - word.start)) * RATE / HOP)
            there = int((start + place * (end - start)) * RATE / HOP)
            if here < len(f0) and there < len(real.f0) and f0[here] > 0 and real.f0[there] > 0:
                pairs.append((float(f0[here]), float(real.f0[there])))
    if pairs and not rising:
        a, b = np.array(pairs).T
        told.tunes.append(float(np.abs(12 * np.log2(a / b)).mean()))
        told.medians.append(abs(12 * math.log2(float(np.median(a)) / float(np.median(b)))))


def _whole_frames(samples: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(samples[: len(samples) // HOP * HOP])


def _short(model: str, seed: int, voice: str = "ben", tries: int = 64) -> list[Measure]:
    """Texts of one, two and three words: none lost (under half the narrator's length, or inaudible), none doubled."""
    rng, speaker = np.random.default_rng((seed, 5)), narrator.cast()[voice]
    rows = []
    for count in (1, 2, 3):
        whole = close = 0
        for index in range(tries):
            text = " ".join(rng.choice(SHORT, count, replace=False)).capitalize() + str(rng.choice([".", "!", "?"]))
            made, real = speak(text, Voice.named(voice), model=model, seed=seed + index), narrator.record(speaker, text)
            lengths = [end - start for _, start, end in real.words]
            heard = len(made.words) == len(lengths) and all(
                _level(made, word.start, word.end) > -20 for word in made.words
            )
            factors = [(word.end - word.start) / length for word, length in zip(made.words, lengths, strict=False)]
            whole += heard and all(1 / 2 < factor < 2 for factor in factors)
            close += heard and all(2 / 3 < factor < 3 / 2 for factor in factors)
        name = f"texts of {count} word{'s' * (count > 1)} whole"
        note = f"no word inaudible, or under half or over twice the narrator's length; {close} within 2/3 and 3/2"
        rows.append(Measure(name=name, value=100 * whole / tries, unit="%", ceiling=100.0, count=tries, note=note))
    return rows


def _level(line: Speech, start: float, end: float) -> float:
    """dB of a word against the loudest tenth of a second of its text."""
    power = line.audio.samples[0] ** 2
    size = line.audio.rate // 10
    loudest = max(float(power[at : at + size].mean()) for at in range(0, max(1, len(power) - size), size // 2))
    return 10 * math.log10(float((line.audio.cut(start, end).samples ** 2).mean()) / loudest + 1e-9)
