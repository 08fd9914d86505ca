"""A melody for words: a motif for every kind of section, developed line by line, on the chords that sound.

Notable: a section's tune is a contour that is drawn once. Its second line answers the first a step off and stays open,
the third takes it up again, the last comes home; a verse of other words has the same contour and follows its own
stress, and a chorus lies higher than the verse and is louder. What is sung then is the cheapest path through the steps
of the scale: near the contour, by steps and small leaps, chord tones on strong beats and at the end of a line.

A step is one of seven to the octave, counted from the tonic (see `theory`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from soundstage.media.score import Note, Score, Track
from soundstage.score.formats.orchestra import VOICE
from soundstage.score.progression import harmony
from soundstage.score.setting import set_words
from soundstage.score.song.form import Phrase
from soundstage.score.song.rhythm import Beat, rhythm, strength
from soundstage.score.theory import QUALITIES, Harmony, Key, spelled

KNOTS = 5
"""Points of a contour along a line."""
FAR = 1e6
LOUD = {"verse": 82, "pre-chorus": 88, "chorus": 98, "bridge": 90, "intro": 78, "outro": 80, "solo": 82}
"""MIDI velocity of each kind of section."""
HIGH = {"verse": 0.3, "pre-chorus": 0.45, "chorus": 0.66, "bridge": 0.5, "intro": 0.3, "outro": 0.36, "solo": 0.4}
"""Where in the singer's range each lies, 0 to 1."""

Chords = Callable[[int, int], Harmony]
"""The chord that sounds in a bar at a sixteenth."""


@dataclass(frozen=True)
class Range:
    """What a singer reaches with ease, in MIDI pitches."""

    low: float
    high: float


@dataclass
class Tune:
    """What is remembered of a kind of section: its contour, its taste in rhythm, and the lines sung so far."""

    contours: dict[str, np.ndarray]
    taste: tuple[float, ...]
    rhythms: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    """Onsets by a line's number and bars."""
    known: dict[tuple[str, int, int, int], list[Beat]] = field(default_factory=dict)
    """Rhythms of lines that return, by words, number, how many there are, and bars."""


def melody(
    phrases: Sequence[Phrase], key: Key, bpm: float, beats: int, chords: Chords, singer: Range, seed: int
) -> Track:
    """The voice's track: a note for every syllable of the phrases. The same words on the same chords are the same."""
    tunes: dict[str, Tune] = {}
    notes: list[Note] = []
    bar = 4 * beats
    for phrase in phrases:
        name = phrase.section
        tune = tunes.setdefault(name, _tune(np.random.default_rng((seed, *name.encode())), bar))
        notes += _line(phrase, tune, key, bpm, bar, chords, singer)
    return Track(VOICE, tuple(notes), VOICE)


def line(
    phrase: Phrase, key: Key, bpm: float, beats: int, chords: Chords, singer: Range, seed: int
) -> tuple[Note, ...]:
    """One line alone, on its section's contour."""
    tune = _tune(np.random.default_rng((seed, *phrase.section.encode())), 4 * beats)
    return _line(phrase, tune, key, bpm, 4 * beats, chords, singer)


def _tune(rng: np.random.Generator, bar: int) -> Tune:
    """A new contour, in steps around nought, and what it becomes."""
    shape = np.cumsum(rng.choice((-2, -1, 1, 2), KNOTS, p=(0.2, 0.3, 0.3, 0.2)) + rng.uniform(-0.4, 0.4, KNOTS))
    shape -= shape.mean()
    shape *= 2.8 / max(1.0, float(np.abs(shape).max()))
    turn = float(rng.choice((-1.0, 1.0)))
    answer = shape + turn
    home = np.linspace(0.8, -1.6, KNOTS) + 0.5 * shape
    other = -0.8 * shape[::-1] + 0.8
    return Tune(
        {"motif": shape, "answer": answer, "again": shape + 0.4, "other": other, "home": home},
        tuple(float(x) for x in rng.normal(0, 0.16, bar) * (np.arange(bar) % 2 == 0)),
    )


def _place(index: int, count: int) -> str:
    """What a line is in its stanza."""
    if index == count - 1:
        return "home" if count > 1 else "again"
    return ("motif", "answer", "again", "other")[index % 4]


def _line(
    phrase: Phrase, tune: Tune, key: Key, bpm: float, bar: int, chords: Chords, singer: Range
) -> tuple[Note, ...]:
    syllables = phrase.line.syllables
    sixteenth = 15 / bpm
    kind = _place(phrase.index, phrase.count)
    same = (phrase.line.text, phrase.index, phrase.count, phrase.bars)
    if same not in tune.known:
        like = next((tune.rhythms[n, phrase.bars] for n in (phrase.index, phrase.index % 2)
                     if (n, phrase.bars) in tune.rhythms), ())  # fmt: skip
        tune.known[same] = rhythm(syllables, phrase.bars, bar, sixteenth, like=like, taste=tune.taste)
        tune.rhythms.setdefault((phrase.index, phrase.bars), tuple(beat.at for beat in tune.known[same]))
    held = tune.known[same]
    harmonies = [chords(phrase.bar + beat.at // bar, beat.at % bar) for beat in held]
    centre = singer.low + HIGH.get(phrase.section, 0.4) * (singer.high - singer.low)
    contour = tune.contours[kind]
    along = np.linspace(0, 1, KNOTS)
    targets = [float(np.interp(beat.at / max(1, held[-1].at), along, contour)) for beat in held]
    steps = _sung(held, harmonies, key, targets, centre, singer, bar, home=kind == "home")
    start = phrase.bar * bar / 4
    loud = LOUD.get(phrase.section, 84)
    notes = [
        Note(
            pitch(step, key, chord), start + beat.at / 4, beat.length / 4,
            int(np.clip(loud + round(5 * strength(beat.at, bar)) + 3 * (syllable.stress == 2), 30, 120)),
        )
        for step, chord, beat, syllable in zip(steps, harmonies, held, syllables, strict=True)
    ]  # fmt: skip
    return set_words([phrase.line], notes, bar=bar / 4, bpm=bpm)


def pitch(step: int, key: Key, chord: Harmony) -> int:
    """The MIDI pitch of a step while a chord sounds; step 0 is the tonic around 24."""
    octave, place = divmod(step, 7)
    return 24 + key.tonic + 12 * octave + spelled(key.mode, chord)[place]


def in_chord(step: int, chord: Harmony) -> bool:
    """Whether a step is a tone of the chord, up to its seventh."""
    return (step - chord.degree) % 7 in {tone % 7 for tone, _ in QUALITIES[chord.quality] if tone < 7}


def _sung(
    held: Sequence[Beat],
    harmonies: Sequence[Harmony],
    key: Key,
    targets: Sequence[float],
    centre: float,
    singer: Range,
    bar: int,
    *,
    home: bool,
) -> list[int]:
    """The cheapest steps for a line's notes."""
    middle = (centre - 24 - key.tonic) * 7 / 12
    choices = [
        [step for step in range(77) if singer.low - 0.5 <= pitch(step, key, chord) <= singer.high + 0.5]
        for chord in harmonies
    ]
    low, high = min(each[0] for each in choices), max(each[-1] for each in choices)
    steps = np.arange(low, high + 1)
    leaps = np.abs(steps[:, None] - steps[None, :])
    moving = np.array((0.55, 0.0, 0.1, 0.45, 0.7, 1.4, 2.4, 2.2))[np.minimum(leaps, 7)] + 4.0 * (leaps > 7)
    total = np.zeros(len(steps))
    back: list[np.ndarray] = []
    loose = np.zeros(len(steps), bool)  # steps before that are no chord tones
    for index, (beat, chord) in enumerate(zip(held, harmonies, strict=True)):
        tones = np.array([in_chord(int(step), chord) for step in steps])
        cost = 0.34 * np.abs(steps - middle - targets[index]) ** 1.5
        cost[[int(step) not in choices[index] for step in steps]] = FAR
        last = index == len(held) - 1
        strong = strength(beat.at, bar)
        cost += np.where(tones, 0, 50.0 if strong >= 0.8 or last else 0.1 + strong + 0.3 * max(0, beat.length - 3))
        if last:
            rooted = (steps - chord.degree) % 7 == 0
            tonic = steps % 7 == 0
            cost += np.where(tonic | rooted, -0.6 if home else 0.5, 0.0) if chord.degree != 0 or home else 0.3 * tonic
        if index:
            gap = (
                moving
                + np.where(loose[:, None] & (leaps > 1), 1.2, 0)
                + np.where(~tones[None, :] & (leaps > 1), 0.8, 0)
            )
            through = total[:, None] + gap
            back.append(through.argmin(0))
            total = through.min(0)
        total = total + cost
        loose = ~tones
    at = int(total.argmin())
    path = [at]
    for choice in reversed(back):
        path.append(int(choice[path[-1]]))
    return [int(steps[place]) for place in reversed(path)]


def chords_of(score: Score, key: Key) -> Chords:
    """The chords of a score where the bars have one length; the one before goes on where none is written."""
    starts = [round(4 * chord.start) for chord in score.chords]
    found = [harmony(chord.name, key) for chord in score.chords]
    size = 4 * score.metre[0]
    home = Harmony(0, 0, "m" if key.mode in ("minor", "dorian") else "")

    def sounding(bar: int, at: int) -> Harmony:
        place = bisect_right(starts, bar * size + at) - 1
        return found[place] if place >= 0 else home

    return sounding
