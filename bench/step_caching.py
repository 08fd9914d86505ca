"""Whole clips with steps guessed (`flow.reuse`) beside the same clips with every step looked at, and their likeness.

Notable: the network is starter/video-dit, for random weights have no motion to guess; what is timed is the drawing of
latents, on the clips of held-out prompts. A short clip's first steps are always looked at.
"""

from __future__ import annotations

from statistics import mean

import numpy as np
import torch

from bench.pairs import Row, compare, table
from soundstage import runtime
from soundstage.data.storybook import caption, sample_scene
from soundstage.tasks.shoot import shoot

STEPS = 30
THRESHOLDS = (0.02, 0.05, 0.1, 0.2)
SECONDS, FPS, SIZE = 2.0, 12, "128x128"


def rows(pairs: int = 6) -> list[Row]:
    """One row a threshold, each over `pairs` prompts."""
    rng = np.random.default_rng((0, 11))
    prompts = [caption(sample_scene(rng, split="test"), rng) for _ in range(pairs)]
    return [_row(prompts, threshold) for threshold in THRESHOLDS]


def _row(prompts: list[str], threshold: float) -> Row:
    """The median over the prompts, one pair each."""
    clips: dict[str, list[np.ndarray]] = {"whole": [], "spared": []}

    def made(kind: str, reuse: float) -> None:
        index = len(clips[kind]) % len(prompts)
        video = shoot(
            prompts[index], seconds=SECONDS, fps=FPS, size=SIZE, steps=STEPS, reuse=reuse, seed=index,
            model="starter/video-dit",
        )  # fmt: skip
        clips[kind].append(video.frames.astype(np.float64))

    with runtime.using(threads=torch.get_num_threads()):
        row = compare(
            f"a clip of {SECONDS:g} s, {STEPS} steps, change up to {threshold:g} guessed", "ours, every step",
            "clips/s", 1, lambda: made("spared", threshold), lambda: made("whole", 0.0), pairs=len(prompts),
        )  # fmt: skip
    decibels = [
        10 * np.log10(255**2 / max(float(np.square(a - b).mean()), 1e-9))
        for a, b in zip(clips["spared"], clips["whole"], strict=True)
    ]
    return Row(**{**row.__dict__, "note": f"PSNR {mean(decibels):.1f} dB, worst {min(decibels):.1f}"})


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
