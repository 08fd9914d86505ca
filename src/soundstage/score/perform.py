"""From a sheet to a performance: grid to beats with swing, steps to pitches, accents to velocities, and the fit to a
length.

Notable: the tempo is never bent by chance, only where a score changes it, so beats are known exactly; a player is at
most a few milliseconds off, drums and bass not at all.
Velocities fall on a coarse grid, so that notes repeat exactly and need to be rendered once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from soundstage.media.music import Beat
from soundstage.media.score import Chord, Note, Score, Section, Track
from soundstage.score.instruments import BY_NAME
from soundstage.score.sheet import PIECE_ORDER, Event, Sheet, bar_length
from soundstage.score.styles import BY_STYLE
from soundstage.score.theory import pitch_of

RING = 2.2  # seconds that the last chord is given
RING_LEAST = 1.4
BASE = (60, 78, 96)
ROLE_LIFT = {"drums": 2, "bass": 4, "comp": -8, "arp": -8, "pad": -12, "lead": 8, "counter": -4}
PIECE_LIFT = {36: 8, 37: 0, 38: 4, 39: 0, 41: 4, 42: -14, 46: -12, 47: 4, 49: -4, 50: 4, 51: -10, 54: -14, 70: -16}
SECTION_LIFT = {"intro": -6, "A": 0, "B": 5, "outro": -4, "end": -2}
PEDAL = frozenset({"piano ballad", "lullaby", "ambient", "lo-fi"})
STRUMMED = frozenset({"nylon guitar", "steel guitar", "clean guitar", "harp"})
VELOCITY_GRID = 4


@dataclass(frozen=True)
class Fit:
    """A tempo and a number of bars, the last of which is the ending, that fill a length."""

    bpm: float
    bars: int


def fit(seconds: float, beats: int, *, bpm: float | None, wish: float, slack: float = 0.1) -> Fit:
    """Bars for `seconds`. A given `bpm` is kept to the letter; else one near `wish` makes phrases of four come out
    even.

    The last bar begins at least `RING_LEAST` before the end, unless the piece is shorter than one bar and that.
    """
    if bpm is not None:
        body = max(1, int((seconds - RING_LEAST) / (beats * 60 / bpm) + 1e-9))
        return Fit(bpm, body + 1)
    room = max(seconds - RING, 0.5 * seconds)
    ideal = room * wish / (60 * beats)
    best: tuple[float, Fit] | None = None
    for body in range(max(1, math.floor(ideal) - 2), math.ceil(ideal) + 3):
        tempo = min(max(body * beats * 60 / room, wish * (1 - slack)), wish * (1 + slack))
        spare = room - body * beats * 60 / tempo
        cost = 8 * abs(math.log(tempo / wish)) + (0.0, 0.5, 0.3, 0.5)[body % 4]
        cost += 4 * abs(spare) if spare < 0 else 0.6 * spare
        if best is None or cost < best[0]:
            best = (cost, Fit(round(tempo, 2), body + 1))
    assert best is not None
    return best[1]


def beats_of(score: Score, seconds: float) -> tuple[Beat, ...]:
    """Every beat before the end, exactly, by the score's tempi and metres."""
    count = math.ceil(score.beat_at(seconds) - 1e-9)
    starts = (score.beat_of_bar(score.bar_at(beat)) for beat in range(count))
    return tuple(Beat(score.seconds_at(beat), beat - round(start) + 1) for beat, start in enumerate(starts))


def swung(position: int, swing: float) -> float:
    """Beats from the start of the bar of a sixteenth, when the off-beat eighth falls at `swing` of its beat."""
    beat, part = divmod(position, 4)
    return beat + (0.0, swing / 2, swing, (1 + swing) / 2)[part]


def folded(pitch: int, instrument: str) -> int:
    """The pitch moved by octaves into the range of the instrument."""
    player = BY_NAME[instrument]
    while pitch < player.low:
        pitch += 12
    while pitch > player.high:
        pitch -= 12
    return pitch


def _velocity(sheet: Sheet, section: str, role: str, event: Event, extra: float) -> int:
    metric = 5 if event.position == 0 else 2 if event.position % 4 == 0 else -4 if event.position % 2 else 0
    value = BASE[sheet.energy] + ROLE_LIFT[role] + SECTION_LIFT[section] + 14 * event.accent + metric + extra
    return int(min(max(round(value / VELOCITY_GRID) * VELOCITY_GRID, 24), 124))


def _length(sheet: Sheet, role: str, instrument: str, event: Event, until: float) -> float:
    """Beats that a note is held: short for stabs, to the change of chord under a pedal, else nearly its written
    length."""
    written = event.length / 4
    if role == "drums":
        return 0.25
    player = BY_NAME[instrument]
    if sheet.style in PEDAL and player.struck and role in ("arp", "comp") and "bass" not in instrument:
        return max(written, until - event.position / 4)
    if role in ("pad", "lead", "counter") and event.length >= 4:
        return written * 0.985
    return max(0.12, written * (0.8 if event.length <= 2 and role == "comp" else 0.94))


def perform(sheet: Sheet, *, tail: float = 0.0, seed: int = 0) -> Score:
    """The score of a sheet. The last chord is held `tail` beats beyond its bar (or less, if negative)."""
    rng = np.random.default_rng([seed, 77])
    size, beats = bar_length(sheet.metre), bar_length(sheet.metre) // 4
    swing, last = BY_STYLE[sheet.style].swing, len(sheet.bars) - 1
    notes: dict[str, list[Note]] = {role: [] for role, _ in sheet.roster}
    chords = []
    for index, bar in enumerate(sheet.bars):
        edges = [at for at, _ in bar.chords] + [size]
        for (at, harmony), after in zip(bar.chords, edges[1:], strict=True):
            chords.append(Chord(harmony.name(sheet.key), index * beats + at / 4, (after - at) / 4))
        for role, instrument in sheet.roster:
            for event in bar.parts[role]:
                until = min(edge for edge in edges if edge > event.position) / 4
                held = _length(sheet, role, instrument, event, until)
                if index == last and role != "drums":
                    held = max(0.5, beats + tail - event.position / 4)
                start = index * beats + swung(event.position, swing)
                lift = rng.normal(0, 2.5)
                loose = 0.0 if role in ("drums", "bass") else float(np.clip(rng.normal(0, 0.0035), -0.006, 0.008))
                notes[role] += _struck(sheet, bar.section, role, instrument, event, start, held, loose, lift, bar)
    tracks = tuple(
        Track(name, tuple(sorted(notes[role], key=lambda n: (n.start, n.pitch))), role) for role, name in sheet.roster
    )
    sections, at = [], 0
    for index in range(1, len(sheet.bars) + 1):
        if index == len(sheet.bars) or sheet.bars[index].section != sheet.bars[at].section:
            sections.append(Section(sheet.bars[at].section, at, index - at))
            at = index
    return Score(
        bpm=sheet.bpm,
        metre=(beats, 4),
        key=sheet.key.name,
        bars=len(sheet.bars),
        sections=tuple(sections),
        chords=tuple(chords),
        tracks=tracks,
    )


def _struck(
    sheet: Sheet,
    section: str,
    role: str,
    instrument: str,
    event: Event,
    start: float,
    held: float,
    loose: float,
    lift: float,
    bar: object,
) -> list[Note]:
    """The notes of one event: drums together, chords together or strummed upwards by a few milliseconds a string."""
    from soundstage.score.sheet import Bar

    assert isinstance(bar, Bar)
    beat_seconds = 60 / sheet.bpm
    out: dict[int, Note] = {}
    for place, step in enumerate(event.pitches):
        if role == "drums":
            pitch = PIECE_ORDER[step]
            velocity = _velocity(sheet, section, role, event, lift + PIECE_LIFT[pitch])
            out[pitch] = Note(pitch, start, held, velocity)
            continue
        pitch = folded(pitch_of(step, sheet.key, bar.harmony_at(event.position), event.alter), instrument)
        late = 0.013 * place if instrument in STRUMMED and len(event.pitches) > 1 else 0.0
        velocity = _velocity(sheet, section, role, event, lift - (3 if len(event.pitches) > 3 else 0))
        begin = max(0.0, start + (late + loose) / beat_seconds)
        out.setdefault(pitch, Note(pitch, begin, max(0.1, held), velocity))
    return list(out.values())
