"""The pronouncing dictionary: a word, or a word with its part of speech, to stressed phones.

Notable: the shipped file is text, `word phone phone1 …` a line, xz-compressed; `word/v` is the verb where it differs.
Its words are those of SCOWL (Debian wamerican), its pronunciations were read out of flite's lexicon (Carnegie Mellon
University, BSD-like licence; see `lexicon.licence`). A user's own entries go in front, out of a file of the same shape
or of CMUdict's, or in IPA.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from soundstage.errors import InputError, MissingError
from soundstage.media.value import Value, restore_facts, store_facts
from soundstage.text.symbols import IDS, VOWELS, from_ipa

FILE = Path(__file__).with_name("lexicon.xz")
Pronunciation = tuple[str, ...]
"""Phones; a vowel carries its stress, `hh ax0 l ow1`."""


@dataclass(frozen=True)
class Lexicon:
    """Pronunciations by lower-case word; `user` entries are asked first."""

    entries: Mapping[str, Pronunciation]
    user: Mapping[str, Pronunciation] = field(default_factory=dict)

    @classmethod
    def shipped(cls) -> Lexicon:
        """The dictionary that comes with the package, read once."""
        return cls(_shipped())

    def with_entries(self, entries: Mapping[str, str]) -> Lexicon:
        """A copy with a user's words, such as {"soundstage": "s aw1 n d s t ey2 jh"}.

        Raises InputError for a phone that does not exist.
        """
        return Lexicon(
            self.entries, {**self.user, **{word.lower(): parse(phones, word) for word, phones in entries.items()}}
        )

    def get(self, word: str, part: str = "") -> Pronunciation | None:
        """The phones of a lower-case word, or None. `part` is "v", "n" or "j" where that is known to matter."""
        for table in (self.user, self.entries):
            if part and (found := table.get(f"{word}/{part}")):
                return found
            if found := table.get(word):
                return found
        return None

    def words(self) -> list[str]:
        """Every word once, sorted."""
        return sorted({entry.partition("/")[0] for entry in (*self.entries, *self.user)})


def parse(phones: str, word: str = "pronunciation") -> Pronunciation:
    """`"hh ah0 l ow1"` to a tuple; a vowel without a digit is unstressed, secondary stress counts as none.

    In capitals they are CMUdict's, whose AH0 is our ax0. Raises InputError that names a phone that does not exist.
    """
    found = []
    for phone in re.sub(r"\bAH0\b", "ax0", phones).lower().split():
        symbol = phone.rstrip("012")
        if symbol not in IDS or not symbol:
            raise InputError(word, f"{phone!r} is no phone", f"use ARPAbet: {' '.join(list(IDS)[2:])}")
        found.append(symbol + ("1" if phone.endswith("1") else "0") if symbol in VOWELS else symbol)
    if not found:
        raise InputError(word, "has no phones", "give ARPAbet such as 'hh ax0 l ow1'")
    return tuple(found)


def read_phones(text: str, word: str = "text") -> Pronunciation:
    """A pronunciation as people write it, between slashes or without: ARPAbet when all of it is, else IPA.

    Raises InputError for what is neither.
    """
    bare = text.strip().strip("/").strip()
    pieces = bare.split()
    if all(piece.isascii() and piece.rstrip("012").lower() in IDS for piece in pieces):
        return parse(bare, word)
    if len(pieces) > 1 and bare.isascii():
        return parse(bare, word)  # says which phone is none
    try:
        phones = from_ipa("".join(pieces))
    except ValueError as error:
        raise InputError(
            word, f"/{bare[:40]}/ has {error.args[0]!r}, no sound of English", "write IPA or ARPAbet"
        ) from None
    return phones or parse(bare, word)


WORDS_ENTRY = re.compile(r"(?P<word>[^\s=]+?)(?:\(\d+\))?(?:\s*=\s*|\s+)(?P<phones>\S.*)$")


@dataclass(frozen=True)
class Pronunciations(Value):
    """A user's own words, in small letters, with their phones."""

    kind: ClassVar[str] = "pronunciations"
    words: Mapping[str, Pronunciation]

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", MappingProxyType(dict(self.words)))

    @classmethod
    def of(cls, entries: Mapping[str, str]) -> Pronunciations:
        """From words and their pronunciations in ARPAbet or IPA. Raises InputError for one that is none."""
        words: dict[str, Pronunciation] = {}
        for word, phones in entries.items():
            with _told(repr(word[:40])):
                words[_word(word)] = read_phones(phones)
        return cls(words)

    @classmethod
    def load(cls, path: str | Path) -> Pronunciations:
        """From a text file, a word and its pronunciation a line: `gif jh ih1 f`, `GIF  JH IH1 F`, `gif = /dʒɪf/`.

        What begins with # or ;;; is passed over; of a word's second line, such as TOMATO(1), the first counts. Raises
        MissingError without the file, InputError that names the line.
        """
        path = Path(path)
        if not path.is_file():
            raise MissingError(f"{path} is not there", "check the name and the folder")
        try:
            lines = path.read_text("utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise InputError("lexicon", f"{path} cannot be read ({error})", "give a text in UTF-8") from None
        words: dict[str, Pronunciation] = {}
        for number, line in enumerate(lines, 1):
            entry = re.sub(r"\s#.*", "", line).strip()
            if not entry or entry.startswith(("#", ";;;")):
                continue
            found = WORDS_ENTRY.match(entry)
            with _told(f"line {number} of {path.name}"):
                if found is None:
                    raise InputError("lexicon", f"{entry[:40]!r} has no pronunciation", "write a word and its phones")
                words.setdefault(_word(found["word"]), read_phones(found["phones"]))
        return cls(words)

    def store(self, folder: Path) -> None:
        """Writes pronunciations.json."""
        store_facts(folder, "pronunciations", {word: " ".join(phones) for word, phones in sorted(self.words.items())})

    @classmethod
    def restore(cls, folder: Path) -> Pronunciations:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "pronunciations")
        return cls({word: tuple(phones.split()) for word, phones in facts.items()})

    def __repr__(self) -> str:
        return f"Pronunciations({len(self.words)} words)"


@contextmanager
def _told(where: str) -> Iterator[None]:
    """What is wrong inside, said with the place."""
    try:
        yield
    except InputError as error:
        raise InputError("lexicon", f"{where}: {error.problem}", error.remedy) from None


def _word(word: str) -> str:
    """A word as it is looked up. Raises InputError for what is none."""
    plain = word.strip().lower().replace("’", "'")
    if not re.fullmatch(r"[^\W_](?:[\w'.+#-]*[^\W_]|[+#]*)", plain):
        raise InputError("lexicon", f"{word[:40]!r} is no word", "give one word, without spaces")
    return plain


@cache
def _shipped() -> dict[str, Pronunciation]:
    table = {}
    for line in lzma.decompress(FILE.read_bytes()).decode().splitlines():
        word, _, phones = line.partition(" ")
        table[word] = tuple(phones.split())
    return table
