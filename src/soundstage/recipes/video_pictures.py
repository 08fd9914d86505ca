"""Training pictures of the video starter: sprites and backgrounds as the renderer draws them, in the models' own
conditions and scale.

Notable: sprites are drawn on first use and kept by the renderer's cache; each (subject, action, phase, colour) has
one of the four variants, fixed by a hash, so the whole set of about 12,700 drawings fits in memory and is drawn once.

B batch · pictures are float [B, D, H, W] in −1…1, alpha premultiplied
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.models.layered.places import COLUMNS, MARGIN, ROWS
from soundstage.render.landscapes import LANDSCAPES
from soundstage.render.scene import (
    ABILITIES,
    ACTIONS,
    COLOURS,
    PLACES,
    SUBJECTS,
    TIMES,
    times_at,
    weathers_at,
)
from soundstage.render.scenery import Hour
from soundstage.render.sprites import PHASES, sprite
from soundstage.render.svg import rasterise

PAIRS = tuple((subject, action) for subject in SUBJECTS for action in ABILITIES[subject])
VARIANTS = 4
NEAR = 0.55  # planes of at least this parallax belong to the near layer


def premultiplied(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Straight uint8 [..., H, W, 4] to channels-first floats, colours times alpha, 0…1 stretched to −1…1."""
    x = rgba.astype(np.float32) / 255
    x[..., :3] *= x[..., 3:]
    return np.ascontiguousarray(np.moveaxis(x * 2 - 1, -1, -3))


def numpy_rng(generator: torch.Generator) -> np.random.Generator:
    """A NumPy generator that follows the torch one."""
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))


def sprites(count: int, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sprites [B, 4, S, S], their classes [B, 5] and phases [B].

    Half are drawn evenly over subjects, half over what subjects can do.
    """
    pictures, classes, phases = [], [], []
    for i in range(count):
        subject, action = PAIRS[int(rng.integers(len(PAIRS)))]
        if i % 2:
            subject = SUBJECTS[int(rng.integers(len(SUBJECTS)))]
            abilities = tuple(ABILITIES[subject])
            action = abilities[int(rng.integers(len(abilities)))]
        colour, step, time = int(rng.integers(len(COLOURS))), int(rng.integers(PHASES)), int(rng.integers(len(TIMES)))
        variant = crc32(f"{subject}{action}{step}{colour}".encode()) % VARIANTS
        picture = sprite(subject, COLOURS[colour], action, step / PHASES, TIMES[time], size=size, seed=variant)
        pictures.append(premultiplied(picture))
        who, what = SUBJECTS.index(subject), ACTIONS.index(action)
        classes.append((who * len(ACTIONS) + what, who, colour, time, variant))
        phases.append(step / PHASES)
    return torch.from_numpy(np.stack(pictures)), torch.tensor(classes), torch.tensor(phases)


def panorama(place: str, time: str, weather: str, seed: int, *, finer: int = 1) -> NDArray[np.uint8]:
    """A place in two layers: uint8 [7, (ROWS + 2 MARGIN) · k, COLUMNS · k], far RGB, then near RGBA with
    premultiplied alpha, at k = `finer`.
    """
    height = ROWS + 2 * MARGIN
    wide, over = 100 * COLUMNS / ROWS, 100 * MARGIN / ROWS
    layers = LANDSCAPES[place](Hour(place=place, time=time, weather=weather, seed=seed), wide)
    both = []
    for near in (False, True):
        chosen = [layer for layer in layers if (layer.parallax >= NEAR) == near]
        body, defs = "".join(x.body for x in chosen), "".join(x.defs for x in chosen)
        view = (-wide / 2, -over, wide, 100 + 2 * over)
        drawn = rasterise(body, COLUMNS * finer, height * finer, view=view, defs=defs).astype(np.float32)
        drawn[..., :3] *= drawn[..., 3:] / 255
        both.append(np.moveaxis(drawn, -1, 0))
    return np.concatenate((both[0][:3], both[1])).round().astype(np.uint8)


def hours() -> tuple[tuple[str, str, str], ...]:
    """Every (place, time, weather) that the storybook draws."""
    return tuple(
        (place, time, weather) for place in PLACES for time in times_at(place) for weather in weathers_at(place)
    )
