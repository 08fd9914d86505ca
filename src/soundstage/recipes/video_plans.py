"""Training examples of the video planner: sentences with their meanings as class numbers, and scenes with their
tracks.

Notable: half of the sentences are the storybook's own captions, half are looser English (`video_text`); both become
the same classes.

B batch · N words · P pieces · T track tokens · V track values
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data.storybook import SIZES, caption, sample_scene
from soundstage.models.layered.reader import SLOTS, TEMPI
from soundstage.models.layered.tracker import LONGEST, RATE, VALUES
from soundstage.recipes.video_text import Meaning, Role, sentence
from soundstage.render.motion import View, camera_path, track
from soundstage.render.scene import (
    ABILITIES,
    ACTIONS,
    COLOURS,
    DIRECTIONS,
    MOVES,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
    Actor,
    Camera,
    Scene,
    actions_at,
    directions_of,
)
from soundstage.text.ngrams import PIECES, ngrams

SCENE_WORDS = {"place": PLACES, "time": TIMES, "weather": WEATHERS, "move": MOVES, "tempo": TEMPI}
ROLE_WORDS = {
    "subject": (*SUBJECTS, "nobody"),
    "colour": COLOURS,
    "action": ACTIONS,
    "direction": DIRECTIONS,
    "pace": TEMPI,
}
UNKNOWN = -100  # a target that says nothing
SPEEDS = {"slow": 0.62, "normal": 1.0, "fast": 1.5}
AMOUNTS = {"slow": 0.6, "normal": 1.0, "fast": 1.45}


def meaning_of(scene: Scene) -> Meaning:
    """What a storybook caption of this scene says."""
    pace = {True: "fast", False: "normal"}
    roles = tuple(
        Role(
            subject=a.subject,
            colour=a.colour,
            action=a.action,
            direction=a.direction,
            pace="slow" if a.speed < 0.75 else pace[a.speed > 1.25],
        )
        for a in scene.actors
    )
    return Meaning(
        place=scene.place, time=scene.time, weather=scene.weather, move=scene.camera.move, tempo="", roles=roles
    )


def example(rng: np.random.Generator) -> tuple[str, Meaning]:
    """A sentence with its meaning, half the time a caption of the storybook."""
    if rng.random() < 0.5:
        return sentence(rng)
    scene = sample_scene(rng, split="train", duo=0.3)
    if rng.random() < 0.08:
        scene = Scene(**{**scene.__dict__, "camera": Camera(move="follow")})
    text = caption(scene, rng)
    return (text.lower() if rng.random() < 0.5 else text), meaning_of(scene)


def targets(meaning: Meaning) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Class numbers of the scene's fields, and of each slot's; UNKNOWN where nothing is to be learned."""
    scene = {
        name: words.index(value) if (value := getattr(meaning, name)) in words else UNKNOWN
        for name, words in SCENE_WORDS.items()
    }
    roles: dict[str, list[int]] = {}
    for name, words in ROLE_WORDS.items():
        said = [words.index(getattr(role, name)) for role in meaning.roles[:SLOTS]]
        roles[name] = said + [len(SUBJECTS) if name == "subject" else UNKNOWN] * (SLOTS - len(said))
    return scene, roles


def sentences(
    count: int, rng: np.random.Generator, buckets: int
) -> tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]:
    """Word pieces [B, N, P], scene targets [B] and role targets [B, SLOTS].

    One word in twelve is dropped or misspelt in some sentences.
    """
    rows: list[NDArray[np.int64]] = []
    scenes: list[dict[str, int]] = []
    roles: list[dict[str, list[int]]] = []
    for _ in range(count):
        text, meaning = example(rng)
        rows.append(ngrams(misspelt(text, rng) if rng.random() < 0.15 else text, buckets))
        scene, role = targets(meaning)
        scenes.append(scene)
        roles.append(role)
    pieces = np.zeros((count, max(len(row) for row in rows), PIECES), np.int64)
    for i, row in enumerate(rows):
        pieces[i, : len(row)] = row
    return (
        torch.from_numpy(pieces),
        {name: torch.tensor([scene[name] for scene in scenes]) for name in SCENE_WORDS},
        {name: torch.tensor([role[name] for role in roles]) for name in ROLE_WORDS},
    )


def misspelt(text: str, rng: np.random.Generator) -> str:
    """The text with a letter lost, doubled or swapped in one longer word."""
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) > 4]
    if not long:
        return text
    i = long[int(rng.integers(len(long)))]
    word, at = words[i], int(rng.integers(1, len(words[i]) - 1))
    kind = rng.integers(3)
    words[i] = (
        word[:at]
        + ("" if kind == 0 else word[at] * 2 if kind == 1 else word[at + 1] + word[at])
        + word[at + 1 + (kind == 2) :]
    )
    return " ".join(words)


def values(scene: Scene, tokens: int) -> NDArray[np.float32]:
    """The tracks of a scene [T, V]: the camera, and the actors as they move in the picture, before the camera."""
    seconds = tokens / RATE
    out = np.zeros((tokens, VALUES), np.float32)
    lead = scene.actors[0] if scene.actors else None
    for i, view in enumerate(camera_path(scene.camera, tokens, seconds=seconds, lead=lead)):
        out[i, :3] = view.x, view.y, view.zoom - 1
    still = tuple(View() for _ in range(tokens))
    for slot, actor in enumerate(scene.actors[:SLOTS]):
        poses = track(actor, scene.camera, seconds, RATE, place=scene.place, views=still)
        turns = np.diff([pose.phase for pose in poses], append=poses[-1].phase) % 1.0
        rate = float(np.median(turns[:-1])) * RATE if tokens > 1 else 0.5
        for i, pose in enumerate(poses):
            angle = 2 * np.pi * pose.phase
            row = (
                pose.x,
                pose.y + pose.lift,
                np.log(pose.scale),
                pose.angle,
                pose.lift,
                np.sin(angle),
                np.cos(angle),
                rate,
            )
            out[i, 3 + 8 * slot : 11 + 8 * slot] = row
    return out


def planned(rng: np.random.Generator) -> tuple[Scene, list[int], list[list[int]]]:
    """A scene for the tracker, with its scene classes (place, move, tempo) and role classes (subject, action,
    direction, pace) by slot.
    """
    place = PLACES[int(rng.integers(len(PLACES)))]
    move = "static" if rng.random() < 0.2 else MOVES[int(rng.integers(1, len(MOVES)))]
    tempo = TEMPI[int(rng.choice(3, p=(0.25, 0.5, 0.25)))]
    count = int(rng.choice((1, 1, 1, 2, 2, 3)))
    actors, classes = [], []
    for x in _stands(count, rng):
        fitting = [s for s in SUBJECTS if actions_at(s, place)] if rng.random() < 0.75 else SUBJECTS
        subject = fitting[int(rng.integers(len(fitting)))]
        actions = actions_at(subject, place) or tuple(ABILITIES[subject])
        action = actions[int(rng.integers(len(actions)))]
        directions = directions_of(subject, action)
        direction = directions[int(rng.integers(len(directions)))]
        pace = TEMPI[int(rng.choice(3, p=(0.25, 0.5, 0.25)))]
        size = SIZES[subject] * rng.uniform(0.95, 1.1) * (1, 1, 0.85, 0.74)[count]
        facing = "right" if direction not in ("left", "right") else direction
        actors.append(
            Actor(
                subject=subject,
                action=action,
                direction=direction,
                size=size,
                depth=rng.uniform(0.08, 0.3),
                x=x,
                speed=SPEEDS[pace],
                facing=facing,
            )
        )
        classes.append([SUBJECTS.index(subject), ACTIONS.index(action), DIRECTIONS.index(direction), TEMPI.index(pace)])
    nobody = [len(SUBJECTS), len(ACTIONS), len(DIRECTIONS), len(TEMPI)]
    scene = Scene(place=place, camera=Camera(move=move, amount=AMOUNTS[tempo]), actors=tuple(actors))
    return scene, [PLACES.index(place), MOVES.index(move), TEMPI.index(tempo)], classes + [nobody] * (SLOTS - count)


def _stands(count: int, rng: np.random.Generator) -> Sequence[float]:
    """Where that many actors stand at the middle of the clip."""
    middle: tuple[float, ...] = ((0.5,), (0.28, 0.72), (0.2, 0.52, 0.82))[count - 1]
    return [x + rng.uniform(-0.04, 0.04) for x in middle]


def tracks(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Tracks [B, T, V], scene classes [B, 3], role classes [B, SLOTS, 4]; all of one random length."""
    tokens = round(float(rng.choice((rng.uniform(1, LONGEST), rng.uniform(2, 5)))) * RATE) + 1
    scenes = [planned(rng) for _ in range(count)]
    return (
        torch.from_numpy(np.stack([values(scene, tokens) for scene, _, _ in scenes])),
        torch.tensor([scene for _, scene, _ in scenes]),
        torch.tensor([roles for _, _, roles in scenes]),
    )
