"""Standard MIDI files as bytes: chunks and their events, before anything is known of music.

Notable: readers must take what the world wrote, so what is only odd is passed over (foreign chunks, a RIFF wrapping,
too few tracks, running status across meta events, a track without its end), and what is broken raises InputError.
Source: Standard MIDI Files 1.0 (RP-001), MIDI Manufacturers Association.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from soundstage.errors import InputError

META, SYSEX = 0xFF, (0xF0, 0xF7)
END_OF_TRACK = 0x2F
_SHORT = {0xC0, 0xD0, 0xF1, 0xF3}
_BARE = set(range(0xF4, 0xFF)) - {0xF7}


class Event(NamedTuple):
    """An event: its tick, the status byte, a meta event's kind (else 0), and its data."""

    tick: int
    status: int
    kind: int
    data: bytes


class File(NamedTuple):
    """A file: ticks a quarter (or, negative, ticks a second), and the events of each track."""

    division: int
    tracks: tuple[tuple[Event, ...], ...]


def broken(problem: str) -> InputError:
    """The one error for a file that is no MIDI file."""
    return InputError("midi", problem, "give a whole standard MIDI file")


def variable(value: int) -> bytes:
    """A variable-length quantity: seven bits a byte, high bit set on all but the last."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def meta(kind: int, data: bytes) -> bytes:
    """A meta event's message."""
    return bytes([META, kind]) + variable(len(data)) + data


def pack(tracks: Iterable[list[tuple[int, int, bytes]]], division: int) -> bytes:
    """A format 1 file of tracks of (tick, order within the tick, message)."""
    chunks = [_chunk(events) for events in tracks]
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), division) + b"".join(chunks)


def _chunk(events: list[tuple[int, int, bytes]]) -> bytes:
    body, now = bytearray(), 0
    for tick, _, message in sorted(events):
        body += variable(tick - now) + message
        now = tick
    body += b"\x00" + meta(END_OF_TRACK, b"")
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def unpack(data: bytes) -> File:
    """Reads a file. Raises InputError for what is none, is cut off, or holds independent songs (format 2)."""
    if data[:4] == b"RIFF" and (start := data.find(b"MThd", 0, 64)) > 0:
        data = data[start:]
    if data[:4] != b"MThd":
        raise broken("has no MThd header")
    reader = Reader(data, 4)
    header = reader.take(reader.long())
    if len(header) < 6:
        raise broken("has a header that is too short")
    form, count, division = struct.unpack(">HHh", header[:6])
    if form > 1:
        raise InputError("midi", f"has format {form}, songs beside each other", "save it as format 0 or 1")
    if division == 0:
        raise broken("counts no ticks in a quarter")
    if division < 0:  # frames a second in the high byte, ticks a frame in the low one
        division = -(-(division >> 8) * (division & 0xFF))
    tracks: list[tuple[Event, ...]] = []
    while len(tracks) < count and len(data) - reader.at >= 8:
        name, body = reader.take(4), reader.long()
        part = Reader(reader.take(body))
        if name == b"MTrk":
            tracks.append(tuple(_events(part)))
    if not tracks:
        raise broken("has no track")
    return File(division, tuple(tracks))


class Reader:
    """Bytes taken one after the other. Raises InputError where they end too soon."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise broken("ends in the middle of a message")
        self.at += count
        return part

    def long(self) -> int:
        """A number of four bytes."""
        return int.from_bytes(self.take(4), "big")

    def variable(self) -> int:
        """A variable-length quantity, four bytes at most."""
        value = 0
        for _ in range(4):
            byte = self.take(1)[0]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise broken("holds a number that never ends")


def _events(part: Reader) -> list[Event]:
    """The events of a track, up to its end mark or, where that is missing, its last byte."""
    out: list[Event] = []
    tick, running = 0, 0
    while part.at < len(part.data):
        tick += part.variable()
        status = part.take(1)[0]
        if status < 0x80:
            if not running:
                raise broken("holds data without a message")
            status, part.at = running, part.at - 1
        if status == META:
            kind, data = part.take(1)[0], part.take(part.variable())
            out.append(Event(tick, META, kind, data))
            if kind == END_OF_TRACK:
                break
        elif status in SYSEX:
            part.take(part.variable())
        elif status >= 0xF0:
            part.take(0 if status in _BARE else 1 if status in _SHORT else 2)
        else:
            running = status
            data = bytes(byte & 0x7F for byte in part.take(1 if status & 0xF0 in _SHORT else 2))
            out.append(Event(tick, status, 0, data))
    return out
