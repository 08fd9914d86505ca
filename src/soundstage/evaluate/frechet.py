"""Fréchet distance of two sets of sounds, over what the judge of instruments hears (after Kilgour et al., 2019).

Notable: a distance of finite sets is never 0, so it says nothing without the distance of two sets of real sound of the
same size. Both are taken crosswise between halves: real against real, and made against real, always of other prompts.

N excerpts · E embedding
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.models.ensemble.listener import Listener, excerpts

MOST = 16  # seconds of a piece


@torch.inference_mode()
def embeddings(listener: Listener, audio: Audio) -> NDArray[np.float64]:
    """[N, E]: the louder seconds of a sound, as the judge hears them before it names them."""
    return np.asarray(listener.embed(torch.from_numpy(excerpts(audio, MOST))).double().numpy())


def frechet(one_NE: NDArray[np.float64], other_NE: NDArray[np.float64]) -> float:
    """The distance of the normal distributions that fit two sets. Raises InputError for a set of fewer than two."""
    if min(len(one_NE), len(other_NE)) < 2:
        raise InputError("sounds", "are fewer than two excerpts", "give more, or longer ones")
    gap = one_NE.mean(axis=0) - other_NE.mean(axis=0)
    one, other = np.cov(one_NE.T), np.cov(other_NE.T)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ other @ root), 0, None)).sum()
    return float(gap @ gap + np.trace(one) + np.trace(other) - 2 * shared)


def crosswise(made: Sequence[NDArray[np.float64]], real: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """(made against real, real against real) between the halves of as many pieces, which answer the same prompts.

    Raises InputError unless both have as many, at least four.
    """
    if len(made) != len(real) or len(real) < 4:
        raise InputError(
            "pieces", f"are {len(made)} made and {len(real)} real ones", "give as many of both, four or more"
        )
    first = [np.concatenate(pieces[0::2]) for pieces in (made, real)]
    second = [np.concatenate(pieces[1::2]) for pieces in (made, real)]
    across = (frechet(first[0], second[1]) + frechet(second[0], first[1])) / 2
    return across, frechet(first[1], second[1])
