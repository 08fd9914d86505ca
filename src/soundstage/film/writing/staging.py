"""Who stands where in a shot, doing what, under which camera: the pictures of each beat of a plot.

Notable: only what the storybook can draw is asked for; each wish ("go") is a list of actions from the best to the last
resort, and a hero who cannot be at a place is carried there by a vessel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from soundstage.film.script import Actor, Character
from soundstage.film.writing.casting import Cast, can_be, near
from soundstage.render.scene import PLACE_LEVELS, actions_at, directions_of, times_at, weathers_at

DOES = {
    "rest": ("stand", "sit", "float", "swim", "sail", "fly", "drive"),
    "sit": ("sit", "stand", "float", "swim", "sail", "fly", "drive"),
    "low": ("sleep", "float", "sit", "stand", "swim", "sail", "fly"),
    "go": ("walk", "swim", "sail", "fly", "float", "drive", "run"),
    "fast": ("run", "fly", "swim", "drive", "sail", "walk", "float", "jump"),
    "joy": ("jump", "wave", "fly", "swim", "run", "drive", "sail", "float"),
}
_SIZES = {
    "whale": 0.62,
    "horse": 0.52,
    "train": 0.56,
    "boat": 0.5,
    "rocket": 0.5,
    "balloon": 0.5,
    "car": 0.44,
    "keeper": 0.52,
    "woman": 0.5,
    "girl": 0.44,
    "boy": 0.44,
    "robot": 0.48,
    "dog": 0.42,
    "fox": 0.4,
    "cat": 0.4,
    "rabbit": 0.36,
    "bird": 0.34,
    "fish": 0.36,
}
Stage = Callable[[Cast, str, str], tuple[tuple[Actor, ...], str]]
"""Who is seen at a place, facing a way; and the camera that the stage wants, if any."""
_STORMS = ("rain", "snow", "fog")
_LATER = {"dawn": "day", "day": "sunset", "sunset": "night", "night": "dawn"}


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A shot's picture, before it has words."""

    place: str
    time: str
    weather: str
    actors: tuple[Actor, ...]
    camera: str


def set_up(
    stage: str,
    cast: Cast,
    *,
    time: str,
    weather: str,
    camera: str,
    last: bool,
    forward: bool = True,
    place: str | None = None,
) -> Setup:
    """The picture of one beat. `forward` is the side that the story moves to; `last` lets the day move on.

    `place` overrules where the beat would happen.
    """
    place = place or _place_of(stage, cast)
    way = "right" if forward else "left"
    actors, wish = _STAGES[stage](cast, place, way)
    if last:
        time = _LATER[time]
    time = time if time in times_at(place) else times_at(place)[0]
    if stage in ("hero_storm", "hero_lost") and weather == "clear":
        weather = next(
            (w for w in _STORMS if w in weathers_at(place) and (w != "snow" or place in ("snowfield", "mountains"))),
            "clear",
        )
    weather = weather if weather in weathers_at(place) else "clear"
    camera = wish or camera
    if camera == "follow" and not any(a.direction in ("left", "right") for a in actors):
        camera = f"pan {way}"
    return Setup(place=place, time=time, weather=weather, actors=actors, camera=camera)


_THERE = {"meet", "other", "together", "farewell", "hero_far", "hero_arrives", "found", "race_far", "hero_lost"}


def _place_of(stage: str, cast: Cast) -> str:
    """Beats that lead away from home happen at the other place, as far as everybody in them can be there."""
    place = cast.there if stage in _THERE else cast.home
    shown = (
        [role for role in (cast.hero, cast.other) if role is not None]
        if stage in ("meet", "together", "farewell", "other", "found")
        else []
    )
    if any(not can_be(role.character.subject, place) for role in shown):
        for other in (cast.there, cast.home, near(shown[0].character.subject, place), "beach", "meadow"):
            if all(can_be(role.character.subject, other) for role in shown):
                return other
    return place


def _act(
    character: Character, place: str, does: str, way: str, *, x: float, facing: str = "right", scale: float = 1.0
) -> Actor | None:
    """An actor doing the best that it can; None where it cannot be at all."""
    able = actions_at(character.subject, place)
    if not able:
        return None
    action = next((a for a in DOES[does] if a in able), able[0])
    directions = directions_of(character.subject, action)
    wanted = way if does in ("go", "fast", "joy") else "still"
    direction = next((d for d in (wanted, "still", way) if d in directions), directions[0])
    size = min(0.72, _SIZES[character.subject] * scale)
    if action == "sleep" and character.subject == "whale":
        size *= 1.1
    return Actor(character=character.id, action=action, direction=direction, x=x, size=round(size, 3), facing=facing)  # type: ignore[arg-type]


def _keep(*actors: Actor | None) -> tuple[Actor, ...]:
    return tuple(actor for actor in actors if actor is not None)


def _heroes(
    cast: Cast, place: str, does: str, way: str, *, x: float, facing: str = "right", scale: float = 1.0
) -> tuple[Actor, ...]:
    """The hero, with a partner beside if there is one, or in a vessel where it could not be by itself."""
    if cast.hero is None:
        return ()
    if not actions_at(cast.hero.character.subject, place):
        vessel = cast.vessels.get(place)
        return _keep(_act(vessel, place, does, way, x=x, facing=facing, scale=scale)) if vessel is not None else ()
    first = _act(cast.hero.character, place, does, way, x=x, facing=facing, scale=scale)
    if cast.partner is None:
        return _keep(first)
    aside = x + (0.26 if x < 0.5 else -0.26)
    return _keep(first, _act(cast.partner, place, does, way, x=aside, facing=facing, scale=scale * 0.9))


def _hero(does: str, *, x: float = 0.5, scale: float = 1.0, camera: str = "") -> Stage:
    """A stage with the hero alone."""

    def stage(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
        return _heroes(cast, place, does, way, x=x, scale=scale), camera

    return stage


def _meet(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    x = 0.27 if cast.partner is None else 0.18
    hero = _heroes(cast, place, "rest", way, x=x)
    if cast.other is None or cast.other.character == cast.partner:
        return hero, "zoom in"
    other = _act(cast.other.character, place, "low" if cast.needy else "rest", way, x=0.7, facing="left")
    return (*hero, *_keep(other)), "zoom in"


def _other(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    if cast.other is None:
        return _heroes(cast, place, "sit", way, x=0.5, scale=1.15), "zoom in"
    return _keep(
        _act(cast.other.character, place, "low" if cast.needy else "sit", way, x=0.5, facing="left", scale=1.15)
    ), ""


def _help(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    helper = _act(cast.helper.character, place, "go", "left", x=0.72, facing="left")
    return (*_heroes(cast, place, "rest", "right", x=0.27), *_keep(helper)), "zoom in"


def _together(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    hero = _heroes(cast, place, "joy", way, x=0.28)
    if cast.other is None or cast.other.character == cast.partner:
        return hero, "follow"
    return (*hero, *_keep(_act(cast.other.character, place, "joy", way, x=0.68))), f"pan {way}"


def _race(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    hero = _heroes(cast, place, "fast", way, x=0.4)
    if cast.other is None or cast.other.character == cast.partner:
        return hero, "follow"
    return (*hero, *_keep(_act(cast.other.character, place, "fast", way, x=0.66))), "follow"


def _farewell(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    hero = _heroes(cast, place, "sit", way, x=0.24)
    if cast.other is None or cast.other.character == cast.partner:
        return hero, "zoom out"
    free = "joy" if "surface" in PLACE_LEVELS[place] else "go"
    return (*hero, *_keep(_act(cast.other.character, place, free, "right", x=0.66))), "zoom out"


def _apart(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    hero = _heroes(cast, place, "sit", way, x=0.2, facing="left")
    if cast.other is None or cast.other.character == cast.partner:
        return hero, "zoom out"
    return (*hero, *_keep(_act(cast.other.character, place, "rest", way, x=0.78))), "zoom out"


def _found(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    if cast.other is None or cast.other.character == cast.partner:
        return _heroes(cast, place, "joy", way, x=0.5), "zoom out"
    return _meet(cast, place, way)[0], "zoom out"


def _empty(_cast: Cast, _place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    return (), f"pan {way}"


def _passing(cast: Cast, place: str, way: str) -> tuple[tuple[Actor, ...], str]:
    return _keep(_act(cast.helper.character, place, "go", way, x=0.5, scale=0.8)), ""


_STAGES = {
    "hero_here": _hero("go", x=0.45),
    "hero_here2": _hero("sit", x=0.56, scale=1.15, camera="zoom in"),
    "hero_goes": _hero("go"),
    "hero_fast": _hero("fast", camera="follow"),
    "hero_far": _hero("go", scale=0.8),
    "hero_storm": _hero("rest", x=0.45, camera="zoom in"),
    "hero_lost": _hero("go", x=0.5, scale=0.85, camera="zoom out"),
    "hero_looks": _hero("rest", x=0.4, scale=1.2, camera="zoom in"),
    "hero_arrives": _hero("go", x=0.42, scale=0.85),
    "hero_ends": _hero("sit", x=0.5, camera="zoom out"),
    "hero_triumph": _hero("joy", camera="zoom out"),
    "meet": _meet,
    "other": _other,
    "help": _help,
    "together": _together,
    "race": _race,
    "race_far": _race,
    "farewell": _farewell,
    "apart": _apart,
    "found": _found,
    "place": _empty,
    "passing": _passing,
}
