"""Key signatures and the spelling of notes, on the line of fifths (… Bb F C G D A E B F# …).

Notable: a key is the score's own word for it ("Eb major", "D dorian"); what is no key has no signature and no harm
comes of it. Church modes that the composer does not use are read and written all the same.
"""

from __future__ import annotations

import re

LINE = "FCGDAEB"
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Sharps that a mode's signature has less than the major key on the same tonic.
MODES = {"lydian": -1, "major": 0, "mixolydian": 1, "dorian": 2, "minor": 3, "phrygian": 4, "locrian": 5}
_KEY = re.compile(r"\s*([A-Ga-g])([#b♯♭]?)\s*(\w*)\s*")
_SAME = {"": "major", "maj": "major", "ionian": "major", "m": "minor", "min": "minor", "aeolian": "minor"}


def mode_named(word: str) -> str | None:
    """A mode from its name or its first three letters, as in "mix" or "aeolian"; "" is major."""
    word = word.lower()
    if word in MODES or word in _SAME:
        return _SAME.get(word, word)
    long = [mode for mode in (*MODES, *_SAME) if len(word) >= 3 and mode.startswith(word[:3])]
    return _SAME.get(long[0], long[0]) if long else None


def signature_of(key: str) -> tuple[int, str] | None:
    """Sharps (flats below zero, −7 to 7) and mode of a key, or None for what is no key."""
    match = _KEY.fullmatch(key)
    mode = mode_named(match[3]) if match else None
    if match is None or mode is None:
        return None
    sharps = LINE.index(match[1].upper()) - 1 + 7 * {"": 0, "#": 1, "♯": 1}.get(match[2], -1) - MODES[mode]
    return sharps - 12 if sharps > 7 else sharps + 12 if sharps < -7 else sharps, mode


def sharps_of(key: str) -> int:
    """Sharps of a key, flats below zero; none for what is no key."""
    found = signature_of(key)
    return found[0] if found else 0


def key_of(sharps: int, mode: str) -> str:
    """The key with that signature: (−3, "minor") is "C minor"."""
    place = sharps + MODES[mode]
    return f"{note_on_line(place)} {mode}"


def note_on_line(place: int) -> str:
    """The note `place` fifths above C."""
    accidentals, letter = divmod(place + 1, 7)
    return LINE[letter] + ("#" * accidentals if accidentals > 0 else "b" * -accidentals)


def spelled(pitch: int, sharps: int) -> tuple[str, int, int]:
    """Letter, semitones of its accidental, and octave (middle C is in 4) of a pitch in a key: Ab in Eb, G# in A."""
    place = next(p for p in range(sharps - 3, sharps + 9) if 7 * p % 12 == pitch % 12)
    name = note_on_line(place)
    alter = name.count("#") - name.count("b")
    return name[0], alter, (pitch - alter - STEPS[name[0]]) // 12 - 1


def pitch_of(letter: str, alter: int, octave: int) -> int:
    """MIDI pitch of a spelled note."""
    return STEPS[letter] + alter + 12 * (octave + 1)
