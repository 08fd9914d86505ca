"""The family `musiclm`: trained by ourselves alone, for its authors released nothing, so there is nothing to rename."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from soundstage.models.musiclm import MusicLM, MusicLMConfig
from soundstage.weights.keys import Row
from soundstage.weights.load import Source

SOURCE: dict[str, Source] = {}
KEYS: tuple[Row, ...] = ()


def build(config: Mapping[str, Any]) -> nn.Module:
    """The module of a card's config, which may hold more than its shape."""
    return MusicLM(MusicLMConfig.of(config))
