"""Who sings in a score, where, and what the band leaves to the voice there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from soundstage.media.score import Note, Score, Track
from soundstage.score.sheet import Sheet

NEAR = 1.6
"""Seconds of rest between two sung notes that are still one stretch of singing."""
COMPETING = ("lead", "counter")
"""Roles that would double a voice, or answer back."""


def voice_of(score: Score) -> Track | None:
    """The track that is sung; None where nobody sings."""
    return next((track for track in score.tracks if track.sung), None)


def band_of(score: Score) -> Score:
    """The score without what is sung."""
    return replace(score, tracks=tuple(track for track in score.tracks if not track.sung))


def with_voice(score: Score, track: Track) -> Score:
    """The score in which `track` is what is sung."""
    return replace(score, tracks=(track, *band_of(score).tracks))


def _sung_notes(score: Score) -> list[Note]:
    """All notes with syllables, in order."""
    return sorted((note for track in score.tracks for note in track.notes if note.syllable), key=lambda n: n.start)


def sung_bars(score: Score) -> set[int]:
    """The bars, from 0, in which somebody sings."""
    bars: set[int] = set()
    for note in _sung_notes(score):
        bars |= set(range(score.bar_at(note.start), score.bar_at(note.end - 1e-6) + 1))
    return bars


def sung_spans(score: Score) -> list[tuple[float, float]]:
    """The seconds from and to which somebody sings, short rests included."""
    spans: list[tuple[float, float]] = []
    for note in _sung_notes(score):
        start, end = score.seconds_at(note.start), score.seconds_at(note.end)
        if spans and start - spans[-1][1] < NEAR:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def cleared(sheet: Sheet, sung: Collection[int]) -> Sheet:
    """The sheet without what would compete with a voice in the bars that are sung; a lone player goes on."""
    roles = {role for role, _ in sheet.roster}
    competing = [role for role in COMPETING if role in roles] if roles - {*COMPETING, "drums"} else []
    bars = tuple(
        replace(bar, parts={role: () if role in competing and index in sung else events
                            for role, events in bar.parts.items()})
        for index, bar in enumerate(sheet.bars)
    )  # fmt: skip
    return replace(sheet, bars=bars)
