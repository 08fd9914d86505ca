"""A melody that is brought along, as the lead of a piece: chords are found for it, and the writer writes the rest.

Notable: the writer is told the melody bar by bar as what stands already, so bass, drums and accompaniment are its own
and the lead is not. In the result the lead's notes are the melody's very pitches, not the grid's reading of them, moved
by whole octaves to where the instrument plays; where the melody is over, the writer goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soundstage.errors import InputError
from soundstage.media import Note, Score, Track
from soundstage.score.grid import sheet_of
from soundstage.score.harmonise import harmonised
from soundstage.score.instruments import BY_NAME
from soundstage.score.language import Brief
from soundstage.score.perform import RING_LEAST, Fit, swung
from soundstage.score.progression import harmony
from soundstage.score.roster import SKILLS
from soundstage.score.sheet import ROLES
from soundstage.score.styles import BY_STYLE
from soundstage.score.theory import Harmony, parse_key
from soundstage.tasks.compose_engines import Draft
from soundstage.tasks.compose_plan import Fits

LEAD = "lead"
DEFAULT = "flute"


def ended(melody: Score) -> bool:
    """Whether the melody's last bar can be the piece's ending: one note at its beginning, which rings."""
    last = [note for note in melody.tracks[0].notes if note.end > melody.beat_of_bar(melody.bars - 1) + 1e-6]
    return len(last) == 1 and last[0].start == melody.beat_of_bar(melody.bars - 1)


def bars_of(melody: Score) -> int:
    """Bars of a piece that ends with the melody, its ending included."""
    return melody.bars if ended(melody) else melody.bars + 1


def lasting(melody: Score) -> float:
    """Seconds up to the ending of a piece that ends with the melody."""
    return melody.seconds_at((bars_of(melody) - 1) * melody.metre[0])


def fitting(melody: Score, seconds: float) -> Fits:
    """The fit of a piece that has the melody's tempo and holds all of it. Raises InputError where it is longer."""

    def fits(parts: object, beats: int, tempo: float | None, wish: float) -> Fit:
        least = lasting(melody)
        if seconds < least + RING_LEAST - 1e-6:
            raise InputError("seconds", f"is {seconds:g}, and the melody lasts {least:.1f}",
                             f"give {least + RING_LEAST:.1f} or more, or a faster bpm")  # fmt: skip
        return Fit(melody.bpm, max(int(melody.beat_at(seconds - RING_LEAST) / beats + 1e-9), 1) + 1)

    return fits


def bound(
    brief: Brief, melody: Score, given: Sequence[tuple[Harmony, ...]] = (), *, exact: bool = False
) -> tuple[Brief, Draft]:
    """The brief of a piece around a melody, and the draft that dictates it. `given` chords go before those found.

    Where nobody in the line-up plays the lead, a player of the style's does, or one of the line-up where it is `exact`
    and one can; `brief` is otherwise as it was.
    """
    players = dict(brief.roster)
    able = [name for name in players.values() if LEAD in SKILLS.get(name, ())]
    if LEAD not in players and exact and able:
        players[LEAD] = able[0]
    elif LEAD not in players:
        habits = BY_STYLE[brief.style].roles.get(LEAD, (0.0, (DEFAULT,)))[1]
        free = [name for name in habits if name not in players.values()] or [DEFAULT]
        players[LEAD] = free[0]
    if brief.roster and set(players) == {LEAD}:
        players = _accompanied(players)
    key = brief.key
    count = min(melody.bars, len(brief.places) - 1)
    found = harmonised(melody.tracks[0].notes, key, brief.metre, melody.bars)[:count]
    chords = _written(melody, count, found, brief) if melody.chords and not given else found
    chords = tuple(given[index] if index < len(given) else chords[index] for index in range(count))
    if given and len(given) > count:
        chords = (*chords, *given[count : len(brief.places) - 1])
    roster = tuple((role, players[role]) for role in ROLES if role in players)
    alone = replace(melody, chords=(), tempi=(), tracks=(Track(players[LEAD], melody.tracks[0].notes, LEAD),))
    named = replace(alone, chords=_symbols(chords, melody, key.name), key=key.name)
    sheet = sheet_of(named, brief.style)
    straight = replace(brief, roster=roster, chords=chords)
    draft = Draft(sheet=sheet, known=0, until=len(brief.places), roles=frozenset(ROLES) - {LEAD})
    return straight, draft


def _accompanied(players: dict[str, str]) -> dict[str, str]:
    """A lone lead with what it can play beside itself, as pianists do."""
    name = players[LEAD]
    more = next((role for role in SKILLS.get(name, ()) if role in ("comp", "arp")), None)
    return players if more is None else {**players, more: name}


def _written(
    melody: Score, count: int, found: Sequence[tuple[Harmony, ...]], brief: Brief
) -> tuple[tuple[Harmony, ...], ...]:
    """The chords that a score has itself, where it has one at a bar's beginning."""
    out = []
    for bar in range(count):
        at = melody.beat_of_bar(bar)
        name = next((c.name for c in melody.chords if c.start <= at + 1e-6 < c.start + c.length), None)
        try:
            out.append(found[bar] if name is None else (harmony(name.split("/")[0], brief.key),))
        except InputError:
            out.append(found[bar])
    return tuple(out)


def _symbols(chords: Sequence[tuple[Harmony, ...]], melody: Score, key: str) -> tuple:  # type: ignore[type-arg]
    from soundstage.media import Chord

    size = melody.metre[0]
    return tuple(
        Chord(chord.name(parse_key(key)), bar * size + half * 2, size / len(part) if len(part) > 1 else size)
        for bar, part in enumerate(chords)
        for half, chord in enumerate(part)
    )


def led(score: Score, melody: Score, style: str, seed: int) -> Score:
    """The performed score with the melody itself as its lead, swung and accented in its style.

    Where the piece is longer, the lead goes on as it was written; in an ending alone it rests.
    """
    lead = next(track for track in score.tracks if track.role == LEAD)
    swing, size = BY_STYLE[style].swing, melody.metre[0]
    stop = melody.beat_of_bar(melody.bars)
    octaves = octaves_into(lead.instrument, [note.pitch for note in melody.tracks[0].notes])
    rng = np.random.default_rng([seed, 51])
    loud = float(np.median([note.velocity for note in lead.notes])) if lead.notes else 88.0
    notes = []
    for note in melody.tracks[0].notes:
        bar, within = divmod(note.start, size)
        start = bar * size + swung(round(within * 4), swing)
        length = note.length * 0.96
        if note.end >= stop - 1e-6 and score.bars == melody.bars and ended(melody):
            length = max(length, max((other.end for other in lead.notes), default=start + length) - start)
        accent = 5 if within == 0 else 2 if within % 1 == 0 else -3
        velocity = int(np.clip(4 * round((loud + accent + rng.normal(0, 2)) / 4), 24, 124))
        notes.append(Note(min(max(note.pitch + octaves, 0), 127), start, length, velocity))
    later = [note for note in lead.notes if note.start >= stop - 0.03 and score.bars > bars_of(melody)]
    tracks = tuple(replace(track, notes=(*notes, *later)) if track is lead else track for track in score.tracks)
    return replace(score, tracks=tracks, tempi=melody.tempi)


def octaves_into(instrument: str, pitches: Sequence[int]) -> int:
    """Semitones, whole octaves, that bring most of a melody into an instrument's range; none where it lies there."""
    player = BY_NAME[instrument]
    middle = (player.low + player.high) / 2

    def cost(shift: int) -> tuple[int, float]:
        outside = sum(not player.low <= pitch + shift <= player.high for pitch in pitches)
        return outside, abs(shift) + 0.01 * abs(float(np.mean(pitches)) + shift - middle)

    return min(range(-48, 49, 12), key=cost)
