"""How well films hold together: lengths, sync of the subtitles, loudness, speech over music, and understanding.

Notable: everything is measured on finished files. The words are those that an independent recogniser hears in the
speech alone and in the whole mix, so the difference is what music costs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from soundstage.errors import MissingError
from soundstage.evaluate.intelligibility import NOTHING, Errors
from soundstage.evaluate.intelligibility import measure as measure_words
from soundstage.evaluate.table import Measure, Table
from soundstage.film import Film, film
from soundstage.film.levels import CEILING, TARGET
from soundstage.film.report import OVER_MUSIC, Report, line_spans, measure
from soundstage.film.script import Script
from soundstage.media.audio import Audio

BRIEFS = (
    "A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle.",
    "A small robot learns to dance in the city. Thirty seconds, funny.",
    "A fox and a rabbit share an umbrella in the rain. Twenty seconds.",
    "A girl loses her red balloon in the forest. Forty seconds, sad but hopeful.",
    "An old sailor returns home after forty years at sea. Half a minute.",
    "Why is the sky blue? Thirty seconds, dreamy.",
)


def evaluate(
    model_ref: str = "film", count: int = 1, seed: int = 0, folder: Path | None = None, draft: bool = False
) -> Table:
    """Measure a film file (`model_ref` is its path), or make `count` films of our briefs, kept in `folder`, and those.

    Raises MissingError for a file that is not there.
    """
    if model_ref.endswith(".mp4"):
        return table([measure(model_ref)], recognised(Path(model_ref)), title=model_ref)
    with tempfile.TemporaryDirectory(prefix="soundstage-") as temporary:
        place = folder or Path(temporary)
        reports: list[Report] = []
        heard: list[tuple[Errors, Errors]] = []
        took: list[float] = []
        for index, brief in enumerate(BRIEFS[:count]):
            start = time.monotonic()
            made = film(brief, draft=draft, seed=seed)
            took.append((time.monotonic() - start) / made.seconds)
            path = save(made, place / f"film-{index + 1}.mp4")
            reports.append(measure(path))
            heard += recognised(path)
        kind = "drafts" if draft else "films"
        return table(reports, heard, took, title=f"{kind} of {len(reports)} briefs")


def save(made: Film, path: Path) -> Path:
    """Save a film where it can be measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return path


def table(
    reports: Sequence[Report], heard: Sequence[tuple[Errors, Errors]], took: Sequence[float] = (), *, title: str
) -> Table:
    """The worst figure of all films for every promise."""
    faults = [fault for report in reports for fault in report.faults()]
    cues = sum(report.cues for report in reports)

    def row(name: str, values: list[float], unit: str, note: str, *, lowest: bool = False) -> Measure:
        return Measure(name=name, value=min(values) if lowest else max(values), unit=unit, count=len(values), note=note)

    rows = [
        row("ends apart", [1000 * r.end_difference for r in reports], "ms", "picture and sound; at most a frame, 41.7"),
        row("cue error", [1000 * r.cue_error for r in reports], "ms", f"worst of {cues} cues; at most 80"),
        row("off the loudness", [abs(r.loudness - TARGET) for r in reports], "LU", f"from {TARGET:g} LUFS; at most 1"),
        row("true peak", [r.peak for r in reports], "dBTP", f"at most {CEILING:g}"),
        row(
            "speech over music",
            [r.speech_over_music for r in reports],
            "dB",
            f"in the worst span; at least {OVER_MUSIC:g}",
            lowest=True,
        ),
    ]
    if heard:
        alone, mixed = (sum(pair, NOTHING) for pair in zip(*heard, strict=True))
        note = "by pocketsphinx; the ceiling is the speech without the music"
        rows.append(
            Measure(
                name="word errors in the mix",
                value=100 * mixed.wer,
                unit="%",
                ceiling=100 * alone.wer,
                count=mixed.words,
                note=note,
            )
        )
    if took:
        rows.append(row("time to make", list(took), "× length", "wall time over film time, with the cache as it was"))
    promise = Measure(
        name="promises broken", value=float(len(faults)), count=len(reports), note="; ".join(faults)[:200]
    )
    return Table(title=title, rows=[*rows, promise])


def recognised(film_path: Path) -> list[tuple[Errors, Errors]]:
    """Word errors of all lines, in the speech alone and in the mix; nothing without the recogniser."""
    parts = film_path.with_suffix(".parts")
    texts = [line.text for _, _, line in Script.load(parts / "script.json").lines()]
    sounds = (Audio.load(parts / "stems" / "speech.wav"), Audio.load(film_path))
    try:
        alone, mixed = (
            sum(
                (measure_words(sound.cut(*span), text) for span, text in zip(line_spans(parts), texts, strict=True)),
                NOTHING,
            )
            for sound in sounds
        )
    except MissingError:
        return []
    return [(alone, mixed)]
