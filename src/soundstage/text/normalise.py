"""Written English to sentences of spoken words: numbers, dates, times, money, units, abbreviations, initialisms,
addresses.

Notable: one scanner walks over the text, its rules tried in order; every token keeps the stretch of text that it was
written as, so that "$3.50" is spoken in four words and shown as one in subtitles. Brackets hold what is not read:
`[pause:0.5s]` is a silence, `[word](/ˈaɪ pi eɪ/)` or `[word](/w er1 d/)` gives a pronunciation, other tags
(`[laughs]`) are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from soundstage.text import numbers

LETTERS = {"w": "double you"}
"""Letters whose names are words; the others are spoken as `b.`."""
MONTHS = """January February March April May June July August September October November December""".split()  # noqa: SIM905
MONTH = (
    r"(?P<month{n}>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
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
    [
        "nasa",
        "nato",
        "unesco",
        "unicef",
        "opec",
        "radar",
        "laser",
        "scuba",
        "aids",
        "ram",
        "ok",
        "imax",
        "jpeg",
        "gif",
        "pin",
        "sim",
        "lol",
        "yolo",
        "asap",
    ]
)
SHOUTED = frozenset(
    [
        "no",
        "yes",
        "stop",
        "go",
        "not",
        "the",
        "and",
        "all",
        "you",
        "never",
        "very",
        "now",
        "help",
        "do",
        "is",
        "it",
        "i",
        "a",
        "we",
        "he",
        "she",
        "my",
        "me",
        "so",
        "to",
        "of",
        "in",
        "on",
        "at",
        "be",
        "but",
        "or",
        "if",
        "what",
        "who",
        "why",
        "how",
        "hey",
        "oh",
        "run",
        "out",
        "up",
        "off",
        "get",
        "big",
        "day",
        "end",
        "one",
        "two",
        "new",
        "his",
        "her",
        "him",
        "our",
        "was",
        "are",
        "can",
        "did",
    ]
)
NUMERAL = re.compile(r"(?=[IVXL])(X{0,3}L?|XL)(IX|IV|V?I{0,3})$")
BEFORE_NUMERAL = frozenset(
    """chapter part act scene volume book king queen pope louis henry george charles elizabeth world war section
    phase""".split()  # noqa: SIM905
)
ENDS_SENTENCE = frozenset(["a.m", "p.m", "etc", "jr", "sr", "inc", "co", "ltd", "corp", "est"])


@dataclass(frozen=True)
class Token:
    """Some text as written, the words it is spoken as, and what stands after it."""

    written: str
    spoken: tuple[str, ...]
    given: str = ""
    """A pronunciation from the text itself, ARPAbet or IPA."""
    mark: str = ""
    """"," for a short break after it, "." "?" or "!" for the sentence's end, else empty."""
    silence: float = 0.0
    """Seconds of `[pause]` after it."""


@dataclass(frozen=True)
class Sentence:
    """Tokens of one sentence; `lead` is a pause before its first word, in seconds."""

    tokens: tuple[Token, ...]
    lead: float = 0.0

    @property
    def rising(self) -> bool:
        """Whether it is asked with a rising voice: a question that no question word opens."""
        words = [word for token in self.tokens for word in token.spoken]
        opening = next((word for word in words if word not in ("and", "but", "so", "well", "then", "or")), "")
        return self.tokens[-1].mark == "?" and opening not in QUESTION_WORDS


QUESTION_WORDS = frozenset(
    """who whom whose which what where when why how what's where's who's how's when's why's""".split()  # noqa: SIM905
)


def _spell(letters: str) -> list[str]:
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
        words += _spell(m["half"])
    return words


def _clock(m: re.Match[str]) -> list[str]:
    return [*numbers.cardinal(int(m["oclock"])), *_spell(m["half2"])]


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
                _spell(piece)
                if piece.lower() in ("www", "html", "io", "uk", "eu", "de") or len(piece) < 3
                else [piece.lower()]
            )
        else:
            words += {".": ["dot"], "/": ["slash"], "@": ["at"], "-": ["dash"], "_": ["underscore"]}.get(piece, [])
    return words


UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
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
    (r"(?P<coin>[$£€¥])\s?(?P<amount>\d[\d,]*(?:\.\d+)?)"
     r""
     r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|bn|[kKmMbB])\b)?", _money),
    (r"(?P<share>[-−]?\d[\d,]*(?:\.\d+)?)\s?%", lambda m: [*numbers.decimal(m["share"]), "percent"]),
    (r"'?(?P<decade>\d{2,3}0)s\b", lambda m: numbers.plural(numbers.year(int(m["decade"])))),
    (r"(?P<nth>\d[\d,]*)(?:st|nd|rd|th)\b", lambda m: numbers.ordinal(int(m["nth"].replace(",", "")))),
    (r"\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b|\d+(?:\.\d+){2,}",
     lambda m: [word for part in m[0].split("-") for word in _dotted(part)]),
    (r"(?P<low>\d+)\s?[-–]\s?(?P<high>\d+)", lambda m: [*_plain(m["low"]), "to", *_plain(m["high"])]),
    (r"(?P<top>\d+)/(?P<bottom>[1-9]\d*)", lambda m: numbers.fraction(int(m["top"]), int(m["bottom"]))),
    (
        rf"(?P<many>[-−]?\d[\d,]*(?:\.\d+)?)\s?(?P<unit>{UNIT})(?![\w/])",
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
PAUSE = re.compile(r"\[pause:?\s*(\d+(?:\.\d+)?)?\s*(ms|s)?\s*\]", re.I)
GIVEN = re.compile(r"\[([^\]\[]+)\]\(/([^/]+)/\)")
TAG = re.compile(r"\[[^\]]{1,40}\]")
DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}")
WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*'?")
LONGEST_PAUSE = 10.0


def clean(text: str) -> str:
    """Plain punctuation and letters: curly quotes, dashes, ellipses, accents and odd spaces are replaced."""
    text = unicodedata.normalize("NFC", text)
    for source, target in (
        ("’", "'"),
        ("‘", "'"),
        ("“", '"'),
        ("”", '"'),
        ("—", " — "),
        ("–", "–"),
        ("…", "... "),
        ("½", " 1/2"),
        ("¼", " 1/4"),
        ("¾", " 3/4"),
    ):
        text = text.replace(source, target)
    return text


def ascii_letters(text: str) -> str:
    """A word without its accents; letters outside Latin are lost."""
    for source, target in (
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
        ("ø", "o"),
        ("ł", "l"),
        ("đ", "d"),
        ("þ", "th"),
        ("ð", "th"),
    ):
        text = text.replace(source, target).replace(source.upper(), target.title())
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def sentences(text: str, known: Collection[str] = frozenset()) -> list[Sentence]:
    """Split into sentences of spoken words. `known` words decide whether capitals are an initialism. May be empty."""
    found: list[Sentence] = []
    current: list[Token] = []
    lead = 0.0
    for token in _scan(clean(text), known):
        if not token.spoken and not token.given:  # a mark or a pause alone
            if not current:
                lead += token.silence
                continue
            last = current[-1]
            mark = (
                last.mark if last.mark in (".", "?", "!") and token.mark in (",", ".", "") else token.mark or last.mark
            )
            current[-1] = replace(last, mark=mark, silence=min(last.silence + token.silence, LONGEST_PAUSE))
            continue
        if current and current[-1].mark in (".", "?", "!"):
            found.append(Sentence(tuple(current), min(lead, LONGEST_PAUSE)))
            current, lead = [], 0.0
        current.append(token)
    if current:
        found.append(Sentence(tuple(current), min(lead, LONGEST_PAUSE)))
    return found


def _scan(text: str, known: Collection[str]) -> Iterator[Token]:
    """Tokens in order; marks come as tokens without words."""
    at, previous = 0, ""
    shouting = sum(c.isupper() for c in text) > 0.7 * max(1, sum(c.isalpha() for c in text))
    while at < len(text):
        character = text[at]
        if character.isspace():
            blank = re.compile(r"\s+").match(text, at)
            assert blank is not None
            if blank[0].count("\n") > 1:
                yield Token("", (), mark=".")
            at = blank.end()
            continue
        token, at = _next(text, at, previous, known, shouting)
        if token is not None:
            previous = token.spoken[-1] if token.spoken else ""
            yield token


def _next(text: str, at: int, previous: str, known: Collection[str], shouting: bool) -> tuple[Token | None, int]:
    if text[at] == "[":
        for pattern, make in ((PAUSE, _pause), (GIVEN, _given), (TAG, lambda m: Token("", (), mark=","))):
            if m := pattern.match(text, at):
                return make(m), m.end()
    glued = at > 0 and text[at - 1].isalpha()
    if text[at].isdigit() or text[at] in "$£€¥'-−.hw" or text[at].isalpha():
        for pattern, speak in NUMBERS:
            if (m := pattern.match(text, at)) and m[0] and not (glued and m[0][0] in "-−"):
                return Token(m[0].strip(), tuple(speak(m)), mark=_abbreviation_mark(m[0], text, m.end())), m.end()
    if text[at].isalpha():
        return _word(text, at, previous, known, shouting)
    if text[at] in SYMBOLS:
        return Token(text[at], tuple(SYMBOLS[text[at]].split())), at + 1
    if text[at] in ".?!":
        marks = re.compile(r"[.?!]+").match(text, at)
        assert marks is not None
        shape = marks[0]
        mark = "?" if "?" in shape else "!" if "!" in shape else "."
        if shape.startswith("..") and mark == "." and re.match(r"\s*[a-z]", text[marks.end() :]):
            mark = ","  # a hesitation inside the sentence
        elif re.match(r"[\"')]*\s+[a-z]", text[marks.end() :]) and mark != ".":
            mark = ","  # "Stop!" she said
        return Token("", (), mark=mark), marks.end()
    if text[at] in ",;:—–()":
        return Token("", (), mark=","), at + 1
    return None, at + 1


def _pause(m: re.Match[str]) -> Token:
    seconds = float(m[1] or 0.5) / (1000 if (m[2] or "").lower() == "ms" else 1)
    return Token("", (), mark=",", silence=min(seconds, LONGEST_PAUSE))


def _given(m: re.Match[str]) -> Token:
    return Token(m[1], (ascii_letters(m[1]).lower(),), given=m[2])


def _abbreviation_mark(written: str, text: str, end: int) -> str:
    """ "3 p.m. She left": a full stop that belongs to the abbreviation may end the sentence too."""
    return "." if written.endswith(".") and (not text[end:].strip() or re.match(r"\s+[A-Z]", text[end:])) else ""


def _word(text: str, at: int, previous: str, known: Collection[str], shouting: bool) -> tuple[Token, int]:
    if m := DOTTED.match(text, at):
        core = m[0].rstrip(".").lower()
        words = SHORT[core].split() if core in SHORT else _spell(core)
        mark = _abbreviation_mark(m[0], text, m.end()) if core in ENDS_SENTENCE or core not in SHORT else ""
        return Token(m[0], tuple(words), mark=mark), m.end()
    whole = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*").match(text, at)
    assert whole is not None
    written, end = whole[0], whole.end()
    plain = ascii_letters(written)
    lower = plain.lower()
    if text[end : end + 1] == "." and written[0].isupper() and lower in TITLES and re.match(r"\.\s*\w", text[end:]):
        if lower == "st" and text[:at].rstrip()[-1:].isalnum() and not re.match(r"\.\s*[A-Z]", text[end:]):
            return Token(written + ".", ("street",)), end + 1
        if lower != "no" or re.match(r"\.\s*\d", text[end:]):
            return Token(written + ".", (TITLES[lower],)), end + 1
    if text[end : end + 1] == "." and lower in SHORT:
        mark = _abbreviation_mark(written + ".", text, end + 1) if lower in ENDS_SENTENCE else ""
        if mark or re.match(r"\.\s*[a-z0-9,;]", text[end:]):
            return Token(written + ".", tuple(SHORT[lower].split()), mark=mark), end + 1
    if plain.isupper() and len(plain) > 1 and "'" not in plain:
        if previous in BEFORE_NUMERAL and NUMERAL.match(plain):
            return Token(written, tuple(_roman(plain, previous))), end
        if _initialism(lower, known, shouting):
            return Token(written, tuple(_spell(plain))), end
    if re.fullmatch(r"[A-Z]{2,5}s", plain) and not shouting:
        return Token(written, (*_spell(plain[:-2]), plain[-2].lower() + ".s")), end
    if len(plain) == 1 and plain.isupper() and plain not in "AI":
        return Token(written, tuple(_spell(plain))), end
    return Token(written, (lower,) if lower.strip("'") else ()), end


def _initialism(lower: str, known: Collection[str], shouting: bool) -> bool:
    if lower in AS_WORDS or lower in SHOUTED:
        return False
    if not any(vowel in lower for vowel in "aeiouy"):
        return True
    return (lower not in known if shouting else lower not in known or len(lower) < 4) and len(lower) < 6


def _roman(text: str, previous: str) -> list[str]:
    values = {"I": 1, "V": 5, "X": 10, "L": 50}
    total = 0
    for here, after in zip(text, [*text[1:], ""], strict=True):
        total += -values[here] if after and values[after] > values[here] else values[here]
    if previous in ("king", "queen", "pope", "louis", "henry", "george", "charles", "elizabeth"):
        return ["the", *numbers.ordinal(total)]
    return numbers.cardinal(total)
