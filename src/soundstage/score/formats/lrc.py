"""LRC: the words of a score with the times at which they are sung, by line or (enhanced) by word; and back to times.

Notable: LRC counts hundredths of a second and knows no notes, so a score is written but only times are read. Lines are
those of the poem where it is given, else what is sung in one breath.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.paths import existing, written
from soundstage.media.score import Score
from soundstage.score.formats.syllables import lines as lines_of
from soundstage.score.formats.syllables import singer

STAMP = re.compile(r"\[(\d+):(\d\d?(?:[.:]\d{1,3})?)\]")
WORD = re.compile(r"<(\d+):(\d\d?(?:[.:]\d{1,3})?)>")
OFFSET = re.compile(r"\[offset:\s*([+-]?\d+)\s*\]", re.IGNORECASE)
GAP = 2.0
"""Seconds of rest before which an empty line clears the screen."""


@dataclass(frozen=True)
class TimedLine:
    """A line of words from `start` seconds on, and where they are known the times of its words."""

    start: float
    text: str
    words: tuple[tuple[float, str], ...] = ()


def timed(score: Score, poem: Sequence[str] | None = None) -> tuple[TimedLine, ...]:
    """The sung lines of a score with their times; empty ones clear the screen before long rests and at the end.

    `poem` gives the lines where its words are those sung. Raises InputError when nobody sings.
    """
    track = singer(score)
    if track is None:
        raise InputError("score", "has no syllables to write", "give notes with syllables, or another format")
    texts = [line.strip() for line in poem or () if line.strip()]
    sung = lines_of(score, track, poem)
    out: list[TimedLine] = []
    for index, line in enumerate(sung):
        words = tuple((score.seconds_at(word.start), word.text) for word in line)
        text = texts[index] if len(texts) == len(sung) and _as_written(sung, poem) else " ".join(w for _, w in words)
        out.append(TimedLine(words[0][0], text, words))
        end = score.seconds_at(line[-1].end)
        if index + 1 == len(sung) or score.seconds_at(sung[index + 1][0].start) - end > GAP:
            out.append(TimedLine(end, ""))
    return tuple(out)


def _as_written(sung: Sequence[Sequence[object]], poem: Sequence[str] | None) -> bool:
    """Whether the lines sung are as long as those written."""
    written_lines = [line.split() for line in poem or () if line.split()]
    return [len(line) for line in sung] == [len(line) for line in written_lines]


def to_text(score: Score, poem: Sequence[str] | None = None, *, words: bool = False) -> str:
    """LRC of a score; with `words`, each word has its time in angle brackets. Raises InputError when nobody sings."""
    rows = []
    for line in timed(score, poem):
        text = " ".join(f"<{stamp(at)}>{word}" for at, word in line.words) if words else line.text
        rows.append(f"[{stamp(line.start)}]{text}\n")
    return "".join(rows)


def from_text(text: str) -> tuple[TimedLine, ...]:
    """The lines of an LRC text in order of time; a line with several stamps comes as often. Raises InputError."""
    found: list[TimedLine] = []
    offset = next((int(match[1]) / 1000 for match in [OFFSET.search(text)] if match), 0.0)
    for row in text.replace("\ufeff", "").splitlines():
        stamps, at = [], 0
        while match := STAMP.match(row, at):
            stamps.append(_seconds(match))
            at = match.end()
        body = row[at:]
        pieces = WORD.split(body)
        times = [_seconds(match) for match in WORD.finditer(body)]
        texts = [pieces[index].strip() for index in range(3, len(pieces), 3)]
        words = tuple((time, word) for time, word in zip(times, texts, strict=True) if word)
        plain = " ".join(WORD.sub(" ", body).split())
        for stamped in stamps:
            shift = stamped - stamps[0] - offset
            moved = tuple((max(0.0, round(time + shift, 3)), word) for time, word in words)
            found.append(TimedLine(max(0.0, round(stamped - offset, 3)), plain, moved))
    if not found:
        raise InputError("lrc", "has no line with a time", "give lines such as [00:12.50]words")
    return tuple(sorted(found, key=lambda line: line.start))


def save(score: Score, path: str | Path) -> Path:
    """Writes a .lrc file with the times of its words, atomically. Raises InputError when nobody sings."""
    text = to_text(score, words=True)
    with written(Path(path)) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return Path(path)


def load(path: str | Path) -> tuple[TimedLine, ...]:
    """The lines of a .lrc file. Raises MissingError for none, InputError for one without times."""
    return from_text(existing(Path(path)).read_bytes().decode("utf-8-sig", errors="replace"))


def stamp(seconds: float) -> str:
    """A time as mm:ss.xx."""
    whole = round(seconds * 100)
    return f"{whole // 6000:02d}:{whole // 100 % 60:02d}.{whole % 100:02d}"


def _seconds(match: re.Match[str]) -> float:
    return int(match[1]) * 60 + float(match[2].replace(":", "."))
