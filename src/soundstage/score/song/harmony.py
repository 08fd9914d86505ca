"""The chords of a song: a progression of four bars for every kind of section, the same at each return.

Notable: a chorus has another one than the verse, an opening has the verse's, a solo and an ending the chorus's. These
are turns that belong to everybody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soundstage.score.song.stanzas import SYNONYMS
from soundstage.score.structure import Part
from soundstage.score.theory import Harmony, parse_numeral

Bars = tuple[tuple[Harmony, ...], ...]
_VERSE = {
    "major": ("I V vi IV", "I vi IV V", "I IV I V", "I iii IV V", "vi IV I V", "I ii IV V"),
    "minor": ("i VI III VII", "i VII VI VII", "i iv VI V", "i III VII iv", "i VI iv V"),
    "dorian": ("i IV i IV", "i VII IV i", "i III IV i"),
    "mixolydian": ("I VII IV I", "I IV VII IV", "I v IV I"),
}
_CHORUS = {
    "major": ("IV V I vi", "IV I V vi", "I V vi IV", "vi IV I V", "IV V vi I"),
    "minor": ("VI VII i i", "VI III VII i", "iv VII III VI", "i VI III VII"),
    "dorian": ("III IV i i", "VII IV i i", "i VII IV IV"),
    "mixolydian": ("IV VII I I", "VII IV I I", "I VII IV IV"),
}
_BRIDGE = {
    "major": ("ii V iii vi", "vi V IV V", "IV iv I V"),
    "minor": ("iv i V i", "VI VII iv V", "III VII iv V"),
    "dorian": ("IV IV i i", "VII VII IV IV"),
    "mixolydian": ("ii IV I I", "v VII IV I"),
}
_RICH = frozenset({"jazz", "lo-fi", "bossa nova"})
"""Styles whose chords have sevenths."""
_KINDS = {"verse": _VERSE, "chorus": _CHORUS, "bridge": _BRIDGE, "pre-chorus": _BRIDGE}
_LIKE = {"intro": "verse", "solo": "chorus", "outro": "chorus"}


def progressions(parts: Sequence[Part], mode: str, style: str, rng: np.random.Generator) -> Bars:
    """A chord for every bar of the parts."""
    drawn: dict[str, tuple[Harmony, ...]] = {}
    for kind, tables in _KINDS.items():  # all are drawn, so that a form with a bridge has the verse of one without
        choices = [text for text in tables[mode] if _read(text, style) not in drawn.values()]
        drawn[kind] = _read(choices[int(rng.integers(len(choices)))], style)
    bars: list[tuple[Harmony, ...]] = []
    for part in parts:
        name = SYNONYMS.get(part.name, part.name)
        chords = drawn[name if name in drawn else _LIKE.get(name, "verse")]
        bars += [(chords[bar % len(chords)],) for bar in range(part.bars)]
    return tuple(bars)


def _read(text: str, style: str) -> tuple[Harmony, ...]:
    chords = tuple(parse_numeral(numeral) for numeral in text.split())
    return tuple(_richer(chord) for chord in chords) if style in _RICH else chords


def _richer(chord: Harmony) -> Harmony:
    quality = {"m": "m7", "": "7" if chord.degree == 4 else "maj7"}.get(chord.quality, chord.quality)
    return Harmony(chord.degree, chord.alter, quality)
