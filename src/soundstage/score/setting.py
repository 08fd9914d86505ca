"""Words set to a melody: which syllable is sung on which note.

Notable: one path through syllables and notes is the cheapest of all. A syllable a note is free; notes that are left
hold a syllable (melismas, sooner on short notes and stressed vowels), syllables that are left share a note, which is
split evenly; stress wants strong beats, a line wants to begin after a rest, and a word wants none inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from soundstage.errors import InputError
from soundstage.media.score import HELD, Note
from soundstage.score.lyrics import Line

LONGEST_HOLD, MOST_SHARED = 8, 6
"""Notes of a syllable, where no more are needed; syllables of a note."""
SHORTEST, HASTY = 0.11, 0.2
"""Seconds below which no syllable is sung, and below which none should be."""
REST = 0.2
"""Beats between two notes from which on they are apart."""
FAR = float("inf")


@dataclass(frozen=True)
class _Asked:
    """A syllable as the melody meets it."""

    text: str
    stress: int
    opens_line: bool
    opens_word: bool


def set_words(
    lines: Sequence[Line], notes: Sequence[Note], *, bar: float = 4.0, bpm: float = 100.0
) -> tuple[Note, ...]:
    """The notes of a melody with the syllables of `lines` on them, in order; `bar` is in beats.

    Raises InputError for a melody with two notes at once, and when there are more syllables than its notes have room
    for.
    """
    ordered = sorted(notes, key=lambda note: note.start)
    asked = [
        _Asked(
            syllable.text, syllable.stress, index == 0, index == 0 or syllable.word != line.syllables[index - 1].word
        )
        for line in lines
        for index, syllable in enumerate(line.syllables)
    ]
    if not ordered or not asked:
        raise InputError("melody" if asked else "lyrics", "is empty", "give at least one note and one word")
    for before, note in pairwise(ordered):
        if note.start <= before.start:
            raise InputError("melody", f"has two notes at beat {note.start:g}", "give a line of single notes")
    path = _path(asked, ordered, bar, 60 / bpm)
    if path is None:
        raise InputError(
            "lyrics",
            f"have {len(asked)} syllables, too many for {len(ordered)} notes at {bpm:g} beats a minute",
            "give fewer words, more or longer notes, or a slower tempo",
        )
    return tuple(_written(asked, ordered, path))


def _written(asked: Sequence[_Asked], notes: Sequence[Note], path: Sequence[tuple[int, int]]) -> list[Note]:
    """The notes of a path of (syllables, notes) taken at each step."""
    out: list[Note] = []
    i = j = 0
    for syllables, count in path:
        if syllables == 1:
            texts = [asked[i].text, *[HELD] * (count - 1)]
            out += [replace(note, syllable=text) for note, text in zip(notes[j : j + count], texts, strict=True)]
        else:
            size = notes[j].length / syllables
            out += [
                replace(notes[j], start=notes[j].start + part * size, length=size, syllable=asked[i + part].text)
                for part in range(syllables)
            ]
        i, j = i + syllables, j + count
    return out


def _path(asked: Sequence[_Asked], notes: Sequence[Note], bar: float, beat: float) -> list[tuple[int, int]] | None:
    """The cheapest way through all syllables and notes, or None."""
    total, many = len(asked), len(notes)
    longest = max(LONGEST_HOLD, 2 * -(-many // total))
    width = max(24, 2 * abs(many - total), many // 8)
    gaps = [REST, *(max(0.0, b.start - a.end) for a, b in pairwise(notes))]
    strong = [_strength(note, bar) for note in notes]
    holding = [0.0, *accumulate(_holding(notes, index, gaps[index], strong[index]) for index in range(many))]
    best = [[FAR] * (many + 1) for _ in range(total + 1)]
    back: list[list[tuple[int, int]]] = [[(0, 0)] * (many + 1) for _ in range(total + 1)]
    best[0][0] = 0.0
    for i, syllable in enumerate(asked):
        middle = i * many // total
        for j in range(max(0, middle - width), min(many, middle + width)):
            here = best[i][j]
            if here == FAR:
                continue
            start = here + _onset(syllable, notes[j], gaps[j], strong[j])
            for count in range(1, min(longest, many - j) + 1):
                cost = start + holding[j + count] - holding[j + 1] + 0.4 * (count - 1) * (syllable.stress == 0)
                if cost < best[i + 1][j + count]:
                    best[i + 1][j + count], back[i + 1][j + count] = cost, (1, count)
            cost = start
            for share in range(2, min(MOST_SHARED, total - i) + 1):
                length = notes[j].length * beat / share
                if length < SHORTEST:
                    break
                joined = asked[i + share - 1]
                cost += 1.0 + 6.0 * joined.opens_line
                price = cost + share * max(0.0, HASTY - length) / HASTY
                if price < best[i + share][j + 1]:
                    best[i + share][j + 1], back[i + share][j + 1] = price, (share, 1)
    if best[total][many] == FAR:
        return None
    path = []
    i, j = total, many
    while i:
        path.append(back[i][j])
        i, j = i - back[i][j][0], j - back[i][j][1]
    return path[::-1]


def _strength(note: Note, bar: float) -> float:
    """How strong a note's place in its bar is, in 0…1."""
    place = note.start % bar
    if min(place, bar - place) < 1e-3:
        return 1.0
    if bar % 2 == 0 and abs(place - bar / 2) < 1e-3:
        return 0.75
    return 0.5 if abs(place - round(place)) < 1e-3 else 0.0


def _onset(syllable: _Asked, note: Note, gap: float, strong: float) -> float:
    """What it costs to begin a syllable on a note."""
    weight = 0.6 * strong + 0.4 * min(note.length, 2.0) / 2
    cost = 0.7 * (1 - weight) if syllable.stress == 2 else 0.35 * weight if syllable.stress == 0 else 0.15
    if syllable.opens_line:
        return cost + (0.0 if gap >= REST else 2.0)
    return cost + (0.0 if gap < REST else 0.8 if syllable.opens_word else 3.0)


def _holding(notes: Sequence[Note], index: int, gap: float, strong: float) -> float:
    """What it costs to hold the syllable before on this note."""
    leap = abs(notes[index].pitch - notes[index - 1].pitch) if index else 0
    return 0.6 + 0.5 * strong + 0.3 * min(notes[index].length, 2.0) + 0.08 * max(0, leap - 2) + 6.0 * (gap >= REST)
