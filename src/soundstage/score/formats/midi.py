"""Standard MIDI files: a score to bytes and back (format 1: the maps and the form in the first track, then the parts).

Notable: the bytes depend on the score alone. All of a score is held to a tick (1/480 of a quarter): keys, chords and
the number of bars as text events beside the standard ones, sections as markers, syllables as lyrics. What is not held:
two notes of one pitch in one part at a time, gaps between sections, more than 15 pitched parts of different programs,
and a tempo finer than a microsecond a quarter. Files from elsewhere are read with their pedals, their several tempi,
and one part for each channel and program. The parser is our own because `mido` refuses files that the world is full of
(a key signature out of range, foreign chunks, a RIFF wrapping, short metre events); the tests hold the two against each
other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.paths import existing, written
from soundstage.media.score import HELD, Chord, Note, Score, Section, Track
from soundstage.score.formats.keys import key_of, signature_of
from soundstage.score.formats.orchestra import player, program_of
from soundstage.score.formats.ruler import Ruler, bars_for, metres_of, paces_of, tempi_of
from soundstage.score.formats.smf import META, Event, broken, meta, pack, unpack
from soundstage.score.formats.syllables import clean

TICKS = 480
DRUM_CHANNEL = 9
TEXT, NAME, LYRIC, MARKER, TEMPO, METRE, KEY = 0x01, 0x03, 0x05, 0x06, 0x51, 0x58, 0x59
PEDAL, NOTES_OFF = 64, (120, 123)
NO_CHORD = "N.C."
Message = tuple[int, int, bytes]


def track_events(
    track: Track, channel: int, ticks: int = TICKS, ruler: Ruler | None = None, program: int | None = None
) -> list[Message]:
    """The messages of a part: its name, its program, and for each note a lyric, a note-on and a note-off."""
    events = [(0, 0, meta(NAME, track.instrument.encode()))]
    events.append((0, 1, bytes([0xC0 | channel, program_of(track.instrument)[0] if program is None else program])))
    ruler = ruler or Ruler((4, 4))
    for note in track.notes:
        start = round(ruler.quarter_of(note.start) * ticks)
        end = max(round(ruler.quarter_of(note.end) * ticks), start + 1)
        if note.syllable:
            events.append((start, 3, meta(LYRIC, note.syllable.encode())))
        events.append((start, 4, bytes([0x90 | channel, note.pitch, note.velocity])))
        events.append((end, 2, bytes([0x80 | channel, note.pitch, 0])))
    return events


def to_bytes(score: Score) -> bytes:
    """The score as a MIDI file. At most 15 pitched parts of different programs; drums share channel 10."""
    ruler = Ruler.of(score)
    tracks, free = [_conductor(score, ruler)], [c for c in range(16) if c != DRUM_CHANNEL]
    channels: dict[int, int] = {}
    for track in score.tracks:
        program, drums = program_of(track.instrument)
        if not drums and not free and program not in channels:
            raise InputError("tracks", "are more than MIDI has channels", "use at most 15 pitched parts")
        channel = DRUM_CHANNEL if drums else free.pop(0) if free else channels[program]
        channels.setdefault(program, channel)
        tracks.append(track_events(track, channel, TICKS, ruler, program))
    return pack(tracks, TICKS)


def _conductor(score: Score, ruler: Ruler) -> list[Message]:
    """The first track: tempi, metres, key, chords and sections."""

    def tick(beat: float) -> int:
        return round(ruler.quarter_of(beat) * TICKS)

    events: list[Message] = [(0, 0, meta(TEXT, f"key {score.key}".encode())), (0, 0, _text(f"bars {score.bars}"))]
    for beat, pace in paces_of(score, ruler):
        microseconds = round(60e6 / pace)
        if not 0 < microseconds < 1 << 24:
            raise InputError("bpm", f"of {score.bpm_at(beat):g} cannot be written in MIDI", "use 4 to 10 000")
        events.append((tick(beat), 1, meta(TEMPO, microseconds.to_bytes(3, "big"))))
    for bar, beats, unit in [(0, *score.metre), *((m.bar, m.beats, m.unit) for m in score.metres)]:
        if beats > 255:
            raise InputError("metre", f"of {beats}/{unit} cannot be written in MIDI", "use at most 255 beats a bar")
        message = meta(METRE, bytes([beats, unit.bit_length() - 1, 24, 8]))
        events.append((tick(score.beat_of_bar(bar)), 1, message))
    if found := signature_of(score.key):
        events.append((0, 1, meta(KEY, bytes([found[0] & 0xFF, found[1] == "minor"]))))
    for section in score.sections:
        events.append((tick(score.beat_of_bar(section.start_bar)), 2, meta(MARKER, section.name.encode())))
    chords = sorted(score.chords, key=lambda chord: chord.start)
    for index, chord in enumerate(chords):
        events.append((tick(chord.start), 3, _text(f"chord {chord.name}")))
        after = chords[index + 1].start if index + 1 < len(chords) else score.beats
        if tick(chord.start + chord.length) < tick(after):
            events.append((tick(chord.start + chord.length), 2, _text(f"chord {NO_CHORD}")))
    return events


def _text(text: str) -> bytes:
    return meta(TEXT, text.encode())


def save(score: Score, path: str | Path) -> Path:
    """Writes a .mid file, atomically."""
    with written(Path(path)) as part:
        part.write_bytes(to_bytes(score))
    return Path(path)


def load(path: str | Path) -> Score:
    """Reads a .mid file. Raises MissingError for none, InputError for one that is broken."""
    return from_bytes(existing(Path(path)).read_bytes())


def from_bytes(data: bytes) -> Score:
    """A score from a MIDI file. Raises InputError for what is not MIDI."""
    file = unpack(data)
    ticks = file.division if file.division > 0 else -file.division // 2  # without a tempo a quarter is half a second
    if ticks < 1:
        raise broken("counts no ticks in a quarter")
    events = sorted((event for track in file.tracks for event in track if event.status == META), key=lambda e: e.tick)
    metre, metres = metres_of(
        (e.tick / ticks, e.data[0], 1 << e.data[1])
        for e in events
        if e.kind == METRE and len(e.data) >= 2 and e.data[1] < 6
    )
    ruler = Ruler(metre, metres)
    parts = [part for track in file.tracks for part in _parts(track)]
    _sing(file.tracks, parts, ticks // 8)
    tracks = [_track(part, ticks, ruler) for part in parts if part.notes]
    paces = _paces(events, parts, ticks) if file.division > 0 else []
    fastest = max((pace for _, pace in paces), default=120.0)
    bpm, tempi = tempi_of(paces, ruler, 0.51e-6 / 60 * fastest)  # files count whole microseconds a quarter
    texts = [(e.tick, _decoded(e.data)) for e in events if e.kind == TEXT]
    end = max((note.end for track in tracks for note in track.notes), default=1.0)
    begins = max((note.start for track in tracks for note in track.notes), default=0.0)
    bars = next((int(t[5:]) for _, t in texts if t.startswith("bars ") and t[5:].isdecimal()), 0)
    if bars < bars_for(begins, metre, metres, slack=-1e-3):
        bars = bars_for(end, metre, metres)
    score = Score(bpm, metre, _key(events, texts), bars, (), (), tuple(tracks), tuple(tempi), metres)
    markers = [(e.tick, _decoded(e.data).strip()) for e in events if e.kind == MARKER]
    chords = _chords([(ruler.beat_of(tick / ticks), t[6:]) for tick, t in texts if t.startswith("chord ")], score)
    return replace(score, chords=chords, sections=_sections(markers, score, ruler, ticks))


def _paces(events: Iterable[Event], parts: Sequence[_Part], ticks: int) -> list[tuple[float, float]]:
    """(quarter, quarters a minute); a first tempo that comes late, but before any note, counts from the start."""
    found = [
        (e.tick, 60e6 / pace)
        for e in events
        if e.kind == TEMPO and (pace := int.from_bytes(e.data[:3].ljust(3, b"\0")))
    ]
    first = min((note[0] for part in parts for note in part.notes), default=0)
    if found and 0 < found[0][0] <= first:
        found[0] = (0, found[0][1])
    return [(tick / ticks, pace) for tick, pace in found]


def _key(events: Iterable[Event], texts: Iterable[tuple[int, str]]) -> str:
    named = next((text[4:] for _, text in texts if text.startswith("key ")), "")
    if named:
        return named
    for event in events:
        if event.kind == KEY and len(event.data) >= 2:
            sharps = event.data[0] - 256 if event.data[0] > 127 else event.data[0]
            if abs(sharps) <= 7:
                return key_of(sharps, "minor" if event.data[1] else "major")
    return "C major"


def _chords(found: Sequence[tuple[float, str]], score: Score) -> tuple[Chord, ...]:
    """Chords that last until the next one, or the end."""
    edges = [*(beat for beat, _ in found[1:]), max(score.beats, found[-1][0] + 1) if found else 0]
    spans = [(name, beat, edge - beat) for (beat, name), edge in zip(found, edges, strict=False)]
    return tuple(Chord(name, beat, length) for name, beat, length in spans if name != NO_CHORD and length > 0)


def _sections(found: Iterable[tuple[int, str]], score: Score, ruler: Ruler, ticks: int) -> tuple[Section, ...]:
    """Sections from markers, each until the next; a marker inside a bar stands for the nearest bar line."""
    starts: dict[int, str] = {}
    for tick, name in found:
        beat = ruler.beat_of(tick / ticks)
        bar = score.bar_at(beat + 1e-6)
        bar += beat - score.beat_of_bar(bar) > score.metre_at(bar)[0] / 2
        if name and bar < score.bars:
            starts[bar] = name
    edges = [*sorted(starts)[1:], score.bars]
    return tuple(Section(starts[a], a, b - a) for a, b in zip(sorted(starts), edges, strict=False))


class _Part:
    """What one track plays on one channel with one program: (tick, end, pitch, velocity), and syllables by tick."""

    def __init__(self, name: str, channel: int, program: int | None) -> None:
        self.name, self.channel, self.program = name, channel, program
        self.notes: list[tuple[int, int, int, int]] = []
        self.syllables: dict[int, str] = {}


def _parts(track: Sequence[Event]) -> list[_Part]:
    """The parts of a track, their notes as long as a pedal makes them sound."""
    name = next((_decoded(event.data).strip() for event in track if event.kind == NAME), "")
    programs: dict[int, int] = {}
    parts: dict[tuple[int, int | None], _Part] = {}
    down: set[int] = set()
    sounding: dict[tuple[int, int], list[tuple[int, int, _Part]]] = defaultdict(list)
    held: dict[tuple[int, int], list[tuple[int, int, _Part]]] = defaultdict(list)

    def end(of: dict[tuple[int, int], list[tuple[int, int, _Part]]], key: tuple[int, int], tick: int) -> None:
        for start, loud, part in of.pop(key, ()):
            part.notes.append((start, max(tick, start + 1), key[1], loud))

    for event in track:
        kind, channel = event.status & 0xF0, event.status & 0xF
        if event.status == META:
            continue
        if kind == 0xC0:
            programs[channel] = event.data[0]
        elif kind == 0xB0:
            if event.data[0] == PEDAL and event.data[1] >= 64:
                down.add(channel)
            elif event.data[0] in (PEDAL, *NOTES_OFF):
                down.discard(channel)
                for key in [key for key in held if key[0] == channel]:
                    end(held, key, event.tick)
                for key in [key for key in sounding if key[0] == channel and event.data[0] in NOTES_OFF]:
                    end(sounding, key, event.tick)
        elif kind == 0x90 and event.data[1]:
            key = (channel, event.data[0])
            end(held, key, event.tick)
            place = (channel, programs.get(channel))
            part = parts.setdefault(place, _Part(name, *place))
            sounding[key].append((event.tick, event.data[1], part))
        elif kind in (0x80, 0x90) and sounding[key := (channel, event.data[0])]:
            first = sounding[key].pop(0)
            held[key].append(first)
            if channel not in down:
                end(held, key, event.tick)
    last = track[-1].tick if track else 0
    for table in (held, sounding):
        for key in list(table):
            end(table, key, last)
    return list(parts.values())


def _sing(tracks: Sequence[Sequence[Event]], parts: Sequence[_Part], near: int) -> None:
    """Gives the lyrics of each track to the part whose notes begin with them, the fewest notes first."""
    for track in tracks:
        found = [(e.tick, _decoded(e.data)) for e in track if e.kind == LYRIC]
        found = found or [(e.tick, _decoded(e.data)) for e in track if e.kind == TEXT and _karaoke(track)]
        syllables = _syllables([(tick, text) for tick, text in found if not text.startswith(("@", "{#", "["))])
        best: tuple[int, int, dict[int, str], _Part] | None = None
        for part in parts:
            starts = sorted({note[0] for note in part.notes})
            placed: dict[int, str] = {}
            for tick, syllable in syllables:
                start = min((s for s in starts if abs(s - tick) <= near), key=lambda s: abs(s - tick), default=None)
                if start is not None:
                    placed.setdefault(start, syllable)
            if placed and (best is None or (len(placed), -len(part.notes)) > best[:2]):
                best = (len(placed), -len(part.notes), placed, part)
        if best is not None:
            best[3].syllables.update(best[2])


def _karaoke(track: Sequence[Event]) -> bool:
    """Whether the texts of a track are a karaoke file's: lines begin with a slash."""
    return any(e.kind == TEXT and e.data[:1] in (b"/", b"\\") for e in track)


def _syllables(found: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Syllables as a score has them. Where spaces part the words and no hyphens join them, hyphens are set."""
    spaced = any(text != text.strip() or text[:1] in "/\\" for _, text in found if text)
    joined = any(text.rstrip().endswith("-") and len(text.strip()) > 1 for _, text in found)
    out = []
    for index, (tick, text) in enumerate(found):
        after = found[index + 1][1] if index + 1 < len(found) else " "
        syllable = clean(text.lstrip("/\\") if text[:1] in "/\\" else text)
        goes_on = spaced and not joined and not text[-1:].isspace() and not after[:1].isspace()
        if goes_on and after[:1] not in ("/", "\\", "") and syllable not in ("", HELD):
            syllable += "-"
        if syllable:
            out.append((tick, syllable))
    return out


def _track(part: _Part, ticks: int, ruler: Ruler) -> Track:
    """A part as a track; its syllables stand on the highest note that begins with them."""
    notes = []
    left = dict(part.syllables)
    for start, end, pitch, velocity in sorted(part.notes, key=lambda note: (note[0], -note[2])):
        beat = ruler.beat_of(start / ticks)
        notes.append(Note(pitch, beat, ruler.beat_of(end / ticks) - beat, velocity, left.pop(start, "")))
    name = player(part.name, part.program, drums=part.channel == DRUM_CHANNEL, sung=bool(part.syllables))
    return Track(name, tuple(sorted(notes, key=lambda note: (note.start, note.pitch))))


def _decoded(data: bytes) -> str:
    """Text in UTF-8, else in Latin-1, which old files are in."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
