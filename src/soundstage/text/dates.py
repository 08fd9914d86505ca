"""How dates and times of day are read aloud.

Notable: `DATES` is an ordered list of rules, a pattern and what it is spoken as; the first that matches is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from soundstage.text import numbers
from soundstage.text.abbreviations import DAYS, LETTERS, ZONES

Rule = tuple[str, Callable[[re.Match[str]], list[str]]]
MONTHS = """January February March April May June July August September October November December""".split()  # noqa: SIM905
MONTH = (
    r"(?P<month{n}>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
HALF = r"[ap](?:\.\s?m\b\.?|m\b)"
ZONE = "|".join(sorted(ZONES, key=len, reverse=True))


def spell(letters: str) -> list[str]:
    """The names of letters, each spoken as `b.`; those whose name is a word, as words."""
    return [
        word for letter in letters.lower() if letter.isalpha() for word in LETTERS.get(letter, letter + ".").split()
    ]


def clock(hour: int, minute: int, second: int = 0, half: str = "") -> list[str]:
    """A time of day: 3:05 p.m. → three oh five p. m."""
    if minute == 0 and second == 0 and not half and hour in (0, 24):
        return ["midnight"]
    words = numbers.cardinal(hour)
    if minute:
        words += (["oh"] if minute < 10 else []) + numbers.cardinal(minute)
    elif not half:
        words += ["o'clock"] if 0 < hour <= 12 else ["hundred"]
    if second:
        words += ["and", *numbers.cardinal(second), "second" if second == 1 else "seconds"]
    return words + spell(half)


def date(month: int, day: int, year: int | None = None) -> list[str]:
    """May fifth nineteen ninety nine; months count from 1."""
    return [MONTHS[month - 1].lower(), *numbers.ordinal(day), *(numbers.year(year) if year is not None else [])]


def _month(name: str) -> int:
    return next(index for index, full in enumerate(MONTHS, 1) if full.startswith(name[:3].title()))


def _time(m: re.Match[str]) -> list[str]:
    hour, minute, second = int(m["hour"]), int(m["minute"]), int(m["second"] or 0)
    if hour > 24:
        return [*numbers.cardinal(hour), *numbers.cardinal(minute)]
    return clock(hour, minute, second, m["half"] or "")


def _day_first(day: str, month: str, year: str | None) -> list[str]:
    name, *_ = date(_month(month), 1)
    return ["the", *numbers.ordinal(int(day)), "of", name, *(numbers.year(int(year)) if year else [])]


def _iso(m: re.Match[str]) -> list[str]:
    if not (1 <= int(m["m1"]) <= 12 and 1 <= int(m["d1"]) <= 31):
        return numbers.digits(m[0])
    words = date(int(m["m1"]), int(m["d1"]), int(m["y1"]))
    if m["hour1"]:
        words += ["at", *clock(int(m["hour1"]), int(m["minute1"]), int(m["second1"] or 0))]
    return words + (spell("utc") if m["zulu"] else [])


def _slashes(m: re.Match[str]) -> list[str]:
    month, day = int(m["m2"]), int(m["d2"])
    if month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return numbers.digits(m[0])
    year = m["y2"] if len(m["y2"]) == 4 else ("20" if int(m["y2"]) < 50 else "19") + m["y2"]
    return date(month, day, int(year))


def _weekday(m: re.Match[str]) -> list[str]:
    return [next(day for day in DAYS if day.startswith(m["weekday"][:3])).lower()]


DATES: tuple[Rule, ...] = (
    (
        r"(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)"
        r"(?:[T ](?P<hour1>\d\d):(?P<minute1>\d\d)(?::(?P<second1>\d\d)(?:\.\d+)?)?(?P<zulu>Z)?)?\b",
        _iso,
    ),
    (r"(?P<m2>\d{1,2})/(?P<d2>\d{1,2})/(?P<y2>\d{4}|\d\d)\b", _slashes),
    (rf"(?P<weekday>Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\b\.?(?=,?\s+(?:\d|{MONTH.format(n=0)}))", _weekday),
    (
        rf"{MONTH.format(n=3)}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:/])(?:,?\s+(?P<y3>\d{{4}})\b)?",
        lambda m: date(_month(m["month3"]), int(m["d3"]), int(m["y3"]) if m["y3"] else None),
    ),
    (
        rf"(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH.format(n=4)}\b(?:,?\s+(?P<y4>\d{{4}})\b)?",
        lambda m: _day_first(m["d4"], m["month4"], m["y4"]),
    ),
    (
        rf"{MONTH.format(n=5)},?\s+(?P<y5>[12]\d{{3}})\b",
        lambda m: [MONTHS[_month(m["month5"]) - 1].lower(), *numbers.year(int(m["y5"]))],
    ),
    (
        rf"(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?!\d)(?:\s*(?P<half>(?i:{HALF})))?",
        _time,
    ),
    (
        rf"(?P<oclock>1[0-2]|[1-9])\s*(?P<half2>(?i:{HALF}))",
        lambda m: [*numbers.cardinal(int(m["oclock"])), *spell(m["half2"])],
    ),
    (rf"(?:{ZONE})\b(?=[+\-−\s,.;:!?)]|$)(?:(?P<ahead>[+\-−])(?P<zone>\d\d?))?", lambda m: [
        *spell(re.match(r"[A-Z]+", m[0])[0]),  # type: ignore[index]  # a zone is letters
        *(["plus" if m["ahead"] == "+" else "minus", *numbers.cardinal(int(m["zone"]))] if m["zone"] else []),
    ]),
)  # fmt: skip
"""A pattern, and the words of what it matches; the patterns tell capitals from small letters but in am and pm."""
