"""The fields of an ABC tune and the lengths of its notes: metre, tempo and key from their texts."""

from __future__ import annotations

import re
from fractions import Fraction

from soundstage.errors import InputError
from soundstage.media.score import UNITS
from soundstage.score.formats.keys import key_of, mode_named, signature_of

TEMPO = re.compile(r'(?:"[^"]*"\s*)?((?:\d+/\d+\s*)+)=\s*(\d+(?:\.\d+)?)|(?:"[^"]*"\s*)?(\d+(?:\.\d+)?)')
SIGNS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
ORDER = "FCGDAEB"


def broken(problem: str) -> InputError:
    """The one error for a text that is no tune."""
    return InputError("abc", problem[:160], "give an ABC tune: fields X:, T:, M:, L:, K:, then its notes")


def key_field(value: str) -> tuple[dict[str, int], str]:
    """What a key field alters, by letter, and the key's name, if it has one."""
    altered: dict[str, int] = {}
    name = ""
    words = [word for word in value.split() if "=" not in word or word.startswith(("^", "_", "="))]
    text = " ".join(words)
    if words and words[0] in ("HP", "Hp"):
        altered, name = {"F": 1, "C": 1}, "D major"
    elif match := re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", text):
        mode = (
            mode_named(match[3])
            if match[3].lower() not in ("exp", "treble", "bass", "alto", "tenor", "perc")
            else "major"
        )
        found = signature_of(f"{match[1]}{match[2]} {mode or 'major'}")
        sharps, mode = found or (0, "major")
        name = key_of(sharps, mode)
        altered = dict.fromkeys(ORDER[: max(sharps, 0)], 1)
        altered |= dict.fromkeys(ORDER[7 + min(sharps, 0) :], -1)
        altered = {} if match[3].lower() == "exp" else altered
    for sign, letter in re.findall(r"(?:^|\s)(\^\^|__|\^|_|=)([A-Ga-g])\b", text):
        altered[letter.upper()] = SIGNS[sign]
    return altered, name


def length_of(above: str, slashes: str, below: str) -> Fraction:
    """A length in units: "3/2", "/", "//", "2"."""
    top = int(above) if above else 1
    if len(above) > 4 or len(below) > 4 or len(slashes) > 6:
        raise broken("has a note of no length, or of too much")
    if below and slashes:
        return Fraction(top, int(below))
    return Fraction(top, 2 ** len(slashes))


def metre_field(value: str) -> tuple[int, int]:
    """Beats and unit of a metre field. Raises InputError for what is none."""
    if value in ("C", "none", "free", ""):
        return (4, 4)
    if value == "C|":
        return (2, 2)
    match = re.fullmatch(r"\(?((?:\d+\s*\+\s*)*\d+)\)?\s*/\s*(\d+)", value)
    beats = sum(int(number) for number in re.findall(r"\d+", match[1])) if match else 0
    if match is None or int(match[2]) not in UNITS or not 0 < beats < 256:
        raise broken(f"has the metre M:{value}, which is none")
    return beats, int(match[2])


def pace_field(value: str, unit: Fraction) -> float | None:
    """Quarters a minute of a tempo field; None where it only says a word."""
    match = TEMPO.match(value)
    if match is None:
        return None
    beat = sum((Fraction(part) for part in match[1].split()), Fraction(0)) if match[1] else unit
    pace = float(match[2] or match[3]) * float(beat) * 4
    if not 0 < pace < 10_000:
        raise broken(f"has the tempo Q:{value}, which is none")
    return pace
