"""When every phone of a sung phrase sounds: vowels on the beat, consonants before it, nothing swallowed.

Notable: a note begins where its vowel begins; consonants before the vowel take their time from what is before, those
behind it from its end, all of them about as long as they are spoken. Where notes are too short for that, consonants
and vowel give way together, to floors. Phrases end where rests are long enough to breathe in.

Times are in seconds of the piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from soundstage.errors import InputError
from soundstage.media.score import Note
from soundstage.score.lyrics import Sung
from soundstage.score.syllables import Syllable

APART = 0.3
"""Seconds of rest that end a phrase."""
DETACHED = 0.07
"""Seconds of rest within a phrase below which notes are joined."""
LEAST, SHARE = 0.07, 0.4
"""The shortest vowel where consonants still give way, and its least share of the time between two vowels."""
SHORTEST = 0.03
"""Seconds of a consonant below which none is pressed, unless there is no room at all."""
LATEST = 0.05
"""By how much a note's last consonants may outlast it before a rest."""


@dataclass(frozen=True)
class Tone:
    """A note in seconds: MIDI `pitch`, which may lie between semitones, and MIDI `velocity`."""

    pitch: float
    start: float
    end: float
    velocity: int


@dataclass(frozen=True)
class Held:
    """A syllable and the tones it is sung on."""

    syllable: Syllable
    tones: tuple[Tone, ...]

    @property
    def start(self) -> float:
        """When its vowel begins."""
        return self.tones[0].start

    @property
    def end(self) -> float:
        """When its last tone ends."""
        return self.tones[-1].end


@dataclass(frozen=True)
class Placed:
    """A phone in its time; `syllable` counts within the phrase, `held` is the vowel that is drawn out."""

    symbol: str
    flags: int
    start: float
    end: float
    syllable: int
    held: bool


def phrases(
    sung: Sequence[Sung], notes: Sequence[Note], seconds_at: Callable[[float], float], transposed: float = 0.0
) -> list[tuple[Held, ...]]:
    """Syllables with their tones, parted where rests are; a note that reaches into the next one ends there.

    Raises InputError for two notes at once.
    """
    places = [index for each in sung for index in each.notes]
    ends = {index: notes[index].end for index in places}
    for index, after in pairwise(places):
        if notes[after].start <= notes[index].start:
            raise InputError("notes", f"has two at beat {notes[after].start:g}", "give single notes")
        ends[index] = min(ends[index], notes[after].start)
    found: list[list[Held]] = []
    for each in sung:
        tones = tuple(
            Tone(notes[i].pitch + transposed, seconds_at(notes[i].start), seconds_at(ends[i]), notes[i].velocity)
            for i in each.notes
        )
        if not found or tones[0].start - found[-1][-1].end >= APART:
            found.append([])
        found[-1].append(Held(each.syllable, tones))
    return [tuple(phrase) for phrase in found]


def placed(phrase: Sequence[Held], lengths: Sequence[Sequence[float]], earliest: float = 0.0) -> list[Placed]:
    """Every phone of a phrase in order, from how long each is when spoken; none begins before `earliest`."""
    out: list[Placed] = []
    first, spoken = phrase[0], lengths[0]
    before = list(spoken[: first.syllable.vowel])
    room = max(first.start - earliest, 0.0)
    fitted = _pressed(before, room) if room > 0.02 * len(before) else [0.02] * len(before)
    begin = max(first.start - sum(fitted), earliest)
    begin = _lay(
        out, first, range(first.syllable.vowel), begin, fitted, 0
    )  # the vowel, late where nothing is before it
    for index, held in enumerate(phrase):
        after = list(lengths[index][held.syllable.vowel + 1 :])
        following = phrase[index + 1] if index + 1 < len(phrase) else None
        onset = list(lengths[index + 1][: following.syllable.vowel]) if following else []
        joined = following is not None and following.start - held.end < DETACHED
        end = following.start if following is not None and joined else held.end
        if not joined:
            later = LATEST if following is None else min(LATEST, (following.start - held.end) / 4)
            end += min(later, sum(after))
        whole = end - begin
        least = max(min(LEAST, 0.6 * whole), SHARE * whole)
        fitted = _pressed(after + (onset if joined else []), whole - least)
        coda, lead = fitted[: len(after)], fitted[len(after) :]
        stop = max(end - sum(fitted), begin + 0.01)
        out.append(_phone(held, held.syllable.vowel, begin, stop, index))
        at = _lay(out, held, range(held.syllable.vowel + 1, len(held.syllable.phones)), stop, coda, index)
        if following is None:
            break
        if not joined:
            lead = _pressed(onset, max(following.start - at - 0.02, 0.02 * len(onset)))
            at = max(at, following.start - sum(lead))
        begin = _lay(out, following, range(following.syllable.vowel), at, lead, index + 1)
    return out


def _pressed(lengths: Sequence[float], room: float) -> list[float]:
    """Lengths that fit in: as they are, else shortened down to a floor, else all of them alike."""
    total = sum(lengths)
    if total <= room or not lengths:
        return list(lengths)
    floors = [min(SHORTEST, length) for length in lengths]
    spare = total - sum(floors)
    if sum(floors) >= room or spare <= 0:
        return [max(0.005, room / len(lengths))] * len(lengths)
    keep = (room - sum(floors)) / spare
    return [floor + keep * (length - floor) for floor, length in zip(floors, lengths, strict=True)]


def _lay(
    out: list[Placed], held: Held, which: Sequence[int], at: float, lengths: Sequence[float], syllable: int
) -> float:
    """Phones one after another from `at`; returns where they end."""
    for index, length in zip(which, lengths, strict=True):
        out.append(_phone(held, index, at, at + length, syllable))
        at += length
    return at


def _phone(held: Held, index: int, start: float, end: float, syllable: int) -> Placed:
    phone = held.syllable.phones[index]
    return Placed(phone.symbol, phone.flags, start, end, syllable, index == held.syllable.vowel)
