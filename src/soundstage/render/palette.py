"""Colours of the storybook: the paints of subjects, and the light of each time of day and weather.

Notable: subjects are drawn once, in daylight, and graded afterwards by a `Light` (a gain per channel and a wash of
haze), so the same drawing serves every hour; what shines by itself (lanterns, headlights, windows) is drawn on a
separate layer and not graded. Colours are "#rrggbb" or "#rrggbbaa".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAINTS = MappingProxyType(
    {
        "red": "#dc4437",
        "orange": "#f28a35",
        "golden": "#f6c445",
        "green": "#4fa35a",
        "blue": "#3f7fd0",
        "purple": "#8a5cc0",
        "pink": "#f58fb4",
        "brown": "#8c5836",
        "black": "#34323f",
        "white": "#fbf7ee",
        "grey": "#939ca8",
    }
)
DARK, CREAM = "#2b2433", "#fff6e3"


def mix(a: str, b: str, share: float) -> str:
    """`a` with `share` of `b` stirred in."""
    return "#" + "".join(
        f"{round(int(a[i : i + 2], 16) * (1 - share) + int(b[i : i + 2], 16) * share):02x}" for i in (1, 3, 5)
    )


def clear(colour: str, opacity: float) -> str:
    """The colour made see-through."""
    return f"{colour[:7]}{round(255 * opacity):02x}"


@dataclass(frozen=True, kw_only=True)
class Paint:
    """One subject's colour with its lit, shaded and deep variants, and a light one for bellies and muzzles."""

    main: str
    light: str
    shade: str
    deep: str
    pale: str


@lru_cache(maxsize=64)
def paint(colour: str, variant: int = 0) -> Paint:
    """The paint of a named colour; `variant` 1–3 are slightly warmer, cooler and deeper mixtures of it."""
    main = PAINTS[colour]
    main = mix(main, ("#000000", "#ff9a40", "#4a6cff", "#3b2a55")[variant % 4], (0.0, 0.08, 0.07, 0.08)[variant % 4])
    return Paint(
        main=main,
        light=mix(main, "#fff2cf", 0.26 if colour != "black" else 0.16),
        shade=mix(main, "#46306a" if colour != "white" else "#7d86a8", 0.26 if colour != "black" else 0.45),
        deep=mix(main, "#2b1d45", 0.48),
        pale=mix(main, "#fff6e6", 0.62 if colour != "black" else 0.40),
    )


@dataclass(frozen=True, kw_only=True)
class Light:
    """How an hour and a weather change a day-lit colour: `gain` per channel, then a wash of `haze` by `wash`."""

    gain: tuple[float, float, float]
    haze: tuple[int, int, int]
    wash: float
    shadow: float  # darkness of cast shadows
    dark: bool  # whether lamps are lit

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The graded colours, uint8 [..., 3]."""
        gain = np.asarray(self.gain, np.float32) * (1 - self.wash)
        graded = rgb * gain + np.asarray(self.haze, np.float32) * self.wash
        return np.asarray(np.clip(graded + 0.5, 0, 255), np.uint8)

    def of(self, colour: str) -> str:
        """One graded colour, for drawings made for the hour."""
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
        return "#" + "".join(f"{v:02x}" for v in self.apply(rgb)) + colour[7:]


_HOURS = MappingProxyType(
    {
        "day": Light(gain=(1.0, 1.0, 1.0), haze=(190, 220, 245), wash=0.0, shadow=0.26, dark=False),
        "sunset": Light(gain=(1.02, 0.84, 0.76), haze=(255, 150, 90), wash=0.08, shadow=0.30, dark=False),
        "night": Light(gain=(0.56, 0.63, 0.86), haze=(52, 66, 130), wash=0.10, shadow=0.34, dark=True),
        "dawn": Light(gain=(0.95, 0.93, 1.0), haze=(255, 214, 220), wash=0.12, shadow=0.18, dark=False),
    }
)
_AIRS = MappingProxyType(
    {"clear": (1.0, 0.0, 1.0), "rain": (0.88, 0.08, 0.45), "snow": (0.97, 0.07, 0.6), "fog": (0.97, 0.15, 0.4)}
)  # gain, extra wash, share of the shadow


@lru_cache(maxsize=64)
def light_of(time: str, weather: str = "clear", place: str = "meadow") -> Light:
    """The light that falls on a subject at this hour, in this weather and place."""
    hour = _HOURS[time]
    gain, wash, shadow = _AIRS[weather]
    haze: tuple[int, int, int] = hour.haze
    if place == "underwater":
        water = {"day": (70, 180, 205), "sunset": (150, 120, 130), "night": (20, 50, 110), "dawn": (110, 190, 200)}[
            time
        ]
        return Light(gain=tuple(g * 0.95 for g in hour.gain), haze=water, wash=0.20, shadow=0.12, dark=hour.dark)  # type: ignore[arg-type]
    if place == "room" and hour.dark:
        return Light(gain=(0.90, 0.76, 0.66), haze=(120, 70, 60), wash=0.06, shadow=0.30, dark=True)
    if place == "space":
        return Light(gain=(0.90, 0.90, 0.98), haze=(60, 50, 110), wash=0.05, shadow=0.45, dark=True)
    if weather != "clear" and not hour.dark:
        haze = tuple(round(0.4 * h + 0.6 * 205) for h in haze)  # type: ignore[assignment]
    return Light(
        gain=(hour.gain[0] * gain, hour.gain[1] * gain, hour.gain[2] * gain),
        haze=haze,
        wash=min(0.35, hour.wash + wash),
        shadow=hour.shadow * shadow,
        dark=hour.dark,
    )
