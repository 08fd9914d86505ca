"""The writer of words: a lyric from a prompt, in metre and rhyme, with a chorus that comes back word for word.

Notable: lines rhyme when their sounds do (all from the last stressed vowel on is the same, what is before it is not),
by the pronouncing dictionary. Of many lines that could stand in a place the one is taken whose syllables count and
alternate best. Nothing is used twice but the chorus, and every draw comes from the one generator.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from soundstage.score.lyrics import Line
from soundstage.score.song.phrases import ABOUT, BRIDGE, ENDINGS, HOOK, SHARED_CHORUS, SHARED_VERSE, SUBJECTS, Subject
from soundstage.score.song.stanzas import SYNONYMS, Stanza, read_line
from soundstage.score.structure import Part
from soundstage.text.symbols import STRESSED, VOWELS

FORMS: tuple[str, ...] = (
    "verse 2",
    "verse 2, chorus 2",
    "verse 4, chorus 2",
    "verse 4, chorus 4",
    "verse 4, chorus 2, verse 4, chorus 2",
    "verse 4, chorus 4, verse 4, chorus 4",
    "verse 4, chorus 4, verse 4, chorus 4, bridge 2, chorus 4",
    "verse 4, chorus 4, verse 4, chorus 4, bridge 4, solo, chorus 4",
    "verse 8, chorus 4, verse 8, chorus 4, bridge 4, chorus 4",
    "verse 8, chorus 4, verse 8, chorus 4, bridge 4, solo, chorus 4, chorus 4",
    "verse 8, chorus 4, verse 8, chorus 4, bridge 4, solo, verse 4, chorus 4, chorus 4",
    "verse 8, chorus 4, verse 8, chorus 4, bridge 4, solo, verse 8, chorus 4, bridge 2, chorus 4, chorus 4",
)
"""Forms from short to long, with the lines of their sections."""
TYPICAL = 6
"""The form where no length is asked for."""
SUNG = 0.8
"""How much of a song is sung."""
LINE = 4.6
"""Seconds of a line."""
SIZES = {"verse": 9, "chorus": 8, "bridge": 8, "pre-chorus": 8}
"""Syllables that lines want."""
TRIES = 40
Named = tuple[str, int]
"""A section's name and lines."""


def usual_form(seconds: float | None, beats: int, bpm: float) -> list[Named]:
    """The sections of a song of a length: as many lines as are sung in it at a tempo."""
    forms = [_read(form) for form in FORMS]
    if seconds is None:
        return forms[TYPICAL]
    bars = 2
    while bars * beats * 60 / bpm < 0.75 * LINE:
        bars *= 2
    room = SUNG * seconds / (bars * beats * 60 / bpm)
    return max((form for form in forms if _lines(form) <= max(room, 2)), key=_lines)


def lines_for(parts: Sequence[Part], beats: int) -> list[Named]:
    """The sections of a form that was asked for: four lines each, or as its bars say, none for instruments."""
    found = []
    for part in parts:
        silent = SYNONYMS.get(part.name, part.name) in ("intro", "solo", "outro")
        lines = 0 if silent else max(1, min(8, part.bars // (2 if beats == 4 else 4))) if part.bars else 4
        found.append((part.name, lines))
    return found


def _read(form: str) -> list[Named]:
    words = [entry.split() for entry in form.split(", ")]
    return [(each[0], int(each[1]) if len(each) > 1 else 0) for each in words]


def _lines(form: Sequence[Named]) -> int:
    return sum(count for _, count in form)


def written(prompt: str, form: Sequence[Named], rng: np.random.Generator) -> tuple[Stanza, ...]:
    """A lyric for a prompt: stanzas of as many lines as `form` says. A chorus that returns has the same words."""
    writer = _Writer(prompt, rng)
    choruses: dict[tuple[str, int], tuple[Line, ...]] = {}
    stanzas = []
    for name, count in form:
        kind = SYNONYMS.get(name, name)
        if kind in ("chorus", "pre-chorus"):
            if (kind, count) not in choruses:
                longer = [lines for (other, size), lines in choruses.items() if other == kind and size >= count]
                choruses[kind, count] = longer[0][:count] if longer else writer.stanza(kind, count)
            lines = choruses[kind, count]
        else:
            lines = writer.stanza(kind, count)
        stanzas.append(Stanza(name, lines))
    return tuple(stanzas)


def subject_of(prompt: str) -> Subject | None:
    """The subject whose words a prompt has most of; None where it has none."""
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    words |= {word[:-1] for word in words if word.endswith("s")}
    scores = [len(words & subject.words) for subject in SUBJECTS]
    return SUBJECTS[int(np.argmax(scores))] if max(scores) else None


_ABOUT = re.compile(r"\b(?:about|of|for)\s+(?:the|a|an|my|our|his|her|their|some)?\s*([a-z' -]+)", re.IGNORECASE)
_ENDS = re.compile(
    r"\b(who|that|which|with|in|on|at|and|or|but|to|from|by|when|while|where|for|of|under|over|as|is|are)\b.*"
)
_NO_THING = re.compile(
    r"\b(me|you|him|her|us|them|it|this|love|song|piece|music|seconds?|minutes?|\w+ing|\w+ly)\b", re.IGNORECASE
)


def thing_of(prompt: str) -> str:
    """What a prompt says that the song is about, in at most two words; empty where it does not."""
    for match in reversed(list(_ABOUT.finditer(prompt))):
        words = _ENDS.sub("", match[1].lower()).split()[-2:]
        if words and not _NO_THING.search(" ".join(words)):
            return " ".join(words)
    return ""


class _Writer:
    """Draws lines, and remembers what was used."""

    def __init__(self, prompt: str, rng: np.random.Generator) -> None:
        self.rng = rng
        likely = [s for s in SUBJECTS if s.name in ("love", "road", "night", "hope", "home", "summer")]
        self.subject = subject_of(prompt) or likely[int(rng.integers(len(likely)))]
        self.thing = thing_of(prompt) or self.subject.things[int(rng.integers(len(self.subject.things)))]
        self.used: set[str] = set()
        self.rhymed: set[str] = set()

    def stanza(self, kind: str, count: int) -> tuple[Line, ...]:
        """Lines in pairs that rhyme; a chorus has its hook in the first and the third line."""
        lines: list[Line] = []
        while len(lines) < count:
            family = rhyme(lines[0].text) if lines and kind == "chorus" and count == 4 else self._family()
            if kind == "chorus" and count == 4 and len(lines) == 2:
                lines.append(lines[0])  # the hook comes back
            else:
                lines.append(self._line(kind, self._opening_of(kind, len(lines)), family, SIZES.get(kind, 8), set()))
            if len(lines) < count:
                unlike = {last_word(line.text) for line in lines}
                size = len(lines[-1].syllables)
                lines.append(self._line(kind, self._openings(kind), family, size, unlike))
        return tuple(_finished(line, closing=index == count - 1) for index, line in enumerate(lines))

    def _opening_of(self, kind: str, index: int) -> list[str]:
        """Openings of a pair's first line: what the song is about opens a verse and makes the hook."""
        about = {"verse": ABOUT, "chorus": HOOK}.get(kind, ()) if index == 0 else ()
        fresh = [text.format(self.thing) for text in about if text.format(self.thing) not in self.used]
        return fresh or self._openings(kind)

    def _family(self) -> str:
        """A rhyme that has endings left."""
        families: dict[str, int] = {}
        for ending in ENDINGS:
            if ending not in self.used and last_word(ending) not in self.subject.avoid:
                families[rhyme(ending)] = families.get(rhyme(ending), 0) + 1
        open_ones = sorted(name for name, count in families.items() if count > 3 and name not in self.rhymed)
        if not open_ones:
            self.rhymed.clear()
            open_ones = sorted(name for name, count in families.items() if count > 1)
        if not open_ones:  # a song longer than the list: endings may come again
            self.used -= set(ENDINGS)
            return self._family()
        found = open_ones[int(self.rng.integers(len(open_ones)))]
        self.rhymed.add(found)
        return found

    def _openings(self, kind: str) -> list[str]:
        own = {"verse": self.subject.verse, "chorus": self.subject.chorus, "bridge": BRIDGE}.get(kind, SHARED_CHORUS)
        shared = SHARED_CHORUS if kind == "chorus" else SHARED_VERSE
        for group in (own, shared, self.subject.verse, SHARED_VERSE, BRIDGE):
            if left := [text for text in group if text not in self.used]:
                return left
        self.used -= {*SHARED_VERSE, *self.subject.verse, *SHARED_CHORUS}
        return list(SHARED_VERSE)

    def _line(self, kind: str, openings: Sequence[str], family: str, size: int, unlike: set[str]) -> Line:
        """The best of some lines that could stand here: of about `size` syllables, not ending on a word of `unlike`."""
        rhyming = [ending for ending in ENDINGS if rhyme(ending) == family]
        endings = [ending for ending in rhyming if last_word(ending) not in unlike | self.subject.avoid] or rhyming
        fresh = [ending for ending in endings if ending not in self.used] or endings
        best: tuple[float, str, str] | None = None
        for _ in range(TRIES):
            opening = openings[int(self.rng.integers(len(openings)))]
            ending = fresh[int(self.rng.integers(len(fresh)))]
            cost = metre(joined(opening, ending), size) + 0.6 * float(self.rng.random())
            if best is None or cost < best[0]:
                best = (cost, opening, ending)
        assert best is not None
        _, opening, ending = best
        self.used |= {opening, ending}
        return read_line(joined(opening, ending))


def _finished(line: Line, *, closing: bool) -> Line:
    """A line with its mark: commas between, a full stop behind the last."""
    return replace(read_line(line.text.rstrip(".,") + ("." if closing else ",")), section=line.section)


def joined(opening: str, ending: str) -> str:
    """A line of its two halves."""
    return f"{opening}, {ending[1:].strip()}" if ending.startswith(";") else f"{opening} {ending}"


def last_word(text: str) -> str:
    """The last word, in small letters."""
    found: list[str] = re.findall(r"[a-z']+", text.lower())
    return found[-1]


@lru_cache(maxsize=2048)
def rhyme(text: str) -> str:
    """The sound of a text's end, from its last stressed vowel on."""
    phones = [phone for syllable in read_line(text).syllables for phone in syllable.phones]
    at = max((i for i, phone in enumerate(phones) if phone.symbol in VOWELS and phone.flags & STRESSED),
             default=max(i for i, phone in enumerate(phones) if phone.symbol in VOWELS))  # fmt: skip
    return " ".join(phone.symbol for phone in phones[at:])


@lru_cache(maxsize=4096)
def metre(text: str, size: int) -> float:
    """How far a line is from `size` syllables whose stress alternates."""
    stress = [syllable.stress for syllable in read_line(text).syllables]
    clashes = sum(a == b == 2 for a, b in pairwise(stress))
    slack = sum(a == b == c == 0 for a, b, c in zip(stress, stress[1:], stress[2:], strict=False))
    return abs(len(stress) - size) + 0.8 * clashes + 0.8 * slack
