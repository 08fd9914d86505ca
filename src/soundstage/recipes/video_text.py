"""Sentences with their meanings: what teaches the video planner to read free text.

Notable: everyday words (`video_words`) are put into loose English, with parts left out at random; what is left out
keeps a natural value (a wolf is grey, a whale is at sea, it is day), so the planner learns defaults from the same
examples. One sentence in seven asks for something that the storybook would not draw by itself (a dog in space): what
is said always wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from soundstage.recipes import video_words as w
from soundstage.render.scene import (
    CAMERA_WORDS,
    PLACES,
    SUBJECTS,
    actions_at,
    directions_of,
    times_at,
)

FAST = ("quickly", "fast", "swiftly", "at full speed", "rapidly", "as fast as it can")
SLOW = ("slowly", "gently", "calmly", "lazily", "softly", "at a leisurely pace")
PREPOSITIONS = {
    "room": ("in the", "inside a", "in a"),
    "sea": ("on the", "at the", "across the", "in the"),
    "space": ("in", "through", "across", "in the"),
    "underwater": ("in the", "through the", "over the"),
}
ACROSS = (
    "in a",
    "in the",
    "through a",
    "through the",
    "across a",
    "across the",
    "along the",
    "at the",
    "over the",
    "on the",
    "near the",
    "by the",
)
MEETS = (
    "finds",
    "meets",
    "chases",
    "follows",
    "watches",
    "plays with",
    "looks at",
    "greets",
    "discovers",
    "helps",
    "and",
    "with",
    "next to",
    "and",
    "beside",
    "sees",
)
NATURAL = {
    "dog": "brown",
    "cat": "orange",
    "fox": "orange",
    "rabbit": "white",
    "horse": "brown",
    "bird": "blue",
    "fish": "orange",
    "whale": "blue",
    "keeper": "golden",
    "woman": "red",
    "girl": "red",
    "boy": "blue",
    "robot": "grey",
    "car": "red",
    "train": "green",
    "boat": "red",
    "rocket": "red",
    "balloon": "red",
}


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a sentence says of one subject, in the words of `render.scene`; `pace` is slow, normal or fast."""

    subject: str
    colour: str
    action: str
    direction: str
    pace: str


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a sentence means."""

    place: str
    time: str
    weather: str
    move: str
    tempo: str  # of the camera
    roles: tuple[Role, ...]


def _pick(rng: np.random.Generator, options: tuple[str, ...] | list[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _forms(verb: str, rng: np.random.Generator) -> str:
    """A third-person verb phrase in one of its forms: runs, running, is running, ran away from here."""
    head, *rest = verb.split()
    if head == "is" or not head.endswith("s"):
        return verb if rng.random() < 0.5 or head != "is" else " ".join(rest)
    stem = (
        head[:-2]
        if head.endswith(("shes", "ches", "sses", "xes", "oes"))
        else head[:-3] + "y"
        if head.endswith("ies")
        else head[:-1]
    )
    doubled = (
        stem + stem[-1]
        if stem in ("run", "swim", "sit", "jog", "bob", "hop", "nap", "stop", "step", "trot", "flap", "skip")
        else stem
    )
    ing = (
        doubled if doubled != stem else stem[:-1] if stem.endswith("e") and not stem.endswith("ee") else stem
    ) + "ing"
    kind = rng.random()
    form = head if kind < 0.45 else ing if kind < 0.75 else f"is {ing}" if kind < 0.92 else stem
    return " ".join((form, *rest))


def _subject(rng: np.random.Generator, subject: str, colour: str | None) -> tuple[str, str, str | None]:
    """A noun phrase, the colour it means, and the place it suggests."""
    nouns = w.NOUNS[subject]
    noun = nouns[0] if rng.random() < 0.4 else nouns[int(rng.integers(len(nouns)))]
    said = [_pick(rng, w.COLOURS[colour])] if colour else []
    if rng.random() < 0.35:
        said.insert(0, _pick(rng, w.ADJECTIVES))
    word = noun.word
    if subject in ("woman", "girl", "boy", "keeper") and colour and rng.random() < 0.4:
        coat = _pick(rng, ("coat", "dress", "jacket", "scarf", "sweater", "shirt", "hat"))
        said, word = said[:-1], f"{word} in a {said[-1]} {coat}"
    phrase = " ".join([*said, word])
    owner = rng.random()
    if owner < 0.06:
        other = _pick(rng, [s for s in SUBJECTS if s != subject])
        phrase = f"{_pick(rng, ('a', 'the'))} {w.NOUNS[other][0].word}'s {phrase}"
    elif owner < 0.93:
        phrase = f"{_pick(rng, ('a', 'a', 'the', 'one'))} {phrase}"
    if rng.random() < 0.05:
        phrase += f" named {_pick(rng, ('Luna', 'Max', 'Pip', 'Bella', 'Otto', 'Mira'))}"
    return phrase, colour or noun.colour or NATURAL[subject], noun.place


def _role(rng: np.random.Generator, place: str) -> tuple[str, str | None, Role, str, str]:
    """(noun phrase, suggested place, role, verb phrase, direction phrase) of somebody at this place."""
    fitting = [s for s in SUBJECTS if actions_at(s, place)]
    subject = _pick(rng, SUBJECTS if rng.random() < 0.3 else fitting)
    actions = actions_at(subject, place) or tuple(w_ for w_ in w.ACTIONS if w_ in _abilities(subject))
    action = _pick(rng, actions)
    colour = _pick(rng, list(w.COLOURS)) if rng.random() < 0.65 else None
    phrase, meant, suggested = _subject(rng, subject, colour)
    directions = directions_of(subject, action)
    direction = _pick(rng, directions)
    says = direction != "still" and rng.random() < 0.7
    if not says:  # nothing said: sideways if it can move at all
        sideways = [d for d in directions if d in ("left", "right")]
        direction = _pick(rng, sideways) if sideways else direction
    toward = _pick(rng, w.DIRECTIONS[direction]) if says and w.DIRECTIONS[direction] else ""
    verb = _forms(_pick(rng, w.ACTIONS[action]), rng)
    pace = "normal"
    if direction != "still" and rng.random() < 0.25:
        pace = _pick(rng, ("slow", "fast"))
        adverb = _pick(rng, FAST if pace == "fast" else SLOW)
        verb = f"{adverb} {verb}" if rng.random() < 0.3 else f"{verb} {adverb}"
    return (
        phrase,
        suggested,
        Role(subject=subject, colour=meant, action=action, direction=direction, pace=pace),
        verb,
        toward,
    )


def _abilities(subject: str) -> tuple[str, ...]:
    from soundstage.render.scene import ABILITIES

    return tuple(ABILITIES[subject])


def _where(rng: np.random.Generator, place: str) -> str:
    phrase = _pick(rng, w.PLACES[place])
    first = phrase.split()[0]
    if first in ("among", "under", "beneath", "indoors", "inside", "underwater", "downtown"):
        return phrase
    lead = _pick(rng, PREPOSITIONS.get(place, ACROSS) if rng.random() < 0.7 else ACROSS)
    adjective = (
        f" {_pick(rng, ('quiet', 'wide', 'beautiful', 'green', 'old', 'sunny', 'calm', 'little', 'empty'))}"
        if rng.random() < 0.15
        else ""
    )
    return f"{lead}{adjective} {phrase}"


def _camera(rng: np.random.Generator) -> tuple[str, str, str]:
    """(phrase, move, tempo)."""
    move = _pick(rng, [m for m in CAMERA_WORDS if m != "static"] if rng.random() < 0.9 else ["static"])
    phrase = _pick(rng, CAMERA_WORDS[move]).strip()
    tempo = "normal"
    if any(slow in phrase for slow in ("slow", "gentl")):
        tempo = "slow"
    elif rng.random() < 0.25 and not phrase.startswith("camera"):
        tempo, word = (
            ("slow", _pick(rng, ("slow", "gentle", "soft")))
            if rng.random() < 0.6
            else ("fast", _pick(rng, ("fast", "quick", "swift")))
        )
        phrase = f"{word} {phrase}"
    if phrase.startswith("camera") and rng.random() < 0.6:
        phrase = f"the {phrase}"
    return phrase, move, tempo


def sentence(rng: np.random.Generator) -> tuple[str, Meaning]:
    """A sentence and its meaning; one in twenty-five has nobody in it."""
    place = _pick(rng, PLACES)
    if rng.random() < 0.04:
        return _landscape(rng, place)
    roles: list[Role] = []
    phrase, suggested, role, verb, toward = _role(rng, place)
    says_place = rng.random() < 0.82
    if not says_place:
        natural = suggested or _default_place(rng, role)
        place = natural
    roles.append(role)
    said_time, said_weather = rng.random() < 0.6, rng.random() < 0.3
    time = _pick(rng, list(w.TIMES)) if said_time else times_at(place)[0]
    weather = _pick(rng, list(w.WEATHERS)) if said_weather else "clear"
    middle = [verb, toward] if toward else [verb]
    if rng.random() < 0.28:
        phrase2, _, role2, verb2, toward2 = _role(rng, place)
        link = _pick(rng, MEETS)
        if rng.random() < 0.4:
            middle += [_pick(rng, ("while", "and", "as")), phrase2, verb2, toward2]
        else:
            middle = [verb, toward] if link in ("and", "with", "next to", "beside") else []
            still = link in ("finds", "meets", "watches", "looks at", "greets", "discovers", "sees", "helps")
            if not middle and role.action not in ("stand",):
                roles[0] = _meeting(role, still)
            action = _rest(role2) if still else role2.action
            direction = role2.direction if role2.direction in directions_of(role2.subject, action) else "still"
            role2 = Role(
                subject=role2.subject,
                colour=role2.colour,
                action=action,
                direction=_way(role2.subject, action, direction),
                pace="normal",
            )
            middle = [*middle, link, phrase2]
        roles.append(role2)
    tail = [_where(rng, place)] if says_place else []
    tail += [_pick(rng, w.TIMES[time])] if said_time else []
    tail += [_pick(rng, w.WEATHERS[weather])] if said_weather else []
    rng.shuffle(tail)
    text = " ".join(part for part in (phrase, *middle) if part)
    if tail and rng.random() < 0.15:
        text = f"{tail[0]}, {text} {' '.join(tail[1:])}"
    elif rng.random() < 0.2:
        text = ", ".join([text, *tail])
    else:
        text = " ".join([text, *tail])
    move, tempo = "static", "normal"
    if rng.random() < 0.4:
        camera, move, tempo = _camera(rng)
        text = f"{camera}: {text}" if rng.random() < 0.15 else f"{text}, {camera}"
    text = _pick(rng, w.FRAMES).format(text) if rng.random() < 0.3 else text
    return text, Meaning(place=place, time=time, weather=weather, move=move, tempo=tempo, roles=tuple(roles))


def _landscape(rng: np.random.Generator, place: str) -> tuple[str, Meaning]:
    time, weather = _pick(rng, list(w.TIMES)), _pick(rng, ["clear", *w.WEATHERS])
    said = [
        _pick(rng, ("an empty", "a quiet", "a view of the", "the", "a beautiful")),
        _pick(rng, w.PLACES[place]),
        _pick(rng, w.TIMES[time]),
    ]
    said += [_pick(rng, w.WEATHERS[weather])] if weather != "clear" else []
    move, tempo = "static", "normal"
    if rng.random() < 0.4:
        camera, move, tempo = _camera(rng)
        said[-1] += f", {camera}"
    return " ".join(said), Meaning(place=place, time=time, weather=weather, move=move, tempo=tempo, roles=())


def _rest(role: Role) -> str:
    """What it does while it is met: the calm action it has."""
    abilities = _abilities(role.subject)
    return next((a for a in ("stand", "float", "fly", "swim") if a in abilities), abilities[0])


def _way(subject: str, action: str, wanted: str) -> str:
    """The wanted direction, or the first that makes sense."""
    ways = directions_of(subject, action)
    return wanted if wanted in ways else ways[0]


def _meeting(role: Role, still: bool) -> Role:
    """Who finds or watches stands; who chases or follows moves as it can."""
    if still:
        action = _rest(role)
        return Role(
            subject=role.subject,
            colour=role.colour,
            action=action,
            direction=_way(role.subject, action, "still"),
            pace="normal",
        )
    moving = [a for a in ("run", "walk", "fly", "swim", "sail", "drive", "float") if a in _abilities(role.subject)]
    direction = role.direction if role.direction in ("left", "right") else "right"
    return Role(subject=role.subject, colour=role.colour, action=moving[0], direction=direction, pace="normal")


def _default_place(rng: np.random.Generator, role: Role) -> str:
    """Where it is when nobody says: at home."""
    homes = {
        "fish": "underwater",
        "whale": "sea",
        "boat": "sea",
        "rocket": "space",
        "car": "city",
        "robot": "city",
        "train": "mountains",
        "fox": "forest",
        "keeper": "lighthouse",
    }
    home = homes.get(role.subject, "meadow")
    if role.subject == "whale" and role.action == "sleep":
        return "beach"
    return home
