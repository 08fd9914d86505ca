"""Keys, scales and chords on a lattice of scale steps.

Notable: pitches are counted in *steps*, seven to the octave, and a chord spells the steps it uses (G7 in A minor raises
G to G sharp by writing E major's third). Step arithmetic therefore never leaves the harmony: a third above is a third
above, whatever its size in semitones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.errors import InputError

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

# Quality → (steps above the root, semitones above the root) of its tones, root first.
QUALITIES: dict[str, tuple[tuple[int, int], ...]] = {
    "": ((0, 0), (2, 4), (4, 7)),
    "m": ((0, 0), (2, 3), (4, 7)),
    "dim": ((0, 0), (2, 3), (4, 6)),
    "7": ((0, 0), (2, 4), (4, 7), (6, 10)),
    "maj7": ((0, 0), (2, 4), (4, 7), (6, 11)),
    "m7": ((0, 0), (2, 3), (4, 7), (6, 10)),
    "m7b5": ((0, 0), (2, 3), (4, 6), (6, 10)),
    "sus4": ((0, 0), (3, 5), (4, 7)),
    "sus2": ((0, 0), (1, 2), (4, 7)),
    "add9": ((0, 0), (2, 4), (4, 7), (8, 14)),
    "6": ((0, 0), (2, 4), (4, 7), (5, 9)),
    "m9": ((0, 0), (2, 3), (4, 7), (6, 10), (8, 14)),
    "maj9": ((0, 0), (2, 4), (4, 7), (6, 11), (8, 14)),
    "9": ((0, 0), (2, 4), (4, 7), (6, 10), (8, 14)),
    "5": ((0, 0), (4, 7)),
}
QUALITY_NAMES = tuple(QUALITIES)


@dataclass(frozen=True)
class Key:
    """A tonic pitch class (0 is C) and a mode."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """As in "A minor"."""
        return f"{TONICS[self.tonic]} {self.mode}"

    @property
    def signature(self) -> int:
        """Pitch class of the major key with the same signature."""
        return (self.tonic + {"major": 0, "minor": 3, "dorian": 10, "mixolydian": 5}[self.mode]) % 12


def parse_key(text: str) -> Key:
    """A key from "A minor", "Bb major", "f# dorian", "Am" or "C". Raises InputError naming the remedy."""
    match = re.fullmatch(r"\s*([A-Ga-g])\s*([#♯b♭]|[ -]?sharp|[ -]?flat)?\s*[- ]?\s*(\w*)\s*", text)
    if match:
        letter, sign, word = match[1].upper(), (match[2] or "").strip(" -"), match[3]
        shift = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "": 0}[sign]
        mode = {"": "major", "maj": "major", "M": "major", "m": "minor", "min": "minor"}.get(word, word.lower())
        if mode in MODES:
            return Key((_LETTERS[letter] + shift) % 12, mode)
    raise InputError("key", f"{text!r} is not a key", 'write a note and a mode, such as "A minor" or "Eb major"')


def find_key(text: str) -> Key | None:
    """A key named inside a sentence ("a waltz in D minor"), or None. A bare letter is not enough."""
    match = re.search(
        r"\b([A-G])(#|b|♯|♭|[ -]sharp|[ -]flat)?[ -](major|minor|dorian|mixolydian)\b", text, re.IGNORECASE
    )
    return parse_key(f"{match[1]}{match[2] or ''} {match[3]}") if match else None


@dataclass(frozen=True)
class Harmony:
    """A chord in a key: scale degree 0 to 6, its root lowered or raised (−1, 0, 1), a quality of `QUALITIES`."""

    degree: int
    alter: int
    quality: str

    @property
    def home(self) -> int:
        """Steps of the root from the tonic, within a fourth below and above, so that bass lines stay together."""
        return self.degree if self.degree <= 3 else self.degree - 7

    @property
    def tones(self) -> tuple[int, ...]:
        """Steps of its tones above its root, within an octave or two."""
        return tuple(step for step, _ in QUALITIES[self.quality])

    def root(self, mode: str) -> int:
        """Semitones of the root above the tonic, 0 to 11."""
        return (MODES[mode][self.degree] + self.alter) % 12

    def name(self, key: Key) -> str:
        """As in "Am7"."""
        names = SHARPS if key.signature in (2, 4, 6, 7, 9, 11) else FLATS
        return names[(key.tonic + self.root(key.mode)) % 12] + self.quality


_NUMERAL = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def parse_numeral(text: str) -> Harmony:
    """A harmony from a Roman numeral: `ii7`, `Vsus4`, `bVII`, `Imaj9`, `viio`. Lower case is minor."""
    match = _NUMERAL.fullmatch(text)
    assert match, text
    degree, rest = _ROMAN.index(match[2].upper()), match[3]
    if match[2].islower():
        rest = {"o": "dim", "o7": "m7b5"}.get(rest, "m" + rest)
    assert rest in QUALITIES, text
    return Harmony(degree, {"b": -1, "#": 1, None: 0}[match[1]], rest)


def spelled(key_mode: str, harmony: Harmony) -> tuple[int, ...]:
    """Semitones above the tonic of the seven scale steps 0 to 6 while `harmony` sounds; may reach −1 or 12."""
    scale = list(MODES[key_mode])
    root = MODES[key_mode][harmony.degree] + harmony.alter
    for step, semitones in QUALITIES[harmony.quality]:
        octaves, place = divmod(harmony.degree + step, 7)
        scale[place] = root + semitones - 12 * octaves
    return tuple(scale)


def pitch_of(step: int, key: Key, harmony: Harmony, alter: int = 0) -> int:
    """MIDI pitch of `step` above the chord's root (which lies around MIDI 24 plus the tonic), `alter` semitones off."""
    octave, place = divmod(harmony.home + step, 7)
    tonic = key.tonic if key.tonic <= 6 else key.tonic - 12
    return 24 + tonic + 12 * octave + spelled(key.mode, harmony)[place] + alter


def voicing(harmony: Harmony, before: tuple[int, ...], centre: int, voices: int) -> tuple[int, ...]:
    """The close voicing (absolute steps from the tonic) that moves least from `before`, its middle near `centre`.

    With more tones than voices the fifth is left out first, then the root (of ninth chords the root first: the bass
    has it);
    with fewer, tones are doubled above.
    """
    tones = list(harmony.tones)
    for spare in (0, 4) if len(tones) == 5 else (4, 0):
        if len(tones) > voices and spare in tones and len(tones) > 2:
            tones.remove(spare)
    letters = sorted({(harmony.home + tone) % 7 for tone in tones[:voices]})
    best: tuple[float, tuple[int, ...]] | None = None
    for low in range(centre - 7, centre + 3):
        if low % 7 not in letters:
            continue
        found, at = [low], low
        while len(found) < voices:
            at += 1
            if at % 7 in letters:
                found.append(at)
        cost = 0.35 * abs(sum(found) / voices - centre)
        if len(before) == voices:
            cost += sum(abs(a - b) for a, b in zip(found, before, strict=True)) / voices
        if best is None or cost < best[0]:
            best = (cost, tuple(found))
    assert best is not None
    return best[1]
