"""SSML, the W3C's markup of speech: the part of it that a voice here can obey, as turns of marked passages.

Notable: read by expat event by event, so every error names its line and column; documents with a DTD or entities of
their own are refused. Source: https://www.w3.org/TR/speech-synthesis11/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log2
from typing import NoReturn, TypeVar
from xml.parsers import expat

from soundstage.errors import InputError
from soundstage.text import say_as
from soundstage.text.lexicon import read_phones
from soundstage.text.normalise import clean
from soundstage.text.passage import LONGEST_PAUSE, PLAIN, Delivery, Insert, Passage, Token
from soundstage.text.scripts import latin
from soundstage.text.turns import Turn
from soundstage.text.xsampa import to_ipa

T = TypeVar("T")

ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "speak": ("version", "xmlns", "xml:lang", "xmlns:xsi", "xsi:schemaLocation", "xml:base"), "p": ("xml:lang",),
    "s": ("xml:lang",), "break": ("time", "strength"), "prosody": ("rate", "pitch", "volume"),
    "say-as": ("interpret-as", "format", "detail"), "phoneme": ("alphabet", "ph"), "sub": ("alias",),
    "voice": ("name",), "emphasis": ("level",), "mark": ("name",),
}  # fmt: skip
"""The elements, and the attributes of each."""
READ_WHOLE = ("say-as", "phoneme", "sub")
EMPTY = ("break", "mark")
STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.4, "strong": 0.75, "x-strong": 1.2}
RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.3, "x-fast": 1.7}
PITCHES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
VOLUMES = {
    "silent": -90.0, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0, "x-loud": 8.0,
}  # fmt: skip
LEVELS = {
    "strong": Delivery(rate=0.92, volume=2.0, strong=True), "moderate": Delivery(strong=True), "none": PLAIN,
    "reduced": Delivery(rate=1.1, volume=-3.0),
}  # fmt: skip
SLOWEST, FASTEST = 0.25, 4.0


def is_ssml(text: str) -> bool:
    """Whether a text begins as a document of SSML does."""
    return re.match(r"\s*<(?:speak[\s/>]|\?xml\s|!DOCTYPE\s)", text) is not None


def parse(text: str) -> list[Turn]:
    """The turns of a document: a new one wherever the voice changes.

    Raises InputError with line and column for what is not well formed, not known or not understood.
    """
    return _Reader().read(text.strip())


@dataclass
class _Open:
    """An element that has begun: how what is inside it is said, by whom, and what its attributes are."""

    name: str
    delivery: Delivery
    speaker: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class _Reader:
    stack: list[_Open] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    text: str = ""
    inserts: list[Insert] = field(default_factory=list)
    deliveries: list[tuple[int, Delivery]] = field(default_factory=list)
    speaker: str = ""

    def read(self, text: str) -> list[Turn]:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        try:
            self.parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise InputError(
                "text",
                f"is no SSML: {expat.ErrorString(error.code)} at {where}",
                "close every element; write & as &amp;",
            ) from None
        self.finish("")
        if self.turns and self.inserts:  # rests and marks behind the last word
            last = self.turns[-1].passage
            behind = tuple(replace(each, start=len(last), end=len(last)) for each in self.inserts)
            self.turns[-1] = replace(self.turns[-1], passage=Passage(last, last.inserts + behind, last.deliveries))
        return self.turns

    def wrong(self, problem: str, remedy: str) -> NoReturn:
        where = f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}"
        raise InputError("text", f"{problem} at {where}", remedy)

    def refuse(self, *_: object) -> NoReturn:
        self.wrong("declares a document type or an entity", "leave it out; &amp; &lt; &gt; &quot; &apos; are known")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.stack and name != "speak":
            self.wrong(f"begins with <{name}>", "begin with <speak>")
        if name not in ELEMENTS or (name == "speak" and self.stack):
            self.wrong(f"has <{name}>, which is not known", f"use {', '.join(ELEMENTS)}")
        if self.stack and self.stack[-1].name in (*READ_WHOLE, *EMPTY):
            self.wrong(f"has <{name}> inside <{self.stack[-1].name}>", "write words only there")
        for key in attributes:
            if key not in ELEMENTS[name]:
                self.wrong(f"has {key!r} in <{name}>", f"use {', '.join(ELEMENTS[name])}")
        outer = self.stack[-1] if self.stack else _Open("", PLAIN, "", {})
        opened = _Open(name, outer.delivery, outer.speaker, attributes)
        self.stack.append(opened)
        if name == "prosody":
            opened.delivery = outer.delivery.then(self.prosody(attributes))
        elif name == "emphasis":
            level = attributes.get("level", "moderate")
            opened.delivery = outer.delivery.then(self.choice("level", level, LEVELS))
        elif name == "voice":
            opened.speaker = self.needed(opened, "name")
            self.finish(opened.speaker)
        elif name == "break":
            seconds = self.rest(attributes)
            self.insert(Token(mark="," if seconds else "", silence=seconds))
        elif name == "mark":
            self.insert(Token(before=(self.needed(opened, "name"),)))
        elif name in ("p", "s"):
            self.insert(Token(mark="."))
        self.deliver(opened.delivery)

    def end(self, name: str) -> None:
        closed = self.stack.pop()
        outer = self.stack[-1] if self.stack else None
        if name in READ_WHOLE:
            self.whole(closed)
        if name in ("p", "s"):
            self.insert(Token(mark="."))
        if name == "voice":
            self.finish(outer.speaker if outer else "")
        self.deliver(outer.delivery if outer else PLAIN)

    def characters(self, text: str) -> None:
        inside = self.stack[-1]
        if inside.name in EMPTY:
            if text.strip():
                self.wrong(f"has words inside <{inside.name}>", f"close it at once: <{inside.name}/>")
        elif inside.name in READ_WHOLE:
            inside.text += text
        else:
            self.text += clean(re.sub(r"\s+", " ", text))

    def whole(self, closed: _Open) -> None:
        """A stretch that is read as it is told."""
        written = " ".join(clean(closed.text).split())
        if closed.name == "sub":
            alias = clean(self.needed(closed, "alias")).strip()
            self.insert(Token(written=written or alias, spoken=_alias(alias)), written or alias)
            return
        if not written:
            self.wrong(f"has an empty <{closed.name}>", "write the words that it is for")
        if closed.name == "phoneme":
            self.insert(Token(written=written, spoken=_plain(written), given=self.phones(closed)), written)
            return
        kind = self.needed(closed, "interpret-as")
        self.choice("interpret-as", kind, say_as.KINDS)
        try:
            words = say_as.read(written, kind, closed.attributes.get("format", ""))
        except ValueError as error:
            self.wrong(f"{written[:40]!r} {error}, and shall be said as {kind}", "correct it, or leave say-as out")
        self.insert(Token(written=written, spoken=tuple(words)), written)

    def phones(self, closed: _Open) -> str:
        """A pronunciation that is known to be one."""
        alphabet, given = closed.attributes.get("alphabet", "ipa").lower(), self.needed(closed, "ph")
        try:
            if alphabet in ("x-sampa", "xsampa"):
                given = to_ipa(given)
            elif alphabet not in ("ipa", "cmu-arpabet", "arpabet"):
                self.wrong(f"has the alphabet {alphabet[:40]!r}", "use ipa, x-sampa or cmu-arpabet")
            read_phones(given)
        except ValueError as error:
            self.wrong(
                f"/{closed.attributes['ph'][:40]}/ has {error.args[0]!r}, no sound of English", f"write {alphabet}"
            )
        except InputError as error:
            self.wrong(error.problem, error.remedy)
        return given

    def prosody(self, attributes: Mapping[str, str]) -> Delivery:
        """Rate, pitch and volume as factors and offsets."""
        if not attributes:
            self.wrong("has a <prosody> that asks for nothing", "give rate, pitch or volume")
        rate = self.amount("rate", attributes.get("rate", "default"), RATES)
        pitch = self.amount("pitch", attributes.get("pitch", "default"), PITCHES)
        volume = self.amount("volume", attributes.get("volume", "default"), VOLUMES)
        if not SLOWEST <= rate <= FASTEST:
            self.wrong(f"asks for the rate {rate:g}", f"give {SLOWEST:g} to {FASTEST:g} times as fast")
        return Delivery(rate=rate, pitch=max(-24.0, min(24.0, pitch)), volume=max(-90.0, min(20.0, volume)))

    def amount(self, name: str, given: str, named: Mapping[str, float]) -> float:
        """One attribute of prosody: a word, or a figure with its unit."""
        given = given.strip().lower()
        if given in named:
            return named[given]
        if (value := _figure(name, given)) is None:
            form = {"rate": "80%, +10% or 1.2", "pitch": "+2st or +10%", "volume": "+6dB"}[name]
            self.wrong(f"asks for the {name} {given[:40]!r}", f"give {', '.join(named)}, or such as {form}")
        return value

    def rest(self, attributes: Mapping[str, str]) -> float:
        """Seconds of a break."""
        if "time" not in attributes:
            return self.choice("strength", attributes.get("strength", "medium"), STRENGTHS)
        found = re.fullmatch(r"\+?(\d+(?:\.\d+)?|\.\d+)\s*(s|ms)", attributes["time"].strip().lower())
        if found is None:
            self.wrong(f"asks for a break of {attributes['time'][:40]!r}", "give such as 500ms or 1.5s")
        return min(float(found[1]) / (1000 if found[2] == "ms" else 1), LONGEST_PAUSE)

    def choice(self, name: str, given: str, choices: Mapping[str, T]) -> T:
        if given not in choices:
            self.wrong(f"has the {name} {given[:40]!r}", f"use {', '.join(choices)}")
        return choices[given]

    def needed(self, opened: _Open, name: str) -> str:
        """An attribute that must be there."""
        if not (found := opened.attributes.get(name, "").strip()):
            self.wrong(f"has a <{opened.name}> without {name!r}", f'write <{opened.name} {name}="…">')
        return found

    def insert(self, token: Token, written: str = "") -> None:
        self.inserts.append(Insert(len(self.text), len(self.text) + len(written), token))
        self.text += written

    def deliver(self, delivery: Delivery) -> None:
        """From here on."""
        if delivery != (self.deliveries[-1][1] if self.deliveries else PLAIN):
            self.deliveries.append((len(self.text), delivery))

    def finish(self, following: str) -> None:
        """End a turn; the next is by `following`. Rests and marks without words go over to it."""
        if self.text.strip() or any(each.token.spoken for each in self.inserts):
            made = Passage(self.text, tuple(self.inserts), tuple(self.deliveries))
            self.turns.append(Turn(self.speaker, made, bool(self.speaker)))
            self.inserts = []
        self.inserts = [replace(each, start=0, end=0) for each in self.inserts]
        self.text, self.deliveries, self.speaker = "", [], following


def _figure(name: str, given: str) -> float | None:
    """A rate as a factor, a pitch in semitones, a volume in dB; None for what is none."""
    found = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)\s*(%|st|db)?", given)
    if found is None:
        return None
    sign, unit = found[1], found[3] or ""
    value = float(found[2]) * (-1 if sign == "-" else 1)
    if name == "rate" and unit == "%":
        return 1 + value / 100 if sign else value / 100
    if name == "pitch" and unit == "%" and sign and value > -100:
        return 12 * log2(1 + value / 100)
    plain = {"rate": unit == "" and not sign, "pitch": unit == "st", "volume": unit == "db"}[name]
    return value if plain else None


def _plain(text: str) -> tuple[str, ...]:
    return (latin(text).lower(),)


def _alias(text: str) -> tuple[str, ...]:
    """An alias is read as any text is."""
    from soundstage.text.normalise import sentences

    return tuple(word for each in sentences(text) for token in each.tokens for word in token.spoken)
