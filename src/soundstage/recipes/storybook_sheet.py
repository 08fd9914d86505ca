"""Draws the contact sheet of the storybook: every subject once, then clips in rows of five frames.

python -m soundstage.recipes.storybook_sheet docs/images/storybook-world.png
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from soundstage.render import Actor, Camera, Scene, sprite
from soundstage.render.scene import SUBJECTS
from soundstage.render.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

COATS = (
    "golden", "orange", "orange", "brown", "brown", "blue", "orange", "blue", "blue",
    "purple", "red", "green", "grey", "red", "green", "red", "white", "pink",
)  # fmt: skip
DEEDS = (
    "run", "sit", "walk", "jump", "run", "fly", "swim", "swim", "walk",
    "stand", "run", "wave", "stand", "drive", "drive", "sail", "fly", "float",
)  # fmt: skip


def _actor(words: str, size: float = 0.5, x: float = 0.5, depth: float = 0.15) -> Actor:
    """An actor from "colour subject action direction"."""
    colour, subject, action, direction = words.split()
    return Actor(subject=subject, colour=colour, action=action, direction=direction, size=size, x=x, depth=depth)


def scenes() -> tuple[Scene, ...]:
    """The clips shown."""

    def scene(where: str, move: str, *actors: Actor, seed: int = 1) -> Scene:
        place, time, weather = where.split()
        return Scene(place=place, time=time, weather=weather, seed=seed, actors=actors, camera=Camera(move=move))

    return (
        scene("meadow day clear", "pan right", _actor("golden dog run right")),
        scene(
            "beach sunset clear",
            "static",
            _actor("grey whale sleep still", 0.72, 0.62, 0.5),
            _actor("orange cat walk right", 0.36, 0.3),
        ),
        scene(
            "lighthouse night clear",
            "zoom in",
            _actor("blue keeper walk left", 0.54, 0.45),
            _actor("black cat walk left", 0.34, 0.72),
            seed=2,
        ),
        scene("forest day snow", "static", _actor("orange fox walk left"), seed=3),
        scene("city night rain", "static", _actor("red car drive right", 0.54), seed=4),
        scene("mountains dawn clear", "tilt up", _actor("purple balloon float up", 0.56), seed=5),
        scene("sea sunset clear", "zoom out", _actor("red boat sail right", 0.62), seed=6),
        scene("underwater day clear", "pan left", _actor("orange fish swim left", 0.44), seed=7),
        scene("space night clear", "static", _actor("white rocket fly up", 0.5), seed=8),
        scene("snowfield sunset clear", "static", _actor("brown rabbit jump right", 0.46), seed=9),
        scene("village day fog", "static", _actor("green train drive right", 0.62)),
        scene(
            "room night clear",
            "static",
            _actor("pink girl wave still", 0.52, 0.4),
            _actor("brown dog sit still", 0.42, 0.72),
            seed=2,
        ),
        scene("desert sunset clear", "follow", _actor("brown horse run right", 0.6)),
        scene("meadow dawn clear", "zoom in", _actor("blue bird fly right", 0.44), seed=4),
    )


def sheet(side: int = 128, shown: int = 5) -> NDArray[np.uint8]:
    """The sheet, uint8 RGB: 2 · `shown` frames wide."""
    rows = []
    for scene in scenes():
        stage = Stage(scene, 2.0, 24, (side, side))
        chosen = np.linspace(0, stage.count - 1, shown).round().astype(int)
        rows.append(np.concatenate([np.array(stage.frame(int(i))) for i in chosen], 1))
    clips = np.concatenate([np.concatenate(rows[i : i + 2], 1) for i in range(0, len(rows), 2)])
    return np.concatenate((_cast(clips.shape[1]), clips))


def _cast(width: int) -> NDArray[np.uint8]:
    """All subjects side by side, on paper, in two rows."""
    per_row = (len(SUBJECTS) + 1) // 2
    side = width // per_row
    page = Picture.new("RGB", (width, 2 * side), (247, 238, 220))
    for i, subject in enumerate(SUBJECTS):
        picture = Picture.fromarray(sprite(subject, COATS[i], DEEDS[i], 0.2, size=side))
        page.paste(picture, ((i % per_row) * side + (width - per_row * side) // 2, (i // per_row) * side), picture)
    return np.array(page)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Picture.fromarray(sheet()).point([min(255, (v + 2) // 4 * 4) for v in range(256)] * 3)  # packs smaller
    partial = path.with_name(f".{path.name}.part")
    picture.save(partial, "PNG", optimize=True)
    partial.replace(path)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
