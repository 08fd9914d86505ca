"""A loop: bars of a whole number of samples, and a sound whose end goes on with its beginning.

Notable: what rings past the end is laid over the beginning, so the loop is one period of a performance that never ends;
nothing is faded, and no join is there to be heard. Bars come out whole by a change of the tempo of at most half a
sample a bar.

T samples · N samples of the loop
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.score import Chord, Note, Score, Section, Track

Sound = NDArray[np.float32]
USUAL = 8
"""Bars of a loop of which nothing is said."""
EARLY = 0.03
"""Beats by which a player may be ahead of the bar line."""


@dataclass(frozen=True)
class Turn:
    """One turn of a loop: `bars` of `bar` samples each, and the tempo that this is."""

    bars: int
    bar: int
    bpm: float

    @property
    def samples(self) -> int:
        """Of the whole loop."""
        return self.bars * self.bar


def turn(beats: int, rate: int, bars: int, bpm: float) -> Turn:
    """Bars of `beats` as near to a tempo as whole samples allow."""
    bar = round(beats * 60 * rate / bpm)
    return Turn(bars, bar, beats * 60 * rate / bar)


def fit_turn(
    beats: int,
    rate: int,
    *,
    bars: int | None,
    seconds: float | None,
    bpm: float | None,
    wish: float,
    bounds: tuple[float, float],
    unit: int = 1,
) -> Turn:
    """The loop of some bars, seconds and tempo, of which any may be None; `wish` is the tempo that suits, `unit` the
    bars after which chords repeat.

    With a tempo, seconds become the nearest whole bars. Raises InputError for three that do not agree, and where no
    tempo within `bounds` fits.
    """
    if seconds is None:
        return turn(beats, rate, bars or max(unit, round(USUAL / unit) * unit), bpm or float(round(wish)))
    if bpm is not None:
        lasting = beats * 60 / bpm
        if bars is not None and abs(bars * lasting - seconds) > 0.01 * seconds:
            raise InputError("seconds", f"is {seconds:g}, and {bars} bars last {bars * lasting:.2f}", "leave out one")
        return turn(beats, rate, bars or max(1, round(seconds / lasting)), bpm)
    low, high = bounds
    choices = [bars] if bars is not None else list(range(1, int(seconds * high / 60 / beats) + 1))
    tempi = {count: count * beats * 60 / seconds for count in choices if low <= count * beats * 60 / seconds <= high}
    if not tempi:
        least, most = (bars or 1) * beats * 60 / high, (bars or 1) * beats * 60 / low
        whole = f"{bars or 1} bars" if (bars or 1) > 1 else "a bar"
        raise InputError("seconds", f"is {seconds:g} for {whole}", f"give {least:.2f} to {most:.2f}, or more bars")
    odd = {count: 0.0 if count % 4 == 0 and count % unit == 0 else 0.5 for count in tempi}
    count = min(tempi, key=lambda each: 8 * abs(np.log(tempi[each] / wish)) + odd[each])
    return turn(beats, rate, count, tempi[count])


def taken(score: Score, first: int, bars: int, bpm: float) -> Score:
    """Some bars of a score as a piece of their own; what is struck just ahead of them comes at the end instead.

    Raises InputError where tempo or metre changes within.
    """
    start, stop = score.beat_of_bar(first), score.beat_of_bar(first + bars)
    if any(start < tempo.beat < stop for tempo in score.tempi) or any(
        first < metre.bar < first + bars for metre in score.metres
    ):
        raise InputError("music", "changes its tempo or metre in these bars", "choose bars that keep both")
    length = stop - start

    def moved(note: Note) -> Note:
        at = note.start - start
        return replace(note, start=at if at >= 0 else at + length)

    tracks = []
    for track in score.tracks:
        notes = [moved(note) for note in track.notes if start - EARLY <= note.start < stop - EARLY]
        if notes:
            ordered = tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))
            tracks.append(Track(track.instrument, ordered, track.role))
    chords = []
    for chord in score.chords:
        begin, end = max(chord.start, start), min(chord.start + chord.length, stop)
        if begin < end:
            chords.append(Chord(chord.name, begin - start, end - begin))
    sections = []
    for part in score.sections:
        opening, after = max(part.start_bar, first), min(part.start_bar + part.bars, first + bars)
        if opening < after:
            sections.append(Section(part.name, opening - first, after - opening))
    return Score(bpm, score.metre_at(first), score.key, bars, tuple(sections), tuple(chords), tuple(tracks))


def body(score: Score) -> int:
    """Bars ahead of the ending, where the form names one."""
    last = score.sections[-1] if score.sections else None
    return last.start_bar if last is not None and last.name == "end" and last.start_bar else score.bars


def wrapped(sound: Sound, samples: int) -> Sound:
    """[..., N] of [..., T]: what lies beyond the end laid over the beginning, as often as it goes round."""
    out = np.array(sound[..., :samples])
    for start in range(samples, sound.shape[-1], samples):
        part = sound[..., start : start + samples]
        out[..., : part.shape[-1]] += part
    return out
