"""How good a video model is: does it show what held-out prompts ask, does it move, does it hang together, how long
does it take.

Notable: prompts are captions of scenes whose (subject, colour, place) training never showed; what a caption leaves
unsaid is not judged. Each share stands beside what the same reader gets right on the renderer's own clips of those
very scenes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.data.storybook import caption, sample_scene
from soundstage.data.storybook_captions import MOVES_SAID, TIMES_SAID, WAYS, WEATHERS_SAID
from soundstage.evaluate.adherence import agreement, measures, read_clips, wanted_of
from soundstage.evaluate.control import control
from soundstage.evaluate.flicker import Steadiness, judge
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Image
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Scene
from soundstage.tasks.shoot import shoot

SECONDS, FPS, SIZE, SHOWN = 2.0, 12, 128, 256
SHEET = 24  # prompts on the contact sheet


def evaluate(model_ref: str = "starter/video", count: int = 100, seed: int = 0, folder: Path | None = None) -> Table:
    """Shoot `count` held-out prompts, read them with the trained reader, and measure flicker, freezes, streaks, control
    and time.

    With a `folder` a contact sheet of the first prompts (five frames a row) and their texts are kept there. Raises
    MissingError without the reader's weights.
    """
    rng = np.random.default_rng((seed, 11))
    scenes = [sample_scene(rng, split="test") for _ in range(count)]
    prompts = [caption(scene, rng) for scene in scenes]
    wanted = [asked(scene, prompt) for scene, prompt in zip(scenes, prompts, strict=True)]
    size = f"{SIZE}x{SIZE}"
    clips, real = [], []
    for i, (scene, prompt) in enumerate(runtime.progress(list(zip(scenes, prompts, strict=True)), "shooting", count)):
        clips.append(shoot(prompt, seconds=SECONDS, fps=FPS, size=size, model=model_ref, seed=seed + i).frames)
        real.append(render_scene(scene, SECONDS, FPS, (SIZE, SIZE)).frames)
    rows = measures(agreement(read_clips(clips), wanted), agreement(read_clips(real), wanted))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        shown = [
            shoot(p, seconds=2, fps=2.5, size=f"{SHOWN}x{SHOWN}", model=model_ref, seed=seed + i)
            for i, p in enumerate(prompts[:SHEET])
        ]
        Image(sheet([clip.frames for clip in shown])).save(folder / "video.png")
        (folder / "video.txt").write_text("\n".join(prompts[:SHEET]) + "\n", encoding="utf-8")
    steady, true = [judge(clip, FPS) for clip in clips], [judge(clip, FPS) for clip in real]
    return Table(
        title=f"{model_ref}: {count} held-out prompts",
        rows=[
            *rows,
            *_steadiness(steady, true),
            *control(model_ref, max(2, round(count / 4)), seed),
            *_pace(model_ref, prompts[:3], seed),
        ],
    )


def asked(scene: Scene, prompt: str) -> dict[str, str]:
    """What of the scene its caption really says: a clear day and a still camera go without saying, and are not
    judged.
    """
    wanted, text = wanted_of(scene), prompt.lower()
    said = {
        "time": TIMES_SAID[scene.time],
        "weather": WEATHERS_SAID[scene.weather],
        "camera": MOVES_SAID[scene.camera.move],
    }
    if scene.actors[0].direction != "still":
        said["direction"] = WAYS[scene.actors[0].direction]
    return {
        name: word for name, word in wanted.items() if name not in said or any(phrase in text for phrase in said[name])
    }


def sheet(clips: Sequence[NDArray[np.uint8]], columns: int = 2, shown: int = 5) -> NDArray[np.uint8]:
    """A contact sheet [H, W, 3]: `shown` frames of each clip in a row, `columns` clips beside each other, halved in
    size.
    """
    rows = [
        np.concatenate([clip[i][::2, ::2] for i in np.linspace(0, len(clip) - 1, shown).round().astype(int)], axis=1)
        for clip in clips
    ]
    gap = np.full((rows[0].shape[0], 8, 3), 255, np.uint8)
    lines = []
    for start in range(0, len(rows) - columns + 1, columns):
        line = rows[start]
        for row in rows[start + 1 : start + columns]:
            line = np.concatenate((line, gap, row), axis=1)
        lines.append(line)
    return np.concatenate(lines)


def _steadiness(ours: Sequence[Steadiness], real: Sequence[Steadiness]) -> list[Measure]:
    """Flicker never without the dynamic degree: a frozen clip has none."""
    rows = []
    for name, unit in (("flicker", ""), ("dynamic", "share"), ("warping", "")):
        values, truth = ([getattr(one, name) for one in judged] for judged in (ours, real))
        rows.append(
            Measure(
                name=name,
                value=float(np.mean(values)),
                unit=unit,
                ceiling=float(np.mean(truth)),
                count=len(ours),
                spread=float(np.std(values)),
            )
        )
    for name, text in (("frozen", "frozen clips"), ("streaked", "clips with streaked edges")):
        rows.append(
            Measure(
                name=text,
                value=float(sum(getattr(one, name) for one in ours)),
                ceiling=float(sum(getattr(one, name) for one in real)),
                count=len(ours),
            )
        )
    return rows


def _pace(model_ref: str, prompts: Sequence[str], seed: int) -> list[Measure]:
    """Wall seconds of a clip of 4 s at 24 frames a second, model already loaded."""
    spent = []
    for prompt in prompts:
        start = time.monotonic()
        shoot(prompt, seconds=4.0, fps=24, size=f"{SHOWN}x{SHOWN}", model=model_ref, seed=seed)
        spent.append(time.monotonic() - start)
    return [
        Measure(
            name="seconds a clip",
            value=float(np.median(spent)),
            unit="s",
            count=len(spent),
            spread=float(np.std(spent)),
            note=f"4 s, 24 frames a second, {SHOWN}x{SHOWN}; wall time",
        )
    ]
