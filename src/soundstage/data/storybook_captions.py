"""Captions of storybook scenes in many wordings: what one would type to get such a clip.

Notable: a caption leaves out at random what need not be said (a clear day, a still camera), but never says what is not
so; nothing that stands still is called fast.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from soundstage.render.scene import Actor, Scene

NOUNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dog": ("dog", "puppy", "hound"),
        "cat": ("cat", "kitten"),
        "fox": ("fox",),
        "rabbit": ("rabbit", "bunny", "hare"),
        "horse": ("horse", "pony"),
        "bird": ("bird", "little bird", "songbird"),
        "fish": ("fish",),
        "whale": ("whale",),
        "keeper": ("lighthouse keeper", "old keeper", "keeper", "old sailor", "bearded captain"),
        "woman": ("woman", "lady", "mother"),
        "girl": ("girl", "little girl"),
        "boy": ("boy", "little boy"),
        "robot": ("robot", "little robot"),
        "car": ("car", "automobile"),
        "train": ("train", "steam train", "locomotive"),
        "boat": ("boat", "sailing boat", "ship"),
        "rocket": ("rocket", "spaceship"),
        "balloon": ("balloon", "hot-air balloon"),
    }
)
HUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "red": ("red", "crimson", "scarlet"),
        "orange": ("orange", "ginger"),
        "golden": ("golden", "yellow", "gold"),
        "green": ("green", "emerald"),
        "blue": ("blue", "azure"),
        "purple": ("purple", "violet"),
        "pink": ("pink", "rosy"),
        "brown": ("brown", "chestnut"),
        "black": ("black", "dark"),
        "white": ("white", "snow-white"),
        "grey": ("grey", "gray", "silver"),
    }
)
DRESSED = ("keeper", "woman", "girl", "boy")
VERBS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "stand": (("stands", "standing"), ("waits", "waiting"), ("pauses", "pausing")),
        "walk": (("walks", "walking"), ("strolls", "strolling"), ("wanders", "wandering")),
        "run": (("runs", "running"), ("races", "racing"), ("dashes", "dashing")),
        "jump": (("jumps", "jumping"), ("leaps", "leaping"), ("hops", "hopping")),
        "sit": (("sits", "sitting"), ("rests", "resting")),
        "sleep": (("sleeps", "sleeping"), ("naps", "napping"), ("lies asleep", "lying asleep")),
        "wave": (("waves", "waving"), ("says hello", "saying hello")),
        "fly": (("flies", "flying"), ("soars", "soaring")),
        "float": (("floats", "floating"), ("drifts", "drifting")),
        "swim": (("swims", "swimming"), ("glides", "gliding")),
        "sail": (("sails", "sailing"), ("cruises", "cruising")),
        "drive": (("drives", "driving"), ("rolls", "rolling"), ("travels", "travelling")),
    }
)
PLACES_SAID: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "meadow": ("in a meadow", "through a meadow", "across a flowery meadow", "on a green field"),
        "beach": ("on a beach", "along the beach", "on the sand by the sea"),
        "forest": ("in a forest", "through the woods", "among the fir trees"),
        "city": ("in a city", "down a city street", "through the town"),
        "mountains": ("in the mountains", "below snowy peaks", "high in the mountains"),
        "desert": ("in the desert", "across the desert", "among cacti and dunes"),
        "sea": ("on the sea", "at sea", "over the open ocean"),
        "underwater": ("underwater", "under the sea", "above a coral reef"),
        "space": ("in space", "on the moon", "among the planets"),
        "snowfield": ("in the snow", "across a snowy field", "over white drifts of snow"),
        "village": ("in a village", "past village cottages", "through a small village"),
        "lighthouse": ("by the lighthouse", "near a lighthouse", "on the shore below the lighthouse"),
        "room": ("in a room", "at home in the living room", "in a cosy room"),
    }
)
TIMES_SAID: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "day": ("on a bright day", "by day", "in the sunshine", "at noon"),
        "sunset": ("at sunset", "in the evening light", "at dusk", "as the sun goes down"),
        "night": ("at night", "by moonlight", "under the stars", "in the dark"),
        "dawn": ("at dawn", "at sunrise", "in the early morning", "at daybreak"),
    }
)
WEATHERS_SAID: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "clear": ("under a clear sky",),
        "rain": ("in the rain", "while it rains", "in a rain shower"),
        "snow": ("while it snows", "in falling snow", "as snow falls"),
        "fog": ("in the fog", "in thick mist", "while mist drifts by"),
    }
)
WAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "left": ("to the left", "from right to left", "leftwards"),
        "right": ("to the right", "from left to right", "rightwards"),
        "up": ("upwards", "up into the sky", "higher and higher"),
        "down": ("downwards", "down towards the ground"),
        "toward": ("towards us", "towards the camera", "closer"),
        "away": ("away from us", "away into the distance", "away"),
        "still": ("",),
    }
)
MOVES_SAID: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "static": ("static camera", "the camera stands still"),
        "pan left": ("pan left", "the camera pans to the left", "camera glides left"),
        "pan right": ("pan right", "the camera pans to the right", "camera glides right"),
        "tilt up": ("tilt up", "the camera tilts up", "the camera looks up"),
        "tilt down": ("tilt down", "the camera tilts down", "the camera looks down"),
        "zoom in": ("zoom in", "the camera zooms in", "slow push in"),
        "zoom out": ("zoom out", "the camera zooms out", "the camera pulls back"),
        "follow": ("tracking shot", "the camera follows"),
    }
)
OPENINGS = ("{}", "{}.", "a picture-book scene: {}", "an illustration: {}", "{}, storybook style")


PASSING = ("through", "across", "along", "down", "past", "over")  # words of going, not for who stays
SUNNY = ("on a bright day", "in the sunshine")
SKYLESS = ("room", "underwater", "space")
STARRY = ("under the stars", "by moonlight")


def pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def who(actor: Actor, rng: np.random.Generator) -> str:
    """A noun phrase: "a golden dog", "a girl in a red dress"."""
    noun, hue = pick(NOUNS[actor.subject], rng), pick(HUES[actor.colour], rng)
    if actor.subject in DRESSED and rng.uniform() < 0.7:
        garment = {"keeper": "coat", "woman": "dress", "girl": "dress", "boy": "shirt"}[actor.subject]
        return f"{article(noun)} {noun} in {article(hue)} {hue} {garment}"
    return f"{article(hue)} {hue} {noun}"


def article(word: str) -> str:
    """The indefinite article before a word."""
    return "an" if word[0] in "aeiou" else "a"


def does(actor: Actor, rng: np.random.Generator) -> str:
    """A verb with its direction: "runs to the left", "is running fast"."""
    plain, going = VERBS[actor.action][int(rng.integers(len(VERBS[actor.action])))]
    words = [plain if rng.uniform() < 0.6 else f"is {going}"]
    moving = actor.direction != "still"
    if moving and (actor.direction in ("up", "down", "toward", "away") or rng.uniform() < 0.75):
        words.append(pick(WAYS[actor.direction], rng))
    if moving and actor.speed > 1.25:
        words.append(pick(("fast", "quickly", "swiftly"), rng))
    elif moving and actor.speed < 0.75:
        words.append(pick(("slowly", "gently", "calmly"), rng))
    return " ".join(words)


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One wording of the scene. What is usual (clear weather, day, a still camera) is mostly left unsaid."""
    first = f"{who(scene.actors[0], rng)} {does(scene.actors[0], rng)}" if scene.actors else "an empty landscape"
    for other in scene.actors[1:]:
        first += f" and {who(other, rng)} {does(other, rng)}" if rng.uniform() < 0.6 else f" beside {who(other, rng)}"
    goes = any(a.direction != "still" for a in scene.actors)
    where = pick([w for w in PLACES_SAID[scene.place] if goes or not w.startswith(PASSING)], rng)
    rest = [where]
    if scene.time != "day" or rng.uniform() < 0.3:
        unfit = (SUNNY if scene.weather != "clear" else ()) + (STARRY if scene.place in SKYLESS else ())
        rest.append(pick([w for w in TIMES_SAID[scene.time] if w not in unfit], rng))
    if scene.weather != "clear" or (rng.uniform() < 0.1 and scene.place not in SKYLESS):
        rest.append(pick(WEATHERS_SAID[scene.weather], rng))
    tail = list(rng.permutation(len(rest) - 1) + 1)
    said = " ".join((first, rest[0], *(rest[i] for i in tail)))
    if rng.uniform() < 0.15 and len(rest) > 1:
        said = f"{rest[1]}, {first} {rest[0]}" + "".join(f" {r}" for r in rest[2:])
    said = pick(OPENINGS, rng).format(said)
    if scene.camera.move != "static" or rng.uniform() < 0.1:
        said = f"{said.rstrip('.')}, {pick(MOVES_SAID[scene.camera.move], rng)}"
    return said


def captions(scene: Scene, rng: np.random.Generator, count: int = 4) -> tuple[str, ...]:
    """Several wordings of the scene."""
    return tuple(caption(scene, rng) for _ in range(count))
