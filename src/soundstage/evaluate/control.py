"""Does a video model keep what it is told? Cameras in values, drawn paths, characters through shots, a minute, loops.

Notable: each figure stands beside the same meter on the renderer's own clips, told the same. A camera is right when a
shift and an enlargement fitted to the ground around the subject are within a fifth of what was asked; the fit falls
short where the ground is bare. The end of a path is where the reader's map has the subject. Characters and places
are read as in `evaluate.adherence`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.data.storybook import sample_scene
from soundstage.errors import InputError
from soundstage.evaluate.adherence import read_clips
from soundstage.evaluate.reader import CELLS, load_reader, prepare
from soundstage.evaluate.table import Measure
from soundstage.media import Video
from soundstage.render.animatic import render_scene
from soundstage.render.camera import keys_of
from soundstage.render.scene import Actor, Camera, Scene, possible
from soundstage.render.sprites import anchor_of
from soundstage.tasks.extend_clip import extend_clip
from soundstage.tasks.paint import paint
from soundstage.tasks.reshoot import followed
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_motion import Stroke
from soundstage.tasks.storyboard import storyboard

SECONDS, FPS, SIDE = 2.0, 10, 128
SIZE = f"{SIDE}x{SIDE}"
EACH = 2  # frames from look to look at the camera
CAMERAS = ("pan left 0.25", "pan right 0.25", "tilt up 0.15", "tilt down 0.15", "zoom in 1.4", "zoom out 1.4")
WITHIN = 0.2
CHARACTERS = (
    ("dog", "golden"), ("fox", "orange"), ("cat", "black"), ("robot", "blue"), ("rabbit", "white"), ("girl", "red"),
)  # fmt: skip
SHOTS = ("meadow", "forest", "beach", "city", "snowfield")
MINUTE, ENDS = 60.0, 5.0
LOOPED = ("a red boat on the sea", "a golden dog runs through a meadow", "a bird flies in the rain over a city")
STORIES = (
    (("a golden dog runs through a meadow", "it sits", "the dog sleeps at night"), ("dog", "golden", "meadow")),
    (("a red car drives through a city", "it drives in the rain", "the car stands at night"), ("car", "red", "city")),
    (("a girl in a blue dress walks on a beach", "she waves", "the girl runs at sunset"), ("girl", "blue", "beach")),
    (("an orange fox walks through a forest", "it runs", "the fox sits at dawn"), ("fox", "orange", "forest")),
    (("a black cat walks through a village", "it sits", "the cat jumps at night"), ("cat", "black", "village")),
)
"""Shots of a story, and its subject, colour and place."""
STILL = ("stand", "float", "fly", "swim", "sail", "drive")


def control(model_ref: str = "starter/video", count: int = 24, seed: int = 0) -> list[Measure]:
    """All rows: `count` cameras, half as many paths, six characters in five shots each, five stories, a minute, three
    loops.
    """
    return [
        *cameras(model_ref, count, seed), *paths(model_ref, count // 2, seed), *characters(model_ref, seed),
        *stories(model_ref, seed), *minute(model_ref, seed), *loops(model_ref, seed),
    ]  # fmt: skip


def cameras(model_ref: str, count: int, seed: int) -> list[Measure]:
    """Cameras in values, measured on the model's clips and on the renderer's of the same scenes."""
    rng = np.random.default_rng((seed, 5))
    ours: list[float] = []
    real: list[float] = []
    for index in range(count):
        said = CAMERAS[index % len(CAMERAS)]
        name, way, size = said.split()
        asked = np.log(float(size)) if name == "zoom" else float(size)
        asked = -asked if way in ("left", "up", "out") else asked
        still = _alone(rng)
        made = shoot(layout=still, camera=said, seconds=SECONDS, fps=FPS, size=SIZE, model=model_ref, seed=seed + index)
        told = replace(still, camera=Camera(keys=keys_of(said, SECONDS)))
        true = render_scene(told, SECONDS, FPS, (SIDE, SIDE))
        for clip, off in ((made, ours), (true, real)):
            off.append(abs(travel(clip.frames, name) / asked - 1))
    within = [float(np.mean(np.array(off) <= WITHIN)) for off in (ours, real)]
    off_by, real_by = (100 * float(np.median(off)) for off in (ours, real))
    note = f"pans, tilts and zooms by a fit; median {off_by:.0f}% off, the renderer's {real_by:.0f}%"
    return [
        Measure(
            name="camera values within a fifth",
            value=within[0],
            unit="share",
            ceiling=within[1],
            count=count,
            note=note,
        )
    ]


def travel(frames: NDArray[np.uint8], name: str) -> float:
    """How far the camera goes: pan, tilt (widths, heights) or the log of the zoom."""
    chosen = frames[::EACH]
    keys = followed(list(chosen), boxes(chosen))
    first, last = (getattr(key, name) for key in (keys[0], keys[-1]))
    return float(np.log(last / first)) if name == "zoom" else float(last - first)


@torch.inference_mode()
def boxes(frames: NDArray[np.uint8]) -> list[tuple[float, float, float, float] | None]:
    """Where the reader's map has the subject in each frame, half as wide again; None where it finds nobody."""
    x = torch.stack([prepare(frame[None])[0] for frame in frames])
    found = torch.sigmoid(load_reader().sight.finder(x))
    out: list[tuple[float, float, float, float] | None] = []
    for cells in found:
        rows, columns = (cells > 0.5).nonzero(as_tuple=True)
        if len(rows) < 3:
            out.append(None)
            continue
        left, right = (float(value) / CELLS for value in (columns.min(), columns.max() + 1))
        top, bottom = (float(value) / CELLS for value in (rows.min(), rows.max() + 1))
        wide, high = (right - left) / 4, (bottom - top) / 4
        out.append((max(0.0, left - wide), max(0.0, top - high), min(1.0, right + wide), min(1.0, bottom + high)))
    return out


@torch.inference_mode()
def centre(frame: NDArray[np.uint8]) -> tuple[float, float] | None:
    """The middle of what the reader's map has as the subject."""
    cells = torch.sigmoid(load_reader().sight.finder(prepare(frame[None])[:1]))[0]
    rows, columns = (cells > 0.5).nonzero(as_tuple=True)
    if len(rows) < 3:
        return None
    return (
        float(columns.min() + columns.max() + 1) / 2 / CELLS,
        float(rows.min() + rows.max() + 1) / 2 / CELLS,
    )


def paths(model_ref: str, count: int, seed: int) -> list[Measure]:
    """How far from the end of a drawn path the subject is seen at the end, in widths."""
    rng = np.random.default_rng((seed, 6))
    ours: list[float] = []
    real: list[float] = []
    for index in range(count):
        scene = _alone(rng)
        actor = scene.actors[0]
        side = actor.size * (1 - 0.45 * actor.depth)
        ends = [(float(x), float(y)) for x, y in ((rng.uniform(0.2, 0.35), rng.uniform(0.4, 0.7)),
                                                  (rng.uniform(0.6, 0.8), rng.uniform(0.4, 0.7)))]  # fmt: skip
        stroke = Stroke(subject=actor.subject, path=tuple(ends))
        text = f'[{{"subject": "{actor.subject}", "path": {[list(point) for point in stroke.path]}}}]'
        made = shoot(layout=scene, motion=text, seconds=SECONDS, fps=FPS, size=SIZE, model=model_ref,
                     seed=seed + index)  # fmt: skip
        ax, ay = anchor_of(actor.subject, actor.action)
        path = tuple((x + (ax - 0.5) * side, y + (ay - 0.5) * side) for x, y in ends)
        told = replace(scene, actors=(replace(actor, path=path, facing="right"),))
        true = render_scene(told, SECONDS, FPS, (SIDE, SIDE))
        for clip, out in ((made, ours), (true, real)):
            seen = centre(clip.frames[-1])
            out.append(1.0 if seen is None else float(np.hypot(seen[0] - ends[1][0], seen[1] - ends[1][1])))
    return [
        Measure(name="a drawn path's end", value=float(np.median(ours)), unit="widths", ceiling=float(np.median(real)),
                count=count, spread=float(np.std(ours)), note="median of the subject's middle; 0.06 is the aim")
    ]  # fmt: skip


def characters(model_ref: str, seed: int) -> list[Measure]:
    """Six characters, each known from a picture, in five places: subject and colour read."""
    clips, wanted, missed = [], [], 0
    for subject, colour in CHARACTERS:
        picture = paint(f"a {colour} {subject} stands in a meadow", size="256x256", model=model_ref, seed=seed)
        for index, place in enumerate(SHOTS):
            scene = Scene(place=place, seed=seed + index, actors=(Actor(subject="dog", colour="brown", size=0.5),))
            try:
                clip = shoot(
                    layout=scene, references=[picture], seconds=1, fps=5, size=SIZE, model=model_ref, seed=seed + index
                )
            except InputError:  # nobody was seen in the picture
                missed += 1
                continue
            clips.append(clip.frames)
            wanted.append((subject, colour))
    words = [reading.words for reading in read_clips(clips)]
    count = len(clips) + missed
    return [
        Measure(
            name=f"a referenced character's {name}",
            value=sum(read[name] == want[k] for read, want in zip(words, wanted, strict=True)) / count,
            unit="share",
            count=count,
            note="six characters, five shots each",
        )
        for k, name in enumerate(("subject", "colour"))
    ]


def stories(model_ref: str, seed: int) -> list[Measure]:
    """Stories of three shots, in the later of which nobody and no place is named anew: all are read as in the first."""
    right: dict[bool, list[list[bool]]] = {True: [], False: []}
    for index, (shots, words) in enumerate(STORIES):
        clip = storyboard(list(shots), seconds=[1.0], fps=5, size=SIZE, model=model_ref, seed=seed + index).frames
        read = read_clips(np.array_split(clip, len(shots)))
        for number, reading in enumerate(read):
            found = [
                reading.words[name] == word for name, word in zip(("subject", "colour", "place"), words, strict=True)
            ]
            right[number == 0].append(found)
    first, later = (np.mean(right[is_first], axis=0) for is_first in (True, False))
    return [
        Measure(name=f"a story's {name}", value=float(later[k]), unit="share", ceiling=float(first[k]),
                count=len(right[False]), note="in its second and third shot, beside its first")
        for k, name in enumerate(("subject", "colour", "place"))
    ]  # fmt: skip


def minute(model_ref: str, seed: int) -> list[Measure]:
    """A clip of four seconds gone on with to a minute: its last seconds read as its first."""
    prompts = (
        ("a golden dog runs to the right through a meadow", {"place": "meadow", "subject": "dog", "colour": "golden"}),
        ("a red boat sails on the sea at sunset", {"place": "sea", "subject": "boat", "colour": "red"}),
        ("an orange fox walks to the left through a forest", {"place": "forest", "subject": "fox", "colour": "orange"}),
    )
    shares: dict[str, list[bool]] = {"first": [], "last": []}
    drift = []
    for index, (prompt, words) in enumerate(prompts):
        clip = shoot(prompt, seconds=4, fps=8, size=SIZE, camera="static", model=model_ref, seed=seed + index)
        whole = extend_clip(clip, seconds=MINUTE, model=model_ref, seed=seed).frames
        edge = round(ENDS * 8)
        ends = whole[:edge], whole[-edge:]
        for name, read in zip(shares, read_clips(list(ends)), strict=True):
            shares[name] += [read.words[key] == word for key, word in words.items()]
        drift.append(np.abs(ends[0].mean((0, 1, 2)) - ends[1].mean((0, 1, 2))).max())
    return [
        Measure(name="a minute: its last five seconds", value=float(np.mean(shares["last"])), unit="share",
                ceiling=float(np.mean(shares["first"])), count=len(shares["last"]),
                note=f"place, subject, colour read; beside its first five; colours drift by {max(drift):.1f} of 255")
    ]  # fmt: skip


def loops(model_ref: str, seed: int) -> list[Measure]:
    """The step over the seam of a loop, beside the median step within."""
    found = []
    for index, prompt in enumerate(LOOPED):
        clip = shoot(prompt, seconds=3, fps=FPS, size=SIZE, loop=True, model=model_ref, seed=seed + index)
        found.append(seam(clip))
    return [Measure(name="a loop's seam", value=float(max(found)), unit="times", count=len(found),
                    note="the worst step from end to beginning, over the median step")]  # fmt: skip


def seam(clip: Video) -> float:
    """The change from the last frame to the first, in median changes from frame to frame."""
    frames = clip.frames.astype(np.float32)
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    return float(np.abs(frames[-1] - frames[0]).mean() / max(float(np.median(steps)), 1e-3))


def _alone(rng: np.random.Generator) -> Scene:
    """A held-out scene with one subject that stands, large enough to be found, and no rain or snow before it."""
    while True:
        scene = sample_scene(rng, split="test")
        actor = scene.actors[0]
        able = [action for action in STILL if possible(actor.subject, action, scene.place)]
        if able and scene.weather in ("clear", "fog") and scene.place not in ("space", "underwater"):
            still = Actor(subject=actor.subject, colour=actor.colour, action=able[0], size=0.42, depth=0.2, x=0.5)
            return replace(scene, actors=(still,), camera=Camera())
