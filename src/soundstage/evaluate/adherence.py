"""Does a clip show what was asked? Place, hour, weather, subject, colour, action, direction of motion and camera move,
read by the trained `reader`.

Notable: every share is quoted beside what the reader gets right on real renders of held-out scenes (`ceiling`) and by
guessing (`floor`), for a meter says nothing alone. What a prompt does not ask is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from soundstage.data.storybook import sample_scene
from soundstage.errors import InputError
from soundstage.evaluate.reader import ATTRIBUTES, load_reader, prepare
from soundstage.evaluate.table import Measure
from soundstage.render.animatic import render_scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from soundstage.render.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the reader sees in one clip, and how sure it is (0–1) of each word."""

    words: Mapping[str, str]
    trust: Mapping[str, float]


@torch.no_grad()
def read_clips(clips: Sequence[NDArray[np.uint8]]) -> tuple[Reading, ...]:
    """Readings of clips uint8 [T, H, W, 3] of any length and size.

    Raises InputError for other shapes, MissingError without the reader's weights.
    """
    if not clips:
        return ()
    reader, readings = load_reader(), []
    for start in range(0, len(clips), 16):
        answers = reader(torch.stack([prepare(clip) for clip in clips[start : start + 16]]))
        best = {name: logits.exp().max(1) for name, logits in answers.items()}
        for i in range(len(clips[start : start + 16])):
            words = {name: ATTRIBUTES[name][int(found.indices[i])] for name, found in best.items()}
            readings.append(Reading(words=words, trust={name: float(found.values[i]) for name, found in best.items()}))
    return tuple(readings)


def wanted_of(scene: Scene) -> dict[str, str]:
    """What the clip of a scene should be read as; a following camera is not asked for."""
    actor = scene.actors[0]
    wanted = {
        "place": scene.place,
        "time": scene.time,
        "weather": scene.weather,
        "subject": actor.subject,
        "colour": actor.colour,
        "direction": actor.direction,
        "action": actor.action,
        "camera": scene.camera.move,
    }
    if scene.camera.move == "follow":
        del wanted["camera"]
    return wanted


def agreement(readings: Sequence[Reading], wanted: Sequence[Mapping[str, str]]) -> dict[str, tuple[float, int]]:
    """For every attribute, the share of clips that show what was asked and how many were asked.

    Raises InputError when the lengths differ.
    """
    if len(readings) != len(wanted):
        raise InputError("wanted", f"has {len(wanted)} entries for {len(readings)} clips", "give one for each clip")
    out = {}
    for name in ATTRIBUTES:
        hits = [r.words[name] == w[name] for r, w in zip(readings, wanted, strict=True) if w.get(name)]
        if hits:
            out[name] = (float(np.mean(hits)), len(hits))
    return out


def measures(found: Mapping[str, tuple[float, int]], ceiling: Mapping[str, tuple[float, int]]) -> tuple[Measure, ...]:
    """Rows for a table; the spread is one standard error."""
    rows = []
    for name, (share, count) in found.items():
        top = ceiling.get(name, (None, 0))[0]
        error = float(np.sqrt(share * (1 - share) / count))
        rows.append(
            Measure(
                name=name,
                value=share,
                unit="share",
                ceiling=top,
                floor=1 / len(ATTRIBUTES[name]),
                count=count,
                spread=error,
            )
        )
    return tuple(rows)


def calibrate(
    count: int = 100, *, seed: int = 7, size: int = 128, seconds: float = 2.0, fps: float = 12
) -> dict[str, tuple[float, int]]:
    """What the reader gets right on real renders of held-out scenes at `size` pixels: the ceiling of `measures`."""
    rng = np.random.default_rng(seed)
    scenes = [sample_scene(rng, split="test") for _ in range(count)]
    return agreement(read_clips(list(_rendered(scenes, seconds, fps, size))), [wanted_of(scene) for scene in scenes])


def _rendered(scenes: Iterable[Scene], seconds: float, fps: float, size: int) -> Iterable[NDArray[np.uint8]]:
    for scene in scenes:
        yield render_scene(scene, seconds, fps, (size, size)).frames
