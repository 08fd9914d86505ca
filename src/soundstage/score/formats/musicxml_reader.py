"""MusicXML from notation programs, through music21 (the extra `music`): measures, voices, tuplets, chords, symbols.

Notable: what the library drops is put where it can see it, or read beside it: which drum an unpitched note strikes,
where a syllable is held, a tempo that is only heard, transposition, repeats. Where there are several verses, the
second time round sings the second.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from soundstage.errors import InputError, MissingError
from soundstage.media.score import HELD, Score
from soundstage.score.formats import repeats
from soundstage.score.formats.assembly import Measure, Part, Written, assemble
from soundstage.score.formats.keys import key_of, mode_named, spelled
from soundstage.score.formats.syllables import clean
from soundstage.score.formats.symbols import Symbol, quality_of

LARGEST = 64 << 20
"""Bytes of a sheet, unzipped, that are read at most."""
DYNAMICS = {"ppp": 24, "pp": 36, "p": 50, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}
USUAL = 80
JUMPS = {"dacapo": "capo", "dalsegno": "segno"}
WORDS = ((r"d\.? ?c\b|da capo", "capo"), (r"d\.? ?s\b|dal segno", "segno"))


def broken(problem: object) -> InputError:
    """The one error for a file that is no sheet."""
    return InputError("musicxml", " ".join(str(problem).split())[:200], "give a whole .musicxml or .mxl file")


def read(data: bytes) -> Score:
    """A score from MusicXML, zipped or not. Raises MissingError without music21, InputError for what is no sheet."""
    sheet = _sheet(_root(_unzipped(data)))
    staves = _parsed(sheet.root)
    if not sheet.parts:
        raise broken("has no part")
    try:
        return _score(sheet, staves)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise broken(f"cannot be understood ({error})") from error


@dataclass
class _Part:
    """What the library does not tell of a part."""

    name: str = ""
    program: int | None = None
    drums: bool = False
    transposed: list[int] = field(default_factory=list)


@dataclass
class _Sheet:
    """A sheet made ready for the library; parts by id, repeat marks by measure."""

    root: Element
    parts: dict[str, _Part]
    marks: list[repeats.Mark]


def _unzipped(data: bytes) -> bytes:
    if data[:2] != b"PK":
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            names = [name for name in file.namelist() if not name.startswith("META-INF")]
            if "META-INF/container.xml" in file.namelist():
                container = ElementTree.fromstring(_inside(file, "META-INF/container.xml"))
                names = [e.get("full-path", "") for e in container.iter() if e.tag.endswith("rootfile")] + names
            name = next(name for name in names if name in file.namelist() and name.lower().endswith(("xml", ".mxl")))
            return _inside(file, name)
    except (zipfile.BadZipFile, ElementTree.ParseError, StopIteration, OSError, RuntimeError, EOFError) as error:
        raise broken(f"cannot be unzipped ({error or 'it holds no sheet'})") from error
    except Exception as error:  # zlib.error is no OSError
        raise broken(f"cannot be unzipped ({error})") from error


def _inside(file: zipfile.ZipFile, name: str) -> bytes:
    if file.getinfo(name).file_size > LARGEST:
        raise broken(f"holds {name}, which is larger than {LARGEST >> 20} MB")
    return file.read(name)


def _root(data: bytes) -> Element:
    """The document as a partwise one."""
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise broken(f"is no XML ({error})") from error
    if root.tag == "score-timewise":
        parts = {e.get("id", ""): Element("part", id=e.get("id", "")) for e in root.iter("score-part")}
        for measure in root.findall("measure"):
            for part in measure.findall("part"):
                SubElement(parts[part.get("id", "")], "measure", dict(measure.attrib)).extend(list(part))
            root.remove(measure)
        root.tag = "score-partwise"
        root.extend(parts.values())
    if root.tag != "score-partwise":
        raise broken(f"has <{root.tag[:40]}> where a score should be")
    return root


def _sheet(root: Element) -> _Sheet:
    """Reads what the library would drop, and edits the document so that it drops less."""
    parts: dict[str, _Part] = {}
    drums: dict[str, int] = {}
    for declared in root.iter("score-part"):
        program = _number(declared.findtext("midi-instrument/midi-program"))
        channels = {_number(each.text) for each in declared.iter("midi-channel")}
        name = (declared.findtext("part-name") or "").strip()
        number = None if program is None or not 1 <= program <= 128 else program - 1
        parts[declared.get("id", "")] = _Part(name, number, 10 in channels)
        for midi in declared.findall("midi-instrument"):
            if (piece := _number(midi.findtext("midi-unpitched"))) is not None and 1 <= piece <= 128:
                drums[midi.get("id", "")] = piece - 1
    marks: list[repeats.Mark] = []
    for part in root.findall("part"):
        ours = parts.setdefault(part.get("id", ""), _Part())
        endings: frozenset[int] = frozenset()
        shift = 0
        for index, measure in enumerate(part.findall("measure")):
            if index == len(marks):
                marks.append(repeats.Mark())
            endings = _mark(measure, marks[index], endings)
            shift = _transposed(measure, shift)
            ours.transposed.append(shift)
            _edit(measure, drums)
            ours.drums |= measure.find("note/unpitched") is not None
    return _Sheet(root, parts, marks)


def _number(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except ValueError:
        return None


def _transposed(measure: Element, before: int) -> int:
    """Semitones that a part sounds above what is written."""
    transpose = measure.find("attributes/transpose")
    if transpose is None:
        return before
    return (_number(transpose.findtext("chromatic")) or 0) + 12 * (_number(transpose.findtext("octave-change")) or 0)


def _mark(measure: Element, mark: repeats.Mark, open_endings: frozenset[int]) -> frozenset[int]:
    """Notes a measure's repeat signs; returns the endings that are still open after it."""
    endings = open_endings
    for barline in measure.findall("barline"):
        ending, repeat = barline.find("ending"), barline.find("repeat")
        if ending is not None and ending.get("type") == "start":
            endings = frozenset(int(n) for n in re.findall(r"\d+", ending.get("number", "")))
            open_endings = endings
        elif ending is not None:
            open_endings = frozenset()
        if repeat is not None and repeat.get("direction") == "forward":
            mark.opens = True
        elif repeat is not None:
            mark.closes = max(mark.closes, min(_number(repeat.get("times")) or 2, 9))
    mark.endings |= endings
    for sound in measure.iter("sound"):
        for name, jump in JUMPS.items():
            mark.jump = jump if sound.get(name) else mark.jump
        mark.fine |= bool(sound.get("fine"))
        mark.to_coda |= bool(sound.get("tocoda"))
        mark.coda |= bool(sound.get("coda"))
        mark.segno |= bool(sound.get("segno"))
    mark.segno |= measure.find("direction/direction-type/segno") is not None
    codas = len(measure.findall("direction/direction-type/coda"))
    for element in measure.iter("words"):
        words = (element.text or "").strip().lower()
        mark.fine |= words == "fine"
        mark.to_coda |= words.startswith("to coda")
        for pattern, jump in WORDS:
            if re.match(pattern, words):
                mark.jump = mark.jump or jump
    mark.coda |= bool(codas) and not mark.to_coda
    return open_endings


def _edit(measure: Element, drums: dict[str, int]) -> None:
    """Drums get pitches, held syllables a text, and a tempo that is only heard a direction."""
    for note in measure.findall("note"):
        unpitched, instrument = note.find("unpitched"), note.find("instrument")
        if unpitched is not None and instrument is not None and instrument.get("id") in drums:
            letter, alter, octave = spelled(drums[instrument.get("id", "")], 0)
            unpitched.clear()
            unpitched.tag = "pitch"
            for tag, value in (("step", letter), ("alter", alter), ("octave", octave)):
                SubElement(unpitched, tag).text = str(value)
        for lyric in note.findall("lyric"):
            if lyric.find("text") is None and lyric.find("extend") is not None:
                SubElement(lyric, "text").text = HELD
    for index, sound in enumerate(list(measure)):
        if sound.tag == "sound" and sound.get("tempo"):
            direction = Element("direction")
            SubElement(SubElement(direction, "direction-type"), "words")
            SubElement(direction, "sound", tempo=sound.get("tempo", ""))
            measure[index] = direction


def _parsed(root: Element) -> list[tuple[str, Any]]:
    """The library's streams of the document, one a staff, with the id of its part."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from music21.musicxml.xmlToM21 import MusicXMLImporter
    except ImportError as error:
        raise MissingError("music21, which reads MusicXML, is not there", "pip install soundstage[music]") from error
    importer = MusicXMLImporter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importer.xmlRootToScore(root, importer.stream)
    except Exception as error:  # the library raises what its parts raise
        raise broken(f"cannot be understood ({error})") from error
    shown = {id(part) for part in importer.stream.parts}
    streams = [(name, part) for name, part in importer.m21PartObjectsById.items() if id(part) in shown]
    return [(re.sub(r"-Staff\d+$", "", name), part) for name, part in streams]


def _score(sheet: _Sheet, staves: list[tuple[str, Any]]) -> Score:
    if not staves:
        raise broken("has no part")
    bars = [list(part.getElementsByClass("Measure")) for _, part in staves]
    measures = list(_measures(bars[0], sheet.marks))
    if not measures:
        raise broken("has no measure")
    parts = []
    for ident in dict.fromkeys(ident for ident, _ in staves):
        told = sheet.parts.get(ident, _Part())
        of_part = [each for (name, _), each in zip(staves, bars, strict=True) if name == ident]
        notes = [
            [note for staff in of_part if index < len(staff) for note in _notes(staff[index], told, index)]
            for index in range(len(measures))
        ]
        parts.append(Part(told.name, told.program, told.drums, notes))
    return assemble(measures, parts, holds=True)


def _measures(found: list[Any], marks: list[repeats.Mark]) -> Iterator[Measure]:
    """The measures of the first staff, with the metre that holds in each."""
    metre = (4, 4)
    for index, measure in enumerate(found):
        for signature in measure.getElementsByClass("TimeSignature"):
            metre = (int(signature.numerator), int(signature.denominator))
        if index + 1 < len(found):
            length = float(found[index + 1].offset - measure.offset)
        else:
            length = float(measure.duration.quarterLength)
            length = length if len(found) == 1 or length > metre[0] * 4 / metre[1] else 0.0
        mark = marks[index] if index < len(marks) else repeats.Mark()
        yield Measure(metre, length, mark, list(_signs(measure)))


def _signs(measure: Any) -> Iterator[tuple[float, str, float | str]]:
    """What stands above the staff."""
    for element in measure.recurse():
        at = float(element.getOffsetInHierarchy(measure))
        kinds = element.classes
        if "MetronomeMark" in kinds:
            if (pace := element.getQuarterBPM()) and pace > 0:
                yield at, "tempo", float(pace)
        elif "RehearsalMark" in kinds:
            yield at, "section", str(element.content)
        elif "NoChord" in kinds:
            yield at, "chord", ""
        elif "ChordSymbol" in kinds:
            yield at, "chord", _symbol(element)
        elif "KeySignature" in kinds and abs(element.sharps or 0) <= 7:
            mode = mode_named(str(getattr(element, "mode", None) or "major"))
            yield at, "key", key_of(int(element.sharps or 0), mode or "major")


def _symbol(element: Any) -> str:
    degrees = tuple(
        (int(each.degree), int(getattr(each.interval, "semitones", each.interval) or 0))
        for each in element.getChordStepModifications()
        if each.modType == "add"
    )
    root, bass = element.root(), element.bass()
    quality = quality_of(str(element.chordKind), str(element.chordKindStr or ""), degrees)
    below = bass is not None and bass.name != root.name
    return Symbol(
        root.step,
        int(root.accidental.alter) if root.accidental else 0,
        quality,
        bass.step if below else "",
        int(bass.accidental.alter) if below and bass.accidental else 0,
    ).name


def _notes(measure: Any, part: _Part, index: int) -> Iterator[Written]:
    """The notes of a measure. Grace notes have no length and are passed over."""
    loud = USUAL
    for element in measure.recurse():
        kinds = element.classes
        if "Dynamic" in kinds:
            loud = DYNAMICS.get(str(element.value), loud)
        if not {"Note", "Chord", "Unpitched", "PercussionChord"} & set(kinds) or "Harmony" in kinds:
            continue
        length = float(element.duration.quarterLength)
        if length <= 0:
            continue
        start = float(element.getOffsetInHierarchy(measure))
        members = list(element.notes) if hasattr(element, "notes") else [element]
        shift = 0 if part.drums or index >= len(part.transposed) else part.transposed[index]
        pitches = [_midi(each) + shift for each in members]
        verses = _verses(list(element.lyrics) or [lyric for each in members for lyric in each.lyrics])
        for each, pitch in zip(members, pitches, strict=True):
            if 0 <= pitch <= 127:
                velocity = int(min(max(each.volume.velocity or element.volume.velocity or loud, 1), 127))
                tie = (each.tie or element.tie).type if each.tie or element.tie else ""
                yield Written(
                    start,
                    length,
                    pitch,
                    velocity,
                    verses if pitch == max(pitches) else {},
                    tie in ("stop", "continue"),
                    tie in ("start", "continue"),
                )


def _midi(note: Any) -> int:
    return int(note.pitch.midi) if hasattr(note, "pitch") else int(note.displayPitch().midi)


def _verses(lyrics: list[Any]) -> dict[int, str]:
    """Syllables by verse."""
    out = {}
    for lyric in lyrics:
        text = clean(lyric.text or "")
        goes_on = text not in ("", HELD) and lyric.syllabic in ("begin", "middle")
        if text:
            out[int(lyric.number)] = text + "-" if goes_on else text
    return out
