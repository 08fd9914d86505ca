"""ABC, the notation of folk tunes in plain text: a score as a tune for its programs, and back.

Notable: a tune holds what lies on the grid of `notation`: notes, ties, chords in quotes, metres and tempi where they
change, parts with their programs, syllables, sections as `P:`. It does not hold velocities, gaps between sections, and
in a syllable none of `*|~`. The text depends on the score alone. Source: the ABC standard 2.1 (abcnotation.com).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from soundstage.media.paths import existing, written
from soundstage.media.score import HELD, Note, Score, Track
from soundstage.score.formats.abc_reader import read
from soundstage.score.formats.keys import MODES, note_on_line, sharps_of, signature_of, spelled
from soundstage.score.formats.notation import GRID, VALUES, Bar, Stroke, bar_lines, bars_of, snapped
from soundstage.score.formats.orchestra import program_of
from soundstage.score.formats.ruler import Ruler, paces_of, tidy
from soundstage.score.formats.symbols import NO_CHORD, is_chord

BARS_A_LINE = 4
ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def to_text(score: Score, title: str = "Untitled") -> str:
    """The score as an ABC tune."""
    ruler = Ruler.of(score)
    lines = bar_lines(score, ruler)
    found = signature_of(score.key)
    key = f"{note_on_line(found[0] + MODES[found[1]])} {found[1]}" if found else "C"
    head = ["X:1", f"T:{title}", f"M:{score.metre[0]}/{score.metre[1]}", "L:1/8", _tempo(score, 0)]
    tracks = score.tracks or (Track("piano", ()),)
    marks = _marks(score, ruler)
    body = []
    for number, track in enumerate(tracks, 1):
        program, drums = program_of(track.instrument)
        head.append(f'V:{number} name="{track.instrument}"{" clef=perc" if drums else ""}')
        pen = _Pen(score, lines, {} if number > 1 else marks, sharps_of(score.key))
        body += [f"V:{number}", *(["%%MIDI channel 10"] if drums else []), f"%%MIDI program {program}"]
        body += list(pen.lines_of(bars_of(track, lines, ruler), sung=track.sung))
    return "\n".join([*head, f"K:{key}", *body]) + "\n"


def from_text(text: str) -> Score:
    """A score from the first tune of an ABC text. Raises InputError for what is none."""
    return read(text)


def save(score: Score, path: str | Path) -> Path:
    """Writes a .abc file, atomically; its name is the tune's title."""
    with written(Path(path)) as part:
        part.write_text(to_text(score, Path(path).stem), encoding="utf-8", newline="\n")
    return Path(path)


def load(path: str | Path) -> Score:
    """Reads a .abc file. Raises MissingError for none, InputError for a broken one."""
    return from_text(existing(Path(path)).read_bytes().decode("utf-8-sig", errors="replace"))


def _tempo(score: Score, beat: float) -> str:
    unit = score.metre_at(score.bar_at(beat + 1e-6))[1]
    return f"Q:1/{unit}={tidy(score.bpm_at(beat), 1e-9):.10g}"


def _marks(score: Score, ruler: Ruler) -> dict[int, list[str]]:
    """What stands before a note, by its place in the grid: sections, tempi, chords."""
    out: dict[int, list[str]] = {}

    def mark(beat: float, text: str) -> None:
        out.setdefault(snapped(ruler.quarter_of(beat)), []).append(text)

    for section in score.sections:
        mark(score.beat_of_bar(section.start_bar), f"[P:{section.name.replace(']', ')')}]")
    for beat, _ in paces_of(score, ruler)[1:]:
        mark(beat, f"[{_tempo(score, beat)}]")
    chords = sorted(score.chords, key=lambda chord: chord.start)
    for chord, after in zip(chords, [*chords[1:], None], strict=True):
        mark(chord.start, f'"{chord.name}"' if is_chord(chord.name) else f'"^{chord.name.replace(chr(34), "")}"')
        end = chord.start + chord.length
        if end < (score.beats if after is None else after.start) - 1e-3:
            mark(end, f'"{NO_CHORD}"')
    return out


@dataclass
class _Pen:
    """Writes the bars of one part, with the `marks` that stand above it."""

    score: Score
    lines: tuple[int, ...]
    marks: dict[int, list[str]]
    sharps: int
    altered: dict[tuple[str, int], int] = field(default_factory=dict)
    going: bool = False

    def lines_of(self, bars: tuple[Bar, ...], *, sung: bool) -> Iterator[str]:
        """Lines of music, each with its line of words where anything is sung."""
        for first in range(0, len(bars), BARS_A_LINE):
            music, words = [], []
            for index in range(first, min(first + BARS_A_LINE, len(bars))):
                text, syllables = self._bar(index, bars[index])
                music.append(text)
                words += syllables
            yield " | ".join(music) + (" |]" if first + BARS_A_LINE >= len(bars) else " |")
            if sung and any(word != "*" for word in words):
                yield "w: " + _joined(words)

    def _bar(self, index: int, bar: Bar) -> tuple[str, list[str]]:
        begin = self.lines[index]
        metre = self.score.metre_at(index)
        head = f"[M:{metre[0]}/{metre[1]}] " if index and metre != self.score.metre_at(index - 1) else ""
        voices = []
        first = tuple(self._parted(bar.voices[0], begin))
        for voice, strokes in enumerate((first, *bar.voices[1:])):
            self.altered = {}  # an overlay has a memory of its own
            voices.append(" ".join(self._strokes(strokes, begin, marked=voice == 0)))
        return head + " & ".join(voices), [self._word(stroke) for stroke in first if stroke.notes]

    def _parted(self, strokes: tuple[Stroke, ...], begin: int) -> Iterator[Stroke]:
        """Strokes cut where something stands above them; an empty bar is a rest all the same."""
        for stroke in strokes:
            cuts = [at - begin for at in self.marks if stroke.start < at - begin < stroke.start + stroke.length]
            edges = sorted({stroke.start, *cuts, stroke.start + stroke.length})
            for a, b in pairwise(edges):
                yield replace(
                    stroke,
                    start=a,
                    length=b - a,
                    tied_in=bool(stroke.notes) and (stroke.tied_in or a > stroke.start),
                    tied_out=bool(stroke.notes) and (stroke.tied_out or b < stroke.start + stroke.length),
                )

    def _strokes(self, strokes: tuple[Stroke, ...], begin: int, *, marked: bool) -> Iterator[str]:
        triplets = 0
        for place, stroke in enumerate(strokes):
            before = "".join(self.marks.get(begin + stroke.start, ())) if marked else ""
            length = Fraction(stroke.length, GRID // 2)
            if stroke.length in VALUES and VALUES[stroke.length][2]:
                if not triplets:
                    later = [VALUES.get(each.length, ("", 0, False))[2] for each in strokes[place : place + 3]]
                    triplets = later.index(False) if False in later else len(later)
                    before = f"(3:2:{triplets}" + before
                triplets -= 1
                length = length * 3 / 2
            yield before + self._notes(stroke) + _length(length) + ("-" if stroke.tied_out else "")

    def _notes(self, stroke: Stroke) -> str:
        if not stroke.notes:
            return "z"
        pitches = [self._pitch(note) for note in stroke.notes]
        return pitches[0] if len(pitches) == 1 else f"[{''.join(pitches)}]"

    def _pitch(self, note: Note) -> str:
        letter, alter, octave = spelled(note.pitch, self.sharps)
        usual = self.altered.get((letter, octave), _in_key(letter, self.sharps))
        sign = ""
        if alter != usual:
            sign = ACCIDENTALS[alter]
            self.altered[letter, octave] = alter
        if octave >= 5:
            return sign + letter.lower() + "'" * (octave - 5)
        return sign + letter + "," * (4 - octave)

    def _word(self, stroke: Stroke) -> str:
        """The syllable of a note in the line of words."""
        syllable = next((note.syllable for note in reversed(stroke.notes) if note.syllable), "")
        if stroke.tied_in or syllable == HELD:
            return "_" if syllable else "*"
        for plain, escaped in (("*", ""), ("|", ""), ("~", ""), ("_", ""), (" ", "~")):
            syllable = syllable.replace(plain, escaped)
        goes_on = syllable.endswith("-")
        syllable = syllable.removesuffix("-").replace("-", "\\-")
        return (syllable + "-" if goes_on else syllable) or "*"


def _in_key(letter: str, sharps: int) -> int:
    """Semitones by which a key alters a letter."""
    place = "FCGDAEB".index(letter)
    return 1 if place < sharps else -1 if 6 - place < -sharps else 0


def _length(length: Fraction) -> str:
    """A multiple of the unit: "", "2", "3/2", "/2"."""
    above = "" if length.numerator == 1 else str(length.numerator)
    return above if length.denominator == 1 else f"{above}/{length.denominator}"


def _joined(words: list[str]) -> str:
    """A line of words; what goes on is not parted from what follows it."""
    return " ".join(words).replace("- ", "-")
