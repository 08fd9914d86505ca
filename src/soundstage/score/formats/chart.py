"""Chord charts in plain text, "| C  Am | F  G7 |": bars, sections in brackets, metre, tempo and key; ChordPro is read.

Notable: the chords of a bar share it evenly; "/" lets a chord go on for another share, "%" is the bar before again, and
"N.C." is silence. A chart holds key, metres, sections without gaps, chords wherever they begin (as shares of the bar),
and tempi, which stand at the beginning of their bar; it holds no notes. Repeats are written out in reading. ChordPro
has no durations: there every chord lasts a bar.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.paths import existing, written
from soundstage.media.score import UNITS, Chord, Metre, Score, Section, Tempo
from soundstage.score.formats.keys import signature_of
from soundstage.score.formats.repeats import Mark, order
from soundstage.score.formats.ruler import tidy
from soundstage.score.formats.symbols import NO_CHORD, is_chord, is_none, parse

BARS_A_LINE = 4
SHARES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48)
NEAR = 1e-3
GOES_ON, AGAIN = "/", "%"
HEADS = {"key": "key", "tempo": "tempo", "bpm": "tempo", "metre": "metre", "meter": "metre", "time": "metre"}
SECTION = re.compile(r"\[([^\]|]+)\]\s*$|([A-Za-z][\w -]*):\s*$")
INSIDE = re.compile(r"\((\d+)/(\d+)\)|\((\d+(?:\.\d+)?) bpm\)")
DIRECTIVE = re.compile(r"\{\s*([\w-]+)\s*(?::\s*(.*?))?\s*\}")
CHORDPRO = {"soc": "chorus", "sov": "verse", "sob": "bridge"}


def broken(problem: str) -> InputError:
    """The one error for a text that is no chart."""
    return InputError("chart", problem[:160], 'write bars such as "| C  Am | F  G7 |"')


def to_text(score: Score) -> str:
    """The score's chords as a chart."""
    lines = [f"Key: {score.key}", f"Metre: {score.metre[0]}/{score.metre[1]}", f"Tempo: {tidy(score.bpm, 1e-9):.10g}"]
    names = {section.start_bar: section.name for section in score.sections}
    row: list[str] = []
    before = ""
    for bar in range(score.bars):
        if bar in names or len(row) == BARS_A_LINE:
            lines += [f"| {' | '.join(row)} |"] if row else []
            row = []
        if bar in names:
            lines += ["", f"[{names[bar].replace(']', ')')}]"]
        shown = _bar(score, bar)
        again = shown == before and shown.split()[0] != GOES_ON
        row.append(_changes(score, bar) + (AGAIN if again else shown))
        before = shown
    return "\n".join([*lines, f"| {' | '.join(row)} |"]) + "\n"


def _bar(score: Score, bar: int) -> str:
    """The chords of a bar in the fewest shares that have them all."""
    begin, end = score.beat_of_bar(bar), score.beat_of_bar(bar + 1)
    changes: dict[float, str] = {0.0: NO_CHORD}
    for chord in sorted(score.chords, key=lambda chord: chord.start):
        until = chord.start + chord.length
        if chord.start < begin - NEAR and until > begin + NEAR:
            changes[0.0] = GOES_ON
        if begin - NEAR <= chord.start < end - NEAR:
            changes[round(max(0.0, chord.start - begin), 6)] = chord.name
        if begin + NEAR < until < end - NEAR:
            changes.setdefault(round(until - begin, 6), NO_CHORD)
    size = end - begin
    fitting = (n for n in SHARES if all(abs(at * n / size - round(at * n / size)) < NEAR * n for at in changes))
    shares = next(fitting, SHARES[-1])
    places = {round(at * shares / size): name for at, name in changes.items()}
    return " ".join(places.get(share, GOES_ON) for share in range(shares))


def _changes(score: Score, bar: int) -> str:
    """A change of metre or tempo at a bar, in brackets before its chords."""
    out = ""
    if bar and score.metre_at(bar) != score.metre_at(bar - 1):
        out += "({}/{}) ".format(*score.metre_at(bar))
    inside = [t.bpm for t in score.tempi if score.bar_at(t.beat + NEAR) == bar]
    return out + (f"({tidy(inside[-1], 1e-9):.10g} bpm) " if inside else "")


def from_text(text: str) -> Score:
    """A score from a chart or a ChordPro sheet. Raises InputError for a text without chords."""
    chart = _Chart()
    for line in text.replace("\ufeff", "").splitlines():
        chart.line(line.strip())
    return chart.score()


def lyrics(text: str) -> str:
    """The words of a ChordPro sheet, a line each, with [section] lines before what they name."""
    out = []
    for line in text.splitlines():
        if match := DIRECTIVE.fullmatch(line.strip()):
            name = _section_of(match)
            out += [f"[{name}]"] if name else []
        elif not line.startswith("#"):
            out.append(re.sub(r"\s+", " ", re.sub(r"\[[^\]]*\]", "", line)).strip())
    return "\n".join(out).strip() + "\n"


def save(score: Score, path: str | Path) -> Path:
    """Writes a .chords or .txt file, atomically."""
    with written(Path(path)) as part:
        part.write_text(to_text(score), encoding="utf-8", newline="\n")
    return Path(path)


def load(path: str | Path) -> Score:
    """Reads a .chords or .txt file. Raises MissingError for none, InputError for one that holds no chords."""
    return from_text(existing(Path(path)).read_bytes().decode("utf-8-sig", errors="replace"))


def _section_of(match: re.Match[str]) -> str:
    """The section that a ChordPro directive begins."""
    name, value = match[1].lower(), match[2] or ""
    return value or name[9:] if name.startswith("start_of_") else CHORDPRO.get(name, "")


class _Chart:
    def __init__(self) -> None:
        self.head = {"key": "C major", "tempo": "120", "metre": "4/4"}
        self.bars: list[list[str]] = []
        self.marks: list[Mark] = []
        self.sections: dict[int, str] = {}

    def line(self, line: str) -> None:
        """A line: a head, a section, bars, or words under chords."""
        if not line or line.startswith("#"):
            return
        if match := DIRECTIVE.fullmatch(line):
            if name := _section_of(match):
                self.sections[len(self.bars)] = name
            elif match[1].lower() in HEADS and match[2]:
                self.head[HEADS[match[1].lower()]] = match[2]
        elif (match := re.match(r"([A-Za-z]+)\s*[:=]\s*(\S.*)", line)) and match[1].lower() in HEADS:
            self.head[HEADS[match[1].lower()]] = match[2].strip()
        elif "|" in line:
            self._row(line)
        elif (match := SECTION.match(line)) and not is_chord(match[1] or ""):
            self.sections[len(self.bars)] = (match[1] or match[2]).strip()
        elif found := [name for name in re.findall(r"\[([^\]]+)\]", line) if is_chord(name)]:
            self.bars += [[name] for name in found]
        elif all(is_chord(word) for word in line.split()):
            self.bars += [[word] for word in line.split()]
        self.marks += [Mark() for _ in self.bars[len(self.marks) :]]

    def _row(self, line: str) -> None:
        """Bars between lines; a line may open or close a repeat."""
        pieces = re.split(r"(:?\|+:?)", line)
        if pieces[0].strip():  # a name before the first bar
            self.sections[len(self.bars)] = pieces[0].strip().strip("[]:")
        opens = False
        for piece in pieces[1:]:
            if "|" in piece:
                if piece.startswith(":") and self.marks:
                    self.marks[-1].closes = 2
                opens = piece.endswith(":")
            elif piece.strip():
                self.bars.append(re.sub(r"\(([\d.]+) bpm\)", r"(\1\0bpm)", piece).split())
                self.marks.append(Mark(opens=opens))
                opens = False

    def score(self) -> Score:
        """The chart, with its repeats written out."""
        if not any(is_chord(word) for bar in self.bars for word in bar):
            raise broken("has no chords")
        played = [index for index, _ in order(self.marks)]
        metre, bpm = _metre(self.head["metre"]), _bpm(self.head["tempo"])
        chords: list[Chord] = []
        metres: list[Metre] = []
        tempi: list[Tempo] = []
        now, pace, at = metre, bpm, 0.0
        sections: list[tuple[int, str]] = []
        content = [GOES_ON]
        for place, index in enumerate(played):
            words = []
            for word in self.bars[index]:
                match = INSIDE.fullmatch(word.replace("\0", " "))
                if match is None:
                    words.append(word)
                elif match[1]:
                    now = _metre(f"{match[1]}/{match[2]}")
                    metre, metres = (now, metres) if place == 0 else (metre, [*metres, Metre(place, *now)])
                else:
                    pace = _bpm(match[3])
                    bpm, tempi = (pace, tempi) if place == 0 else (bpm, [*tempi, Tempo(at, pace)])
            if words and words != [AGAIN]:
                content = words
            chords = _with_bar(chords, content, at, now[0])
            if index in self.sections and (not sections or sections[-1][0] != place):
                sections.append((place, self.sections[index]))
            at += now[0]
        key = self.head["key"]
        found = signature_of(key)
        blank = Score(
            bpm, metre, key if found is None else _full(key), len(played), (), tuple(chords), (), tuple(tempi)
        )
        edges = [*(place for place, _ in sections[1:]), len(played)]
        spans = [Section(name, a, b - a) for (a, name), b in zip(sections, edges, strict=False)]
        return replace(blank, sections=tuple(spans), metres=tuple(metres))


def _with_bar(chords: list[Chord], content: list[str], at: float, beats: int) -> list[Chord]:
    """The chords so far and those of one bar more."""
    size = beats / len(content)
    for share, word in enumerate(content):
        start = at + share * size
        if word in (GOES_ON, "-", ".") or (word == AGAIN and chords):
            last = chords[-1] if chords else None
            if last is not None and abs(last.start + last.length - start) < NEAR:
                chords[-1] = replace(last, length=start + size - last.start)
        elif not is_none(word):
            symbol = parse(word)
            if symbol is None:
                raise broken(f"has {word!r}, which is no chord")
            chords.append(Chord(symbol.name, start, size))
    return chords


def _full(key: str) -> str:
    """A key by its whole name: "Am" is "A minor"."""
    match = re.fullmatch(r"\s*([A-Ga-g][#b♯♭]?)\s*(\w*)\s*", key)
    found = signature_of(key)
    return f"{match[1][0].upper()}{match[1][1:]} {found[1]}" if match and found else key


def _metre(text: str) -> tuple[int, int]:
    match = re.match(r"(\d+)\s*/\s*(\d+)", text)
    if match is None or int(match[2]) not in UNITS or not 0 < int(match[1]) < 256:
        raise broken(f"has the metre {text!r}, which is none")
    return int(match[1]), int(match[2])


def _bpm(text: str) -> float:
    match = re.search(r"(\d+(?:\.\d+)?)\s*(?:bpm)?\s*$", text.strip(), re.IGNORECASE)
    if match is None or not 0 < float(match[1]) < 10_000:
        raise broken(f"has the tempo {text!r}, which is none")
    return float(match[1])
