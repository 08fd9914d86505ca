"""Back from a performance to the grid: a score of any origin as a sheet, so that the writer can go on from it.

Notable: the inverse of `perform` for our own pieces (each note falls on the sixteenth and the scale step it was written
on); what the grid cannot say of others, such as triplets, is moved to the nearest place. Bars that nobody touches keep
their very notes: the sheet is only what the writer reads of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from soundstage.errors import InputError
from soundstage.media.score import Chord, Note, Score, Track
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, Instrument
from soundstage.score.perform import BASE, ROLE_LIFT, swung
from soundstage.score.progression import harmony
from soundstage.score.roster import SKILLS
from soundstage.score.sheet import METRES, PIECE_ORDER, ROLES, TOP_STEP, Bar, Event, Sheet, bar_length
from soundstage.score.structure import KINDS
from soundstage.score.styles import BY_STYLE, STYLES, Style
from soundstage.score.theory import QUALITIES, Harmony, Key, parse_key, pitch_of

HALF = 8
"""The sixteenth on which a bar's second chord may begin."""
MOST_PITCHES = 6
LOUDER = 12
"""MIDI velocity above or below a part's own by which a note is accented or soft."""
Hits = dict[tuple[int, int], list[Note]]
"""The notes of a track by bar and sixteenth."""


def sheet_of(score: Score, style: str | None = None) -> Sheet:
    """A score on the grid. `style` is guessed from tempo and line-up where it is not given.

    Its tempo is that of the start: the grid counts beats. Raises InputError for a metre that the grid does not have,
    changes of metre, or more tracks than roles.
    """
    metre = f"{score.metre[0]}/{score.metre[1]}"
    if metre not in METRES:
        raise InputError("score", f"is in {metre}", f"give one in {' or '.join(METRES)}")
    if score.metres:
        raise InputError("score", "changes its metre", "give a part of it that keeps one")
    sounding = [track for track in score.tracks if track.notes]
    tracks = [track for track in sounding if not track.sung] or sounding  # what is sung is nobody's part
    if not tracks:
        raise InputError("score", "has no notes", "give one that has some")
    roles = roles_of(tracks)
    manner = BY_STYLE[style] if style else style_of(score, roles)
    key, size = parse_key(score.key), bar_length(metre)
    played = {role: _hits(track, score, manner.swing, size) for role, track in roles.items()}
    roster = tuple((role, roles[role].instrument) for role in ROLES if role in roles)
    loud = float(np.mean([note.velocity for track in tracks for note in track.notes]))
    energy = int(np.argmin([abs(loud - base) for base in BASE]))
    bars = []
    for index, (section, phrase) in enumerate(_forms(score)):
        chords = _chords(score, index, key, played)
        bar = Bar(section, phrase, chords, {})
        parts = {
            role: _events({at: notes for (number, at), notes in played[role].items() if number == index}, role, bar,
                          key, size, BASE[energy])
            for role, _ in roster
        }  # fmt: skip
        bars.append(Bar(section, phrase, chords, parts))
    return Sheet(style=manner.name, key=key, bpm=score.bpm, metre=metre, energy=energy, roster=roster, bars=tuple(bars))


def roles_of(tracks: Sequence[Track]) -> dict[str, Track]:
    """Which role each track plays: as it says, else by its instrument's skills, how low it lies, how much it strikes.

    Raises InputError when there are more tracks than roles, or two of them are drums.
    """
    if len(tracks) > len(ROLES):
        raise InputError("score", f"has {len(tracks)} tracks", f"give one with at most {len(ROLES)}")
    known = {track.role: track for track in tracks if track.role in ROLES}
    if len(known) == len(tracks):
        return {role: known[role] for role in ROLES if role in known}
    cost = np.array([[_unlike(track, role) for role in ROLES] for track in tracks])
    rows, columns = linear_sum_assignment(cost)
    if cost[rows, columns].max() >= 100:
        raise InputError("score", "has two tracks of drums", "join them into one")
    return {ROLES[int(column)]: tracks[int(row)] for row, column in zip(rows, columns, strict=True)}


def _unlike(track: Track, role: str) -> float:
    player = _player(track)
    if player.drums or role == "drums":
        return 0.0 if player.drums == (role == "drums") else 100.0
    skills = SKILLS.get(player.name, ())
    cost = float(skills.index(role)) if role in skills else 3.0
    pitches = [note.pitch for note in track.notes]
    at_once = len(pitches) / len({round(note.start, 2) for note in track.notes})
    cost += {"bass": max(0.0, float(np.mean(pitches)) - 50) / 4}.get(role, 0.0)
    cost += {"comp": 1.0 if at_once < 1.5 else 0.0, "pad": 1.0 if at_once < 1.5 else 0.0}.get(role, 0.0)
    cost += {"lead": 2 * (at_once - 1), "counter": 1 + 2 * (at_once - 1), "arp": at_once - 1}.get(role, 0.0)
    return cost


def _player(track: Track) -> Instrument:
    return BY_NAME.get(track.instrument, INSTRUMENTS[0])


def style_of(score: Score, roles: dict[str, Track]) -> Style:
    """The style whose tempo, modes and habits are nearest."""
    mode = parse_key(score.key).mode

    def unlike(style: Style) -> float:
        low, high = style.bpm
        off = max(low / score.bpm, score.bpm / high, 1.0) - 1
        habits = [track.instrument in style.roles.get(role, (0, ()))[1] for role, track in roles.items()]
        missing = [chance for role, (chance, _) in style.roles.items() if role not in roles]
        metre = f"{score.metre[0]}/{score.metre[1]}" in style.metres
        return 6 * off - sum(habits) / len(habits) + 0.3 * sum(missing) - style.modes.get(mode, 0) + 2 * (not metre)

    return min(STYLES, key=unlike)


def _forms(score: Score) -> list[tuple[str, int]]:
    """Kind of section and place in the phrase of every bar; the last bar is the ending where a section says so."""
    out = [("A", index % 4) for index in range(score.bars)]
    for section in score.sections:
        kind = "end" if section.name == "end" else KINDS.get(section.name.lower(), section.name)
        kind = kind if kind in ("intro", "A", "B", "outro", "end") else "A"
        for place in range(section.bars):
            if section.start_bar + place < score.bars:
                out[section.start_bar + place] = (kind, 0 if kind == "end" else place % 4)
    return out


def _hits(track: Track, score: Score, swing: float, size: int) -> Hits:
    """Notes by bar and sixteenth; what is struck a little late belongs to the sixteenth before."""
    places = np.array([swung(position, swing) for position in range(size)] + [score.metre[0]])
    out: Hits = defaultdict(list)
    for note in track.notes:
        bar, within = divmod(note.start + 0.03, score.metre[0])
        nearest = int(np.argmin(np.abs(places - (within - 0.03))))
        number = int(bar) + (nearest == size)
        if number < score.bars:
            out[number, nearest % size].append(note)
    return out


def _chords(score: Score, index: int, key: Key, played: dict[str, Hits]) -> tuple[tuple[int, Harmony], ...]:
    """One or two chords of a bar: those written, else the one that its notes spell."""
    beats = score.metre[0]
    first = _chord_at(score.chords, index * beats)
    second = _chord_at(score.chords, index * beats + HALF / 4)
    if first is None:
        notes = [note.pitch for role, hits in played.items() if role != "drums"
                 for (number, _), found in hits.items() if number == index for note in found]  # fmt: skip
        return ((0, spelled_by(notes, key)),)
    one = _harmony(first, key)
    if second is None or second is first or second.name == first.name:
        return ((0, one),)
    return ((0, one), (HALF, _harmony(second, key)))


def _chord_at(chords: Sequence[Chord], beat: float) -> Chord | None:
    return next((chord for chord in chords if chord.start <= beat + 1e-6 < chord.start + chord.length), None)


def _harmony(chord: Chord, key: Key) -> Harmony:
    """A chord's own; one with a bass of its own or of a quality that is not known as its triad."""
    name = chord.name.split("/")[0]
    while name:
        try:
            return harmony(name, key)
        except InputError:
            name = name[:-1]
    return Harmony(0, 0, "m" if key.mode in ("minor", "dorian") else "")


def spelled_by(pitches: Sequence[int], key: Key) -> Harmony:
    """The triad or seventh of the key that holds most of the pitches, lower ones counting more."""
    weights = np.zeros(12)
    for pitch in pitches:
        weights[pitch % 12] += 1.5 if pitch < 52 else 1.0
    best: tuple[float, Harmony] | None = None
    for degree in range(7):
        for quality in ("", "m", "dim", "7", "maj7", "m7"):
            found = Harmony(degree, 0, quality)
            root = key.tonic + found.root(key.mode)
            tones = {(root + semitones) % 12 for _, semitones in QUALITIES[quality]}
            scale = {pitch_of(step, key, Harmony(0, 0, "5")) % 12 for step in range(7)}
            held = sum(weights[tone] for tone in tones) + 0.5 * weights[root % 12]
            value = held - 0.3 * weights.sum() * (len(tones) - 3) / 3 - 2.0 * len(tones - scale)
            if best is None or value > best[0] + 1e-9:
                best = (float(value), found)
    assert best is not None
    return best[1]


def _events(hits: dict[int, list[Note]], role: str, bar: Bar, key: Key, size: int, loud: int) -> tuple[Event, ...]:
    events = []
    for at in sorted(hits):
        notes = hits[at]
        velocity = np.mean([note.velocity for note in notes]) - loud - ROLE_LIFT[role]
        accent = int(velocity > LOUDER) - int(velocity < -LOUDER)
        length = int(np.clip(round(4 * float(np.mean([note.length for note in notes]))), 1, size - at))
        if role == "drums":
            pieces = sorted({PIECE_ORDER.index(note.pitch) for note in notes if note.pitch in PIECE_ORDER})
            if pieces:
                events.append(Event(at, 1, tuple(pieces[:MOST_PITCHES]), accent))
            continue
        chord = bar.harmony_at(at)
        found = {note.pitch: _step(note.pitch, key, chord) for note in notes}
        alters = {alter for _, alter in found.values()}
        alter = alters.pop() if len(alters) == 1 else 0
        steps = sorted({step for step, _ in found.values()})
        if steps:
            events.append(Event(at, length, tuple(steps[:MOST_PITCHES]), accent, alter))
    return tuple(events)


def _step(pitch: int, key: Key, chord: Harmony) -> tuple[int, int]:
    """The lowest alteration, and the step with it, of a pitch; moved by octaves where the lattice ends."""
    for alter in (0, 1, -1):
        for moved in (0, 12, -12, 24, -24):
            for step in range(TOP_STEP + 1):
                if pitch_of(step, key, chord, alter) == pitch + moved:
                    return step, alter
    return 0, 0
