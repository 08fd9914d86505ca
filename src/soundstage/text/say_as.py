"""`say-as`: how a stretch is read when its writer says what it is, whatever it looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from soundstage.text import numbers
from soundstage.text.abbreviations import DOLLARS, MONEY
from soundstage.text.addresses import PIECES, digits
from soundstage.text.dates import DATES, MONTHS, date, spell
from soundstage.text.readings import AMOUNT, money

FIELDS = {"m": "month", "d": "day", "y": "year"}
FORMATS = ("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y")


def read(text: str, kind: str, shape: str = "") -> list[str]:
    """The words of `text` read as a `kind` of `KINDS`; `shape` is the order of a date, such as "dmy".

    Raises ValueError, saying why, for what cannot be read so.
    """
    return KINDS[kind](text.strip(), shape)


def _characters(text: str, shape: str) -> list[str]:
    words: list[str] = []
    for character in text:
        if character.isdigit():
            words += numbers.digits(character)
        elif character.isalpha():
            words += spell(character)
        else:
            words += PIECES.get(character, {"'": "apostrophe", "!": "exclamation mark", ",": "comma"}.get(
                character, "")).split()  # fmt: skip
    if not words:
        raise ValueError("has no characters to name")
    return words


def _whole(text: str) -> int:
    plain = re.sub(r"[,\s]", "", text)
    if not re.fullmatch(r"[-+−]?\d+", plain):
        raise ValueError("is no whole number")
    return int(plain.replace("−", "-"))


def _cardinal(text: str, shape: str) -> list[str]:
    plain = re.sub(r"\s", "", text)
    if not re.fullmatch(r"[-+−]?[\d,]*\.?\d+", plain):
        raise ValueError("is no number")
    return numbers.decimal(plain)


def _ordinal(text: str, shape: str) -> list[str]:
    value = _whole(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", text))
    if value < 0:
        raise ValueError("is below zero")
    return numbers.ordinal(value)


def _fraction(text: str, shape: str) -> list[str]:
    found = re.fullmatch(r"(?:(\d{1,9})[\s+])?(\d{1,9})\s?/\s?([1-9]\d{0,8})", text)
    if found is None:
        raise ValueError("is no fraction")
    words = numbers.fraction(int(found[2]), int(found[3]))
    return [*numbers.cardinal(int(found[1])), "and", *words] if found[1] else words


def _date(text: str, shape: str) -> list[str]:
    shape = shape or ("ymd" if re.match(r"\d{4}", text) else "mdy")
    if shape not in FORMATS:
        raise ValueError(f"has the format {shape!r}; known: {', '.join(FORMATS)}")
    parts = re.findall(r"[A-Za-z]+|\d+", text)
    if len(shape) == 1 and len(parts) == 1 and parts[0].isdigit():
        value = int(parts[0])
        return [_month(parts[0])] if shape == "m" else numbers.year(value) if shape == "y" else numbers.ordinal(value)
    if len(parts) != len(shape):
        raise ValueError(f"does not have the parts of {shape!r}")
    given = {FIELDS[letter]: part for letter, part in zip(shape, parts, strict=True)}
    words = []
    if "month" in given:
        words = [_month(given["month"])]
    if "day" in given:
        if not given["day"].isdigit() or not 1 <= int(given["day"]) <= 31:
            raise ValueError(f"has the day {given['day']!r}")
        words = date(MONTHS.index(words[0].title()) + 1, int(given["day"]))
    return words + (numbers.year(_year(given["year"])) if "year" in given else [])


def _month(name: str) -> str:
    if name.isdigit() and 1 <= int(name) <= 12:
        return MONTHS[int(name) - 1].lower()
    for month in MONTHS:
        if len(name) > 2 and month.lower().startswith(name.lower()):
            return month.lower()
    raise ValueError(f"has the month {name!r}")


def _year(text: str) -> int:
    if not text.isdigit() or len(text) > 4:
        raise ValueError(f"has the year {text!r}")
    return int(text) if len(text) > 2 else int(text) + (2000 if int(text) < 50 else 1900)


def _time(text: str, shape: str) -> list[str]:
    if m := re.fullmatch(r"(\d+)'(?:(\d+)\")?", text):  # 1'21" is a duration
        words = [*numbers.cardinal(int(m[1])), "minute" + "s" * (int(m[1]) != 1)]
        return words + ([*numbers.cardinal(int(m[2])), "second" + "s" * (int(m[2]) != 1)] if m[2] else [])
    for pattern, speak in DATES:
        of_day = "hour>" in pattern or "oclock" in pattern
        if of_day and (found := re.fullmatch(pattern, text)) is not None:
            return speak(found)
    raise ValueError("is no time")


def _telephone(text: str, shape: str) -> list[str]:
    if not re.search(r"\d", text):
        raise ValueError("has no figures")
    return digits(text)


def _currency(text: str, shape: str) -> list[str]:
    sign = "|".join(re.escape(sign) for sign in sorted((*DOLLARS, *MONEY), key=len, reverse=True))
    before = re.fullmatch(rf"({sign}|[A-Z]{{3}})\s?({AMOUNT})\s?(\w+)?", text)
    after = re.fullmatch(rf"({AMOUNT})\s?(\w+)??\s?({sign}|[A-Z]{{3}})", text)
    try:
        if before:
            return money(before[1], before[2], before[3])
        if after:
            return money(after[3], after[1], after[2])
    except KeyError as error:
        raise ValueError(f"is in {error.args[0]!r}, a coin that is not known") from None
    raise ValueError("is no amount of money")


KINDS: Mapping[str, Callable[[str, str], list[str]]] = MappingProxyType(
    {
        "characters": _characters, "spell-out": _characters, "verbatim": _characters, "digits": _characters,
        "cardinal": _cardinal, "number": _cardinal, "ordinal": _ordinal, "fraction": _fraction, "date": _date,
        "time": _time, "telephone": _telephone, "currency": _currency,
    }
)  # fmt: skip
"""What `interpret-as` may be."""
