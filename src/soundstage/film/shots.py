"""What a shot asks of the picture makers: a storybook scene, and the same scene in words.

Notable: the words are those of the captions that the video model learned from, in their plainest order; two takes of
one long shot differ in camera and seed only, and a character looks the same in both.
"""

from __future__ import annotations

import hashlib
import math

from soundstage.film.script import Script, Shot
from soundstage.film.writing.grammar import article
from soundstage.render.motion import PACE
from soundstage.render.scene import Actor as Performer
from soundstage.render.scene import Camera, Scene

LONGEST_TAKE = 9.0
"""Seconds of one clip; a longer shot is made of several takes."""
_DRESSED = {"keeper": "coat", "woman": "dress", "girl": "dress", "boy": "shirt"}
_NOUNS = {"keeper": "lighthouse keeper"}
_DOES = {
    "stand": "stands",
    "walk": "walks",
    "run": "runs",
    "jump": "jumps",
    "sit": "sits",
    "sleep": "sleeps",
    "wave": "waves",
    "fly": "flies",
    "float": "floats",
    "swim": "swims",
    "sail": "sails",
    "drive": "drives",
}
_WAYS = {
    "left": "to the left",
    "right": "to the right",
    "up": "upwards",
    "down": "downwards",
    "toward": "towards us",
    "away": "away from us",
    "still": "",
}
_WHERE = {
    "meadow": "in a meadow",
    "beach": "on a beach",
    "forest": "in a forest",
    "city": "in a city",
    "mountains": "in the mountains",
    "desert": "in the desert",
    "sea": "on the sea",
    "underwater": "underwater",
    "space": "in space",
    "snowfield": "in the snow",
    "village": "in a village",
    "lighthouse": "by the lighthouse",
    "room": "in a room",
}
_WHEN = {"day": "on a bright day", "sunset": "at sunset", "night": "at night", "dawn": "at dawn"}
_WEATHER = {"clear": "", "rain": "in the rain", "snow": "while it snows", "fog": "in the fog"}
_OTHER_ANGLE = {
    "static": "zoom in",
    "zoom in": "pan right",
    "zoom out": "pan left",
    "pan left": "zoom in",
    "pan right": "zoom out",
    "tilt up": "zoom out",
    "tilt down": "zoom in",
    "follow": "pan right",
}


def takes_of(shot: Shot) -> int:
    """How many clips the shot is made of."""
    return math.ceil(shot.seconds / LONGEST_TAKE)


def camera_of(shot: Shot, take: int) -> str:
    """The camera move of a take: the shot's own, then another angle, in turn."""
    move: str = shot.camera
    for _ in range(take):
        move = _OTHER_ANGLE[move]
    return move


def seed_of(script: Script, shot: Shot, take: int) -> int:
    """A seed for the take, the same in every shot of a place: it looks the same when the film returns."""
    text = f"{script.bible.seed}/{shot.place}/{take}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def scene_of(script: Script, shot: Shot, take: int = 0) -> Scene:
    """The shot as a storybook scene. Who shares a picture with others moves slowly, so as not to run them over."""
    crowd = len(shot.actors) > 1
    seconds = min(shot.seconds, LONGEST_TAKE)
    performers: list[Performer] = []
    for actor in shot.actors:
        character = script.character(actor.character)
        pace = PACE.get(actor.action, 0.0)
        speed = min(1.0, 0.42 / (pace * seconds)) if crowd and pace else 1.0
        performers.append(
            Performer(
                subject=character.subject,
                colour=character.colour,
                action=actor.action,
                direction=actor.direction,
                x=actor.x,
                size=actor.size,
                depth=0.15 + 0.02 * len(performers),
                speed=speed,
                facing=actor.facing,
            )
        )
    return Scene(
        place=shot.place,
        time=shot.time,
        weather=shot.weather,
        seed=seed_of(script, shot, take) % 8,
        actors=tuple(performers),
        camera=Camera(move=camera_of(shot, take), amount=0.8),
    )


def prompt_of(scene: Scene) -> str:
    """The scene in a sentence: `an orange cat walks to the right and a blue whale sleeps on a beach at sunset`."""
    who = " and ".join(_performance(actor) for actor in scene.actors) or "an empty landscape"
    return " ".join(part for part in (who, _WHERE[scene.place], _WHEN[scene.time], _WEATHER[scene.weather]) if part)


def _performance(actor: Performer) -> str:
    noun = _NOUNS.get(actor.subject, actor.subject)
    if actor.subject in _DRESSED:
        who = f"{article(noun)} {noun} in {article(actor.colour)} {actor.colour} {_DRESSED[actor.subject]}"
    else:
        who = f"{article(actor.colour)} {actor.colour} {noun}"
    slow = "slowly" if actor.speed < 0.75 and actor.direction != "still" else ""
    return " ".join(part for part in (who, _DOES[actor.action], _WAYS[actor.direction], slow) if part)
