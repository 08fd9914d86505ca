"""The shape of the layered video model: its vocabularies, its parts' sizes, and the starter's.

Notable: class numbers are places in the vocabularies, so that a card rebuilds what the weights mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from soundstage.models.layered.seer import FACINGS
from soundstage.render.scene import ACTIONS, COLOURS, DIRECTIONS, MOVES, PLACES, SUBJECTS, TIMES, WEATHERS


@dataclass(frozen=True, kw_only=True)
class LayeredConfig:
    """All that rebuilds the module. Vocabularies are in the order of the class numbers."""

    places: tuple[str, ...]
    times: tuple[str, ...]
    weathers: tuple[str, ...]
    subjects: tuple[str, ...]
    colours: tuple[str, ...]
    actions: tuple[str, ...]
    directions: tuple[str, ...]
    moves: tuple[str, ...]
    front: tuple[str, ...]  # places whose near layer stands before the actors
    buckets: int
    reader_width: int
    reader_depth: int
    tracker_width: int
    tracker_depth: int
    painter_widths: tuple[int, ...]
    painter_embed: int
    layouts: int  # of each place
    place_codes: tuple[int, int]  # numbers of a block of the far and of the near layer
    place_blocks: tuple[int, int]  # that are kept of each
    compositor_width: int
    compositor_depth: int
    upscaler_width: int
    upscaler_depth: int
    seer_widths: tuple[int, ...] = ()  # a model without them cannot see
    seer_crop_widths: tuple[int, ...] = ()
    seer_embed: int = 0

    @property
    def sights(self) -> dict[str, tuple[str, ...]]:
        """What the seer reads of a picture, and the words of each answer."""
        return {
            "place": self.places,
            "time": self.times,
            "weather": self.weathers,
            "subject": self.subjects,
            "colour": self.colours,
            "action": self.actions,
            "facing": FACINGS,
        }

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> LayeredConfig:
        """From a card's config, where tuples are lists."""
        fields: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in config.items()}
        return cls(**fields)

    def plain(self) -> dict[str, Any]:
        """For a card."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def storybook() -> LayeredConfig:
    """The config of starter/video."""
    return LayeredConfig(
        places=PLACES,
        times=TIMES,
        weathers=WEATHERS,
        subjects=SUBJECTS,
        colours=COLOURS,
        actions=ACTIONS,
        directions=DIRECTIONS,
        moves=MOVES,
        front=("sea",),
        buckets=8192,
        reader_width=128,
        reader_depth=3,
        tracker_width=128,
        tracker_depth=4,
        painter_widths=(192, 128, 80, 48),
        painter_embed=256,
        layouts=10,
        place_codes=(40, 128),
        place_blocks=(140_807, 31_789),
        compositor_width=24,
        compositor_depth=3,
        upscaler_width=32,
        upscaler_depth=4,
        seer_widths=(16, 40, 80, 128),
        seer_crop_widths=(40, 64, 96),
        seer_embed=96,
    )


def tiny() -> LayeredConfig:
    """A config for tests: the same parts, as narrow as they go."""
    few = {
        "buckets": 256,
        "reader_width": 16,
        "reader_depth": 1,
        "tracker_width": 16,
        "tracker_depth": 1,
        "painter_widths": (16, 8, 8, 8),
        "painter_embed": 16,
        "layouts": 2,
        "place_codes": (4, 4),
        "place_blocks": (16, 16),
        "compositor_width": 8,
        "compositor_depth": 1,
        "upscaler_width": 8,
        "upscaler_depth": 2,
        "seer_widths": (8, 8, 8, 8),
        "seer_crop_widths": (8, 8, 8),
        "seer_embed": 8,
    }
    return LayeredConfig(**{**asdict(storybook()), **few})
