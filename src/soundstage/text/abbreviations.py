"""The tables of the text front end: titles, abbreviations, units, coins and symbols with the words they are read as."""

from __future__ import annotations

LETTERS = {"w": "double you"}
"""Letters whose names are words; the others are spoken as `b.`."""
TITLES = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "capt": "captain", "gen": "general", "col": "colonel", "lt": "lieutenant", "sgt": "sergeant", "rev": "reverend",
    "hon": "honourable", "gov": "governor", "sen": "senator", "rep": "representative", "pres": "president",
    "mt": "mount", "ft": "fort", "no": "number", "cmdr": "commander", "sr": "senior", "messrs": "messieurs",
}  # fmt: skip
SHORT = {
    "etc": "et cetera", "vs": "versus", "jr": "junior", "sr": "senior", "inc": "incorporated", "co": "company",
    "ltd": "limited", "corp": "corporation", "dept": "department", "est": "established", "approx": "approximately",
    "ave": "avenue", "blvd": "boulevard", "rd": "road", "fig": "figure", "vol": "volume", "ch": "chapter",
    "pp": "pages", "ed": "edition", "min": "minutes", "max": "maximum", "e.g": "for example", "i.e": "that is",
    "a.m": "a. m.", "p.m": "p. m.", "a.k.a": "also known as", "tel": "telephone", "apt": "apartment", "cf": "compare",
    "ca": "circa", "al": "al", "tues": "tuesday", "thurs": "thursday", "tue": "tuesday", "thu": "thursday",
    "fri": "friday", "misc": "miscellaneous", "govt": "government", "intl": "international", "esp": "especially",
}  # fmt: skip
DEGREES = {"ph.d": "p. h. d.", "m.sc": "m. s. c.", "b.sc": "b. s. c.", "d.phil": "d. phil", "ph.d's": "p. h. d.s"}
UNITS = {
    "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "µm": "micrometre", "μm": "micrometre",
    "nm": "nanometre", "m": "metre", "ft": "foot", "in": "inch", "yd": "yard", "mi": "mile", "kg": "kilogram",
    "mg": "milligram", "µg": "microgram", "μg": "microgram", "g": "gram", "lbs": "pound", "lb": "pound",
    "oz": "ounce", "ml": "millilitre", "mL": "millilitre", "cl": "centilitre", "dl": "decilitre", "l": "litre",
    "L": "litre", "tsp": "teaspoon", "tbsp": "tablespoon", "gal": "gallon", "pt": "pint", "ha": "hectare",
    "°C": "degree celsius", "°F": "degree fahrenheit", "℃": "degree celsius", "℉": "degree fahrenheit",
    "°": "degree", "PB": "petabyte", "TB": "terabyte", "GB": "gigabyte", "MB": "megabyte", "kB": "kilobyte",
    "KB": "kilobyte", "Gbit": "gigabit", "Mbit": "megabit", "kbit": "kilobit", "Gbps": "gigabit per second",
    "Mbps": "megabit per second", "kbps": "kilobit per second", "GHz": "gigahertz", "MHz": "megahertz",
    "kHz": "kilohertz", "Hz": "hertz", "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "mW": "milliwatt",
    "W": "watt", "kWh": "kilowatt hour", "MWh": "megawatt hour", "Wh": "watt hour", "V": "volt", "kV": "kilovolt",
    "mV": "millivolt", "A": "amp", "mA": "milliamp", "mAh": "milliamp hour", "kJ": "kilojoule", "J": "joule",
    "kcal": "kilocalorie", "cal": "calorie", "N": "newton", "Pa": "pascal", "hPa": "hectopascal",
    "kPa": "kilopascal", "MPa": "megapascal", "Ω": "ohm", "kΩ": "kilohm", "ms": "millisecond", "µs": "microsecond",
    "ns": "nanosecond", "hrs": "hour", "hr": "hour", "h": "hour", "mins": "minute", "min": "minute",
    "secs": "second", "sec": "second", "s": "second", "px": "pixel", "MP": "megapixel", "dB": "decibel",
    "mph": "mile per hour", "kph": "kilometre per hour", "kmh": "kilometre per hour", "rpm": "revolution per minute",
    "bpm": "beat per minute", "fps": "frame per second", "dpi": "dot per inch", "sq ft": "square foot",
    "sq m": "square metre", "sq mi": "square mile", "sq km": "square kilometre", "cu ft": "cubic foot",
    "cu m": "cubic metre",
}  # fmt: skip
PER = {
    "month": "month", "mo": "month", "year": "year", "yr": "year", "day": "day", "week": "week", "wk": "week",
    "hour": "hour", "night": "night", "person": "person", "head": "head", "minute": "minute", "second": "second",
    "page": "page", "user": "user", "seat": "seat", "piece": "piece", "acre": "acre",
}  # fmt: skip
"""What may follow a slash after an amount, besides units."""
MONEY = {
    "$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", ""),
    "₹": ("rupee", "paisa"), "₽": ("ruble", "kopeck"), "₩": ("won", ""), "₺": ("lira", ""), "₪": ("shekel", ""),
    "₿": ("bitcoin", ""), "฿": ("baht", ""), "₫": ("dong", ""), "¢": ("cent", ""),
}  # fmt: skip
CODES = {
    "USD": "u. s. dollar", "EUR": "euro", "GBP": "british pound", "JPY": "japanese yen", "CHF": "swiss franc",
    "CAD": "canadian dollar", "AUD": "australian dollar", "NZD": "new zealand dollar", "INR": "indian rupee",
    "CNY": "chinese yuan", "SEK": "swedish krona", "NOK": "norwegian krone", "DKK": "danish krone",
    "HKD": "hong kong dollar", "MXN": "mexican peso", "BRL": "brazilian real", "ZAR": "south african rand",
}  # fmt: skip
DOLLARS = {
    "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "MX$": "MXN",
    "R$": "BRL",
}  # fmt: skip
UNCOUNTED = frozenset(["yen", "yuan", "won", "baht", "dong", "rand", "hertz", "kilohertz", "megahertz", "gigahertz"])
PLURALS = {
    "foot": "feet", "inch": "inches", "penny": "pence", "paisa": "paise", "krona": "kronor", "krone": "kroner",
    "real": "reais",
}  # fmt: skip
AMOUNTS = {
    "k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion", "tn": "trillion",
    "t": "trillion",
}  # fmt: skip
ZONES = frozenset(
    """EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST IST CET CEST EET EEST JST KST AEST AEDT NZST
    HST""".split()  # noqa: SIM905
)
SYMBOLS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "#": "number", "%": "percent", "°": "degrees", "×": "times",
    "÷": "divided by", "±": "plus or minus", "≈": "approximately", "≠": "is not equal to", "√": "square root of",
    "≥": "greater than or equal to", "≤": "less than or equal to", "∞": "infinity", "§": "section",
    "©": "copyright", "‰": "per mille", "№": "number", "¢": "cents", "°C": "degrees celsius",
    "°F": "degrees fahrenheit", "℃": "degrees celsius", "℉": "degrees fahrenheit",
}  # fmt: skip
PHRASES = {
    "24/7": "twenty four seven", "9/11": "nine eleven", "50/50": "fifty fifty", "7/11": "seven eleven",
    "c++": "c. plus plus", "c#": "c. sharp", "f#": "f. sharp", ".net": "dot net", "node.js": "node j. s.",
    "w/o": "without", "w/": "with", "b/c": "because", "n/a": "n. a.", "'n'": "and",
    "rock'n'roll": "rock and roll", "wi-fi": "wifi", "wifi": "wifi", "ctrl": "control",
    "iphone": "i. phone", "ipad": "i. pad", "ipod": "i. pod",
    "imac": "i. mac", "ios": "i. o. s.", "macos": "mac o. s.", "ebay": "e. bay", "youtube": "you tube",
    "github": "git hub", "latex": "lay teck", "wysiwyg": "wizzy wig",
}  # fmt: skip
"""Stretches, in small letters, with a reading that no rule would find."""
AS_WORDS = frozenset(
    """nasa nato unesco unicef opec radar laser scuba aids ram ok imax jpeg gif pin sim lol yolo asap covid wifi
    interpol laser lidar sonar nafta fifa uefa""".split()  # noqa: SIM905
)
INITIALISMS = frozenset(
    """fbi cia usa uk un eu bbc cnn ceo cfo cto coo dvd cd tv pc atm dna rna hiv faq gps gdp hr pr url html css http
    https usb cpu gpu tpu api sql pdf isbn utc gmt iq vip diy mri ngo nba nfl nhl mlb ufo suv phd mba rsvp tba tbd fyi
    ai ml llm tts asr ui ux sdk ide os ios ar vr xr ev bmw ibm hp lg kfc nyc la dc ussr uae nhs mit ucla nyu usd eur
    gbp lgbt lgbtq ac dc dj mc op ed id io ip ipo ira irs kgb led lcd mp mph msg nra nsa omg pga pm am rpg rv sos tnt
    ufc usps wwi wwii www xml yaml json csv""".split()  # noqa: SIM905
)
"""Capitals that are always spelled, whatever the dictionary says."""
SHOUTED = frozenset(
    """no yes stop go not the and all you never very now help do is it i a we he she my me so to of in on at be
    but or if what who why how hey oh run out up off get big day end one two new his her him our was are can
    did had has as by this that they them then than too yet let see say off own any few old man men
    am an""".split()  # noqa: SIM905
)
IT_IS_COMPUTING = frozenset("department team support manager staff systems security industry consultant help".split())  # noqa: SIM905
BEFORE_NUMERAL = frozenset(
    """chapter part act scene volume book king queen pope louis henry george charles elizabeth world war section
    phase appendix figure table type class grade level stage title article episode season""".split()  # noqa: SIM905
)
REGAL = frozenset(
    """king queen pope tsar emperor prince louis henry george charles elizabeth edward james william richard mary
    paul john benedict francis nicholas catherine peter philip frederick alexander napoleon ivan pius leo leopold
    ramses wilhelm albert ferdinand""".split()  # noqa: SIM905
)
"""After whose names a numeral is an ordinal: Henry the eighth."""
ENDS_SENTENCE = frozenset(["a.m", "p.m", "etc", "jr", "sr", "inc", "co", "ltd", "corp", "est"])
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
