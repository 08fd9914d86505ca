"""Sentences to phones with their flags: the last step before a voice model.

Notable: the same rules that the narrator's synthesiser applies are applied here, in the same phone set, so that a
model meets at run time what it was trained on: `the` before a vowel, possessives and plurals, verbs and nouns that
are written alike, a pause for a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from soundstage.errors import InputError
from soundstage.text import letters
from soundstage.text.lexicon import Lexicon, Pronunciation, parse, read_phones
from soundstage.text.normalise import Sentence, sentences
from soundstage.text.passage import Passage
from soundstage.text.symbols import CONTENT, IDS, PAUSE, STARTS_WORD, STRESSED, UNVOICED, VOWELS
from soundstage.text.words import FUNCTION_WORDS

NAMES = {
    "a": "ey1", "b": "b iy1", "c": "s iy1", "d": "d iy1", "e": "iy1", "f": "eh1 f", "g": "jh iy1", "h": "ey1 ch",
    "i": "ay1", "j": "jh ey1",
    "k": "k ey1", "l": "eh1 l", "m": "eh1 m", "n": "eh1 n", "o": "ow1", "p": "p iy1", "q": "k y uw1", "r": "aa1 r",
    "s": "eh1 s", "t": "t iy1",
    "u": "y uw1", "v": "v iy1", "w": "d ah1 b ax0 l y uw0", "x": "eh1 k s", "y": "w ay1", "z": "z iy1",
}  # fmt: skip
VERB_BEFORE = frozenset(
    """to will would can could may might must shall should do does did don't didn't doesn't can't won't cannot i
    you we they who let let's please not""".split()  # noqa: SIM905
)
NOUN_BEFORE = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "no",
        "some",
        "any",
        "every",
        "each",
        "of",
        "for",
        "in",
        "on",
        "at",
        "with",
        "by",
        "from",
    ]
)
HOMOGRAPHS = {  # word: (after "to", a modal or a pronoun; otherwise)
    "read": ("r iy1 d", "r eh1 d"), "live": ("l ih1 v", "l ay1 v"), "lives": ("l ih1 v z", "l ay1 v z"),
    "wind": ("w ih1 n d", "w ih1 n d"),
    "lead": ("l iy1 d", "l eh1 d"), "tear": ("t eh1 r", "t ih1 r"), "tears": ("t ih1 r z", "t ih1 r z"),
    "close": ("k l ow1 z", "k l ow1 s"),
    "use": ("y uw1 z", "y uw1 s"), "house": ("hh aw1 z", "hh aw1 s"), "bow": ("b aw1", "b ow1"),
}  # fmt: skip
STARTS_ORDER = frozenset(["read", "live", "lead", "close", "use"])
"""Homographs that are verbs when they open a sentence."""


@dataclass(frozen=True)
class Phone:
    """One phone; `token` is the index of the written token it belongs to, −1 for a pause.

    `silence` seconds are added to a pause.
    """

    symbol: str
    flags: int
    token: int
    silence: float = 0.0


@dataclass(frozen=True)
class Spoken:
    """A sentence ready for a voice model."""

    sentence: Sentence
    phones: tuple[Phone, ...]

    @property
    def ids(self) -> list[int]:
        """Indices of the phones."""
        return [IDS[phone.symbol] for phone in self.phones]

    @property
    def flags(self) -> list[int]:
        """Their flags."""
        return [phone.flags for phone in self.phones]


class Frontend:
    """Text to phones, with a lexicon and letter-to-sound behind it."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or Lexicon.shipped()
        self.known = self.lexicon.entries.keys() | self.lexicon.user.keys()
        self._pronounce: Callable[[str, str], Pronunciation] = cache(self._look_up)
        self._last: Frontend | None = None

    def _with(self, words: Mapping[str, Pronunciation]) -> Frontend:
        """This front end with a user's words; the last one is kept, for a long text is read in many pieces."""
        if self._last is None or self._last.lexicon.user is not words:
            self._last = Frontend(Lexicon(self.lexicon.entries, words))
        return self._last

    def read(self, text: str) -> list[Spoken]:
        """Every sentence of a text.

        Raises InputError when there is nothing to say in it, or for a pronunciation that is none.
        """
        if isinstance(text, Passage) and text.words and text.words is not self.lexicon.user:
            return self._with(text.words).read(text)
        found = sentences(text, self.known)
        if not found:
            raise InputError("text", "has no words to say", "give some English words")
        return [self.speak(sentence) for sentence in found]

    def speak(self, sentence: Sentence) -> Spoken:
        """The phones of one sentence: a pause, the words, pauses at marks, a pause."""
        flat = [(index, word) for index, token in enumerate(sentence.tokens) for word in token.spoken]
        said: list[tuple[int, str, Pronunciation]] = []
        for at, (index, word) in enumerate(flat):
            given = sentence.tokens[index].given
            before = flat[at - 1][1] if at else ""
            said.append(
                (index, word, read_phones(given) if given else self._pronounce(word, self._part(word, before, at == 0)))
            )
        phones = [Phone(PAUSE, 0, -1, sentence.lead)]
        for at, (index, word, pronunciation) in enumerate(said):
            following = said[at + 1] if at + 1 < len(said) else None
            pronunciation = _in_context(word, pronunciation, following)
            content = 0 if word in FUNCTION_WORDS else CONTENT
            for place, phone in enumerate(pronunciation):
                flags = content + (STARTS_WORD if place == 0 else 0) + (STRESSED if phone.endswith("1") else 0)
                phones.append(Phone(phone.rstrip("012"), flags, index))
            token = sentence.tokens[index]
            if following and following[0] != index and (token.mark or token.silence):
                phones.append(Phone(PAUSE, 0, -1, token.silence))
        phones.append(Phone(PAUSE, 0, -1, sentence.tokens[-1].silence))
        return Spoken(sentence, tuple(phones))

    def pronounce(self, word: str, part: str = "") -> Pronunciation:
        """The phones of one lower-case word, by lexicon, by its ending, or by its letters."""
        return self._pronounce(word, part)

    @staticmethod
    def _part(word: str, before: str, first: bool) -> str:
        if before in NOUN_BEFORE:
            return "n"
        return "v" if before in VERB_BEFORE or (first and word in STARTS_ORDER) else ""

    def _look_up(self, word: str, part: str) -> Pronunciation:
        if "." in word:  # a letter's name, or its plural
            name, _, ending = word.partition(".")
            phones = parse(NAMES[name])
            return _with_s(phones) if ending == "s" else phones
        if word in HOMOGRAPHS and word not in self.lexicon.user:
            return parse(HOMOGRAPHS[word][0 if part == "v" else 1])
        if found := self.lexicon.get(word, part):
            return found
        stem, apostrophe, ending = word.rpartition("'")
        if apostrophe and ending in ("s", "") and stem:
            phones = self._look_up(stem, "n")
            return _with_s(phones) if (ending == "s" and not stem.endswith("s")) or ending == "s" else phones
        if apostrophe and ending in CLITICS and stem:
            return self._look_up(stem, "") + parse(CLITICS[ending])
        american = next(
            (self.lexicon.get(word.replace(*pair)) for pair in SPELLINGS if self.lexicon.get(word.replace(*pair))), None
        )
        return american or self._derived(word) or self._compound(word) or letters.pronounce(word.replace("'", ""))

    def _derived(self, word: str) -> Pronunciation | None:
        """A plural, a past or an -ing of a word that the lexicon has."""
        get = self.lexicon.get
        if (
            word.endswith("s")
            and not word.endswith("ss")
            and (stem := get(word[:-1]) or (get(word[:-2]) if word.endswith("es") else None))
        ):
            return _with_s(stem)
        if word.endswith("ed") and (stem := get(word[:-1]) or get(word[:-2])):
            last = stem[-1]
            return (*stem, *(("ax0", "d") if last in ("t", "d") else ("t",) if last in UNVOICED else ("d",)))
        if word.endswith("ing") and (stem := get(word[:-3]) or get(word[:-3] + "e")):
            return (*stem, "ih0", "ng")
        if word.endswith("ly") and (stem := get(word[:-2])):
            return (*stem, "l", "iy0")
        return None

    def _compound(self, word: str) -> Pronunciation | None:
        """Two words of the lexicon written as one (starlight), split where the parts are of most equal length."""
        if len(word) < 7:
            return None
        for at in sorted(range(4, len(word) - 2), key=lambda at: abs(2 * at - len(word))):
            first, second = self.lexicon.get(word[:at]), self.lexicon.get(word[at:])
            if first and second and len(word) - at > 2:
                return (*first, *(phone.replace("1", "0") for phone in second))
        return None


SPELLINGS = (
    ("our", "or"),
    ("ise", "ize"),
    ("isa", "iza"),
    ("yse", "yze"),
    ("tre", "ter"),
    ("ogue", "og"),
    ("ll", "l"),
    ("grey", "gray"),
    ("mould", "mold"),
)
"""British spellings, and what the American dictionary writes."""
CLITICS = {"ll": "l", "ve": "v", "re": "r", "d": "d", "m": "m", "t": "t"}


def _with_s(phones: Pronunciation) -> Pronunciation:
    last = phones[-1]
    if last in ("s", "z", "sh", "zh", "ch", "jh"):
        return (*phones, "ax0", "z")
    return (*phones, "s" if last in UNVOICED else "z")


def _in_context(word: str, phones: Pronunciation, following: tuple[int, str, Pronunciation] | None) -> Pronunciation:
    if word == "the":
        return ("dh", "iy0") if following and following[2][0].rstrip("012") in VOWELS else ("dh", "ax0")
    return phones
