"""How figures are read aloud: money, quantities with their units, ranges, fractions, powers, Roman numerals.

Notable: `NUMBERS` is an ordered list of rules, a pattern and what it is spoken as; the first that matches is taken.
Addresses and dates come first. A unit may be a compound: kg/m³ is kilograms per cubic metre.
"""

from __future__ import annotations

import re

from soundstage.text import numbers
from soundstage.text.abbreviations import (
    AMOUNTS,
    CODES,
    DOLLARS,
    MONEY,
    PER,
    PHRASES,
    PLURALS,
    REGAL,
    UNCOUNTED,
    UNITS,
)
from soundstage.text.addresses import ADDRESSES, dotted
from soundstage.text.dates import DATES, Rule, spell

NUMERAL = re.compile(r"(?=[IVXLCDM])M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$")
SPACED = r"[1-9]\d{0,2}(?:(?:[\u00a0\u202f]\d{3})+|(?: \d{3}){2,}| 000)(?!\d)"
"""Thousands kept apart by spaces: narrow ones, or plain ones where no list of numbers could look like that."""
AMOUNT = rf"(?:{SPACED}|\d(?:[\d,]*\d)?(?:\.\d+)?)"
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
ATOM = "|".join(re.escape(unit) for unit in sorted((*UNITS, *PER), key=len, reverse=True))
POWER = r"(?:[²³]|\^[23](?!\d))"
INCHES = r"\s*(?:[.,;:)x×]|by\b|wide|tall|long|high|deep|thick|of (?:rain|snow)|$)"
"""What must follow for "5 in" to be inches."""
UNIT = (
    rf"(?!in\b(?!{INCHES}))(?![AJN]\b(?!\s*(?:[.,;)]|$)))"
    r"(?P<unit>(?:" + "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True)) + rf"){POWER}?"
    rf"(?:/(?:{ATOM}){POWER}?)?)(?!['’]?\w|/\w|\^)"
)
CODE = "|".join(CODES)
COIN = rf"(?:{'|'.join(re.escape(sign) for sign in sorted(DOLLARS, key=len, reverse=True))}|[$£€¥₹₽₩₺₪₿฿₫])"
SCALE = r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|bn|mn|tn|[kKmMbBtT])\b(?!['’]))"


def counted(value: str, unit: str) -> list[str]:
    """A number and its unit: 1, "mile per hour" → one mile per hour; 3 → three miles per hour."""
    return [*numbers.decimal(value), *(unit.split() if value.lstrip("-−") == "1" else plural(unit))]


def plural(unit: str) -> list[str]:
    """The words of more than one unit: its noun stands before "per", or last."""
    head, per, rest = unit.partition(" per ")
    *front, noun = head.split()
    if noun in ("celsius", "fahrenheit"):
        front, noun, rest, per = [], front[0], noun, " "
    return [*front, noun if noun in UNCOUNTED else PLURALS.get(noun, noun + "s"), *per.split(), *rest.split()]


def unit_words(unit: str) -> str:
    """A written unit in words, one of it: m/s² → metre per second squared, km² → square kilometre."""
    over, slash, under = unit.partition("/")
    words = _power(over)
    if slash:
        below = _power(under)
        if below.startswith("square ") and below.endswith(("second", "minute", "hour")):
            below = f"{below.removeprefix('square ')} squared"
        words += f" per {below}"
    return words


def _power(atom: str) -> str:
    found = re.fullmatch(r"(.+?)(?:([²³])|\^([23]))?", atom)
    assert found is not None
    name = UNITS.get(found[1]) or PER.get(found[1]) or found[1]
    raised = (found[2] or "").translate(RAISED) or found[3]
    return {"2": "square ", "3": "cubic "}.get(raised or "", "") + name


def money(coin: str, amount: str, scale: str | None) -> list[str]:
    """$3.50 → three dollars and fifty cents; €2.5bn → two point five billion euros. A code (USD) is a coin too."""
    coin = DOLLARS.get(coin, coin)
    unit, small = (CODES[coin], "") if coin in CODES else MONEY[coin]
    if coin in ("USD", "CAD", "AUD", "NZD", "HKD"):
        small = "cent"
    amount = re.sub(r"[,\s]", "", amount)
    if scale:
        return [*numbers.decimal(amount), AMOUNTS.get(scale.lower(), scale.lower()), *plural(unit)]
    whole, _, part = amount.partition(".")
    if not small or len(part) != 2:
        return counted(amount, unit)
    words = counted(whole, unit) if int(whole) or not int(part) else []
    cents = counted(str(int(part)), small) if int(part) else []
    return [*words, *(["and"] if words and cents else []), *cents]


def _money(m: re.Match[str]) -> list[str]:
    sign = ["minus"] if m["debt"] else []
    if m["upper"]:
        first = money(m["coin"], m["amount"], None)
        if not m["again"]:  # $5-10: the coin is named once
            first = numbers.decimal(m["amount"])
        return [*sign, *first, "to", *money(m["coin"], m["upper"], m["scale"]), *_per(m["per"])]
    return [*sign, *money(m["coin"], m["amount"], m["scale"]), *_per(m["per"])]


def _coin_last(m: re.Match[str]) -> list[str]:
    return money(m["coin2"].strip(), m["amount2"], m["scale2"])


def _per(unit: str | None) -> list[str]:
    return ["per", *unit_words(unit).split()] if unit else []


def _number(m: re.Match[str]) -> list[str]:
    text = m[0]
    plain = text.lstrip("-−")
    if plain.isdigit() and len(plain) == 4 and 1100 <= int(plain) < 2100 and text == plain:
        return numbers.year(int(plain))
    if plain.isdigit() and len(plain) > 1 and (plain.startswith("0") or (len(plain) > 9 and plain[-6:] != "000000")):
        return numbers.digits(plain)
    return numbers.decimal(text)


def _fraction(m: re.Match[str]) -> list[str]:
    top, bottom, whole = int(m["top"]), int(m["bottom"]), m["whole"]
    words = numbers.fraction(top, bottom)
    if whole:
        article = "an" if words[-1].startswith("ei") or words[-1].startswith("elev") else "a"
        words = [article if word == "one" else word for word in words[:1]] + words[1:]
        words = [*numbers.cardinal(int(whole)), "and", *words]
    unit = unit_words(m["unit"]) if m["unit"] else ""
    return (["minus"] if m["less"] else []) + words + (plural(unit) if whole and unit else unit.split())


def _quantity(m: re.Match[str]) -> list[str]:
    unit = unit_words(m["unit"])
    if m["low"]:
        return [*numbers.decimal(m["low"]), "to", *counted(m["many"], unit)]
    return counted(m["many"], unit)


def _raised(m: re.Match[str]) -> list[str]:
    power = (m["raised"] or "").translate(RAISED) or m["power"]
    base = spell(m["base"]) if m["base"].isalpha() else numbers.decimal(m["base"])
    if power in ("2", "3"):
        return [*base, "squared" if power == "2" else "cubed"]
    return [*base, "to", "the", "power", "of", *numbers.decimal(power)]


def _scientific(m: re.Match[str]) -> list[str]:
    power = m["exponent"].lstrip("+")
    return [*numbers.decimal(m["mantissa"]), "times", "ten", "to", "the", "power", "of", *numbers.decimal(power)]


def _plain(text: str) -> list[str]:
    plain = text.replace(",", "")
    return numbers.year(int(plain)) if len(text) == 4 and 1100 <= int(plain) < 2100 else numbers.decimal(text)


def numbered(text: str) -> list[str]:
    """The figures of a thing's name, in pairs: A380 is three eighty, BA2490 is twenty four ninety."""
    if len(text) == 3 and "0" not in text[:2]:
        return [*numbers.cardinal(int(text[0])), *numbers.cardinal(int(text[1:]))]
    return numbers.year(int(text)) if len(text) == 4 and text[0] != "0" else numbers.digits(text)


RULES: tuple[Rule, ...] = (
    *ADDRESSES,
    *DATES,
    (
        rf"(?i:(?<!\w)(?:{'|'.join(re.escape(key) for key in sorted(PHRASES, key=len, reverse=True))})(?!\w))",
        lambda m: PHRASES[m[0].lower()].split(),
    ),
    (
        rf"(?P<debt>[-−])?(?P<coin>{COIN}|(?:{CODE})(?=\s?\d))\s?(?P<amount>{AMOUNT})"
        rf"(?:\s?[-–—]\s?(?P<again>{COIN})?(?P<upper>{AMOUNT}))?{SCALE}?(?:/(?P<per>{ATOM})\b)?",
        _money,
    ),
    (
        rf"(?P<amount2>{AMOUNT})(?:\s?(?P<scale2>thousand|million|billion|trillion|[kKmM]|bn))?\s?"
        rf"(?P<coin2>[£€¥₹₽₩₺₪₿฿₫¢]|(?:{CODE})\b)",
        _coin_last,
    ),
    (r"(?P<bare>[$£€])/(?P<time>\w+)", lambda m: [*plural(MONEY[m["bare"]][0]), *_per(m["time"])]),
    (
        rf"(?:(?P<least>{AMOUNT})\s?[-–—]\s?)?(?P<share>[-−]?{AMOUNT})\s?%",
        lambda m: [
            *([*numbers.decimal(m["least"]), "to"] if m["least"] else []), *numbers.decimal(m["share"]), "percent",
        ],
    ),
    (r"'?(?P<decade>\d\d\d0)s\b", lambda m: numbers.plural(numbers.year(int(m["decade"])))),
    (
        r"(?:'|(?<=the )|(?<=early )|(?<=late )|(?<=mid )|(?<=mid-)|(?<=his )|(?<=her )|(?<=my )|(?<=their ))"
        r"(?P<decade2>[1-9]0)s\b",
        lambda m: numbers.plural(numbers.cardinal(int(m["decade2"]))),
    ),
    (r"(?P<nth>\d(?:[\d,]*\d)?)(?:st|nd|rd|th)\b", lambda m: numbers.ordinal(int(m["nth"].replace(",", "")))),
    (r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?(?![.\d])", lambda m: numbers.decimal(
        m[0].replace(".", "").replace(",", "."))),
    (r"\d+(?:\.\d+){2,}", lambda m: dotted(m[0])),
    (r"(?P<feet>\d+)\s?['′](?P<inches>\d{1,2})(?:[\"″]|'')?(?!\w)",
     lambda m: [*numbers.cardinal(int(m["feet"])), "foot", *numbers.cardinal(int(m["inches"]))]),
    (r"(?P<degrees>\d+)°\s?(?P<minutes>\d+)['′](?:\s?(?P<side>[NSEW])\b)?",
     lambda m: [*counted(m["degrees"], "degree"), *counted(m["minutes"], "minute"), *_side(m["side"])]),
    (r"(?P<mantissa>[-−]?\d+(?:\.\d+)?)[eE](?P<exponent>[+-]?\d+)\b", _scientific),
    (rf"(?P<base>{AMOUNT}|(?<!\w)[a-zA-Z])(?:\^(?P<power>-?\d+)|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))(?!\w)", _raised),
    (rf"(?P<less>[-−])?(?:(?P<whole>\d{{1,3}})[ -])?(?P<top>\d+)[/⁄](?P<bottom>[1-9]\d*)(?![/\d])(?:\s?{UNIT})?",
     _fraction),
    (r"(?P<first>\d+):(?P<second2>\d+)(?![:\d])",
     lambda m: [*numbers.cardinal(int(m["first"])), "to", *numbers.cardinal(int(m["second2"]))]),
    (r"[nN][°º]\s?(?=\d)", lambda m: ["number"]),
    (rf"(?P<wide>{AMOUNT})\s?[x×](?P<high>\d+)(?![\w.])|(?P<wide2>{AMOUNT})\s?x\s(?P<high2>\d+)(?![\w.])",
     lambda m: [*numbers.decimal(m["wide"] or m["wide2"]), "by", *numbers.decimal(m["high"] or m["high2"])]),
    (rf"(?P<times>{AMOUNT})[x×](?!\w)", lambda m: [*numbers.decimal(m["times"]), "times"]),
    (rf"(?:(?P<low>{AMOUNT})\s?[-–—]\s?)?(?P<many>[-−]?{AMOUNT})\s?{UNIT}",
     _quantity),
    (r"(?P<big>\d+(?:\.\d+)?)(?P<scale3>M|B|bn|tn)\b(?!-)",
     lambda m: [*numbers.decimal(m["big"]), AMOUNTS[m["scale3"].lower()]]),
    (r"(?P<from>\d(?:[\d,]*\d)?(?:\.\d+)?)\s?[-–—]\s?(?P<to>\d(?:[\d,]*\d)?(?:\.\d+)?)(?!\s*=)(?![\d-])",
     lambda m: [*_plain(m["from"]), "to", *_plain(m["to"])]),
    (r"(?P<lines>\d{3,4})(?P<scan>[pi])\b", lambda m: [*numbered(m["lines"]), *spell(m["scan"])]),
    (r"\d+,\d{1,2}(?![\d,])", lambda m: numbers.decimal(m[0].replace(",", "."))),
    (r"(?<=[A-Za-z])\d{3,4}(?!\d)", lambda m: numbered(m[0])),
    (r"(?<=\d )[-−](?=\s?\d+\s*=)|(?<=\d)[-−](?=\s?\d+\s*=)", lambda m: ["minus"]),
    (rf"{SPACED}|[-−]?\d[\d,]*\d(?:\.\d+)?|[-−]?\d(?:\.\d+)?|\.\d+", _number),
    (rf"(?<=[\w€$£%])/(?P<each>{'|'.join(PER)})\b", lambda m: _per(m["each"])),
)  # fmt: skip


def _side(letter: str | None) -> list[str]:
    return [{"N": "north", "S": "south", "E": "east", "W": "west"}[letter]] if letter else []


NUMBERS = tuple((re.compile(pattern), speak) for pattern, speak in RULES)


def numeral(text: str) -> int:
    """The value of a Roman numeral in capitals; 0 for what is none."""
    if not text or not NUMERAL.match(text):
        return 0
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    for here, after in zip(text, [*text[1:], ""], strict=True):
        total += -values[here] if after and values[after] > values[here] else values[here]
    return total


def roman(text: str, previous: str) -> list[str]:
    """A Roman numeral: "the fourth" after a ruler's name, "four" after a chapter, a year where it is one."""
    value = numeral(text)
    if previous in REGAL:
        return ["the", *numbers.ordinal(value)]
    return numbers.year(value) if 1100 <= value < 2100 else numbers.cardinal(value)
