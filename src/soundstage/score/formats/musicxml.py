"""MusicXML (.musicxml, and .mxl, which is the same zipped): a score as a sheet for notation programs, and back.

Notable: the writer is our own, needs nothing installed, and its bytes depend on the score alone: music21's takes 13 s
for 2400 notes, gives parts random names and refuses lengths that no note value has. What programs wrote is read through
music21 (the extra `music`). A sheet holds what lies on the grid of `notation`, with velocities; it does not hold looser
timing, gaps between sections, notes that nobody sings amid a sung line (read as held), names of chords that have no
root, nor parts without notes.
Source: MusicXML 4.0, W3C Music Notation Community Group.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from soundstage.media.paths import existing, written
from soundstage.media.score import HELD, Note, Score
from soundstage.score.formats.keys import sharps_of, signature_of, spelled
from soundstage.score.formats.musicxml_reader import read
from soundstage.score.formats.notation import GRID, VALUES, Bar, Stroke, bar_lines, bars_of, snapped
from soundstage.score.formats.orchestra import program_of
from soundstage.score.formats.ruler import Ruler, paces_of, tidy
from soundstage.score.formats.symbols import NO_CHORD, kind_of, parse

HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    b'"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile full-path="score.musicxml" '
    'media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
)
# Where a drum kit's notes stand on its staff: kick in the lowest space, snare in the third, cymbals above.
STAFF = {35: "F4", 36: "F4", 41: "A4", 43: "G4", 45: "B4", 47: "D5", 48: "D5", 50: "E5", 42: "G5", 44: "D4", 46: "G5"}
STAFF |= {49: "A5", 51: "F5", 54: "B5", 70: "B5"}
LOUD = 90 / 100
"""MIDI velocity of one per cent in the attribute `dynamics`."""


def to_bytes(score: Score) -> bytes:
    """The score as uncompressed MusicXML."""
    root = Element("score-partwise", version="4.0")
    SubElement(SubElement(root, "identification"), "encoding").append(_leaf("software", "Soundstage"))
    parts = SubElement(root, "part-list")
    ruler = Ruler.of(score)
    lines = bar_lines(score, ruler)
    tracks = score.tracks or ()
    for number, track in enumerate(tracks, 1):
        _declare(parts, f"P{number}", track.instrument, sorted({note.pitch for note in track.notes}), number)
    for number, track in enumerate(tracks, 1):
        part = SubElement(root, "part", id=f"P{number}")
        drums = program_of(track.instrument)[1]
        pen = _Pen(score, ruler, lines, f"P{number}", drums, sharps_of(score.key))
        for index, bar in enumerate(bars_of(track, lines, ruler)):
            part.append(pen.bar(index, bar, conducts=number == 1))
    if not tracks:
        _declare(parts, "P1", "piano", [], 1)
        pen = _Pen(score, ruler, lines, "P1", False, sharps_of(score.key))
        part = SubElement(root, "part", id="P1")
        for index, (begin, end) in enumerate(pairwise(lines)):
            part.append(pen.bar(index, Bar(end - begin, ((Stroke(0, end - begin),),)), conducts=True))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return HEAD + text.encode() + b"\n"


def to_zip(score: Score) -> bytes:
    """The score as .mxl: zipped MusicXML, with no date but the first that a zip can say."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (("META-INF/container.xml", CONTAINER.encode()), ("score.musicxml", to_bytes(score))):
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def save(score: Score, path: str | Path) -> Path:
    """Writes a .musicxml or .mxl file, atomically."""
    with written(Path(path)) as part:
        part.write_bytes(to_zip(score) if Path(path).suffix.lower() == ".mxl" else to_bytes(score))
    return Path(path)


def load(path: str | Path) -> Score:
    """Reads a .musicxml or .mxl file. Raises MissingError without the file or music21, InputError for a broken one."""
    return from_bytes(existing(Path(path)).read_bytes())


def from_bytes(data: bytes) -> Score:
    """A score from MusicXML, zipped or not. Repeats are written out. Raises InputError for what is none."""
    return read(data)


def _leaf(tag: str, text: object, /, **attributes: str) -> Element:
    element = Element(tag, attributes)
    element.text = str(text)
    return element


def _declare(parts: Element, ident: str, instrument: str, pitches: list[int], number: int) -> None:
    """A part's name, and the instruments (one a drum) that its notes may name."""
    program, drums = program_of(instrument)
    part = SubElement(parts, "score-part", id=ident)
    part.append(_leaf("part-name", instrument))
    pieces = pitches if drums else [-1]
    names = [f"{ident}-I{pitch + 1 if drums else 1}" for pitch in pieces]
    for name, pitch in zip(names, pieces, strict=True):
        SubElement(part, "score-instrument", id=name).append(
            _leaf("instrument-name", f"drum {pitch}" if drums else instrument)
        )
    channel = 10 if drums else (number - 1) % 15 + 1 + ((number - 1) % 15 >= 9)
    for name, pitch in zip(names, pieces, strict=True):
        midi = SubElement(part, "midi-instrument", id=name)
        midi.append(_leaf("midi-channel", channel))
        midi.append(_leaf("midi-program", program + 1))
        if drums:
            midi.append(_leaf("midi-unpitched", pitch + 1))


@dataclass
class _Pen:
    """Writes the bars of one part; `going` is whether its last syllable goes on."""

    score: Score
    ruler: Ruler
    lines: tuple[int, ...]
    part: str
    drums: bool
    sharps: int
    going: bool = False

    def bar(self, index: int, bar: Bar, *, conducts: bool) -> Element:
        """A measure; the part that conducts has the tempi, sections and chords."""
        measure = Element("measure", number=str(index + 1))
        self._attributes(measure, index)
        if conducts:
            self._conduct(measure, index)
        at = 0
        for voice, strokes in enumerate(bar.voices, 1):
            if at:
                _move(measure, -at)
            at = 0
            for stroke in strokes:
                self._stroke(measure, stroke, voice, whole_bar=stroke.length == bar.length)
                at = stroke.start + stroke.length
            if at < bar.length:
                _move(measure, bar.length - at)
                at = bar.length
        return measure

    def _attributes(self, measure: Element, index: int) -> None:
        beats, unit = self.score.metre_at(index)
        if index and self.score.metre_at(index - 1) == (beats, unit):
            return
        attributes = SubElement(measure, "attributes")
        if index == 0:
            attributes.append(_leaf("divisions", GRID))
            key = SubElement(attributes, "key")
            key.append(_leaf("fifths", self.sharps))
            if found := signature_of(self.score.key):
                key.append(_leaf("mode", found[1]))
        time = SubElement(attributes, "time")
        time.append(_leaf("beats", beats))
        time.append(_leaf("beat-type", unit))
        if index == 0 and self.drums:
            SubElement(attributes, "clef").append(_leaf("sign", "percussion"))

    def _conduct(self, measure: Element, index: int) -> None:
        """What stands above the staff, each at its place, and back to the bar's beginning."""
        begin, end = self.lines[index], self.lines[index + 1]
        marks: list[tuple[int, Element]] = []
        for section in self.score.sections:
            if section.start_bar == index:
                direction = Element("direction", placement="above")
                SubElement(direction, "direction-type").append(_leaf("rehearsal", section.name))
                marks.append((0, direction))
        for beat, pace in paces_of(self.score, self.ruler):
            marks.append((snapped(self.ruler.quarter_of(beat)) - begin, _metronome(pace)))
        marks += [(at - begin, element) for at, element in self._harmonies()]
        now = 0
        for at, element in sorted(marks, key=lambda mark: mark[0]):
            if 0 <= at < end - begin:
                if at > now:
                    _move(measure, at - now)
                    now = at
                measure.append(element)
        if now:
            _move(measure, -now)

    def _harmonies(self) -> list[tuple[int, Element]]:
        """Chords, and the ends of those that no other follows."""
        out = []
        chords = sorted(self.score.chords, key=lambda chord: chord.start)
        for chord, after in zip(chords, [*chords[1:], None], strict=True):
            out.append((self._place(chord.start), _harmony(chord.name)))
            end = self._place(chord.start + chord.length)
            if end < (self.lines[-1] if after is None else self._place(after.start)):
                out.append((end, _harmony(NO_CHORD)))
        return out

    def _place(self, beat: float) -> int:
        return snapped(self.ruler.quarter_of(beat))

    def _stroke(self, measure: Element, stroke: Stroke, voice: int, *, whole_bar: bool) -> None:
        """A rest, or the notes of a chord."""
        for place, note in enumerate(stroke.notes or (None,)):
            element = SubElement(measure, "note")
            if note is None:
                SubElement(element, "rest", {"measure": "yes"} if whole_bar else {})
            else:
                element.set("dynamics", f"{tidy(note.velocity / LOUD, 1e-4):g}")
                if place:
                    SubElement(element, "chord")
                element.append(self._pitch(note))
            element.append(_leaf("duration", stroke.length))
            ties = [kind for kind, there in (("stop", stroke.tied_in), ("start", stroke.tied_out)) if there]
            if note is not None:
                for kind in ties:
                    SubElement(element, "tie", type=kind)
                if self.drums:
                    SubElement(element, "instrument", id=f"{self.part}-I{note.pitch + 1}")
            element.append(_leaf("voice", voice))
            if stroke.length in VALUES and not (note is None and whole_bar):
                _value(element, stroke.length)
            if note is not None and ties:
                notations = SubElement(element, "notations")
                for kind in ties:
                    SubElement(notations, "tied", type=kind)
            if note is not None and note.syllable and not stroke.tied_in:
                element.append(self._lyric(note.syllable))

    def _pitch(self, note: Note) -> Element:
        if self.drums:
            place = Element("unpitched")
            stands = STAFF.get(note.pitch, "C5")
            place.append(_leaf("display-step", stands[0]))
            place.append(_leaf("display-octave", stands[1]))
            return place
        pitch = Element("pitch")
        letter, alter, high = spelled(note.pitch, self.sharps)
        pitch.append(_leaf("step", letter))
        if alter:
            pitch.append(_leaf("alter", alter))
        pitch.append(_leaf("octave", high))
        return pitch

    def _lyric(self, syllable: str) -> Element:
        lyric = Element("lyric", number="1")
        if syllable == HELD:
            SubElement(lyric, "extend", type="continue")
            return lyric
        goes_on = syllable.endswith("-")
        kind = ("middle" if goes_on else "end") if self.going else ("begin" if goes_on else "single")
        self.going = goes_on
        lyric.append(_leaf("syllabic", kind))
        lyric.append(_leaf("text", syllable.removesuffix("-")))
        return lyric


def _value(element: Element, length: int) -> None:
    """The note's written value: type, dot, and three in the time of two."""
    name, dots, triplet = VALUES[length]
    element.append(_leaf("type", name))
    for _ in range(dots):
        SubElement(element, "dot")
    if triplet:
        modification = SubElement(element, "time-modification")
        modification.append(_leaf("actual-notes", 3))
        modification.append(_leaf("normal-notes", 2))


def _move(measure: Element, by: int) -> None:
    SubElement(measure, "forward" if by > 0 else "backup").append(_leaf("duration", abs(by)))


def _metronome(pace: float) -> Element:
    direction = Element("direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    metronome.append(_leaf("beat-unit", "quarter"))
    metronome.append(_leaf("per-minute", f"{pace:.10g}"))
    SubElement(direction, "sound", tempo=f"{pace:.10g}")
    return direction


def _harmony(name: str) -> Element:
    """A chord symbol; what is none is written as the text of no chord."""
    harmony = Element("harmony")
    root, symbol = SubElement(harmony, "root"), parse(name)
    if symbol is None:
        root.append(_leaf("root-step", "C", text=""))
        harmony.append(_leaf("kind", "none", text=name))
        return harmony
    root.append(_leaf("root-step", symbol.root))
    if symbol.alter:
        root.append(_leaf("root-alter", symbol.alter))
    kind, degrees = kind_of(symbol.quality)
    harmony.append(_leaf("kind", kind, **({"text": symbol.quality} if symbol.quality else {})))
    if symbol.bass:
        bass = SubElement(harmony, "bass")
        bass.append(_leaf("bass-step", symbol.bass))
        if symbol.bass_alter:
            bass.append(_leaf("bass-alter", symbol.bass_alter))
    for value, alter in degrees:
        degree = SubElement(harmony, "degree")
        for tag, said in (("degree-value", value), ("degree-alter", alter), ("degree-type", "add")):
            degree.append(_leaf(tag, said))
    return harmony
