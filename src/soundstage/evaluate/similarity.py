"""Whether two recordings sound like one speaker: cosine similarity of embeddings by an independent encoder,
resemblyzer.

Notable: the number alone says little, so `calibrate` gives what the same speaker scores with himself and what
strangers score, on the same kind of recordings, and the error rate at the best threshold between them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio

RATE = 16000
Embedding = NDArray[np.float32]


@cache
def _encoder() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, which warns of its own age
        try:
            from resemblyzer import VoiceEncoder
        except ImportError as error:
            raise MissingError("resemblyzer is not installed", "pip install 'soundstage[evaluate]'") from error
        return VoiceEncoder("cpu", verbose=False)


def embed(audio: Audio) -> Embedding:
    """A unit vector of the speaker. Raises MissingError without resemblyzer, InputError for a silent recording."""
    encoder = _encoder()
    from resemblyzer import preprocess_wav

    samples = audio.mono().resampled(RATE).samples[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        speech = preprocess_wav(samples, RATE)
        if len(speech) < RATE // 4:
            raise InputError(
                "audio", "holds too little speech to know a speaker by", "give at least half a second of speech"
            )
        return np.asarray(encoder.embed_utterance(speech), np.float32)


def similarity(a: Embedding, b: Embedding) -> float:
    """Cosine, 1 for the same direction."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9))


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Mean similarity within and between speakers, and the equal error rate of telling them apart."""

    same: float
    different: float
    equal_error: float


def calibrate(speakers: Sequence[Sequence[Embedding]]) -> Calibration:
    """From several embeddings of each of several speakers.

    Raises InputError with fewer than two speakers of two each.
    """
    if len(speakers) < 2 or any(len(each) < 2 for each in speakers):
        raise InputError("speakers", "too few to compare", "give two or more embeddings of two or more speakers")
    same = [similarity(a, b) for each in speakers for a, b in combinations(each, 2)]
    different = [similarity(a, b) for one, other in combinations(speakers, 2) for a in one for b in other]
    return Calibration(
        same=float(np.mean(same)), different=float(np.mean(different)), equal_error=equal_error(same, different)
    )


def equal_error(same: Sequence[float], different: Sequence[float]) -> float:
    """The rate at which as many pairs of one speaker are refused as pairs of two are accepted."""
    low, high = np.sort(same), np.sort(different)
    thresholds = np.unique(np.concatenate((low, high)))
    refused = np.searchsorted(low, thresholds, side="left") / len(low)
    accepted = 1 - np.searchsorted(high, thresholds, side="left") / len(high)
    best = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[best] + accepted[best]) / 2)


def identified(probes: Sequence[Embedding], owners: Sequence[Embedding]) -> float:
    """Share of probes that are nearest to the owner of the same index among all owners."""
    table = np.stack([[similarity(probe, owner) for owner in owners] for probe in probes])
    return float((table.argmax(1) == np.arange(len(probes))).mean())
