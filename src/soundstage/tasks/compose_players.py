"""Who plays a score: the model's own player, our synthesis, or the samples of a sound font.

Notable: all keep one contract (dry stems by instrument), so mixing, mastering and every edit are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.media import Score
from soundstage.score import sampled, synth
from soundstage.score.language import Brief
from soundstage.score.sheet import Sheet
from soundstage.tasks.compose_engines import Draft, Impression, MusicEngine

Stems = dict[str, NDArray[np.float32]]


class Played:
    """An engine whose scores somebody else plays."""

    def __init__(self, engine: MusicEngine, play: Callable[[Score, int, int, int], Stems]) -> None:
        self.engine, self.rate, self._play = engine, engine.rate, play

    def read(self, prompt: str) -> Impression:
        """See `MusicEngine.read`."""
        return self.engine.read(prompt)

    def write(self, brief: Brief, generator: torch.Generator, since: Draft | None = None) -> Sheet:
        """See `MusicEngine.write`."""
        return self.engine.write(brief, generator, since)

    def play(self, score: Score, samples: int, seed: int) -> Stems:
        """See `MusicEngine.play`."""
        return self._play(score, samples, self.rate, seed)


def check_player(player: str) -> None:
    """Raises MissingError where a player's font is not installed, before a model is loaded, and InputError for one that
    the licence policy refuses."""
    if player == "sampled":
        runtime.permit([sampled.find_font().source])


def played(engine: MusicEngine, player: str) -> MusicEngine:
    """The engine with the player of that name."""
    if player == "synth":
        return Played(engine, _synthesised)
    return Played(engine, sampled.play) if player == "sampled" else engine


def _synthesised(score: Score, samples: int, rate: int, seed: int) -> Stems:
    meter = runtime.Meter("playing", total=sum(len(track.notes) for track in score.tracks))
    stems = synth.play(score, samples, rate, seed, on_note=meter.advance)
    meter.finish()
    return stems
