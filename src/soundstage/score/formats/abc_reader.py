"""The parser of ABC tunes: the common part of the standard, as tune books and sessions write it.

Notable: understood are the fields X T M L Q K V P w (also in brackets), notes with accidentals that last for the bar,
lengths, broken rhythm, rests, ties, tuplets, chords in brackets and in quotes, repeats with endings, segno and da capo,
overlays, verses, and MIDI programs. Grace notes, slurs and ornaments are passed over. Only the first tune is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from soundstage.media.score import HELD, Score
from soundstage.score.formats.abc_fields import SIGNS, broken, key_field, length_of, metre_field, pace_field
from soundstage.score.formats.assembly import Measure, Part, Written, assemble
from soundstage.score.formats.keys import pitch_of
from soundstage.score.formats.repeats import Mark
from soundstage.score.formats.syllables import clean
from soundstage.score.formats.symbols import is_chord, is_none, parse

USUAL = 80
DYNAMICS = {"ppp": 24, "pp": 36, "p": 50, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}
LONGEST = 64
"""Whole notes that one note may last."""
NOTE = r"(?P<sign>\^\^|__|\^|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)"
LENGTH = r"(?P<above>\d*)(?P<slashes>/*)(?P<below>\d*)"
TOKEN = re.compile(
    r'(?P<quoted>"[^"]*")|(?P<field>\[[A-Za-z]:[^\]]*\])|(?P<decoration>![^!\s]+!|\+[^+\s]+\+)|(?P<grace>\{[^}]*\})'
    r"|(?P<bar>:*\|*\[?\|+\]?:*|:+\|+:*|::+|\|+:+|\|\])(?P<ending>\s*\[?[1-9][\d,\-]*)?|(?P<volta>\[[1-9][\d,\-]*)"
    r"|(?P<tuplet>\(\d(?::\d*){0,2})|(?P<chord>\[[^\]\[|]*\])" + f"{LENGTH.replace('P<', 'P<c')}"
    rf"|(?:{NOTE}|(?P<rest>[zxZXy])){LENGTH}|(?P<tie>-)|(?P<broken>[<>]+)|(?P<overlay>&)|(?P<other>\s+|[().~HLMOPSTuv`\\$*;?@#])"
)
MEMBER = re.compile(NOTE + LENGTH)
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
JUMPS = {"dacapo": "capo", "dacoda": "capo", "d.c.": "capo", "d.s.": "segno", "dcalfine": "capo", "dsalfine": "segno"}


Ties = dict[tuple[str, int], set[int]]
"""By letter and octave, the pitches that a tie leads from."""


@dataclass
class _Bar:
    """A bar as it is read: its length so far in quarters, notes, signs and repeat marks."""

    metre: tuple[int, int]
    length: Fraction = Fraction(0)
    notes: list[Written] = field(default_factory=list)
    signs: list[tuple[float, str, float | str]] = field(default_factory=list)
    mark: Mark = field(default_factory=Mark)
    filled: bool = False


@dataclass
class _Voice:
    """A voice and where its reader stands."""

    name: str = ""
    program: int | None = None
    drums: bool = False
    bars: list[_Bar] = field(default_factory=list)
    metre: tuple[int, int] = (4, 4)
    unit: Fraction = Fraction(1, 8)
    key: dict[str, int] = field(default_factory=dict)
    shift: int = 0
    velocity: int = USUAL
    altered: dict[tuple[str, int], int] = field(default_factory=dict)
    struck: Ties = field(default_factory=dict)
    ties: Ties = field(default_factory=dict)
    carried: Ties = field(default_factory=dict)
    overlaid: Ties = field(default_factory=dict)
    first_ties: Ties = field(default_factory=dict)
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    broken: Fraction = Fraction(1)
    last: tuple[list[Written], Fraction, bool] | None = None
    line: list[tuple[int, Written]] = field(default_factory=list)
    verses: int = 0
    endings: frozenset[int] = frozenset()
    opens: bool = False
    pending: list[tuple[str, float | str]] = field(default_factory=list)
    at: Fraction = Fraction(0)
    beneath: bool = False


def read(text: str) -> Score:
    """A score from the first tune of a text. Raises InputError for what is none."""
    try:
        return _Reader().read(text)
    except (ZeroDivisionError, OverflowError, KeyError, IndexError, ValueError) as error:
        raise broken(f"cannot be understood ({error})") from error


class _Reader:
    def __init__(self) -> None:
        self.voices: dict[str, _Voice] = {}
        self.usual = _Voice()
        self.length_given = False
        self.in_body = False
        self.now = self.usual
        self.first_signs: list[tuple[str, float | str]] = []

    def read(self, text: str) -> Score:
        """Line by line: fields, words, music."""
        seen = False
        for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            if raw.startswith("%%"):
                self._directive(raw[2:].strip())
                continue
            line = re.split(r"(?<!\\)%", raw, maxsplit=1)[0].rstrip()
            if not line and self.in_body and any(voice.bars for voice in self.voices.values()):
                break
            if line.startswith("X:"):
                if seen and self.in_body:
                    break
                seen = True
            elif re.match(r"[A-Za-z+]:(?![|:])", line):
                self._field(line[0], line[2:].strip())
            elif line and self.in_body:
                self._music(line)
        if not self.in_body:
            raise broken("has no field K:, which begins the music")
        voices = [voice for voice in self.voices.values() if voice.bars]
        for voice in voices:
            self._close_last(voice)
        voices = [voice for voice in voices if voice.bars]
        if not voices or not any(bar.filled for voice in voices for bar in voice.bars):
            raise broken("has no notes")
        return self._score(voices)

    def _score(self, voices: list[_Voice]) -> Score:
        leader = max(voices, key=lambda voice: len(voice.bars))
        for kind, value in self.first_signs:
            leader.bars[0].signs.insert(0, (0.0, kind, value))
        for voice in voices:
            if voice is not leader:  # what another voice says of tempi and chords counts as well
                for bar, ours in zip(voice.bars, leader.bars, strict=False):
                    ours.signs += [sign for sign in bar.signs if sign not in ours.signs]
                    _joined(ours.mark, bar.mark)
        measures = []
        for index, bar in enumerate(leader.bars):
            longest = max(float(voice.bars[index].length) for voice in voices if index < len(voice.bars))
            last = index == len(leader.bars) - 1 and index > 0 and longest < bar.metre[0] * 4 / bar.metre[1]
            signs = sorted(bar.signs, key=lambda sign: sign[0])
            measures.append(Measure(bar.metre, 0.0 if last else longest, bar.mark, signs))
        parts = [Part(voice.name, voice.program, voice.drums, [bar.notes for bar in voice.bars]) for voice in voices]
        return assemble(measures, parts, holds=False)

    def _directive(self, text: str) -> None:
        """`%%MIDI program 40`, `%%MIDI channel 10`."""
        if match := re.match(r"MIDI\s+(program|channel)\s+(?:\d+\s+)?(\d+)", text):
            if match[1] == "channel":
                self.now.drums = int(match[2]) == 10
            else:
                self.now.program = int(match[2]) & 127

    def _field(self, kind: str, value: str) -> None:
        if kind == "M":
            metre = metre_field(value)
            for voice in self._concerned():
                voice.metre = metre
                if voice.bars and not voice.bars[-1].filled:
                    voice.bars[-1].metre = metre
            if not self.length_given and not self.in_body:
                self.usual.unit = Fraction(1, 16) if Fraction(*metre) < Fraction(3, 4) else Fraction(1, 8)
        elif kind == "L":
            if not (match := re.fullmatch(r"(\d+)/(\d+)|1", value)):
                raise broken(f"has the length L:{value}, which is none")
            self.length_given = True
            for voice in self._concerned():
                voice.unit = Fraction(int(match[1]), int(match[2])) if match[1] else Fraction(1)
        elif kind == "Q":
            if pace := pace_field(value, self.now.unit):
                self._sign("tempo", pace)
        elif kind == "K":
            self._key(value)
        elif kind == "V":
            self._voice(value)
        elif kind == "P" and self.in_body:
            self._sign("section", value)
        elif kind == "w" and self.in_body:
            self._words(value)

    def _concerned(self) -> list[_Voice]:
        """The voices that a field changes: in the head all, in the music the one that is being written."""
        return [self.now] if self.in_body else [self.usual, *self.voices.values()]

    def _sign(self, kind: str, value: float | str) -> None:
        if not self.in_body:
            self.first_signs.append((kind, value))
        else:
            self.now.pending.append((kind, value))

    def _key(self, value: str) -> None:
        """A key field; the first one begins the music."""
        altered, name = key_field(value)
        moved = re.search(r"transpose=(-?\d+)", value)
        octave = re.search(r"octave=(-?\d+)", value)
        for voice in self._concerned():
            voice.key = altered
            voice.shift = (int(moved[1]) if moved else 0) + 12 * (int(octave[1]) if octave else 0)
        if name:
            self._sign("key", name)
        if not self.in_body:
            self.in_body = True
            self._voice(next(iter(self.voices), "1"))

    def _voice(self, value: str) -> None:
        """Declares a voice, or turns to one."""
        ident = value.split()[0] if value.split() else "1"
        if ident == "*":
            return
        fresh = ident not in self.voices
        if fresh:
            usual = self.usual
            self.voices[ident] = _Voice(metre=usual.metre, unit=usual.unit, key=usual.key, program=usual.program)
        voice = self.voices[ident]
        if match := re.search(r'\b(?:name|nm)\s*=\s*(?:"([^"]*)"|(\S+))', value):
            voice.name = (match[1] or match[2] or "").strip()
        voice.drums |= bool(re.search(r"\bclef\s*=\s*perc|\bperc\b", value))
        if self.in_body:
            if fresh:
                voice.key, voice.shift = self.now.key, self.now.shift
            self.now = voice
            voice.line, voice.verses = [], 0

    def _music(self, line: str) -> None:
        """A line of music in the present voice."""
        voice = self.now
        if voice.verses:
            voice.line, voice.verses = [], 0
        at = 0
        while at < len(line):
            match = TOKEN.match(line, at)
            if match is None or match.end() == at:
                if line[at].isprintable() and line[at] not in '[]{}"':
                    at += 1
                    continue
                raise broken(f"cannot be read at {line[at : at + 20]!r}")
            at = match.end()
            self._token(match)
            voice = self.now

    def _token(self, match: re.Match[str]) -> None:
        voice = self.now
        if quoted := match["quoted"]:
            self._quoted(quoted[1:-1].strip())
        elif inline := match["field"]:
            self._field(inline[1], inline[3:-1].strip())
        elif decoration := match["decoration"]:
            self._decorated(decoration[1:-1].lower())
        elif match["bar"]:
            self._bar_line(match["bar"], match["ending"])
        elif match["volta"]:
            self._ending(match["volta"])
        elif match["tuplet"]:
            p, q, r = ([*match["tuplet"][1:].split(":"), "", ""])[:3]
            above = int(p)
            compound = voice.metre[0] % 3 == 0 and voice.metre[0] > 3
            below = int(q) if q else TUPLETS.get(above, 3 if compound else 2)
            voice.tuplet = (Fraction(below, above), int(r) if r else above)
        elif match["chord"]:
            self._struck_chord(match["chord"][1:-1], length_of(match["cabove"], match["cslashes"], match["cbelow"]))
        elif match["letter"] or match["rest"]:
            length = length_of(match["above"], match["slashes"], match["below"])
            if match["rest"]:
                self._rest(match["rest"], length)
            else:
                self._struck([self._pitch(match["sign"], match["letter"], match["octave"])], length)
        elif match["tie"] and voice.last is not None:
            for note in voice.last[0]:
                note.tied_out = True
            voice.ties = voice.struck
        elif match["broken"]:
            self._break(match["broken"])
        elif match["overlay"]:
            self._overlay()

    def _quoted(self, text: str) -> None:
        """A chord symbol; what is none is an annotation."""
        if is_none(text):
            self.now.pending.append(("chord", ""))
        elif is_chord(text) and (symbol := parse(text)) is not None:
            self.now.pending.append(("chord", symbol.name))

    def _decorated(self, name: str) -> None:
        bar = self._bar()
        if name in DYNAMICS:
            self.now.velocity = DYNAMICS[name]
        elif name in ("segno", "coda", "fine"):
            setattr(bar.mark, name, True)
        elif name in JUMPS:
            bar.mark.jump = JUMPS[name]

    def _bar(self) -> _Bar:
        """The bar that is being written, made if need be."""
        voice = self.now
        if not voice.bars:
            voice.bars.append(_Bar(voice.metre))
        return voice.bars[-1]

    def _bar_line(self, text: str, ending: str | None) -> None:
        """Ends a bar; a line at the beginning, or two in a row, end none."""
        voice = self.now
        closes, opens = text.startswith(":"), text.endswith(":")
        if voice.bars and voice.bars[-1].filled:
            bar = voice.bars[-1]
            if closes:
                bar.mark.closes = 2 if text.strip("|[]") == "::" or not opens else len(text) - len(text.lstrip(":")) + 1
                bar.mark.closes = max(bar.mark.closes, 2)
            self._next_bar()
        elif closes and len(voice.bars) > 1:
            voice.bars[-2].mark.closes = 2
        if opens:
            self._bar().mark.opens = True
        if closes or "||" in text or "]" in text or opens:
            voice.endings = frozenset()
            self._bar().mark.endings = frozenset()
        if ending:
            self._ending(ending)

    def _next_bar(self) -> None:
        voice = self.now
        carried = voice.overlaid
        for place, pitches in voice.ties.items():
            carried.setdefault(place, set()).update(pitches)
        voice.carried, voice.overlaid = carried, {}
        voice.ties = voice.first_ties if voice.beneath else voice.ties
        voice.altered, voice.at, voice.beneath = {}, Fraction(0), False
        voice.bars.append(_Bar(voice.metre))
        voice.bars[-1].mark.endings = voice.endings

    def _ending(self, text: str) -> None:
        found: set[int] = set()
        for part in re.findall(r"\d+(?:-\d+)?", text):
            first, _, last = part.partition("-")
            found |= set(range(int(first), min(int(last or first), int(first) + 20) + 1))
        self.now.endings = frozenset(found)
        self._bar().mark.endings = self.now.endings

    def _overlay(self) -> None:
        """What follows sounds together with the bar so far."""
        voice = self.now
        if not voice.beneath:
            voice.first_ties = voice.ties
        for place, pitches in voice.ties.items():
            voice.overlaid.setdefault(place, set()).update(pitches)
        voice.ties = {}
        voice.at, voice.beneath, voice.altered = Fraction(0), True, {}

    def _pitch(self, sign: str | None, letter: str, octave: str) -> tuple[tuple[str, int], int, bool]:
        """A note's letter and octave, its pitch, and whether a tie leads to it; accidentals last for the bar."""
        voice = self.now
        place = (letter.upper(), (5 if letter.islower() else 4) + octave.count("'") - octave.count(","))
        if sign is not None:
            voice.altered[place] = SIGNS[sign]
        alter = voice.altered.get(place, voice.key.get(place[0], 0))
        pitch = pitch_of(place[0], alter, place[1]) + voice.shift
        before = voice.ties.get(place, set())
        if sign is None and before and pitch not in before and place not in voice.altered:
            pitch = min(before)  # a tie takes its accidental across the bar line
        if not 0 <= pitch <= 127:
            raise broken(f"has the note {letter}{octave}, which nobody can hear")
        return place, pitch, pitch in before or (not voice.at and pitch in voice.carried.get(place, ()))

    def _struck_chord(self, inside: str, length: Fraction) -> None:
        members = list(MEMBER.finditer(inside))
        if not members:
            return
        inner = length_of(members[0]["above"], members[0]["slashes"], members[0]["below"])
        self._struck([self._pitch(m["sign"], m["letter"], m["octave"]) for m in members], length * inner)

    def _struck(self, pitches: list[tuple[tuple[str, int], int, bool]], times: Fraction) -> None:
        """Notes struck together, `times` the unit long."""
        voice = self.now
        start, length = self._advance(times)
        notes = [
            Written(float(start), float(length), pitch, voice.velocity, {}, tied)
            for pitch, tied in {pitch: tied for _, pitch, tied in pitches}.items()
        ]
        voice.bars[-1].notes += notes
        voice.struck, voice.ties = {}, {}
        for place, pitch, _ in pitches:
            voice.struck.setdefault(place, set()).add(pitch)
        voice.last = (notes, length, False)
        if not voice.beneath:
            voice.line.append((len(voice.bars) - 1, max(notes, key=lambda note: note.pitch)))

    def _rest(self, kind: str, times: Fraction) -> None:
        voice = self.now
        voice.ties = {}
        if kind == "y":
            return
        if kind in "ZX":
            for place in range(min(int(times), 999)):
                if place:
                    self._next_bar()
                bar = self._bar()
                bar.length, bar.filled = Fraction(bar.metre[0] * 4, bar.metre[1]), True
            return
        _, length = self._advance(times)
        voice.last = ([], length, False)

    def _advance(self, times: Fraction) -> tuple[Fraction, Fraction]:
        """Where a note or rest begins in its bar, and its length; both in quarters."""
        voice = self.now
        bar = self._bar()
        length = times * voice.unit * 4 * voice.broken
        voice.broken = Fraction(1)
        if voice.tuplet[1]:
            length *= voice.tuplet[0]
            voice.tuplet = (voice.tuplet[0], voice.tuplet[1] - 1)
        if not 0 < length <= 4 * LONGEST:
            raise broken("has a note of no length, or of too much")
        start = voice.at
        bar.signs += [(float(start), kind, value) for kind, value in voice.pending]
        voice.pending = []
        voice.at += length
        bar.length, bar.filled = max(bar.length, voice.at), True
        return start, length

    def _break(self, text: str) -> None:
        """a>b: the first half as long again, the second half as long."""
        voice = self.now
        if voice.last is None or voice.last[2]:
            return
        notes, length, _ = voice.last
        short = Fraction(1, 2 ** len(text))
        own = 2 - short if text[0] == ">" else short
        for note in notes:
            note.length = float(length * own)
        voice.at += length * (own - 1)
        bar = voice.bars[-1]
        bar.length = voice.at if not voice.beneath else max(bar.length, voice.at)
        voice.broken = 2 - own
        voice.last = (notes, length, True)

    def _words(self, text: str) -> None:
        """A line of words under the line of music before it; the next such line is the next verse."""
        voice = self.now
        voice.verses += 1
        place = 0
        syllables = re.findall(r"\||\*|_|-|(?:\\-|[^\s|*_\-])+-?", text.replace("\\\n", ""))
        for syllable in syllables:
            if place >= len(voice.line):
                break
            note = voice.line[place][1]
            if syllable == "|":
                here = voice.line[place - 1][0] if place else -1
                while place < len(voice.line) and voice.line[place][0] <= here:
                    place += 1
                continue
            said = (
                HELD
                if syllable in "_-"
                else ""
                if syllable == "*"
                else clean(syllable.replace("~", " ").replace("\\-", "\0"))
            )
            if said:
                note.verses = {**note.verses, voice.verses: said.replace("\0", "-")}
            place += 1

    def _close_last(self, voice: _Voice) -> None:
        while voice.bars and not voice.bars[-1].filled:
            last = voice.bars.pop()
            if voice.bars:
                _joined(voice.bars[-1].mark, Mark(fine=last.mark.fine, jump=last.mark.jump))


def _joined(mark: Mark, more: Mark) -> None:
    mark.opens |= more.opens
    mark.closes = max(mark.closes, more.closes)
    mark.endings |= more.endings
    mark.segno, mark.coda, mark.fine = mark.segno | more.segno, mark.coda | more.coda, mark.fine | more.fine
    mark.jump = mark.jump or more.jump
