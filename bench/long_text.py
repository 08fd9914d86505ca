"""A chapter of 5,000 words spoken in one go: whether voice and level stay, how much memory it takes, how fast it is.

Run as `python -m bench.long_text [WORDS] [VOICE]`. The text is the narrator's own grammar. The sound is written to a
file piece by piece and measured from there, a minute at a time.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean

import numpy as np

from soundstage import runtime
from soundstage.data.narrator_text import sentences
from soundstage.evaluate.similarity import embed, similarity
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Voice
from soundstage.media.audio_blocks import read_blocks, write_blocks
from soundstage.tasks.speak import speak, speak_parts
from soundstage.text.lexicon import Lexicon

PARAGRAPH = 6
"""Sentences."""


def chapter(words: int, seed: int = 7) -> str:
    """About so many words of made-up prose, in paragraphs."""
    pool = [word for word in Lexicon.shipped().words() if 3 <= len(word) <= 11 and word.isalpha()]
    lines: list[str] = []
    for line in sentences(words, pool, seed=seed):
        lines.append(line)
        words -= len(line.split())
        if words <= 0:
            break
    paragraphs = (" ".join(lines[at : at + PARAGRAPH]) for at in range(0, len(lines), PARAGRAPH))
    return "\n\n".join(paragraphs)


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def spoken(text: str, voice: str, path: Path) -> tuple[float, float, float, list[float]]:
    """Writes the sound of a text; returns its seconds, the seconds of processor and of clock, and the peak after each
    sentence.
    """
    speak("Ready.", Voice.named(voice))  # loading is not counted
    start, clock = time.process_time(), time.monotonic()
    lengths: list[int] = []
    peaks: list[float] = []

    def samples() -> Iterator[np.ndarray]:
        for _, part in speak_parts(text, Voice.named(voice)):
            lengths.append(len(part.samples))
            peaks.append(peak_mb())
            yield part.samples[None]

    rate = 24000
    write_blocks(path, samples(), rate=rate, channels=1, length=None)
    took, waited = time.process_time() - start, time.monotonic() - clock
    return sum(lengths) / rate, took, waited, peaks


def minutes(path: Path) -> list[Audio]:
    """The sound by whole minutes."""
    rate, _, blocks = read_blocks(path, 60.0)
    return [Audio(block, rate) for block in blocks if block.shape[1] == 60 * rate]


def table(words: int = 5000, voice: str = "ada") -> Table:
    """All that is measured."""
    import pyloudnorm

    text = chapter(words)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chapter.wav"
        seconds, took, waited, peaks = spoken(text, voice, path)
        parts = minutes(path)
    meter = pyloudnorm.Meter(parts[0].rate)
    loud = [float(meter.integrated_loudness(part.samples.T.astype(np.float64))) for part in parts]
    slope = float(np.polyfit(np.arange(len(loud)), loud, 1)[0]) * (len(loud) - 1) if len(loud) > 1 else 0.0
    owners = [embed(part) for part in parts]
    near = [similarity(one, other) for one, other in pairwise(owners)]
    rows = [
        Measure(name="words", value=len(text.split()), unit="", count=1),
        Measure(name="length", value=seconds / 60, unit="min", count=1),
        Measure(name="loudness", value=mean(loud), unit="LUFS", count=len(loud), spread=float(np.std(loud))),
        Measure(name="drift of loudness, first to last minute", value=slope, unit="dB", count=len(loud)),
        Measure(name="last minute against first", value=loud[-1] - loud[0], unit="dB", count=1),
        Measure(
            name="similarity, last minute to first", value=similarity(owners[0], owners[-1]), unit="cosine", count=1
        ),
        Measure(name="similarity, minute to next", value=mean(near) if near else 1.0, unit="cosine", count=len(near)),
        Measure(name="peak memory after a tenth", value=peaks[len(peaks) // 10], unit="MB", count=1),
        Measure(name="peak memory", value=peaks[-1], unit="MB", count=1),
        Measure(name="processor time for a second of speech", value=took / seconds, unit="s", count=1),
        Measure(name="clock time for a second of speech", value=waited / seconds, unit="s", count=1),
    ]
    return Table(title=f"A long text by {voice}", rows=rows)


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    words = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with runtime.using(threads=1):
        made = table(words, sys.argv[2] if len(sys.argv) > 2 else "ada")
    print(f"{made.title}, {made.date}, {made.machine}")
    for row in made.rows:
        spread = "" if row.spread is None else f" ± {row.spread:.2f}"
        print(f"{row.name:<42} {row.value:10.3f}{spread} {row.unit}")


if __name__ == "__main__":
    main()
