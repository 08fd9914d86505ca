"""The sizes of MusicLM's parts, and the starter's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from soundstage.errors import InputError

NEAR = (-1, 0, 1, 2)
"""Frames around an acoustic code whose tokens of the stage before it is told."""


@dataclass(frozen=True, kw_only=True)
class MulanConfig:
    """The joint embedding of sound and words: two towers, and residual books for what they meet in."""

    embedding: int
    width: int
    depth: int
    buckets: int  # of pieces of words
    text_width: int
    text_depth: int
    text_heads: int
    books: int
    codes: int
    seconds: float  # of sound that it hears at once


@dataclass(frozen=True, kw_only=True)
class SemanticConfig:
    """The semantic tokeniser: `layer` blocks of `depth` are run, and what they say is one of `codes` averages.

    With a depth of 0 there is none: it makes what the stages learn from, and music is made without it.
    """

    width: int
    depth: int
    layer: int
    codes: int


@dataclass(frozen=True, kw_only=True)
class AcousticConfig:
    """The codec: `books` of which the first `coarse` are the coarse stage's, its mender and its vocoder."""

    components: int
    books: int
    coarse: int
    codes: int
    mender_width: int
    mender_depth: int
    vocoder_width: int
    vocoder_depth: int
    vocoder_size: int


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """A language model: its shape, its window, and how far windows lie apart, in seconds."""

    width: int
    depth: int
    heads: int
    seconds: float
    stride: float

    def __post_init__(self) -> None:
        if not 0 < self.stride <= self.seconds:
            raise InputError("stride", f"{self.stride:g} s for windows of {self.seconds:g} s", "at most a window")


@dataclass(frozen=True, kw_only=True)
class MusicLMConfig:
    """All of it. Spectra have `bands` bands every `hop` samples; a token of any stage lasts `stack` of them."""

    rate: int
    size: int
    hop: int
    bands: int
    stack: int
    mulan: MulanConfig
    semantic: SemanticConfig
    acoustic: AcousticConfig
    semantic_stage: StageConfig
    coarse_stage: StageConfig
    fine_stage: StageConfig

    def __post_init__(self) -> None:
        if (self.size - self.hop) % 2:
            raise InputError("size", f"{self.size} is not even beside a hop of {self.hop}", "make both even")
        if not 0 < self.acoustic.coarse < self.acoustic.books:
            raise InputError(
                "coarse", f"{self.acoustic.coarse} of {self.acoustic.books} books", "leave some to be fine"
            )

    @property
    def token(self) -> int:
        """Samples that a token lasts."""
        return self.hop * self.stack

    @property
    def tokens_per_second(self) -> float:
        """Of every book and stage."""
        return self.rate / self.token

    def tokens(self, seconds: float) -> int:
        """The whole tokens in so many seconds, at least one."""
        return max(1, round(seconds * self.tokens_per_second))

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> MusicLMConfig:
        """From a card's config, which may hold more."""
        parts = {
            "mulan": MulanConfig, "semantic": SemanticConfig, "acoustic": AcousticConfig,
            "semantic_stage": StageConfig, "coarse_stage": StageConfig, "fine_stage": StageConfig,
        }  # fmt: skip
        known = {each.name: plain[each.name] for each in fields(cls)}
        return cls(**{name: parts[name](**value) if name in parts else value for name, value in known.items()})


def musiclm_starter() -> MusicLMConfig:
    """What two cores train in about two hours: 25 tokens a second in every book, music at 24 kHz."""
    return MusicLMConfig(
        rate=24_000, size=2048, hop=240, bands=128, stack=4,
        mulan=MulanConfig(
            embedding=128, width=128, depth=6, buckets=4096, text_width=80, text_depth=2, text_heads=4,
            books=6, codes=128, seconds=10.0,
        ),
        semantic=SemanticConfig(width=160, depth=6, layer=4, codes=512),
        acoustic=AcousticConfig(
            components=96, books=8, coarse=3, codes=512, mender_width=160, mender_depth=3,
            vocoder_width=240, vocoder_depth=5, vocoder_size=1024,
        ),
        semantic_stage=StageConfig(width=176, depth=5, heads=4, seconds=20.0, stride=10.0),
        coarse_stage=StageConfig(width=176, depth=5, heads=4, seconds=8.0, stride=4.0),
        fine_stage=StageConfig(width=144, depth=4, heads=4, seconds=3.0, stride=2.0),
    )  # fmt: skip


def musiclm_tiny() -> MusicLMConfig:
    """What trains in seconds, to see that a recipe runs: it makes noise."""
    return MusicLMConfig(
        rate=8000, size=256, hop=80, bands=24, stack=4,
        mulan=MulanConfig(
            embedding=12, width=16, depth=2, buckets=64, text_width=16, text_depth=1, text_heads=2, books=3, codes=7,
            seconds=1.0,
        ),
        semantic=SemanticConfig(width=16, depth=2, layer=1, codes=9),
        acoustic=AcousticConfig(
            components=12, books=4, coarse=2, codes=8, mender_width=12, mender_depth=1,
            vocoder_width=16, vocoder_depth=1, vocoder_size=256,
        ),
        semantic_stage=StageConfig(width=16, depth=2, heads=2, seconds=0.8, stride=0.4),
        coarse_stage=StageConfig(width=16, depth=2, heads=2, seconds=0.48, stride=0.24),
        fine_stage=StageConfig(width=16, depth=1, heads=2, seconds=0.32, stride=0.2),
    )  # fmt: skip
