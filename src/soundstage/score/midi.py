"""Standard MIDI files: a score to bytes and back (format 1, one track an instrument, tempo and metre in the first).

Notable: no dependency; the writer's bytes depend on the score alone, and reading what was written gives the same notes
to a tick (1/480 of a beat). Only what this package writes is promised to be read: notes, programs, tempo, metre, names.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.score import Note, Score, Track
from soundstage.score.instruments import BY_NAME, INSTRUMENTS

TICKS = 480
DRUM_CHANNEL = 9


def _variable(value: int) -> bytes:
    """A variable-length quantity: seven bits a byte, high bit set on all but the last."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def _chunk(events: list[tuple[int, int, bytes]]) -> bytes:
    """A track chunk from (tick, order, message)."""
    body, now = bytearray(), 0
    for tick, _, message in sorted(events):
        body += _variable(tick - now) + message
        now = tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _meta(kind: int, data: bytes) -> bytes:
    return bytes([0xFF, kind]) + _variable(len(data)) + data


def track_events(track: Track, channel: int, ticks: int = TICKS) -> list[tuple[int, int, bytes]]:
    """The messages of a track: its name, its program, a note-off and a note-on for each note."""
    player = BY_NAME[track.instrument]
    events = [(0, 0, _meta(0x03, track.instrument.encode())), (0, 1, bytes([0xC0 | channel, player.program]))]
    for note in track.notes:
        start = round(note.start * ticks)
        end = max(round((note.start + note.length) * ticks), start + 1)
        events.append((start, 3, bytes([0x90 | channel, note.pitch, note.velocity])))
        events.append((end, 2, bytes([0x80 | channel, note.pitch, 0])))
    return events


def to_bytes(score: Score) -> bytes:
    """The score as a MIDI file. At most 15 pitched tracks; drums share channel 10, as General MIDI has it."""
    head = [(0, 0, _meta(0x51, round(60e6 / score.bpm).to_bytes(3, "big")))]
    power = score.metre[1].bit_length() - 1
    head.append((0, 0, _meta(0x58, bytes([score.metre[0], power, 24, 8]))))
    head += [(0, 1, _meta(0x01, f"key {score.key}".encode()))]
    chunks, free = [_chunk(head)], [c for c in range(16) if c != DRUM_CHANNEL]
    for track in score.tracks:
        drums = BY_NAME[track.instrument].drums
        if not drums and not free:
            raise InputError("tracks", "are more than MIDI has channels", "use at most 15 pitched tracks")
        chunks.append(_chunk(track_events(track, DRUM_CHANNEL if drums else free.pop(0))))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), TICKS) + b"".join(chunks)


def save(score: Score, path: str | Path) -> Path:
    """Writes a .mid file, atomically."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(to_bytes(score))
    unfinished.replace(path)
    return path


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise InputError("midi", "ends in the middle of a message", "give a whole standard MIDI file")
        self.at += count
        return part

    def variable(self) -> int:
        value = 0
        while True:
            byte = self.take(1)[0]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value


def from_bytes(data: bytes) -> Score:
    """A score from a MIDI file with one tempo. Raises InputError for what is not MIDI. Chords and sections are not
    in MIDI."""
    reader = _Reader(data)
    if reader.take(4) != b"MThd":
        raise InputError("midi", "has no MThd header", "give a standard MIDI file")
    _, _, chunks, ticks = struct.unpack(">IHHH", reader.take(10))
    facts: dict[str, float | tuple[int, int] | str] = {"bpm": 120.0, "metre": (4, 4), "key": "C major"}
    tracks = []
    for _ in range(chunks):
        if reader.take(4) != b"MTrk":
            raise InputError("midi", "has a broken track header", "give a standard MIDI file")
        part = _Reader(reader.take(struct.unpack(">I", reader.take(4))[0]))
        track = _read_track(part, ticks, facts)
        if track.notes:
            tracks.append(track)
    bpm, metre, key = float(facts["bpm"]), facts["metre"], str(facts["key"])  # type: ignore[arg-type]
    assert isinstance(metre, tuple)
    end = max((note.start + note.length for track in tracks for note in track.notes), default=1.0)
    return Score(bpm, metre, key, max(1, -(-round(end * TICKS) // (TICKS * metre[0]))), (), (), tuple(tracks))


def _read_track(part: _Reader, ticks: int, facts: dict[str, float | tuple[int, int] | str]) -> Track:
    tick, status, name, program, drums = 0, 0, "", 0, False
    open_notes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    notes: list[Note] = []
    while part.at < len(part.data):
        tick += part.variable()
        if part.data[part.at] >= 0x80:
            status = part.take(1)[0]
        if status == 0xFF:
            kind, data = part.take(1)[0], part.take(part.variable())
            if kind == 0x51:
                facts["bpm"] = round(60e6 / int.from_bytes(data, "big"), 3)
            elif kind == 0x58:
                facts["metre"] = (data[0], 1 << data[1])
            elif kind == 0x01 and data.startswith(b"key "):
                facts["key"] = data[4:].decode(errors="replace")
            elif kind == 0x03:
                name = data.decode(errors="replace")
        elif status in (0xF0, 0xF7):
            part.take(part.variable())
        elif status >> 4 in (0xC, 0xD):
            value = part.take(1)[0]
            program = value if status >> 4 == 0xC else program
        else:
            pitch, velocity = part.take(2)
            drums = drums or (status & 0xF) == DRUM_CHANNEL
            if status >> 4 == 0x9 and velocity:
                open_notes[pitch].append((tick, velocity))
            elif status >> 4 in (0x8, 0x9) and open_notes[pitch]:
                start, loud = open_notes[pitch].pop(0)
                notes.append(Note(pitch, start / ticks, max(tick - start, 1) / ticks, loud))
    if name not in BY_NAME:
        name = min(
            (i for i in INSTRUMENTS if i.drums == drums), key=lambda i: (abs(i.program - program), i.program)
        ).name
    return Track(name, tuple(sorted(notes, key=lambda note: (note.start, note.pitch))))


def load(path: str | Path) -> Score:
    """Reads a .mid file."""
    return from_bytes(Path(path).read_bytes())
