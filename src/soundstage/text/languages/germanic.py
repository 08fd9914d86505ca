"""Number words of German and Dutch, up to 10^12: ones before tens, all in one word below a million."""

from __future__ import annotations

DE = """null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn
    achtzehn neunzehn""".split()  # noqa: SIM905
DE_TENS = "_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()  # noqa: SIM905
NL = """nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien
    achttien negentien""".split()  # noqa: SIM905
NL_TENS = "_ _ twintig dertig veertig vijftig zestig zeventig tachtig negentig".split()  # noqa: SIM905


def german(value: int) -> str:
    """1921 → eintausendneunhunderteinundzwanzig."""
    if value < 20:
        return DE[value]
    if value < 100:
        return (f"{_ein(value % 10)}und" if value % 10 else "") + DE_TENS[value // 10]
    for size, name in ((100, "hundert"), (1000, "tausend")):
        if value < size * (10 if size == 100 else 1000):
            count, rest = divmod(value, size)
            return f"{_ein(count)}{name}" + (german(rest) if rest else "")
    size, one, many = (10**9, "Milliarde", "Milliarden") if value >= 10**9 else (10**6, "Million", "Millionen")
    count, rest = divmod(value, size)
    return (f"eine {one}" if count == 1 else f"{german(count)} {many}") + (f" {german(rest)}" if rest else "")


def german_ordinal(value: int) -> str:
    """21 → einundzwanzigste."""
    words = german(value)
    for end, other in (("eins", "erste"), ("drei", "dritte"), ("sieben", "siebte"), ("acht", "achte")):
        if words.endswith(end):
            return words.removesuffix(end) + other
    return words + ("te" if 0 < value % 100 < 20 else "ste")


def dutch(value: int) -> str:
    """1921 → duizendnegenhonderdeenentwintig."""
    if value < 20:
        return NL[value]
    if value < 100:
        one = NL[value % 10]
        return (one + ("ën" if one.endswith("e") else "en") if value % 10 else "") + NL_TENS[value // 10]
    for size, name in ((100, "honderd"), (1000, "duizend")):
        if value < size * (10 if size == 100 else 1000):
            count, rest = divmod(value, size)
            return ("" if count == 1 else dutch(count)) + name + (dutch(rest) if rest else "")
    size, name = (10**9, "miljard") if value >= 10**9 else (10**6, "miljoen")
    count, rest = divmod(value, size)
    return f"{dutch(count)} {name}" + (f" {dutch(rest)}" if rest else "")


def dutch_ordinal(value: int) -> str:
    """21 → eenentwintigste."""
    words = dutch(value)
    for end, other in (("een", "eerste"), ("drie", "derde")):
        if words.endswith(end) and value % 100 < 20:
            return words.removesuffix(end) + other
    return words + ("de" if 0 < value % 100 < 20 and value % 100 != 8 else "ste")


def _ein(value: int) -> str:
    return german(value).removesuffix("s") if value % 100 == 1 else german(value)
