"""Numbers as English says them:
cardinals, ordinals, years, decimals, fractions, digits. Each gives a list of lower-case words.
"""

from __future__ import annotations

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()  # noqa: SIM905
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ("thousand", "million", "billion", "trillion", "quadrillion", "quintillion")
LARGEST = 10**21
IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def cardinal(value: int) -> list[str]:
    """1234 → one thousand two hundred thirty four. Beyond 10^21 the digits are read one by one."""
    if value < 0:
        return ["minus", *cardinal(-value)]
    if value >= LARGEST:
        return digits(str(value))
    if value < 20:
        return [ONES[value]]
    if value < 100:
        return [TENS[value // 10], *([ONES[value % 10]] if value % 10 else [])]
    if value < 1000:
        return [ONES[value // 100], "hundred", *(cardinal(value % 100) if value % 100 else [])]
    power = (len(str(value)) - 1) // 3
    head, rest = divmod(value, 1000**power)
    return [*cardinal(head), SCALES[power - 1], *(cardinal(rest) if rest else [])]


def ordinal(value: int) -> list[str]:
    """21 → twenty first."""
    *front, last = cardinal(value)
    if last in IRREGULAR:
        return [*front, IRREGULAR[last]]
    return [*front, last[:-1] + "ieth" if last.endswith("y") else last + "th"]


def year(value: int) -> list[str]:
    """1905 → nineteen oh five, 2000 → two thousand, 2024 → twenty twenty four."""
    if not 1000 < value < 10000 or 2000 <= value < 2010 or value % 1000 == 0:
        return cardinal(value)
    high, low = divmod(value, 100)
    if low == 0:
        return [*cardinal(high), "hundred"]
    return [*cardinal(high), *(["oh"] if low < 10 else []), *cardinal(low)]


def digits(text: str) -> list[str]:
    """ "2045" → two zero four five; what is no digit is skipped."""
    return [ONES[int(character)] for character in text if character.isdigit()]


def decimal(text: str) -> list[str]:
    """ "-1,234.50" → minus one thousand two hundred thirty four point five zero."""
    plain = "".join(text.replace(",", "").replace("−", "-").split()).lstrip("+")
    sign = ["minus"] if plain.startswith("-") else []
    whole, _, part = plain.lstrip("-").partition(".")
    return sign + (cardinal(int(whole)) if whole else ["zero"]) + (["point", *digits(part)] if part else [])


def fraction(top: int, bottom: int) -> list[str]:
    """1/2 → one half, 3/4 → three quarters, 2/7 → two sevenths, 5/100 → five over one hundred."""
    if bottom == 2:
        name = ["half" if top == 1 else "halves"]
    elif bottom == 4:
        name = ["quarter" if top == 1 else "quarters"]
    elif 2 < bottom < 21:
        *front, last = ordinal(bottom)
        name = [*front, last if top == 1 else last + "s"]
    else:
        return [*cardinal(top), "over", *cardinal(bottom)]
    return [*cardinal(top), *name]


def plural(words: list[str]) -> list[str]:
    """The last word in the plural: nineteen eighty → nineteen eighties."""
    *front, last = words
    ending = last[:-1] + "ies" if last.endswith("y") else last + ("es" if last.endswith("x") else "s")
    return [*front, ending]
