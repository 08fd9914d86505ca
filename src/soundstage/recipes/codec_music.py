"""The music that `starter/codec` learns from: our composer's pieces at 24 kHz, mono, whole and by single instruments.

Notable: training and test pieces are split as the composer splits them: no progression or motif stands in both.

T samples
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.data.composer import sheets
from soundstage.data.composer_render import render_music
from soundstage.media.audio import Audio

RATE = 24_000
PEAK = 0.5
"""Of a single instrument, whose part of a mix may be faint."""


def make(folder: Path, count: int, split: str = "train", seed: int = 7) -> None:
    """Write `count` pieces, each as its mix and one of its stems; those that stand there are kept.

    Raises MissingError when FluidSynth is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 3])
    for index, sheet in enumerate(islice(sheets(seed, split), count)):
        pick = rng.random()
        path = folder / f"{split}-{index:03d}.npz"
        if path.exists():
            continue
        music = render_music(sheet, index)
        stem = sorted(music.stems)[int(pick * len(music.stems))]
        solo = _wave(music.stems[stem])
        partial = folder / f".{path.name}"
        np.savez(
            partial,
            mix=_whole(_wave(music.mix)),
            solo=_whole(solo * (PEAK / max(float(np.abs(solo).max()), 1e-4))),
            style=np.array(sheet.style),
            stem=np.array(stem),
        )
        partial.replace(path)


def load(folder: Path, split: str = "train") -> list[NDArray[np.int16]]:
    """Every piece [T] and every solo of a split."""
    waves: list[NDArray[np.int16]] = []
    for path in sorted(folder.glob(f"{split}-*.npz")):
        with np.load(path, allow_pickle=False) as data:
            waves += [data["mix"], data["solo"]]
    return waves


def _wave(audio: Audio) -> NDArray[np.float32]:
    wave: NDArray[np.float32] = audio.mono().resampled(RATE).samples[0]
    return wave


def _whole(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.round(samples.clip(-1, 1) * 32767).astype(np.int16)
