"""How alike the sections of a song are: choruses among themselves, and verses, in notes, in words and in sound.

Notable: two passages of one name are compared over the bars that both have. What sections of different names give by
the same measure stands in the note, for in one key everything is a little alike.

T frames
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.evaluate.table import Measure
from soundstage.media import Audio, Music, Score, Section
from soundstage.ops.chroma import chroma
from soundstage.score.song.stanzas import SYNONYMS

RATE, SIZE, HOP = 16_000, 4096, 0.1
"""Hz, samples and seconds of the frames whose pitch classes are heard."""


def row(name: str, value: float, unit: str, ceiling: float | None, note: str, count: int | None = None) -> Measure:
    """A figure with what it may be at most, or is at best."""
    return Measure(name=name, value=float(value), unit=unit, ceiling=ceiling, note=note, count=count)


def alike(music: Music, score: Score) -> list[Measure]:
    """How alike choruses are among themselves, and verses, in notes and in sound."""
    heard = pitch_classes(music.mix)
    rows = []
    for name, told in (("chorus", "returns: 100 is the same"), ("verse", "other words on one tune")):
        sections = [s for s in score.sections if SYNONYMS.get(s.name, s.name) == name]
        pairs = list(combinations(sections, 2))
        if not pairs:
            continue
        notes = [100 * _same_notes(score, a, b) for a, b in pairs]
        sound = [100 * _same_sound(score, heard, a, b) for a, b in pairs]
        words = [100.0 * (_sung_in(score, a) == _sung_in(score, b)) for a, b in pairs]
        least = 100.0 if name == "chorus" else None
        rows += [
            row(f"{name}es alike, notes" if name == "chorus" else "verses alike, notes", float(np.mean(notes)), "%",
                 least, f"of melody and band; {told}", len(pairs)),
            row(f"{name}es alike, sound" if name == "chorus" else "verses alike, sound", float(np.mean(sound)), "%",
                 100.0, f"correlation of chroma; unlike sections: {100 * _unlike(score, heard):.0f}", len(pairs)),
            row(f"{name}es of the same words" if name == "chorus" else "verses of the same words",
                 float(np.mean(words)), "%", least if name == "chorus" else 0.0, "word for word", len(pairs)),
        ]  # fmt: skip
    lifted = _lifted(score)
    if lifted is not None:
        rows.append(row("chorus over verse", lifted, "semitones", None, "by the mean pitch of the melody"))
    return rows


def _notes_in(score: Score, section: Section) -> list[tuple[str, float, int, float, str]]:
    """Instrument, beat from the section's first, pitch, length and syllable of every note."""
    start = score.beat_of_bar(section.start_bar)
    end = score.beat_of_bar(section.start_bar + section.bars)
    return [
        (track.instrument, round(note.start - start, 1), note.pitch, round(note.length, 1), note.syllable)
        for track in score.tracks
        for note in track.notes
        if start - 0.05 <= note.start < end - 0.05
    ]


def _same_notes(score: Score, a: Section, b: Section) -> float:
    """Share of notes that both have, on the beat and pitch, of the bars that both have."""
    least = min(a.bars, b.bars) * score.metre[0]
    one, two = ({note[:3] for note in _notes_in(score, each) if note[1] < least - 0.05} for each in (a, b))
    return len(one & two) / max(1, len(one | two))


def _sung_in(score: Score, section: Section) -> list[str]:
    return [note[4] for note in sorted(_notes_in(score, section), key=lambda note: note[1]) if note[4]]


def pitch_classes(audio: Audio) -> NDArray[np.float64]:
    """How much each pitch class leads or lacks [T, 12], every 0.1 s."""
    samples = torch.from_numpy(audio.mono().resampled(RATE).samples[0].copy())
    found = chroma(samples, RATE, size=SIZE, hop=round(RATE * HOP)).double().numpy()
    return np.asarray(found - found.mean(1, keepdims=True), np.float64)


def _same_sound(score: Score, heard: NDArray[np.float64], a: Section, b: Section) -> float:
    """Correlation of the chroma of two sections, over the bars that both have."""
    bars = min(a.bars, b.bars)
    starts = [round(score.seconds_at(score.beat_of_bar(s.start_bar)) / HOP) for s in (a, b)]
    size = round(score.seconds_at(score.beat_of_bar(bars)) / HOP)
    one, two = (heard[start : start + size] for start in starts)
    size = min(len(one), len(two))
    x, y = one[:size].ravel(), two[:size].ravel()
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y) + 1e-12))


def _unlike(score: Score, heard: NDArray[np.float64]) -> float:
    """The same correlation between sections of different names: what chance gives in one key."""
    named = [s for s in score.sections if s.name != "end"]
    values = [_same_sound(score, heard, a, b) for a, b in combinations(named, 2) if a.name != b.name]
    return float(np.mean(values)) if values else 0.0


def _lifted(score: Score) -> float | None:
    """Semitones from the verses' mean pitch to the choruses'."""
    heights = {}
    for name in ("verse", "chorus"):
        notes = [n for s in score.sections if SYNONYMS.get(s.name, s.name) == name for n in _notes_in(score, s) if n[4]]
        if notes:
            heights[name] = float(np.average([n[2] for n in notes], weights=[n[3] for n in notes]))
    return heights["chorus"] - heights["verse"] if len(heights) == 2 else None
