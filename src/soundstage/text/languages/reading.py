"""Texts in any of XTTS's languages to sentences short enough for it, as they are written and as they are read.

Notable: `[de]` before a stretch says its language; what is not told is heard out of the stretch itself. A full stop
behind a title or, where ordinals are so written, behind a number ends no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from soundstage.text.languages.detect import detect
from soundstage.text.languages.expand import spoken
from soundstage.text.languages.languages import LANGUAGES, Language
from soundstage.text.normalise import GIVEN, PAUSE, TAG, Sentence
from soundstage.text.passage import LONGEST_PAUSE, Passage, Token

TONGUE = re.compile(rf"\[({'|'.join(LANGUAGES)}|zh)\]\s*", re.I)
END = re.compile(r"[.!?…]+[\"'“”’»)\]]*(?=\s|$)|[。！？]+[」』”]*|।|؟|\n\s*\n")
BREAKS = (r"[;:—–؛；：]\s*", r"[,،，、]\s*", r"\s+")  # where a sentence that is too long is parted, best first
SILENCE = "\x00"  # stands before the seconds of a rest while a text is parted
STOPS = "、，。！？；：,.!?"
EDGES = ".,;:!?…\"'“”„«»()[]{}—–-。！？、，；：「」『』।،؟؛¿¡"


def stretches(text: str, code: str = "") -> list[tuple[str, str]]:
    """A text by language: codes, and the stretches they hold for. `code` is that of what stands before any tag.

    A text without tags stays what it is, a `Passage` too.
    """
    parts = TONGUE.split(text)
    if len(parts) == 1:
        return [(code or detect(text), text)]
    told = [(code, parts[0]), *((named(name), part) for name, part in zip(parts[1::2], parts[2::2], strict=True))]
    return [(known or detect(part), part) for known, part in told if part.strip()]


def named(language: str) -> str:
    """The code of a language as it was asked for: de-AT → de, zh → zh-cn. Empty stays empty."""
    plain = language.lower().partition("-")[0]
    return "zh-cn" if plain == "zh" else plain


def sentences(text: str, code: str) -> list[Sentence]:
    """The sentences of a stretch in one language, none longer than its cap where it can be parted. May be empty.

    Of what markup says, rests and aliases are taken up.
    """
    language = LANGUAGES[code]
    plain = GIVEN.sub(r"\1", PAUSE.sub(_paused, inserted(text)))
    found: list[Sentence] = []
    lead = 0.0
    for stretch in _parted(TAG.sub(" ", plain).replace("*", ""), language):
        tokens: list[Token] = []
        for piece in _words(stretch, language):
            if piece.startswith(SILENCE):
                if tokens:
                    tokens[-1] = tokens[-1].rested(float(piece[1:]))
                else:
                    lead += float(piece[1:])
            elif core := piece.strip(EDGES):
                mark = next((mark for mark in reversed(piece) if mark in ",.!?"), "")
                shown = "" if piece == core else piece
                tokens.append(Token(written=core, spoken=(core.lower(),), mark=mark, shown=shown))
        if tokens:
            written = re.sub(r"\s+", " ", re.sub(rf"{SILENCE}\S+", " ", stretch)).strip()
            found.append(Sentence(tuple(tokens), min(lead, LONGEST_PAUSE), written, spoken(written, code)))
            lead = 0.0
    return found


def inserted(text: str) -> str:
    """A text with what markup puts in: rests, and what is read in the place of something else."""
    out, at = "", 0
    for insert in text.inserts if isinstance(text, Passage) else ():
        said = " ".join(insert.token.spoken) or insert.token.written
        rest = f" {SILENCE}{insert.token.silence:g} " if insert.token.silence else ""
        out += text[at : insert.start] + said + rest
        at = insert.end
    return out + text[at:]


def _paused(m: re.Match[str]) -> str:
    return f" {SILENCE}{min(float(m[1] or 0.5) / (1000 if (m[2] or '').lower() == 'ms' else 1), LONGEST_PAUSE):g} "


def shortened(text: str, cap: int) -> Iterator[str]:
    """A sentence in parts of at most `cap` characters, parted where it is best; a longer word stays whole."""
    text = text.strip()
    while len(text) > cap:
        for pattern in BREAKS:
            ends = [m.end() for m in re.finditer(pattern, text[: cap + 1]) if m.end() > cap // 3]
            ends = [end for end in ends if len(text[:end].strip()) <= cap]
            if ends:
                break
        else:
            first = re.search(r"\s", text)
            ends = [first.end() if first else cap]
        yield text[: ends[-1]].strip()
        text = text[ends[-1] :].strip()
    if text:
        yield text


def _parted(text: str, language: Language) -> Iterator[str]:
    begin = 0
    for m in END.finditer(text):
        if "\n" not in m[0] and not _ends(text[begin : m.start()], m[0], text[m.end() :].strip(), language):
            continue
        yield from shortened(text[begin : m.end()], language.cap)
        begin = m.end()
    yield from shortened(text[begin:], language.cap)


def _ends(before: str, mark: str, behind: str, language: Language) -> bool:
    """Whether a sentence ends at a mark, by what stands around it."""
    last = re.search(r"(\w+)$", before)
    if not behind or mark != "." or last is None:
        return not behind[:1].islower()
    if last[1].lower() in language.titles or (len(last[1]) == 1 and last[1].isupper()):
        return False
    ordinal = last[1].isdigit() and len(last[1]) < 3 and r"\." in language.ordinal_mark
    return not ordinal and not behind[0].islower()


def _words(text: str, language: Language) -> list[str]:
    """What stands apart; where nothing does, the stretches between marks."""
    if language.spaced:
        return text.split()
    return re.findall(rf"{SILENCE}[\d.]+|[^\s{STOPS}{SILENCE}]+[{STOPS}]*", text)
