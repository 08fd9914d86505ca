"""Written English to sentences of spoken words: numbers, dates, times, money, units, abbreviations, initialisms,
addresses, emoji.

Notable: one scanner walks over the text, its rules tried in order; every token keeps the stretch of text that it was
written as, so that "$3.50" is spoken in four words and shown as one in subtitles. Brackets hold what is not read:
`[pause:0.5s]` is a silence, `[word](/ˈaɪ pi eɪ/)` or `[word](/w er1 d/)` gives a pronunciation, other tags
(`[laughs]`) are passed over. What markup says of a text (`text.passage`) is taken up where it stands.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from soundstage.text import emoji
from soundstage.text.abbreviations import SYMBOLS
from soundstage.text.passage import LONGEST_PAUSE, Insert, Passage, Token
from soundstage.text.readings import NUMBERS
from soundstage.text.scripts import latin
from soundstage.text.written import Around, end_mark, word

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sentence:
    """Tokens of one sentence; `lead` is a pause before its first word in seconds, `written` its stretch of text."""

    tokens: tuple[Token, ...]
    lead: float = 0.0
    written: str = ""
    readable: str = ""
    """The stretch with its figures and abbreviations as words: for models that read letters."""

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
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
BULLET = re.compile(r"(?:[-*•–·]|#{1,6})[ \t]+")
MARKS = re.compile(r"[.?!]+")
OPENING = re.compile(r"(?:\s[\s\"(♪]*)?$")
"""What stands before a sentence and belongs to it."""
LED_BY, FOLLOWED_BY = re.compile(r"[\"'(\[«]*$"), re.compile(r"[.,;:!?\"')\]»]*(?: {0,3}[—–](?=\s|$))?")
REPLACED = {
    "’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "—": " — ", "…": "... ", "\u200b": "", "\ufeff": "",
    "\u00ad": "", "\u2060": "", "⁄": "/", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "‐": "-", "‑": "-",
    "―": " — ",
}  # fmt: skip


def clean(text: str) -> str:
    """Plain punctuation and letters: curly quotes, dashes, ellipses, fractions and odd spaces are replaced."""
    out = []
    for letter in unicodedata.normalize("NFC", text):
        if letter in REPLACED:
            out.append(REPLACED[letter])
        elif letter.isascii():
            out.append(letter)
        elif "\uff01" <= letter <= "\uff5e":
            out.append(unicodedata.normalize("NFKC", letter))
        elif "⁄" in (fraction := unicodedata.normalize("NFKC", letter)):
            out.append((" " if out and out[-1][-1:].isdigit() else "") + fraction.replace("⁄", "/"))
        else:
            out.append(letter)
    return "".join(out)


def sentences(text: str, known: Collection[str] = frozenset()) -> list[Sentence]:
    """Split into sentences of spoken words. `known` words decide whether capitals are an initialism. May be empty."""
    passage = text if isinstance(text, Passage) else Passage(clean(text))
    found: list[Sentence] = []
    current: list[Found] = []
    lead, begin = 0.0, 0
    marks: tuple[str, ...] = ()
    for start, end, token in _scan(passage, known):
        if not token.spoken and not token.given:  # a mark or a pause alone
            marks += token.before
            if not current:
                lead += token.silence
                continue
            last = current[-1].token
            ended = last.mark in (".", "?", "!") and token.mark in (",", ".", "")
            last = replace(last, mark=last.mark if ended else token.mark or last.mark).rested(token.silence)
            if token.silence and marks:
                last, marks = replace(last, after=last.after + marks), ()
            current[-1] = replace(current[-1], token=last)
            continue
        if current and current[-1].token.mark in (".", "?", "!"):
            stop = start - len(OPENING.search(passage[begin:start])[0])  # type: ignore[index]  # it matches nothing too
            found.append(_sentence(current, lead, passage, begin, stop))
            current, lead, begin = [], 0.0, stop
        current.append(Found(start, end, replace(token, before=marks + token.before) if marks else token))
        marks = ()
    if current:
        if marks:
            last = current[-1].token
            current[-1] = replace(current[-1], token=replace(last, after=last.after + marks))
        found.append(_sentence(current, lead, passage, begin, len(passage)))
    return found


@dataclass(frozen=True)
class Found:
    """A token and the characters that it was read from."""

    start: int
    end: int
    token: Token


def _sentence(parts: list[Found], lead: float, text: str, begin: int, stop: int) -> Sentence:
    """Tokens with what they show, and the sentence's own stretch, as it is written and as it is read."""
    readable, at = "", begin
    tokens = []
    for part in parts:
        led = LED_BY.search(text[begin : part.start])
        followed = FOLLOWED_BY.match(text, part.end, stop)
        assert led is not None and followed is not None  # they match nothing too
        tail = followed[0].removeprefix(".") if part.token.written.endswith(".") else followed[0]
        shown = " ".join(f"{led[0]}{part.token.written}{tail}".split())
        tokens.append(part.token if shown == part.token.written else replace(part.token, shown=shown))
        readable += text[at : part.start] + _readable(part.token)
        at = part.end
    return Sentence(
        tuple(tokens), min(lead, LONGEST_PAUSE), text[begin:stop].strip(), (readable + text[at:stop]).strip()
    )


def _readable(token: Token) -> str:
    """What was written where it is said so, else its spoken words; letters as capitals."""
    if token.spoken == (latin(token.written).lower(),):
        return token.written
    return " ".join(word[0].upper() + word[2:] if word[1:2] == "." else word for word in token.spoken)


def _scan(text: Passage, known: Collection[str]) -> Iterator[tuple[int, int, Token]]:
    """Where each token starts and ends, and the token, in order; marks come as tokens without words."""
    at, strong, around = 0, False, Around()
    inserts = list(text.inserts)
    lines, own = _Lines(text), _own(tuple(text.words))
    unread: list[str] = []
    while at < len(text) or inserts:
        if inserts and inserts[0].start <= at:
            insert = inserts.pop(0)
            token = replace(insert.token, delivery=text.delivery(insert.start))
            at = max(at, insert.end)
            yield insert.start, at, _stressed(token, strong)
            around = _after(around, token, at == insert.start)
            continue
        limit = inserts[0].start if inserts else len(text)
        character = text[at]
        if character.isspace():
            blank = re.compile(r"\s+").match(text, at, limit)
            assert blank is not None
            bullet = BULLET.match(text, blank.end(), limit) if "\n" in blank[0] else None
            if blank[0].count("\n") > 1 or bullet:
                yield at, at, Token(mark=".")
                around = Around()
            at = bullet.end() if bullet else blank.end()
            continue
        if character == "*":
            stars = re.compile(r"\*+").match(text, at, limit)
            assert stars is not None
            strong = strong != (not text[at - 1 : at].isspace() or not text[stars.end() :][:1].isspace())
            if re.match(r"\d ?$", text[max(0, at - 2) : at]) and re.match(r" ?\d", text[stars.end() :]):
                strong = False
                yield at, stars.end(), Token(written="*", spoken=("times",))
            at = stars.end()
            continue
        start = at
        view = str(text) if limit == len(text) else text[:limit]
        token_: Token | None
        if own is not None and (mine := own.match(view, at)):
            token_, at = Token(written=mine[0], spoken=(mine[0].lower(),)), mine.end()
        else:
            token_, at = _next(view, at, replace(around, shouting=lines.shouting(at)), known)
        if token_ is None:
            unread += [text[start:at]] if text[start].isalpha() else []
            continue
        token = _stressed(replace(token_, delivery=text.delivery(start)), strong and bool(token_.spoken))
        yield start, at, token
        around = _after(around, token, False)
    if unread:
        logger.warning("%s cannot be read in English and was left out", " ".join(unread)[:60])


def _stressed(token: Token, strong: bool) -> Token:
    return replace(token, strong=True) if strong or token.delivery.strong else token


def _after(around: Around, token: Token, nothing: bool) -> Around:
    """What the next word sees of this one."""
    if not token.spoken:
        ends = token.mark in (".", "?", "!")
        return around if nothing and not ends else Around(before=() if ends else around.before, opening=ends)
    return Around(before=token.spoken, capital=token.written[:1].isupper(), opening=token.mark in (".", "?", "!"))


@lru_cache(maxsize=4)
def _own(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A user's words, the longest first."""
    found = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?i:(?<!\w)(?:{found})(?:'s)?(?!\w))") if words else None


class _Lines:
    """Which lines of a text are in capitals throughout: three words or more, most letters of them."""

    def __init__(self, text: str) -> None:
        self.text, self.end, self.loud = text, -1, False

    def shouting(self, at: int) -> bool:
        """Whether the line of this character shouts; asked in order."""
        if at >= self.end:
            start = self.text.rfind("\n", 0, at) + 1
            stop = self.text.find("\n", at)
            self.end = len(self.text) if stop < 0 else stop
            line = self.text[start : self.end]
            letters = sum(map(str.isalpha, line))
            words = sum(part.isupper() for part in line.split())
            self.loud = words > 2 and sum(map(str.isupper, line)) > 0.7 * max(1, letters)
        return self.loud


def plain(text: str) -> list[Sentence]:
    """Sentences of a text in any language: split at full stops and their like, words as they are written."""
    passage = text if isinstance(text, Passage) else Passage(clean(text))
    found: list[Sentence] = []
    inserts = list(passage.inserts)
    for stretch in re.finditer(r"[^.!?。！？…\n]+[.!?。！？…]*", passage):
        words: list[Token] = []
        for piece in re.finditer(r"\S+", stretch[0]):
            begin, end = stretch.start() + piece.start(), stretch.start() + piece.end()
            token = _plain_token(piece[0])
            if token is None:
                continue
            token = _stressed(replace(token, delivery=passage.delivery(begin)), False)
            while inserts and inserts[0].start < begin + len(token.written):
                token = _inserted(token, inserts.pop(0), words)
            words.append(token)
            at_end = [insert for insert in inserts if insert.start <= end and not insert.token.spoken]
            for insert in at_end:
                inserts.remove(insert)
                words[-1] = replace(words[-1].rested(insert.token.silence), after=words[-1].after + insert.token.before)
        if words:
            found.append(Sentence(tuple(words), 0.0, stretch[0].strip(), stretch[0].strip()))
    for insert in inserts if found else ():  # behind the last word
        last = found[-1].tokens[-1]
        last = replace(last.rested(insert.token.silence), after=last.after + insert.token.before)
        found[-1] = replace(found[-1], tokens=(*found[-1].tokens[:-1], last))
    return found


def _inserted(token: Token, insert: Insert, before: list[Token]) -> Token:
    """A word of any language with what markup says at it: a reading of its own, or a rest or a mark before it."""
    told = insert.token
    if told.spoken:
        return replace(token, spoken=told.spoken)
    if before and told.silence:
        before[-1] = before[-1].rested(told.silence)
    return replace(token, before=token.before + told.before)


def _plain_token(piece: str) -> Token | None:
    core = piece.strip('.,;:!?。！？…、，"“”()[]«»—–')
    mark = next((c for c in reversed(piece) if c in ",.!?"), "")
    return Token(written=core, spoken=(core.lower(),), mark=mark) if core else None


def _next(text: str, at: int, around: Around, known: Collection[str]) -> tuple[Token | None, int]:
    character = text[at]
    if character == "[":
        for pattern, make in ((PAUSE, _pause), (GIVEN, _given), (TAG, lambda m: Token(mark=","))):
            if m := pattern.match(text, at):
                return make(m), m.end()
    if character == "<" and (m := MARKUP.match(text, at)):
        return None, m.end()
    if m := emoji.EMOJI.match(text, at):
        said = emoji.words(m[0])
        return (Token(written=m[0], spoken=tuple(said)) if said else None), m.end()
    if m := emoji.KEYCAP.match(text, at):
        return None, m.end()
    glued = at > 0 and text[at - 1].isalpha()
    if character not in ',;:!?")]}|' and not (glued and character in "-−"):
        for pattern, speak in NUMBERS:
            if (m := pattern.match(text, at)) and m[0]:
                words = speak(m)
                words = words[1:] if words[:1] == ["the"] and around.previous == "the" else words
                return Token(written=m[0].strip(), spoken=tuple(words), mark=end_mark(m[0], text, m.end())), m.end()
    if character.isalpha():
        return word(text, at, around, known)
    return _sign(text, at)


def _sign(text: str, at: int) -> tuple[Token | None, int]:
    """Marks and symbols."""
    character, following = text[at], text[at + 1 : at + 2]
    spaced = text[at - 1 : at].strip() == "" and following.strip() == ""
    if character in "<>" and (spaced or following.isdigit()):
        return Token(written=character, spoken=("less" if character == "<" else "greater", "than")), at + 1
    if character == "~" and following.isdigit():
        return Token(written=character, spoken=("about",)), at + 1
    if text[at : at + 2] in SYMBOLS:
        return Token(written=text[at : at + 2], spoken=tuple(SYMBOLS[text[at : at + 2]].split())), at + 2
    if character in SYMBOLS:
        ruled = character in "=#+&" and (following == character or text[at - 1 : at] == character)
        if ruled or (character == "#" and not following.strip().isdigit()):
            return None, at + 1
        return Token(written=character, spoken=tuple(SYMBOLS[character].split())), at + 1
    if character in ".?!":
        marks = MARKS.match(text, at)
        assert marks is not None
        shape = marks[0]
        mark = "?" if "?" in shape else "!" if "!" in shape else "."
        if shape.startswith("..") and mark == "." and re.match(r"\s*[a-z]", text[marks.end() :]):
            mark = ","  # a hesitation inside the sentence
        elif re.match(r"[\"')]*\s+[a-z]", text[marks.end() :]) and mark != ".":
            mark = ","  # "Stop!" she said
        return Token(mark=mark), marks.end()
    return (Token(mark=","), at + 1) if character in ",;:—–()•·|" else (None, at + 1)


def _pause(m: re.Match[str]) -> Token:
    seconds = float(m[1] or 0.5) / (1000 if (m[2] or "").lower() == "ms" else 1)
    return Token(mark=",", silence=min(seconds, LONGEST_PAUSE))


def _given(m: re.Match[str]) -> Token:
    return Token(written=m[1], spoken=(latin(m[1]).lower(),), given=m[2])
