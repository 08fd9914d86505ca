"""Does it sing what is written? Pitch, onsets, words, vibrato and breath, measured on the sound.

Notable: no meter knows what the singer was asked for, but the notes. Pitch is read by `media.pitch`; its ceiling is a
plain buzz on the same notes without a slide. When vowels begin is read twice: by the forced aligner, calibrated on
speech whose times are known, and by where the pitch meter first hears a voice, for vowels behind a silence or an
unvoiced consonant, calibrated on the same speech. Words are heard by the recogniser, as they are and with held vowels
cut to the length of speech, beside the same lines as the same voice speaks them. The lines were written by hand for
this, and nothing was trained on them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.evaluate import intelligibility
from soundstage.evaluate.held import recognised, recognised_cut
from soundstage.evaluate.intelligibility import NOTHING, Errors
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Note, Speech, Voice
from soundstage.media.pitch import HOP as PITCH_HOP
from soundstage.media.pitch import RATE as PITCH_RATE
from soundstage.media.pitch import pitch
from soundstage.score.lyrics import Line, read_lyrics
from soundstage.score.setting import set_words
from soundstage.tasks.align import align
from soundstage.tasks.sing_voice import Sung, sing_notes
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_voice import frontend
from soundstage.text.symbols import UNVOICED, VOWELS

LINES = (
    "The moon is rising over silver water",
    "I will follow you until the morning",
    "Every river finds the open sea",
    "Hold my hand and never let it go",
    "Winter came and covered up the garden",
    "We were dancing underneath the lights",
    "Tell me why the summer had to end",
    "All my letters still remain unread",
    "Somewhere in the city there is music",
    "Take me back to where the mountains stand",
    "Nobody can hear me calling out",
    "The rain is falling softly on the window",
    "You and I were made of fire and gold",
    "Let the people sing a simple song",
    "There is a light that shines beyond the hill",
    "Carry me across the frozen lake",
    "Time is only water in my hands",
    "Another day has gone without a word",
    "Open up the door and let me in",
    "Leave a candle burning in the hall",
    "Stars are falling down around the house",
    "I remember every word you said",
    "Slowly now the train is leaving town",
    "Give me one more reason to believe",
)
STEPS = (0, 2, 4, 5, 7, 9, 11, 12)
"""Semitones of a major scale."""
NEAR, LATE = 50.0, 0.060
"""Cents, and seconds, within which a note is met."""
FRAME = PITCH_HOP / PITCH_RATE


@dataclass(frozen=True)
class Setting:
    """A line on its melody."""

    line: Line
    notes: tuple[Note, ...]
    bpm: float

    def seconds_at(self, beat: float) -> float:
        """Seconds at a beat."""
        return beat * 60 / self.bpm


def setting(text: str, seed: int) -> Setting:
    """A line with a melody drawn for it: longer notes for stressed syllables, steps and few leaps, a long last note.

    Every fourth melody has a note more than the line has syllables.
    """
    rng = np.random.default_rng((seed, 17))
    line = read_lyrics(text)[0]
    bpm = float(rng.integers(88, 125))
    step, key = int(rng.integers(0, 5)), int(rng.integers(55, 64))
    notes: list[Note] = []
    at = 2.0
    stresses = [syllable.stress for syllable in line.syllables]
    stresses += [0] * (seed % 4 == 3)
    for index, stress in enumerate(stresses):
        length = float(rng.choice((0.5, 1.0, 1.5), p=(0.5, 0.42, 0.08) if stress == 2 else (0.85, 0.15, 0.0)))
        length = 2.0 if index == len(stresses) - 1 else length
        notes.append(Note(key + STEPS[step], at, length, int(rng.integers(70, 105))))
        move = int(rng.choice((-3, -2, -1, 0, 1, 2, 3), p=(0.05, 0.1, 0.27, 0.12, 0.27, 0.12, 0.07)))
        step = step + move if 0 <= step + move < len(STEPS) else max(0, step - abs(move))
        at += length
    return Setting(line, set_words([line], notes, bpm=bpm), bpm)


@dataclass
class _Heard:
    """What accumulates over lines."""

    inside: int = 0
    voiced: int = 0
    cents: list[float] = field(default_factory=list)
    onsets: list[float] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    sung: Errors = NOTHING
    cut: Errors = NOTHING
    spoken: Errors = NOTHING
    spoken_cut: Errors = NOTHING
    spent: float = 0.0
    seconds: float = 0.0


def evaluate(
    model_ref: str = "starter/voice",
    count: int = len(LINES),
    seed: int = 0,
    folder: Path | None = None,
    voices: Sequence[str] = ("ada", "ben"),
    style: str = "pop",
) -> Table:
    """`count` lines sung by each of `voices`. With a `folder` the sounds of the first lines are kept there.

    Raises MissingError without the extra `evaluate`.
    """
    settings = [setting(text, seed + index) for index, text in enumerate(LINES[:count])]
    sing_notes(settings[0].notes, seconds_at=settings[0].seconds_at, model=model_ref)  # loading is not counted
    rows: list[Measure] = []
    every: dict[str, _Heard] = {}
    for name in voices:
        every[name] = _voice(name, settings, model_ref, seed, style, folder)
    ceiling = _buzz(settings)
    level, begun = _spoken_onsets(model_ref, voices, [each.line.text for each in settings], seed)
    for name, heard in every.items():
        rows += _rows(name, heard, ceiling, level, begun)
    rows += _vibrato(model_ref, voices, seed)
    rows += _breath(model_ref, voices, seed)
    spent, length = (sum(getattr(each, key) for each in every.values()) for key in ("spent", "seconds"))
    rows.append(Measure(name="real-time factor", value=spent / length, note="processor seconds / seconds of singing"))
    return Table(title=f"{model_ref} sings {len(settings)} lines × {len(voices)} voices, {style}", rows=rows)


def _voice(name: str, settings: Sequence[Setting], model: str, seed: int, style: str, folder: Path | None) -> _Heard:
    heard = _Heard()
    for index, each in enumerate(settings):
        started = time.process_time()
        sung = sing_notes(
            each.notes, Voice.named(name), seconds_at=each.seconds_at, model=model, style=style, seed=seed + index
        )
        heard.spent += time.process_time() - started
        heard.seconds += sung.audio.seconds
        tones = _tones(each, sung.transposed)
        cents, voiced = off_pitch(sung.audio, tones)
        heard.inside += int((np.abs(cents) <= NEAR).sum())
        heard.voiced += voiced
        heard.cents += np.abs(cents).tolist()
        asked = [start for (_, start, _), note in zip(tones, each.notes, strict=True) if note.syllable != "_"]
        heard.onsets += vowel_onsets(sung.audio, each.line.text, asked)
        heard.begun += voice_onsets(sung.speech, asked)
        said = speak(each.line.text, Voice.named(name), model=model, seed=seed + index)
        for key, found in (
            ("sung", recognised(sung.speech)),
            ("cut", recognised_cut(sung.speech)),
            ("spoken", recognised(said)),
            ("spoken_cut", recognised_cut(said)),
        ):
            errors = intelligibility.compare(each.line.text, found)
            setattr(heard, key, getattr(heard, key) + errors)
        if folder is not None and index < 4:
            folder.mkdir(parents=True, exist_ok=True)
            sung.audio.save(folder / f"{name}-{index}.wav")
    return heard


def _tones(each: Setting, transposed: int) -> list[tuple[float, float, float]]:
    """MIDI pitch, start and end in seconds of every note."""
    return [(n.pitch + transposed, each.seconds_at(n.start), each.seconds_at(n.end)) for n in each.notes]


def off_pitch(audio: Audio, tones: Sequence[tuple[float, float, float]]) -> tuple[NDArray[np.float64], int]:
    """Cents by which every voiced frame within a note is off it, and how many such frames there are."""
    f0 = pitch(audio.samples[0], audio.rate).f0
    found = []
    for midi, start, end in tones:
        inside = f0[round(start / FRAME) : round(end / FRAME)]
        inside = inside[inside > 0].astype(np.float64)
        found.append(1200 * np.log2(inside / 440) - 100 * (midi - 69))
    cents = np.concatenate(found)
    return cents, len(cents)


def vowel_onsets(audio: Audio, text: str, asked: Sequence[float]) -> list[float]:
    """Seconds by which the vowels that the aligner finds begin late; as many as there are, in order.

    A line whose vowels are not as many as its notes gives none.
    """
    spoken = frontend().read(text)[0]
    aligned = align(audio.samples[0], audio.rate, spoken)
    vowels = [start / audio.rate for symbol, start, _ in aligned.phones if symbol in VOWELS]
    if len(vowels) != len(asked):
        return []
    return [heard - wanted for heard, wanted in zip(vowels, asked, strict=True)]


def voice_onsets(sung: Speech, asked: Sequence[float]) -> list[float]:
    """Seconds by which the voice begins late, for the vowels behind a pause or an unvoiced consonant."""
    f0 = pitch(sung.audio.samples[0], sung.audio.rate).f0
    found = []
    for wanted in asked:
        vowel = min(range(len(sung.phonemes)), key=lambda i: abs(sung.phonemes[i].start - wanted))
        before = sung.phonemes[vowel - 1].symbol if vowel else ""
        if sung.phonemes[vowel].symbol not in VOWELS or (before and before not in UNVOICED):
            continue
        near = np.arange(max(0, round((wanted - 0.25) / FRAME)), min(len(f0) - 3, round((wanted + 0.25) / FRAME)))
        begins = [t for t in near if f0[t - 1] <= 0 < f0[t] and (f0[t : t + 3] > 0).all()]
        found.append(min((t * FRAME - wanted for t in begins), key=abs, default=0.25))
    return found


def _buzz(settings: Sequence[Setting]) -> float:
    """What the pitch meter finds right in a buzz that is right: pulses on every note, 20 ms apart."""
    inside = voiced = 0
    rate = 24000
    for each in settings:
        tones = _tones(each, -12 if each.notes[0].pitch > 60 else 0)
        sound = np.zeros(round((tones[-1][2] + 0.2) * rate), np.float32)
        for midi, start, end in tones:
            count = round((end - start - 0.02) * rate)
            clock = np.arange(count) / rate
            f0 = 440 * 2 ** ((midi - 69) / 12)
            wave = sum(np.cos(2 * np.pi * k * f0 * clock) / k for k in range(1, 16))
            sound[round(start * rate) : round(start * rate) + count] = 0.05 * wave
        cents, frames = off_pitch(Audio(sound[None], rate), tones)
        inside, voiced = inside + int((np.abs(cents) <= NEAR).sum()), voiced + frames
    return 100 * inside / voiced


def _spoken_onsets(model: str, voices: Sequence[str], texts: Sequence[str], seed: int) -> tuple[float, float]:
    """What both meters of onsets find within reach in speech, where the vowels' times are known; in percent."""
    aligned: list[float] = []
    begun: list[float] = []
    for name in voices:
        for index, text in enumerate(texts):
            said = speak(text, Voice.named(name), model=model, seed=seed + index)
            asked = [phone.start for phone in said.phonemes if phone.symbol in VOWELS]
            aligned += vowel_onsets(said.audio, text, asked)
            begun += voice_onsets(said, asked)
    return _within(aligned), _within(begun)


def _within(late: Sequence[float]) -> float:
    return 100 * float(np.mean(np.abs(late) <= LATE)) if late else 0.0


def _rows(name: str, heard: _Heard, buzz: float, level: float, begun: float) -> list[Measure]:
    sung, spoken = heard.sung, heard.spoken
    return [
        Measure(
            name=f"pitch, {name}", value=100 * heard.inside / heard.voiced, unit="%", ceiling=buzz, count=heard.voiced,
            note=f"voiced frames within 50 cents of the note; median {np.median(heard.cents):.0f} cents; 90 is the aim",
        ),
        Measure(
            name=f"vowel onsets, {name}", value=_within(heard.onsets), unit="%", ceiling=level,
            count=len(heard.onsets),
            note=f"within 60 ms, by the aligner; median {1000 * np.median(heard.onsets):+.0f} ms; 90 is the aim",
        ),
        Measure(
            name=f"voice onsets, {name}", value=_within(heard.begun), unit="%", ceiling=begun, count=len(heard.begun),
            note=f"within 60 ms, by voicing; median {1000 * np.median(heard.begun):+.0f} ms",
        ),
        Measure(
            name=f"word errors sung, {name}", value=100 * sung.wer, unit="%", ceiling=100 * spoken.wer,
            count=sung.words,
            note="beside the same lines spoken",
        ),
        Measure(
            name=f"sung over spoken, {name}", value=_over(sung, spoken), count=sung.words,
            note="word errors; 2.5 is the aim",
        ),
        Measure(
            name=f"word errors without what is held, {name}", value=100 * heard.cut.wer, unit="%",
            ceiling=100 * heard.spoken_cut.wer, count=sung.words,
            note=f"vowels at the length of speech; over spoken {_over(heard.cut, spoken):.1f}",
        ),
    ]  # fmt: skip


def _over(sung: Errors, spoken: Errors) -> float:
    return sung.word_errors / max(1, spoken.word_errors)


def vibrato(sung: Sung, midi: float, start: float, end: float) -> tuple[float, float]:
    """Rate in Hz and depth in cents (half of peak to peak) of the pitch in a stretch of a held note."""
    f0 = pitch(sung.audio.samples[0], sung.audio.rate).f0[round(start / FRAME) : round(end / FRAME)]
    heard = f0[f0 > 0].astype(np.float64)
    if len(heard) < 40:
        return 0.0, 0.0
    cents = 1200 * np.log2(heard / 440) - 100 * (midi - 69)
    place = np.linspace(-1, 1, len(cents))
    cents = cents - np.polynomial.Polynomial.fit(place, cents, 2)(place)
    spectrum = np.abs(np.fft.rfft(cents * np.hanning(len(cents)), 4096))
    rates = np.fft.rfftfreq(4096, FRAME)
    inside = (rates > 3) & (rates < 9)
    rate = float(rates[inside][spectrum[inside].argmax()])
    return rate, float(np.sqrt(2) * cents.std())


def _vibrato(model: str, voices: Sequence[str], seed: int) -> list[Measure]:
    """On held notes of two seconds, pop and ballad; and how deep the same meter finds it where none is asked for."""
    rows = []
    for style in ("pop", "ballad", "plain"):
        rates, depths = [], []
        for name in voices:
            for index, word in enumerate(("moon", "light", "sea", "all")):
                notes = (Note(57 + index, 1.0, 2.0, 85, word),)
                sung = sing_notes(
                    notes, Voice.named(name), seconds_at=float, model=model, style=style, seed=seed + index
                )
                rate, depth = vibrato(sung, 57 + index + sung.transposed, 1.6, 2.75)
                rates.append(rate)
                depths.append(depth)
        told = "held notes of 2 s, from 0.6 s on; 30 to 60 is the aim" if style != "plain" else "a choir's"
        rows.append(
            Measure(
                name=f"vibrato depth, {style}", value=float(np.mean(depths)), unit="cents", count=len(depths),
                spread=float(np.std(depths)), note=told,
            )
        )  # fmt: skip
        if style != "plain":
            rows.append(
                Measure(
                    name=f"vibrato rate, {style}", value=float(np.mean(rates)), unit="Hz", count=len(rates),
                    spread=float(np.std(rates)), note="5 to 6.5 is the aim",
                )
            )  # fmt: skip
    return rows


def _breath(model: str, voices: Sequence[str], seed: int) -> list[Measure]:
    """Level in a rest of a second before a phrase, against the phrase."""
    notes = [Note(57, 1.0, 1.0, 85, "home"), Note(59, 3.0, 1.0, 85, "moon")]
    rows = []
    for style in ("pop", "ballad", "plain"):
        levels = []
        for name in voices:
            sung = sing_notes(notes, Voice.named(name), seconds_at=float, model=model, style=style, seed=seed)
            rest, sound = (float((sung.audio.cut(*span).samples ** 2).mean()) for span in ((2.3, 2.65), (3.1, 3.9)))
            levels.append(10 * np.log10((rest + 1e-12) / sound))
        asked = "a breath is asked for" if style != "plain" else "none is asked for"
        rows.append(
            Measure(name=f"breath, {style}", value=float(np.mean(levels)), unit="dB", count=len(levels), note=asked)
        )
    return rows
