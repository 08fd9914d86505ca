"""Which instrument a stem sounds like, by the starter's listener (`models.ensemble.listener`), and whether it is heard.

Notable: the judge never hears the neural player in training, so being recognised by it means to sound like the real
font. It must be right on at least 95% of real stems (the table prints how often it is) before it may judge.
"""

from __future__ import annotations

import numpy as np

from soundstage.media.audio import Audio
from soundstage.models.ensemble.listener import Listener, chances
from soundstage.score.instruments import NAMES


def recognise(listener: Listener, stem: Audio) -> list[tuple[str, float]]:
    """Instruments and their chances, likeliest first, from the mean over excerpts."""
    found = chances(listener, stem)
    return [(NAMES[i], float(found[i])) for i in found.argsort(descending=True).tolist()]


def audible(stem: Audio, mix: Audio, *, least_db: float = -26.0) -> bool:
    """Whether a stem's loudest seconds are at most so far under the mix's."""

    def top(audio: Audio) -> float:
        wave = audio.mono().samples[0]
        size = audio.rate // 2
        blocks = wave[: max(1, len(wave) // size) * size]
        power = (
            (blocks[: len(blocks) // size * size].reshape(-1, size) ** 2).mean(axis=1) if len(blocks) >= size else [0.0]
        )
        return float(10 * np.log10(np.quantile(power, 0.9) + 1e-12))

    return top(stem) >= top(mix) + least_db
