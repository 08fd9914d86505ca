"""A camera's path as values with units: read from words or from JSON, and drawn through its keys.

    pan right 0.3, zoom in 1.5x          # frame widths, times
    roll left 8, orbit right 20          # degrees
    {"pan": 0.3, "zoom": 1.5}            # over the whole clip
    {"keys": [{"at": 0}, {"at": 1.5, "zoom": 1.4}, {"at": 4, "pan": 0.2, "roll": -5}]}   # seconds

Notable: a zoom enlarges all alike, a dolly what is near more than what is far; an orbit keeps what stands at the
ground's depth and lets the distance slide. Between keys the path is monotone and smooth (PCHIP: Fritsch and Butland,
1984), so it passes every key and never swings beyond one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np

from soundstage.errors import InputError

FIELD_OF_VIEW = 50.0
"""Degrees that a frame's width stands for, when the camera turns round something."""
EXAMPLES = '"pan right 0.3, zoom in 1.5x" or {"pan": 0.3, "zoom": 1.5} or {"keys": [{"at": 0}, {"at": 2, "zoom": 1.4}]}'


@dataclass(frozen=True, kw_only=True)
class Key:
    """Where the camera is at a share of the clip: moved right (frame widths) and down (frame heights), enlarged by its
    lens, come nearer (both in times), turned clockwise and gone round to the right (both in degrees).
    """

    at: float
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0
    dolly: float = 1.0
    roll: float = 0.0
    orbit: float = 0.0


RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "pan": (-1.5, 1.5),
        "tilt": (-0.3, 0.3),
        "zoom": (0.4, 4),
        "dolly": (0.4, 4),
        "roll": (-30, 30),
        "orbit": (-60, 60),
    }
)
"""What a key may hold, `pan` and `tilt` from where the clip is laid out."""
VALUES = tuple(each.name for each in fields(Key) if each.name != "at")
_SIGNS: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        ("pan", "right"): 1, ("pan", "left"): -1, ("tilt", "down"): 1, ("tilt", "up"): -1, ("zoom", "in"): 1,
        ("zoom", "out"): -1, ("dolly", "in"): 1, ("dolly", "out"): -1, ("roll", "right"): 1, ("roll", "left"): -1,
        ("roll", "clockwise"): 1, ("roll", "anticlockwise"): -1, ("orbit", "right"): 1, ("orbit", "left"): -1,
    }
)  # fmt: skip
_USUAL: Mapping[str, float] = MappingProxyType(
    {"pan": 0.4, "tilt": 0.25, "zoom": 1.45, "dolly": 1.45, "roll": 8, "orbit": 20}
)
_SAID = re.compile(
    r"(?P<slow>slow(?:ly)? |gentl[ey] |fast |quick(?:ly)? )?(?P<name>pan|tilt|zoom|dolly|roll|orbit) "
    r"(?P<way>left|right|up|down|in|out|clockwise|anticlockwise)(?: by)?"
    r"(?: (?P<value>\d+(?:\.\d+)?) ?(?P<unit>x|times|%|°|degrees?|deg|widths?|heights?)?)?"
)


def keys_of(said: str | Mapping[str, Any], seconds: float) -> tuple[Key, ...]:
    """Keys of words or JSON for a clip of so many seconds; none for words that give no value.

    Raises InputError for JSON that is no camera, an unknown field, and a value out of range.
    """
    if isinstance(said, str) and said.lstrip().startswith("{"):
        try:
            said = json.loads(said)
        except ValueError as error:
            raise InputError("camera", f"is not JSON: {error}", f"give {EXAMPLES}") from error
    if isinstance(said, str):
        return _of_words(said)
    plain = dict(said)
    if "keys" in plain:
        listed = plain.pop("keys")
        if plain or not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
            raise InputError("camera", "has keys and more, or none", f"give {EXAMPLES}")
        return _keyed(listed, seconds)
    return _travelled({name: _number(name, value) for name, value in plain.items()})


def _keyed(listed: Sequence[Any], seconds: float) -> tuple[Key, ...]:
    keys = []
    for each in listed:
        if not isinstance(each, Mapping):
            raise InputError("camera", f"has {each!r} as a key", f"give {EXAMPLES}")
        values = {name: _number(name, value) for name, value in each.items()}
        at = values.pop("at", None)
        if at is None or not 0 <= at <= seconds + 1e-6:
            raise InputError("camera", f"has a key at {at} s of {seconds:g}", "give each key its second in the clip")
        keys.append(Key(at=min(1.0, at / seconds), **{name: _within(name, value) for name, value in values.items()}))
    if any(b.at <= a.at for a, b in pairwise(keys)):
        raise InputError("camera", "has keys that are not in order of time", "sort them, one for each moment")
    return tuple(keys)


def _travelled(values: Mapping[str, float]) -> tuple[Key, ...]:
    """From half of the way before to half behind, so that the clip's middle is where it was laid out.

    Zooms begin or end at 1.
    """
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for name, value in values.items():
        value = _within(name, value)
        if name in ("zoom", "dolly"):
            first[name], last[name] = (1.0, value) if value >= 1 else (1 / value, 1.0)
        else:
            first[name], last[name] = -value / 2, value / 2
    return (Key(at=0, **first), Key(at=1, **last)) if values else ()


def _of_words(words: str) -> tuple[Key, ...]:
    """Values said in words; `dolly`, `roll` and `orbit` mean their usual way without one, other moves say nothing."""
    values: dict[str, float] = {}
    found = list(_SAID.finditer(" ".join(words.lower().replace("-", " ").split())))
    exact = any(each["value"] or each["name"] in ("dolly", "roll", "orbit") for each in found) or len(found) > 1
    for each in found if exact else ():
        name, sign = each["name"], _SIGNS.get((each["name"], each["way"]))
        if sign is None:
            raise InputError("camera", f"cannot {name} {each['way']}", f"give {EXAMPLES}")
        hurry = {"s": 0.6, "g": 0.6, "f": 1.5, "q": 1.5}.get((each["slow"] or " ")[0], 1.0)
        size = float(each["value"]) if each["value"] else _USUAL[name]
        size /= 100 if each["unit"] == "%" else 1
        if name in ("zoom", "dolly"):
            if size <= 1:
                raise InputError("camera", f"would {name} by {size:g}", "give times above 1, such as 1.5x")
            times = size if each["value"] else 1 + (size - 1) * hurry
            values[name] = times if sign > 0 else 1 / times
        else:
            values[name] = sign * size * (1 if each["value"] else hurry)
    return _travelled(values)


def _number(name: str, value: Any) -> float:
    if name not in (*VALUES, "at"):
        raise InputError("camera", f"has no {name!r}", f"use {', '.join(VALUES)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError("camera", f"has {name} {value!r}", "give a number")
    return float(value)


def _within(name: str, value: float) -> float:
    low, high = RANGES[name]
    if not low <= value <= high:
        raise InputError("camera", f"has {name} {value:g}", f"give {low:g} to {high:g}")
    return value


def drawn(keys: Sequence[Key], shares: Sequence[float]) -> Callable[[str], list[float]]:
    """The path through the keys: for the name of a value what it is at each share of the clip.

    Two keys are joined with a soft start and stop; before the first and behind the last the camera stands.
    """
    at = np.array([key.at for key in keys])
    where = np.clip(np.asarray(shares, np.float64), at[0], at[-1])

    def values(name: str) -> list[float]:
        y = np.array([getattr(key, name) for key in keys])
        if len(keys) == 1:
            return [float(y[0])] * len(where)
        if len(keys) == 2:
            u = (where - at[0]) / (at[1] - at[0])
            return [float(v) for v in y[0] + (y[1] - y[0]) * eased(u)]
        from scipy.interpolate import PchipInterpolator

        return [float(v) for v in PchipInterpolator(at, y)(where)]

    return values


def eased(u: Any) -> Any:
    """A share of time as a share of the way: starts and stops softly."""
    return u * u * (3 - 2 * u) * 0.35 + u * 0.65
