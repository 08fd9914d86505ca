"""A stated length in English: "Thirty seconds", "45 s", "a minute and a half", "2 minutes", "1:30", "90-second".

Notable: a length inside a story ("ten seconds before midnight") is only a hint; one that stands alone or names the
film is explicit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SMALL = (
    "zero a|an|one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {name: value for value, names in enumerate(_SMALL.split()) for name in names.split("|")}
_UNITS |= {
    name: 10 * n
    for n, name in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_UNITS["hundred"] = 100
_WORD = "|".join(sorted(_UNITS, key=len, reverse=True))
_WORDS = rf"(?:half an?|an? (?:couple of|hundred)|(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*)"
_DIGITS = r"\d+(?:[.,]\d+)?"
_SECONDS = (
    rf"((?:{_DIGITS})(?=[ -]?(?:seconds?|secs?|s)\b)|{_WORDS}(?=[ -](?:seconds?|secs?)\b))[ -]?(?:seconds?|secs?|s)\b"
)
_MINUTES = (
    rf"((?:{_DIGITS})(?=[ -]?(?:minutes?|mins?|m)\b)|{_WORDS}(?=[ -](?:minutes?|mins?)\b))[ -]?(?:minutes?|mins?|m)\b"
)
_ABOUT = r"(?:(?:about|around|roughly|approximately|exactly|at most|up to|for|in|lasting|of)\s+)?\b"
_LONG = r"(?:\s+long\b)?"
_PATTERNS = (
    (re.compile(rf"{_ABOUT}(\d+):([0-5]\d)(?:\s*(?:minutes?|mins?|m)\b)?{_LONG}", re.I), "clock"),
    (re.compile(rf"{_ABOUT}{_MINUTES},?\s+(?:and\s+)?{_SECONDS}{_LONG}", re.I), "both"),
    (re.compile(rf"{_ABOUT}({_WORDS}|{_DIGITS}) and a half[ -]minutes?\b{_LONG}", re.I), "minutes and a half"),
    (re.compile(rf"{_ABOUT}{_MINUTES}\s+and a half{_LONG}", re.I), "minutes and a half"),
    (re.compile(rf"{_ABOUT}half[ -](?:an? )?minutes?\b{_LONG}", re.I), "half"),
    (re.compile(rf"{_ABOUT}{_MINUTES}{_LONG}", re.I), "minutes"),
    (re.compile(rf"{_ABOUT}{_SECONDS}{_LONG}", re.I), "seconds"),
)


@dataclass(frozen=True, kw_only=True)
class Length:
    """A length in seconds; `explicit` when the words beside it speak of the film."""

    seconds: float
    explicit: bool = False


def number(words: str) -> float:
    """The value of a number in digits or English words up to some hundreds."""
    text = words.lower().replace(",", ".").strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if text.startswith("half"):
        return 0.5
    if "couple" in text:
        return 2.0
    total = 0
    for word in re.split(r"[ -]+", text):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word != "and":
            total += _UNITS.get(word, 0)
    return float(total)


def find_length(sentence: str) -> tuple[str, Length | None]:
    """The sentence without its stated length, and that length; a bare `a second` or `m` in a story is no length."""
    for pattern, kind in _PATTERNS:
        match = pattern.search(sentence)
        if match is None:
            continue
        seconds = _seconds(kind, [group for group in match.groups() if group])
        if seconds < 2:
            continue
        after, before = sentence[match.end() :], sentence[: match.start()]
        rest = f"{before.rstrip(' ,')} {after.lstrip(' ,-')}".strip(" ,.;:-()[]")
        names_film = re.match(
            r"[ -]*(?:long\b|\w*[ -]?(?:film|movie|video|clip|story|animation|short|ad|tale)\b)", after, re.I
        )
        trailing = not after.strip(" .!?)]") and (
            before.rstrip().endswith((",", "(", "[", "-", "–", "—")) or not before.strip()
        )
        return rest, Length(seconds=seconds, explicit=bool(names_film) or trailing or " long" in match.group(0).lower())
    return sentence, None


def _seconds(kind: str, groups: list[str]) -> float:
    if kind == "half":
        return 30.0
    first = number(groups[0])
    match kind:
        case "clock":
            return first * 60 + float(groups[1])
        case "both":
            return first * 60 + number(groups[1])
        case "minutes and a half":
            return (first + 0.5) * 60
        case "minutes":
            return first * 60
        case _:
            return first
