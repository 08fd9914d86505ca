"""The frames of a sung phrase: how long each phone is sung, and which frame of the network's drawing each one shows.

Notable: vowels are held in their steady middle, never at their edges; consonants are shown as they were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.score.articulation import Placed
from soundstage.score.syllables import SONORANTS
from soundstage.text.symbols import VOWELS

FRAME = 0.01
LEAD, TAIL = 6, 12
"""Frames of silence before and behind a phrase's phones."""
GLIDE = 16
"""Frames of a held diphthong's second part."""
DRAWN, FULL = 2.5, 24
"""A vowel is asked of the network at up to so many times its spoken length, or so many frames."""
FADE, FADED = 1.5, 6.0
"""By how much log power falls each frame where a note ends within a phrase, and from which fall on nothing is
voiced."""
DIPHTHONGS = frozenset({"ay", "aw", "oy", "ey", "ow"})


@dataclass(frozen=True)
class Grid:
    """The frames of a phrase: its phones' lengths as they are sung, as the network is asked for them, and the rests."""

    phones: tuple[Placed, ...]
    sung: tuple[int, ...]
    """Frames of each phone."""
    rests: tuple[int, ...]
    """Frames of silence behind each phone."""
    source: tuple[int, ...]
    """Frames of each phone in what the network draws, between two pauses."""
    lead: int

    @classmethod
    def of(cls, phones: Sequence[Placed], spoken: Sequence[float], begin: float, lead: int) -> Grid:
        """Phones in seconds, their spoken lengths, and when frame 0 begins; `lead` frames are before the first."""
        sung, rests, source = [], [], [LEAD + 2]
        at = lead
        for index, (phone, length) in enumerate(zip(phones, spoken, strict=True)):
            stop = max(round((phone.end - begin) / FRAME), at + 1)
            following = phones[index + 1].start if index + 1 < len(phones) else phone.end
            rest = max(0, round((following - begin) / FRAME) - stop)
            longest = max(round(DRAWN * length / FRAME), FULL)
            sung.append(stop - at)
            rests.append(rest)
            source.append(min(stop - at, longest) if phone.held else stop - at)
            at = stop + rest
        return cls(tuple(phones), tuple(sung), tuple(rests), (*source, TAIL), lead)

    def rows(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """For every frame: the place in what the network draws, whether it is surely voiced, the fall of log power."""
        before = self.source[0]
        places = [before - self.lead + np.arange(self.lead, dtype=np.float64)]
        sure, faded = [np.zeros(self.lead)], [np.zeros(self.lead)]
        for phone, sung, rest, source in zip(self.phones, self.sung, self.rests, self.source[1:-1], strict=True):
            places.append(before + drawn_out(sung, source, phone.symbol) - 0.5)
            sure.append(np.full(sung, float(phone.symbol in VOWELS or phone.symbol in SONORANTS)))
            faded.append(np.zeros(sung))
            before += source
            if rest:
                places.append(np.full(rest, before - 1.0))
                sure.append(np.zeros(rest))
                faded.append(FADE * np.minimum(np.arange(1, rest + 1), np.arange(rest, 0, -1) * 2))
        places.append(before + np.arange(TAIL, dtype=np.float64))
        sure.append(np.zeros(TAIL))
        faded.append(np.zeros(TAIL))
        return np.concatenate(places), np.concatenate(sure), np.concatenate(faded)

    def vowels(self) -> list[tuple[int, int]]:
        """First and last frame of every syllable's held phone."""
        found, at = [], self.lead
        for phone, sung, rest in zip(self.phones, self.sung, self.rests, strict=True):
            if phone.held:
                found.append((at, at + sung))
            at += sung + rest
        return found


def drawn_out(sung: int, source: int, symbol: str) -> NDArray[np.float64]:
    """Places [sung] in 0…source of a phone's frames: what is longer than its source is held in its steady middle."""
    time = np.arange(sung) + 0.5
    if sung <= source:
        return time * source / sung
    if symbol in DIPHTHONGS:  # held on the first part, gliding as long as it takes in slow speech
        glide = min(0.35 * sung, max(0.5 * source, GLIDE))
        knots = (0, 0.28 * source, sung - glide, sung), (0, 0.28 * source, 0.45 * source, source)
    else:
        edge = 0.35 * source
        knots = (0, edge, sung - edge, sung), (0, edge, source - edge, source)
    return np.asarray(np.interp(time, *knots), np.float64)
