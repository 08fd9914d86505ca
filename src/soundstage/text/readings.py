"""How figures are read aloud: dates, times, money, units, ranges, addresses, Roman numerals.

Notable: `NUMBERS` is an ordered list of rules, a pattern and what it is spoken as; the first that matches is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from soundstage.text import numbers
from soundstage.text.abbreviations import AMOUNTS, LETTERS, MONEY, UNITS

MONTHS = """January February March April May June July August September October November December""".split()  # noqa: SIM905
MONTH = (
    r"(?P<month{n}>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
NUMERAL = re.compile(r"(?=[IVXL])(X{0,3}L?|XL)(IX|IV|V?I{0,3})$")


def spell(letters: str) -> list[str]:
    """The names of letters, each spoken as `b.`; those whose name is a word, as words."""
    return [
        word for letter in letters.lower() if letter.isalpha() for word in LETTERS.get(letter, letter + ".").split()
    ]


def _count(value: str, unit: str) -> list[str]:
    words = unit.split()
    if value != "1" and words[0] not in ("hertz", "megahertz", "kilohertz", "gigahertz"):
        head = {"foot": "feet", "inch": "inches", "penny": "pence", "yen": "yen"}.get(words[0], words[0] + "s")
        words = [head, *words[1:]]
    return [*numbers.decimal(value), *words]


def _money(m: re.Match[str]) -> list[str]:
    unit, small = MONEY[m["coin"]]
    amount, scale = m["amount"].replace(",", ""), m["scale"]
    if scale:
        return [*numbers.decimal(amount), AMOUNTS.get(scale.lower(), scale.lower()), unit + "s" * (unit != "yen")]
    whole, _, part = amount.partition(".")
    if not small or len(part) != 2:
        return _count(amount, unit)
    words = _count(whole, unit) if int(whole) or not int(part) else []
    cents = _count(str(int(part)), small) if int(part) else []
    return [*words, *(["and"] if words and cents else []), *cents]


def _time(m: re.Match[str]) -> list[str]:
    hour, minute = int(m["hour"]), int(m["minute"])
    words = numbers.cardinal(hour)
    if minute == 0:
        words += ["o'clock"] if not m["half"] and 0 < hour <= 12 else ["hundred"] if not m["half"] else []
    else:
        words += (["oh"] if minute < 10 else []) + numbers.cardinal(minute)
    if m["half"]:
        words += spell(m["half"])
    return words


def _clock(m: re.Match[str]) -> list[str]:
    return [*numbers.cardinal(int(m["oclock"])), *spell(m["half2"])]


def _date(month: str, day: str, year: str | None) -> list[str]:
    name = next(full for full in MONTHS if full.startswith(month[:3].title()))
    return [name.lower(), *numbers.ordinal(int(day)), *(numbers.year(int(year)) if year else [])]


def _day_first(day: str, month: str, year: str | None) -> list[str]:
    name, *_ = _date(month, day, None)
    return ["the", *numbers.ordinal(int(day)), "of", name, *(numbers.year(int(year)) if year else [])]


def _plain_date(m: re.Match[str]) -> list[str]:
    if not (1 <= int(m["m1"]) <= 12 and 1 <= int(m["d1"]) <= 31):
        return numbers.digits(m[0])
    return _date(MONTHS[int(m["m1"]) - 1], m["d1"], m["y1"])


def _slash_date(m: re.Match[str]) -> list[str]:
    month, day = int(m["m2"]), int(m["d2"])
    if month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return numbers.digits(m[0])
    year = m["y2"] if len(m["y2"]) == 4 else ("20" if int(m["y2"]) < 50 else "19") + m["y2"]
    return _date(MONTHS[month - 1], str(day), year)


def _number(m: re.Match[str]) -> list[str]:
    text = m[0]
    plain = text.lstrip("-−")
    if plain.isdigit() and len(plain) == 4 and 1100 <= int(plain) < 2100 and text == plain:
        return numbers.year(int(plain))
    if plain.isdigit() and len(plain) > 1 and plain.startswith("0"):
        return numbers.digits(plain)
    return numbers.decimal(text)


def _address(m: re.Match[str]) -> list[str]:
    words: list[str] = []
    text = re.sub(r"^https?://", "", m[0]).rstrip("/")
    for piece in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", text):
        if piece.isdigit():
            words += numbers.digits(piece)
        elif piece.isalpha():
            words += (
                spell(piece)
                if piece.lower() in ("www", "html", "io", "uk", "eu", "de") or len(piece) < 3
                else [piece.lower()]
            )
        else:
            words += {".": ["dot"], "/": ["slash"], "@": ["at"], "-": ["dash"], "_": ["underscore"]}.get(piece, [])
    return words


UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
Rule = tuple[str, Callable[[re.Match[str]], list[str]]]
RULES: tuple[Rule, ...] = (
    (r"[\w.+-]+@[\w-]+\.[\w.-]*\w", _address),
    (
        r"https?://[\w./?=&%~#-]*\w/?"
        r"|(?:www\.)?[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|co\.uk|info)\b(?:/[\w./-]*\w)?",
        _address,
    ),
    (r"(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)\b", _plain_date),
    (r"(?P<m2>\d{1,2})/(?P<d2>\d{1,2})/(?P<y2>\d{4}|\d\d)\b", _slash_date),
    (rf"{MONTH.format(n=3)}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y3>\d{{4}})\b)?",
     lambda m: _date(m["month3"], m["d3"], m["y3"])),
    (
        rf"(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH.format(n=4)}\b(?:,?\s+(?P<y4>\d{{4}})\b)?",
        lambda m: _day_first(m["d4"], m["month4"], m["y4"]),
    ),
    (r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s*(?P<half>[ap]\.?m\b\.?))?", _time),
    (r"(?P<oclock>1[0-2]|[1-9])\s*(?P<half2>[ap]\.?m\b\.?)", _clock),
    (r"(?P<coin>[$£€¥])\s?(?P<amount>\d(?:[\d,]*\d)?(?:\.\d+)?)"
     r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|bn|[kKmMbB])\b)?", _money),
    (r"(?P<share>[-−]?\d(?:[\d,]*\d)?(?:\.\d+)?)\s?%", lambda m: [*numbers.decimal(m["share"]), "percent"]),
    (r"'?(?P<decade>\d{2,3}0)s\b", lambda m: numbers.plural(numbers.year(int(m["decade"])))),
    (r"(?P<nth>\d(?:[\d,]*\d)?)(?:st|nd|rd|th)\b", lambda m: numbers.ordinal(int(m["nth"].replace(",", "")))),
    (r"\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b|\d+(?:\.\d+){2,}",
     lambda m: [word for part in m[0].split("-") for word in _dotted(part)]),
    (r"(?P<low>\d+)\s?[-–]\s?(?P<high>\d+)", lambda m: [*_plain(m["low"]), "to", *_plain(m["high"])]),
    (r"(?P<top>\d+)/(?P<bottom>[1-9]\d*)", lambda m: numbers.fraction(int(m["top"]), int(m["bottom"]))),
    (
        rf"(?P<many>[-−]?\d(?:[\d,]*\d)?(?:\.\d+)?)\s?(?P<unit>{UNIT})(?![\w/])",
        lambda m: _count(m["many"], UNITS[m["unit"]]),
    ),
    (r"[-−]?\d[\d,]*\d(?:\.\d+)?|[-−]?\d(?:\.\d+)?|\.\d+", _number),
)  # fmt: skip


def _dotted(text: str) -> list[str]:
    return [
        word
        for index, part in enumerate(text.split("."))
        for word in ([] if index == 0 else ["point"]) + numbers.digits(part)
    ]


def _plain(text: str) -> list[str]:
    return numbers.year(int(text)) if len(text) == 4 and 1100 <= int(text) < 2100 else numbers.cardinal(int(text))


NUMBERS = tuple((re.compile(pattern), speak) for pattern, speak in RULES)


def roman(text: str, previous: str) -> list[str]:
    """A Roman numeral: "the fourth" after a ruler's name, "four" after a chapter."""
    values = {"I": 1, "V": 5, "X": 10, "L": 50}
    total = 0
    for here, after in zip(text, [*text[1:], ""], strict=True):
        total += -values[here] if after and values[after] > values[here] else values[here]
    if previous in ("king", "queen", "pope", "louis", "henry", "george", "charles", "elizabeth"):
        return ["the", *numbers.ordinal(total)]
    return numbers.cardinal(total)
