"""Chords as musicians write them: "Am7 | F C | G/…" to harmonies of a key, and the key that a progression is in.

Notable: a root of the scale stands on its step however it is spelled; another is the step of its letter, raised or
lowered (in C minor Db is the second step lowered), so that what is written over it is spelled as a musician would.
"""

from __future__ import annotations

import re

from soundstage.errors import InputError
from soundstage.score.theory import MODES, QUALITIES, Harmony, Key

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LETTER_ORDER = "CDEFGAB"
SYNONYMS = {
    "maj": "", "M": "", "major": "", "min": "m", "-": "m", "mi": "m", "minor": "m", "dom7": "7", "dom": "7",
    "M7": "maj7", "Δ": "maj7", "Δ7": "maj7", "ma7": "maj7", "j7": "maj7", "min7": "m7", "-7": "m7", "mi7": "m7",
    "o": "dim", "°": "dim", "dim7": "dim", "o7": "dim", "°7": "dim", "ø": "m7b5", "ø7": "m7b5", "-7b5": "m7b5",
    "m7-5": "m7b5", "sus": "sus4", "4": "sus4", "2": "sus2", "add2": "add9", "maj6": "6", "M9": "maj9", "min9": "m9",
    "-9": "m9",
}  # fmt: skip
"""Other ways to write the qualities of `theory.QUALITIES`; a diminished seventh is played as its triad."""
MOST_A_BAR = 2
_CHORD = re.compile(r"([A-G])(#|♯|b|♭)?(.*)")


def parse_chord(text: str) -> tuple[str, int, str]:
    """Letter, its sharps or flats (−1, 0, 1) and quality of a chord. Raises InputError naming what is known."""
    match = _CHORD.fullmatch(text.strip())
    quality = "" if match is None else match[3].strip("()")
    quality = SYNONYMS.get(quality, quality)
    if match is None or quality not in QUALITIES:
        slash = "; a bass of its own, as in C/G, is not known" if "/" in text else ""
        known = ", ".join(f"C{name}" for name in QUALITIES)
        raise InputError("chords", f"{text!r} is not a chord{slash}", f"write them as {known}")
    return match[1], {"#": 1, "♯": 1, "b": -1, "♭": -1, None: 0}[match[2]], quality


def parse_progression(text: str) -> tuple[tuple[str, ...], ...]:
    """The chords of every bar: "Am F C G" is a chord a bar; between bar lines one or two share it; % repeats a bar.

    Raises InputError for a chord that is not known, an empty progression or three chords in a bar.
    """
    lined = "|" in text
    written = [bar.split() for bar in text.split("|")] if lined else [[name] for name in re.split(r"[\s,]+", text)]
    bars: list[tuple[str, ...]] = []
    for names in written:
        found = tuple(name for name in names if name.strip(",-–:"))
        if found == ("%",) and bars:
            bars.append(bars[-1])
        elif found:
            for name in found:
                parse_chord(name)
            if len(found) > MOST_A_BAR:
                raise InputError("chords", f"{' '.join(found)!r} are {len(found)} in a bar", "write one or two a bar")
            bars.append(found)
    if not bars:
        raise InputError("chords", "are none", 'write a chord a bar, such as "Am F C G", or bars: "Am | F G | C"')
    return tuple(bars)


def harmony(text: str, key: Key) -> Harmony:
    """A chord as a step of a key. Raises InputError for one that is no chord."""
    letter, sign, quality = parse_chord(text)
    pitch = (LETTERS[letter] + sign - key.tonic) % 12
    scale = MODES[key.mode]
    named = (LETTER_ORDER.index(letter) - LETTER_ORDER.index(key.name[0])) % 7
    off = [(pitch - step + 6) % 12 - 6 for step in scale]  # semitones from every step
    if 0 in off:  # a step of the scale, however it is spelled
        return Harmony(off.index(0), 0, quality)
    degree = named if abs(off[named]) == 1 else min(range(7), key=lambda step: abs(off[step]))
    return Harmony(degree, off[degree], quality)


def key_of(bars: tuple[tuple[str, ...], ...], modes: tuple[str, ...] = ("major", "minor")) -> Key:
    """The key that holds most tones of a progression; of two that hold as many, the one that begins or ends at home."""
    chords = [parse_chord(name) for bar in bars for name in bar]
    roots = [(LETTERS[letter] + sign) % 12 for letter, sign, _ in chords]

    def fit(key: Key) -> float:
        scale = {(key.tonic + step) % 12 for step in MODES[key.mode]}
        tones = [
            (root + semitones) % 12 in scale
            for root, (_, _, quality) in zip(roots, chords, strict=True)
            for _, semitones in QUALITIES[quality]
        ]
        home = [root == key.tonic and _suits(quality, key) for root, (_, _, quality) in zip(roots, chords, strict=True)]
        return sum(tones) / len(tones) + 0.12 * home[0] + 0.08 * home[-1] + 0.05 * any(home)

    return max((Key(tonic, mode) for mode in modes for tonic in range(12)), key=fit)


def _suits(quality: str, key: Key) -> bool:
    """Whether a chord on the tonic has the third of the mode."""
    thirds = {semitones for step, semitones in QUALITIES[quality] if step == 2}
    return not thirds or thirds == {MODES[key.mode][2]}
