"""Does a composer recite? Its pieces against all scores that it learned from, beside pieces that it cannot know.

Notable: copying is looked for in two ways. A melody's *n-grams* are runs of (interval, time to the next note), so
neither key nor tempo hides them; the longest run that also stands in a training melody is counted in notes. The
*alignment* compares four bars of sound as pitch classes by quarter beats, moved to the tonic. Small, rule-made music
shares much by its rules alone, so a figure says nothing without the composer's own held-out pieces by the same measure.

N notes · W windows · F features of a window
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.data.composer import sheets
from soundstage.errors import InputError
from soundstage.evaluate.prompts import prompts
from soundstage.evaluate.table import Measure, Table
from soundstage.media.score import Score, Track
from soundstage.score.instruments import instrument
from soundstage.score.perform import perform
from soundstage.score.theory import parse_key
from soundstage.tasks.compose import compose
from soundstage.weights import card_of

TRAINING = (1, "train", 6_000)  # seed, split and number of the pieces in `recipes.music_writer`
HELD_OUT = (2, "test")
MELODIES = ("lead", "counter")
LONGEST = 128  # notes
GRID = 4  # places in a beat
BARS = 4
_BASE = np.uint64(1_000_003)


@dataclass(frozen=True)
class Corpus:
    """Training scores: all melody steps as one row of numbers with a gap after each melody, and windows of their pitch
    classes [W, F] of length one."""

    steps: NDArray[np.uint64]
    windows: NDArray[np.float32]


def melody_steps(track: Track) -> NDArray[np.uint64]:
    """[N − 1]: from each note of a melody to the next one, its interval and the time between, as numbers from 1.

    Of notes struck together the highest is the melody; time is counted in sixteenths.
    """
    top: dict[int, int] = {}
    for note in track.notes:
        at = round(note.start * GRID)
        top[at] = max(note.pitch, top.get(at, 0))
    places = sorted(top)
    pairs = [(top[b] - top[a], min(b - a, 63)) for a, b in pairwise(places)]
    return np.array([1 + 64 * (interval + 128) + gap for interval, gap in pairs], np.uint64)


def melodies(score: Score) -> list[NDArray[np.uint64]]:
    """The steps of all melodies of a score; those of the part with most notes where no part is said to be one."""
    tracks = [track for track in score.tracks if track.role in MELODIES]
    if not tracks:
        pitched = [track for track in score.tracks if not instrument(track.instrument).drums]
        tracks = sorted(pitched, key=lambda track: -len(track.notes))[:1]
    return [steps for track in tracks if len(steps := melody_steps(track))]


def hashed(steps: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """A number for every run of `length` steps, alike where the runs are; runs across a gap (0) are left out."""
    if len(steps) < length:
        return np.zeros(0, np.uint64)
    with np.errstate(over="ignore"):
        total = np.zeros(len(steps) - length + 1, np.uint64)
        for place in range(length):
            total = total * _BASE + steps[place : len(steps) - length + 1 + place]
    gaps = np.concatenate([[0], np.cumsum(steps == 0)])
    whole: NDArray[np.uint64] = total[gaps[length:] == gaps[: len(gaps) - length]]
    return whole


class Runs:
    """Every run of the training melodies, hashed for a length when it is first asked for."""

    def __init__(self, steps: NDArray[np.uint64]) -> None:
        self.steps = steps
        self._known: dict[int, NDArray[np.uint64]] = {}

    def has(self, steps: NDArray[np.uint64], length: int) -> bool:
        """Whether any run of that length in `steps` stands in a training melody."""
        if length not in self._known:
            self._known[length] = np.unique(hashed(self.steps, length))
        known, mine = self._known[length], hashed(steps, length)
        if not len(known) or not len(mine):
            return False
        found = known[np.minimum(np.searchsorted(known, mine), len(known) - 1)]
        return bool((found == mine).any())

    def longest(self, steps: NDArray[np.uint64]) -> int:
        """How many notes the longest run that is known has; 0 for none."""
        low, high = 0, min(len(steps), LONGEST)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.has(steps, middle) else (low, middle - 1)
        return low + 1 if low else 0


def windows(score: Score) -> NDArray[np.float32]:
    """[W, F]: what sounds in every four bars, quarter beat by quarter beat, as pitch classes above the tonic; unit
    length."""
    tonic, beat_count = parse_key(score.key).tonic, score.bars * score.metre[0]
    grid = np.zeros((beat_count * GRID, 12), np.float32)
    for track in score.tracks:
        if instrument(track.instrument).drums:
            continue
        for note in track.notes:
            first = round(note.start * GRID)
            grid[first : max(first + 1, round(note.end * GRID)), (note.pitch - tonic) % 12] += 1
    size, step = BARS * score.metre[0] * GRID, score.metre[0] * GRID
    parts = [grid[at : at + size].ravel() for at in range(0, len(grid) - size + 1, step)]
    wide = BARS * 4 * GRID * 12  # bars of three beats are filled up, so that all windows have one length
    rows = (
        np.stack([np.pad(part, (0, wide - len(part))) for part in parts]) if parts else np.zeros((0, wide), np.float32)
    )
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)


def nearest(score: Score, corpus: Corpus, block: int = 8192) -> float:
    """The cosine of the likest four bars of the training scores to any four of a score; 0 for fewer bars."""
    mine, best = windows(score), 0.0
    for start in range(0, len(corpus.windows) if len(mine) else 0, block):
        best = max(best, float((corpus.windows[start : start + block] @ mine.T).max()))
    return best


def corpus_of(scores: Iterable[Score]) -> Corpus:
    """The training scores, ready to be searched."""
    steps: list[NDArray[np.uint64]] = []
    kept: list[NDArray[np.float32]] = []
    gap = np.zeros(1, np.uint64)
    for score in scores:
        for melody in melodies(score):
            steps += [melody, gap]
        kept.append(windows(score)[:: BARS // 2])  # every second bar: what lies between is half of both
    return Corpus(
        np.concatenate(steps) if steps else gap, np.concatenate(kept) if kept else np.zeros((0, 1), np.float32)
    )


def composed(seed: int, split: str, count: int) -> Iterator[Score]:
    """The composer's pieces as scores, as `recipes.music_writer` drew them."""
    return (perform(sheet) for sheet in islice(sheets(seed, split), count))


def rows(made: Sequence[Score], held: Sequence[Score], corpus: Corpus) -> list[Measure]:
    """The measures of made pieces, with those of held-out ones as what is to be expected of music by these rules.

    Raises InputError without a melody to judge.
    """
    runs = Runs(corpus.steps)
    runs_of = [[max(map(runs.longest, melodies(score)), default=0) for score in group] for group in (made, held)]
    shares = [[_share(runs, score) for score in group if melodies(score)] for group in (made, held)]
    near = [[nearest(score, corpus) for score in group if len(windows(score))] for group in (made, held)]
    if not all((*shares, *near)):
        raise InputError("pieces", "have no melody, or fewer than four bars", "give more or longer pieces")
    usual = float(np.quantile(runs_of[1], 0.95))
    over = [100.0 * float(np.mean(np.array(group) > usual)) for group in runs_of]
    same = [100.0 * float(np.mean(np.array(group) > 0.999)) for group in near]
    return [
        _row("longest run of a training melody", "notes", runs_of, "interval and rhythm; the mean of the pieces"),
        _row("longest run, the worst piece", "notes", [[max(group)] for group in runs_of], ""),
        _row("melody that is such a run", "%", shares, "of its notes, the longest run"),
        _row("pieces beyond the held-out", "%", [[value] for value in over], f"with a run of over {usual:.0f} notes"),
        _row("likest four bars in training", "cosine", near, "pitch classes by quarter beats, on the tonic"),
        _row("pieces with four copied bars", "%", [[value] for value in same], "a cosine over 0.999"),
    ]  # fmt: skip


def _share(runs: Runs, score: Score) -> float:
    return max(100.0 * runs.longest(steps) / (len(steps) + 1) for steps in melodies(score))


def _row(name: str, unit: str, values: Sequence[Sequence[float]], note: str) -> Measure:
    """A row: made pieces, and held-out ones as the ceiling; the spread is the deviation where there are several."""
    made, held = (np.array(group, np.float64) for group in values)
    return Measure(
        name=name, value=float(made.mean()), unit=unit, ceiling=float(held.mean()),
        spread=float(made.std()) if len(made) > 1 else None, count=len(made) if len(made) > 1 else None, note=note,
    )  # fmt: skip


def evaluate(model_ref: str = "starter/music", *, count: int = 60, seed: int = 0, folder: Path | None = None) -> Table:
    """Composes `count` held-out prompts and searches for them in the training scores, beside as many held-out pieces.

    Raises InputError for a model whose training scores cannot be made again: any but a composer of ours.
    """
    if card_of(model_ref).family != "ensemble":
        raise InputError("ref", f"the training scores of {model_ref} are not here", "give starter/music")
    made: list[Score] = []
    for index, wanted in enumerate(islice(prompts(seed), count)):
        music = compose(wanted.prompt, **wanted.fields, player="synth", model=model_ref, seed=seed + index)
        assert music.score is not None
        made.append(music.score)
        if folder is not None:
            music.save(Path(folder) / f"{index:02d}.music")
    first, split, number = TRAINING
    corpus = corpus_of(composed(first, split, number))
    held = list(composed(*HELD_OUT, count))
    title = f"{model_ref}: {count} pieces against {number:,} training scores; real data is {count} held-out pieces"
    return Table(title=title, rows=rows(made, held, corpus))
