"""The tables of the text front end: titles, abbreviations, units, coins and symbols with the words they are read as."""

from __future__ import annotations

LETTERS = {"w": "double you"}
"""Letters whose names are words; the others are spoken as `b.`."""
TITLES = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "capt": "captain", "gen": "general",
    "col": "colonel", "lt": "lieutenant", "sgt": "sergeant", "rev": "reverend", "hon": "honourable",
    "gov": "governor", "sen": "senator",
    "rep": "representative", "pres": "president", "mt": "mount", "ft": "fort", "no": "number",
}  # fmt: skip
SHORT = {
    "etc": "et cetera", "vs": "versus", "jr": "junior", "sr": "senior", "inc": "incorporated", "co": "company",
    "ltd": "limited",
    "corp": "corporation", "dept": "department", "est": "established", "approx": "approximately", "ave": "avenue",
    "blvd": "boulevard",
    "rd": "road", "fig": "figure", "vol": "volume", "ch": "chapter", "pp": "pages", "ed": "edition",
    "min": "minutes", "max": "maximum",
    "e.g": "for example", "i.e": "that is", "a.m": "a. m.", "p.m": "p. m.", "a.k.a": "also known as",
    "tel": "telephone", "apt": "apartment",
}  # fmt: skip
UNITS = {
    "km/h": "kilometre per hour", "m/s": "metre per second", "mph": "mile per hour", "km": "kilometre",
    "cm": "centimetre",
    "mm": "millimetre", "m": "metre", "ft": "foot", "in": "inch", "yd": "yard", "mi": "mile", "kg": "kilogram",
    "mg": "milligram", "g": "gram",
    "lbs": "pound", "lb": "pound", "oz": "ounce", "ml": "millilitre", "l": "litre", "°C": "degree celsius",
    "°F": "degree fahrenheit",
    "°": "degree", "TB": "terabyte", "GB": "gigabyte", "MB": "megabyte", "kB": "kilobyte", "KB": "kilobyte",
    "GHz": "gigahertz",
    "MHz": "megahertz", "kHz": "kilohertz", "Hz": "hertz", "kW": "kilowatt", "W": "watt", "kWh": "kilowatt hour",
    "V": "volt",
    "ms": "millisecond", "hrs": "hour", "hr": "hour", "h": "hour", "min": "minute", "secs": "second",
    "sec": "second", "s": "second",
    "px": "pixel", "dB": "decibel",
}  # fmt: skip
MONEY = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", "")}
AMOUNTS = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
SYMBOLS = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "#": "number",
    "%": "percent",
    "°": "degrees",
    "×": "times",
    "÷": "divided by",
}
AS_WORDS = frozenset(
    """nasa nato unesco unicef opec radar laser scuba aids ram ok imax jpeg gif pin sim lol yolo asap""".split()  # noqa: SIM905
)
SHOUTED = frozenset(
    """no yes stop go not the and all you never very now help do is it i a we he she my me so to of in on at be
    but or if what who why how hey oh run out up off get big day end one two new his her him our was are can
    did""".split()  # noqa: SIM905
)
BEFORE_NUMERAL = frozenset(
    """chapter part act scene volume book king queen pope louis henry george charles elizabeth world war section
    phase""".split()  # noqa: SIM905
)
ENDS_SENTENCE = frozenset(["a.m", "p.m", "etc", "jr", "sr", "inc", "co", "ltd", "corp", "est"])
