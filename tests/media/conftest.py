from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE = 24_000


def babbled(seconds: float = 3.0, height: float = 130.0, seed: int = 0) -> NDArray[np.float32]:
    """Syllables of a gliding buzz through moving resonances, with hisses and pauses between them."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * RATE:
        size = int(RATE * rng.uniform(0.1, 0.2))
        time = np.arange(size) / RATE
        glide = height * 2 ** (rng.uniform(-0.2, 0.2) + rng.uniform(-2, 2) * time)
        phase = np.cumsum(glide) / RATE
        sound = np.diff(np.floor(phase), prepend=0) - glide / RATE
        for centre in (rng.uniform(300, 800), rng.uniform(900, 2300), rng.uniform(2400, 3400)):
            turn = np.exp(-np.pi * 90 / RATE)
            sound = lfilter([1], [1, -2 * turn * np.cos(2 * np.pi * centre / RATE), turn**2], sound)
        parts.append(sound / np.abs(sound).max() * np.hanning(size) * rng.uniform(0.2, 0.4))
        hiss = rng.standard_normal(int(RATE * rng.uniform(0.03, 0.09)))
        parts.append(0.03 * np.diff(hiss, prepend=0) * np.hanning(len(hiss)))
        if rng.random() < 0.3:
            parts.append(np.zeros(int(RATE * rng.uniform(0.05, 0.25))))
    return np.concatenate(parts)[: round(seconds * RATE)].astype(np.float32)


@pytest.fixture(scope="session")
def babble() -> NDArray[np.float32]:
    """Three seconds at 24 kHz of what sounds like speech to a meter."""
    return babbled()
