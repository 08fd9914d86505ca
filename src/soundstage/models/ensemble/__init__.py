"""The ensemble: text to a written score to the sound of every note, by three small networks.

Notable: the `reader` turns free text into wishes (style, energy, mode, tempo, instruments), the `writer` is a
language model
over score tokens that a grammar keeps well formed, the `player` is a neural synthesiser of single notes. What cannot be
wrong is not learned: tempo, key, length and line-up are inputs, so the beat is exact and stems are stems. Notes that
recur
(music is mostly recurrence) are played once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from soundstage.models.ensemble.player import NotePlayer
from soundstage.models.ensemble.reader import PromptReader
from soundstage.models.ensemble.writer import ScoreWriter


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig:
    """Sizes of the three networks. `voices` counts timbres, `drums` how many of them (the last) are pieces of a kit."""

    voices: int
    drums: int
    partials: int
    bands: int
    player_width: int
    player_depth: int
    hop: int
    rate: int
    vocabulary: int
    sides: tuple[int, ...]
    writer_width: int
    writer_depth: int
    writer_heads: int
    buckets: int
    reader_width: int
    answers: dict[str, int]

    def plain(self) -> dict[str, Any]:
        """As a card holds it."""
        return asdict(self)


def ensemble_starter() -> EnsembleConfig:
    """What ships as `starter/music`."""
    return EnsembleConfig(
        voices=54,
        drums=26,
        partials=80,
        bands=40,
        player_width=256,
        player_depth=3,
        hop=128,
        rate=32_000,
        vocabulary=242,
        sides=(17, 21, 9, 8, 31, 17, 22),
        writer_width=128,
        writer_depth=4,
        writer_heads=4,
        buckets=8192,
        reader_width=48,
        answers={"style": 16, "mode": 4, "energy": 3, "pace": 5, "metre": 2, "instruments": 30},
    )


def build_player(config: EnsembleConfig) -> NotePlayer:
    """An untrained note player."""
    return NotePlayer(
        voices=config.voices,
        drums=config.drums,
        partials=config.partials,
        bands=config.bands,
        width=config.player_width,
        depth=config.player_depth,
        hop=config.hop,
        rate=config.rate,
    )


def build_writer(config: EnsembleConfig) -> ScoreWriter:
    """An untrained score writer."""
    return ScoreWriter(
        vocabulary=config.vocabulary,
        sides=config.sides,
        width=config.writer_width,
        depth=config.writer_depth,
        heads=config.writer_heads,
    )


def build_reader(config: EnsembleConfig) -> PromptReader:
    """An untrained prompt reader."""
    return PromptReader(buckets=config.buckets, width=config.reader_width, sizes=config.answers)


class Ensemble(nn.Module):
    """Reader, writer and player under one roof, as one file of weights."""

    def __init__(self, config: EnsembleConfig) -> None:
        super().__init__()
        self.config = config
        self.reader = build_reader(config)
        self.writer = build_writer(config)
        self.player = build_player(config)
