"""Written English to sentences of spoken words: numbers, dates, times, money, units, abbreviations, initialisms,
addresses.

Notable: one scanner walks over the text, its rules tried in order; every token keeps the stretch of text that it was
written as, so that "$3.50" is spoken in four words and shown as one in subtitles. Brackets hold what is not read:
`[pause:0.5s]` is a silence, `[word](/ˈaɪ pi eɪ/)` or `[word](/w er1 d/)` gives a pronunciation, other tags
(`[laughs]`) are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from soundstage.text.abbreviations import (
    AS_WORDS,
    BEFORE_NUMERAL,
    ENDS_SENTENCE,
    SHORT,
    SHOUTED,
    SYMBOLS,
    TITLES,
)
from soundstage.text.readings import NUMBERS, NUMERAL, roman, spell


@dataclass(frozen=True)
class Token:
    """Some text as written, the words it is spoken as, and what stands after it."""

    written: str
    spoken: tuple[str, ...]
    given: str = ""
    """A pronunciation from the text itself, ARPAbet or IPA."""
    mark: str = ""
    """"," for a short break after it, "." "?" or "!" for the sentence's end, else empty."""
    silence: float = 0.0
    """Seconds of `[pause]` after it."""
    strong: bool = False
    """Whether it is emphasised: `*so*`, or SO among small letters."""


@dataclass(frozen=True)
class Sentence:
    """Tokens of one sentence; `lead` is a pause before its first word in seconds, `written` its stretch of text."""

    tokens: tuple[Token, ...]
    lead: float = 0.0
    written: str = ""

    @property
    def rising(self) -> bool:
        """Whether it is asked with a rising voice: a question that no question word opens."""
        words = [word for token in self.tokens for word in token.spoken]
        opening = next((word for word in words if word not in ("and", "but", "so", "well", "then", "or")), "")
        return self.tokens[-1].mark == "?" and opening not in QUESTION_WORDS


QUESTION_WORDS = frozenset(
    """who whom whose which what where when why how what's where's who's how's when's why's""".split()  # noqa: SIM905
)


PAUSE = re.compile(r"\[pause:?\s*(\d+(?:\.\d+)?)?\s*(ms|s)?\s*\]", re.I)
GIVEN = re.compile(r"\[([^\]\[]+)\]\(/([^/]+)/\)")
TAG = re.compile(r"\[[^\]]{1,40}\]")
DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}")
WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*'?")
OPENING = re.compile(r"(?:\s[\s\"(♪]*)?$")
"""What stands before a sentence and belongs to it."""
LONGEST_PAUSE = 10.0


def clean(text: str) -> str:
    """Plain punctuation and letters: curly quotes, dashes, ellipses, accents and odd spaces are replaced."""
    text = unicodedata.normalize("NFC", text)
    for source, target in (
        ("’", "'"),
        ("‘", "'"),
        ("“", '"'),
        ("”", '"'),
        ("—", " — "),
        ("–", "–"),
        ("…", "... "),
        ("½", " 1/2"),
        ("¼", " 1/4"),
        ("¾", " 3/4"),
    ):
        text = text.replace(source, target)
    return text


def ascii_letters(text: str) -> str:
    """A word without its accents; letters outside Latin are lost."""
    for source, target in (
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
        ("ø", "o"),
        ("ł", "l"),
        ("đ", "d"),
        ("þ", "th"),
        ("ð", "th"),
    ):
        text = text.replace(source, target).replace(source.upper(), target.title())
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def sentences(text: str, known: Collection[str] = frozenset()) -> list[Sentence]:
    """Split into sentences of spoken words. `known` words decide whether capitals are an initialism. May be empty."""
    found: list[Sentence] = []
    current: list[Token] = []
    lead, begin = 0.0, 0
    text = clean(text)
    for start, token in _scan(text, known):
        if not token.spoken and not token.given:  # a mark or a pause alone
            if not current:
                lead += token.silence
                continue
            last = current[-1]
            mark = (
                last.mark if last.mark in (".", "?", "!") and token.mark in (",", ".", "") else token.mark or last.mark
            )
            current[-1] = replace(last, mark=mark, silence=min(last.silence + token.silence, LONGEST_PAUSE))
            continue
        if current and current[-1].mark in (".", "?", "!"):
            stop = start - len(OPENING.search(text[begin:start])[0])  # type: ignore[index]  # it matches nothing too
            found.append(Sentence(tuple(current), min(lead, LONGEST_PAUSE), text[begin:stop].strip()))
            current, lead, begin = [], 0.0, stop
        current.append(token)
    if current:
        found.append(Sentence(tuple(current), min(lead, LONGEST_PAUSE), text[begin:].strip()))
    return found


def _scan(text: str, known: Collection[str]) -> Iterator[tuple[int, Token]]:
    """Where each token starts, and the token, in order; marks come as tokens without words."""
    at, previous, strong = 0, "", False
    shouting = sum(c.isupper() for c in text) > 0.7 * max(1, sum(c.isalpha() for c in text))
    while at < len(text):
        character = text[at]
        if character.isspace():
            blank = re.compile(r"\s+").match(text, at)
            assert blank is not None
            if blank[0].count("\n") > 1:
                yield at, Token("", (), mark=".")
            at = blank.end()
            continue
        if character == "*":
            strong = strong != (not text[at - 1 : at].isspace() or not text[at + 1 : at + 2].isspace())
            at += 1
            continue
        start = at
        token, at = _next(text, at, previous, known, shouting)
        if token is not None:
            previous = token.spoken[-1] if token.spoken else ""
            yield start, replace(token, strong=True) if strong and token.spoken else token


def plain(text: str) -> list[Sentence]:
    """Sentences of a text in any language: split at full stops and their like, words as they are written."""
    found: list[Sentence] = []
    for stretch in re.findall(r"[^.!?。！？…\n]+[.!?。！？…]*", clean(text)):
        words = [token for piece in stretch.split() if (token := _plain_token(piece)) is not None]
        if words:
            found.append(Sentence(tuple(words), 0.0, stretch.strip()))
    return found


def _plain_token(piece: str) -> Token | None:
    core = piece.strip('.,;:!?。！？…、，"“”()[]«»—–')
    mark = next((c for c in reversed(piece) if c in ",.!?"), "")
    return Token(core, (core.lower(),), mark=mark) if core else None


def _next(text: str, at: int, previous: str, known: Collection[str], shouting: bool) -> tuple[Token | None, int]:
    if text[at] == "[":
        for pattern, make in ((PAUSE, _pause), (GIVEN, _given), (TAG, lambda m: Token("", (), mark=","))):
            if m := pattern.match(text, at):
                return make(m), m.end()
    glued = at > 0 and text[at - 1].isalpha()
    if text[at].isdigit() or text[at] in "$£€¥'-−.hw" or text[at].isalpha():
        for pattern, speak in NUMBERS:
            if (m := pattern.match(text, at)) and m[0] and not (glued and m[0][0] in "-−"):
                return Token(m[0].strip(), tuple(speak(m)), mark=_abbreviation_mark(m[0], text, m.end())), m.end()
    if text[at].isalpha():
        return _word(text, at, previous, known, shouting)
    if text[at] in SYMBOLS:
        return Token(text[at], tuple(SYMBOLS[text[at]].split())), at + 1
    if text[at] in ".?!":
        marks = re.compile(r"[.?!]+").match(text, at)
        assert marks is not None
        shape = marks[0]
        mark = "?" if "?" in shape else "!" if "!" in shape else "."
        if shape.startswith("..") and mark == "." and re.match(r"\s*[a-z]", text[marks.end() :]):
            mark = ","  # a hesitation inside the sentence
        elif re.match(r"[\"')]*\s+[a-z]", text[marks.end() :]) and mark != ".":
            mark = ","  # "Stop!" she said
        return Token("", (), mark=mark), marks.end()
    if text[at] in ",;:—–()":
        return Token("", (), mark=","), at + 1
    return None, at + 1


def _pause(m: re.Match[str]) -> Token:
    seconds = float(m[1] or 0.5) / (1000 if (m[2] or "").lower() == "ms" else 1)
    return Token("", (), mark=",", silence=min(seconds, LONGEST_PAUSE))


def _given(m: re.Match[str]) -> Token:
    return Token(m[1], (ascii_letters(m[1]).lower(),), given=m[2])


def _abbreviation_mark(written: str, text: str, end: int) -> str:
    """ "3 p.m. She left": a full stop that belongs to the abbreviation may end the sentence too."""
    return "." if written.endswith(".") and (not text[end:].strip() or re.match(r"\s+[A-Z]", text[end:])) else ""


def _word(text: str, at: int, previous: str, known: Collection[str], shouting: bool) -> tuple[Token, int]:
    if m := DOTTED.match(text, at):
        core = m[0].rstrip(".").lower()
        words = SHORT[core].split() if core in SHORT else spell(core)
        mark = _abbreviation_mark(m[0], text, m.end()) if core in ENDS_SENTENCE or core not in SHORT else ""
        return Token(m[0], tuple(words), mark=mark), m.end()
    whole = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*").match(text, at)
    assert whole is not None
    written, end = whole[0], whole.end()
    plain = ascii_letters(written)
    lower = plain.lower()
    if text[end : end + 1] == "." and written[0].isupper() and lower in TITLES and re.match(r"\.\s*\w", text[end:]):
        if lower == "st" and text[:at].rstrip()[-1:].isalnum() and not re.match(r"\.\s*[A-Z]", text[end:]):
            return Token(written + ".", ("street",)), end + 1
        if lower != "no" or re.match(r"\.\s*\d", text[end:]):
            return Token(written + ".", (TITLES[lower],)), end + 1
    if text[end : end + 1] == "." and lower in SHORT:
        mark = _abbreviation_mark(written + ".", text, end + 1) if lower in ENDS_SENTENCE else ""
        if mark or re.match(r"\.\s*[a-z0-9,;]", text[end:]):
            return Token(written + ".", tuple(SHORT[lower].split()), mark=mark), end + 1
    if plain.isupper() and len(plain) > 1 and "'" not in plain:
        if previous in BEFORE_NUMERAL and NUMERAL.match(plain):
            return Token(written, tuple(roman(plain, previous))), end
        if _initialism(lower, known, shouting):
            return Token(written, tuple(spell(plain))), end
        return Token(written, (lower,), strong=not shouting and lower not in AS_WORDS), end
    if re.fullmatch(r"[A-Z]{2,5}s", plain) and not shouting:
        return Token(written, (*spell(plain[:-2]), plain[-2].lower() + ".s")), end
    if len(plain) == 1 and plain.isupper() and plain not in "AI":
        return Token(written, tuple(spell(plain))), end
    return Token(written, (lower,) if lower.strip("'") else ()), end


def _initialism(lower: str, known: Collection[str], shouting: bool) -> bool:
    if lower in AS_WORDS or lower in SHOUTED:
        return False
    if not any(vowel in lower for vowel in "aeiouy"):
        return True
    return (lower not in known if shouting else lower not in known or len(lower) < 4) and len(lower) < 6
