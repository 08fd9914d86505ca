"""The family `video_dit`: our own starter, so there is no foreign checkpoint to rename."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from soundstage.models.video_dit import VideoDit, VideoDitConfig
from soundstage.weights.keys import Row
from soundstage.weights.load import Source

SOURCE: dict[str, Source] = {}
KEYS: tuple[Row, ...] = ()


def build(config: Mapping[str, Any]) -> nn.Module:
    """The module of a card's config."""
    return VideoDit(VideoDitConfig.of(config))
