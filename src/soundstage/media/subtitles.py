"""Subtitles: cues with times, as SRT, WebVTT, ASS and LRC text, and out of a film's own soft track.

Notable: times are whole milliseconds in SRT and WebVTT, so `rounded` cues survive a round trip unchanged; ASS and LRC,
which count hundredths, are only written. A speaker is a WebVTT voice (`<v Ada>`) and an ASS actor, and `Ada: ` before
the words in SRT and LRC, which have no such thing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.paths import damaged, decodable, existing, known_suffix, opened, written

SUFFIXES = (".srt", ".vtt")
"""What is read."""
WRITTEN = (".srt", ".vtt", ".ass", ".lrc")
STYLE = """[Script Info]
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Bold, BorderStyle, Outline, Alignment, \
MarginV
Style: Default,Arial,16,&H00FFFFFF,&H00000000,&H80000000,0,1,1,2,12

[Events]
Format: Layer, Start, End, Style, Name, Text
"""
STAMP = r"(?:(\d+):)?(\d\d):(\d\d)[.,](\d{3})"
TIMING = re.compile(rf"^\s*{STAMP}\s+-->\s+{STAMP}(?:\s.*)?$")
VOICE = re.compile(r"^<v(?:\.[^ >]*)? ([^>]+)>(.*?)(?:</v>)?$", re.DOTALL)
SPEAKER = re.compile(r"^([^\W\d][\w .'’-]{0,39}): (.+)$", re.DOTALL)


@dataclass(frozen=True)
class Cue:
    """Words on the screen from `start` to `end` seconds; `text` may have several lines, none of them empty."""

    start: float
    end: float
    text: str
    speaker: str | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.start) and isfinite(self.end) and 0 <= self.start < self.end):
            raise InputError("cue", f"runs from {self.start} to {self.end}", "give seconds, 0 <= start < end")
        if not self.text.strip() or any(not line.strip() for line in self.text.splitlines()):
            raise InputError("cue", f"{self.text!r} has an empty line", "give lines with words in them")
        if "-->" in self.text:
            raise InputError("cue", "holds '-->', which marks times", "write another arrow")

    def rounded(self) -> Cue:
        """Times in whole milliseconds, at least one long: what the file formats can hold."""
        start = round(self.start * 1000)
        return Cue(start / 1000, max(start + 1, round(self.end * 1000)) / 1000, self.text, self.speaker)


def srt(cues: Iterable[Cue]) -> str:
    """SubRip text."""
    blocks = []
    for number, cue in enumerate(cues, 1):
        words = cue.text if cue.speaker is None else f"{cue.speaker}: {cue.text}"
        blocks.append(f"{number}\n{_timing(cue, ',')}\n{words}\n")
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT text."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        words = html.escape(cue.text, quote=False)
        voiced = words if cue.speaker is None else f"<v {html.escape(cue.speaker, quote=False)}>{words}"
        blocks.append(f"{_timing(cue, '.')}\n{voiced}\n")
    return "\n".join(blocks)


def ass(cues: Iterable[Cue]) -> str:
    """Advanced SubStation Alpha: one plain style, the speaker as the actor's name."""
    lines = []
    for cue in cues:
        words = cue.text.replace("\\", "/").replace("{", "(").replace("}", ")").replace("\n", "\\N")
        name = (cue.speaker or "").replace(",", " ")
        lines.append(f"Dialogue: 0,{_hundredths(cue.start)},{_hundredths(cue.end)},Default,{name},{words}\n")
    return STYLE + "".join(lines)


def lrc(cues: Iterable[Cue]) -> str:
    """Lyrics by line: the time at which each begins, and an empty line where one ends before a rest of two seconds."""
    given = list(cues)
    lines = []
    for cue, later in zip(given, [*given[1:], None], strict=True):
        words = cue.text.replace("\n", " ")
        lines.append(f"[{_minutes(cue.start)}]{words if cue.speaker is None else f'{cue.speaker}: {words}'}\n")
        if later is None or later.start - cue.end > 2.0:
            lines.append(f"[{_minutes(cue.end)}]\n")
    return "".join(lines)


def parse_srt(text: str) -> tuple[Cue, ...]:
    """Cues of SubRip text. A short name and a colon before the words are taken as the speaker. Raises InputError."""
    cues = []
    for start, end, words in _blocks(text):
        found = SPEAKER.match(words)
        cues.append(Cue(start, end, found[2] if found else words, found[1] if found else None))
    return tuple(cues)


def parse_vtt(text: str) -> tuple[Cue, ...]:
    """Cues of WebVTT text; other tags than voices are dropped, notes and styles skipped. Raises InputError."""
    if not text.lstrip("\ufeff").startswith("WEBVTT"):
        raise InputError("subtitles", "do not begin with WEBVTT", "is this a .vtt file?")
    cues = []
    for start, end, words in _blocks(text):
        found = VOICE.match(words)
        spoken = html.unescape(re.sub(r"</?[a-z][^>]*>", "", found[2] if found else words))
        cues.append(Cue(start, end, spoken, html.unescape(found[1]) if found else None))
    return tuple(cues)


def write_subtitles(cues: Sequence[Cue], path: str | Path) -> None:
    """Writes .srt, .vtt, .ass or .lrc by suffix, atomically. Raises InputError for another suffix."""
    writer = {".srt": srt, ".vtt": vtt, ".ass": ass, ".lrc": lrc}[known_suffix(Path(path), WRITTEN)]
    with written(Path(path)) as part:
        part.write_text(writer(cues), encoding="utf-8", newline="\n")


def read_subtitles(path: str | Path) -> tuple[Cue, ...]:
    """The cues of an .srt or .vtt file, or of the first soft subtitle track of a video.

    Raises MissingError for no file, InputError for one that cannot be read or that has no subtitles.
    """
    path = existing(Path(path))
    if path.suffix.lower() not in SUFFIXES:
        return _track(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
    return parse_srt(text) if path.suffix.lower() == ".srt" else parse_vtt(text)


def _timing(cue: Cue, mark: str) -> str:
    cue = cue.rounded()
    return f"{_stamp(cue.start, mark)} --> {_stamp(cue.end, mark)}"


def _stamp(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def _hundredths(seconds: float) -> str:
    whole = round(seconds * 100)
    minutes, rest = divmod(whole, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 100), 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _blocks(text: str) -> Iterable[tuple[float, float, str]]:
    """Start, end and words of every block that has a timing line; the blocks without one are notes and styles."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        for index, line in enumerate(lines[:2]):
            if found := TIMING.match(line):
                numbers = [int(part or 0) for part in found.groups()]
                words = "\n".join(part for part in lines[index + 1 :] if part.strip())
                if words:
                    yield _seconds(numbers[:4]), _seconds(numbers[4:]), words
                break
            if "-->" in line:
                raise InputError("subtitles", f"{line!r} is no timing", "write 00:00:01,000 --> 00:00:02,500")


def _seconds(numbers: Sequence[int]) -> float:
    hours, minutes, seconds, milliseconds = numbers
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds) / 1000


def _track(path: Path) -> tuple[Cue, ...]:
    """The first subtitle stream of a video: mov_text (a length, then UTF-8) or WebVTT text."""
    cues = []
    with opened(path) as container:
        streams = decodable(container.streams.subtitles)
        if not streams:
            raise InputError("path", f"{path} has no subtitles", "give .srt, .vtt, or a video with a soft track")
        stream = streams[0]
        timed = stream.codec_context.name == "mov_text"
        for packet in container.demux(stream):
            data = bytes(packet)
            text = (data[2 : 2 + int.from_bytes(data[:2], "big")] if timed else data).decode("utf-8", "replace")
            if text.strip() and packet.pts is not None and packet.duration:
                start, length = float(packet.pts * packet.time_base), float(packet.duration * packet.time_base)
                found = SPEAKER.match(words := text if timed else html.unescape(text))
                said, speaker = (found[2], found[1]) if found else (words, None)
                cues.append(Cue(start, start + length, said, speaker).rounded())
    return tuple(cues)
