"""Captions: what people may write when they want a piece, with what they mean by it.

Notable: a caption and its `Wish` are drawn together. Moods and scenes lean towards energies, modes, paces and
styles; what a
caption does not say is drawn at random, so a reader trained on these learns how sure it may be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from soundstage.score.instruments import INSTRUMENTS, NAMES
from soundstage.score.sheet import METRES, Sheet
from soundstage.score.styles import BY_STYLE, STYLE_NAMES
from soundstage.score.theory import MODES, TONICS


@dataclass(frozen=True, kw_only=True)
class Mood:
    """Words for a mood, scenes that call for it, and what it leans to. `pace` is −2 (slowest of the style) to 2."""

    words: tuple[str, ...]
    scenes: tuple[str, ...]
    energy: tuple[float, float, float]
    major: float
    pace: float
    styles: tuple[str, ...]


MOODS: dict[str, Mood] = {
    "gentle": Mood(
        words=("gentle", "tender", "soft", "delicate", "warm", "soothing", "sweet", "light", "kind"),
        scenes=("a mother and her child", "snow falling", "a cat by the fire", "a quiet morning", "two friends",
            "a small kindness"),
        energy=(0.95, 0.05, 0), major=0.9, pace=-0.8, styles=("piano ballad", "piano ballad", "orchestral", "folk",
            "lullaby", "ambient"),
    ),
    "calm": Mood(
        words=("calm", "peaceful", "relaxing", "serene", "quiet", "tranquil", "mellow", "chill", "laid-back",
            "slow and easy"),
        scenes=("sunrise over the sea", "rain on a window", "a still lake", "an evening at home", "clouds drifting by"),
        energy=(0.95, 0.05, 0), major=0.75, pace=-0.8, styles=("ambient", "ambient", "lo-fi", "piano ballad",
            "bossa nova"),
    ),
    "sad": Mood(
        words=("sad", "melancholy", "melancholic", "sorrowful", "mournful", "lonely", "wistful", "bittersweet",
            "heartbroken", "tearful"),
        scenes=("a farewell", "a lost friend", "an empty house", "the last letter", "walking alone in the rain"),
        energy=(0.9, 0.1, 0), major=0.04, pace=-1.2, styles=("piano ballad", "piano ballad", "orchestral", "ambient"),
    ),
    "joyful": Mood(
        words=("joyful", "happy", "cheerful", "upbeat", "bright", "sunny", "merry", "delighted", "festive",
            "feel-good"),
        scenes=("a party", "a village feast", "children on the beach", "a summer's day", "everybody dances",
            "a birthday"),
        energy=(0.05, 0.65, 0.3), major=0.98, pace=0.8, styles=("folk", "bossa nova", "funk", "waltz", "orchestral",
            "chiptune"),
    ),
    "playful": Mood(
        words=("playful", "funny", "whimsical", "quirky", "mischievous", "bouncy", "lighthearted", "cute", "comic",
            "silly"),
        scenes=("a puppy chases its tail", "a clumsy robot", "a kitten and a ball of wool", "a prank",
            "tiptoeing past the guard"),
        energy=(0.25, 0.65, 0.1), major=0.92, pace=0.8, styles=("waltz", "orchestral", "chiptune", "jazz", "folk"),
    ),
    "tense": Mood(
        words=("tense", "suspenseful", "nervous", "anxious", "dangerous", "threatening", "ominous", "menacing",
            "urgent", "dramatic"),
        scenes=("a chase", "a storm breaks", "something is wrong", "time is running out", "the enemy is near",
            "a narrow escape"),
        energy=(0.05, 0.5, 0.45), major=0.0, pace=0.8, styles=("cinematic tension",),
    ),
    "mysterious": Mood(
        words=("mysterious", "mystical", "eerie", "strange", "enigmatic", "haunting", "secretive", "uncanny",
            "curious"),
        scenes=("a cave", "a forest by moonlight", "an old map", "fog over the harbour",
            "a door that should not be there"),
        energy=(0.6, 0.4, 0), major=0.05, pace=-0.5, styles=("cinematic tension", "cinematic tension", "ambient"),
    ),
    "adventurous": Mood(
        words=("adventurous", "daring", "exciting", "swashbuckling", "bold", "brave", "sweeping", "rousing",
            "thrilling"),
        scenes=("setting sail", "a voyage", "a journey begins", "riding across the plains", "over the mountains",
            "a quest"),
        energy=(0, 0.4, 0.6), major=0.75, pace=0.8, styles=("heroic", "heroic", "heroic", "orchestral", "folk"),
    ),
    "triumphant": Mood(
        words=("triumphant", "victorious", "glorious", "proud", "majestic", "grand", "noble", "celebratory", "soaring"),
        scenes=("victory", "the hero returns", "the crowd cheers", "reaching the summit", "they made it home"),
        energy=(0, 0.15, 0.85), major=0.9, pace=0.3, styles=("heroic", "heroic", "heroic", "orchestral"),
    ),
    "romantic": Mood(
        words=("romantic", "loving", "passionate", "intimate", "longing", "dreamy and romantic"),
        scenes=("a first kiss", "dinner by candlelight", "a dance for two", "a wedding"),
        energy=(0.65, 0.35, 0), major=0.75, pace=-0.8, styles=("piano ballad", "waltz", "bossa nova", "orchestral"),
    ),
    "dreamy": Mood(
        words=("dreamy", "floating", "ethereal", "hazy", "spacey", "cosmic", "magical", "weightless", "otherworldly",
            "wondrous"),
        scenes=("under water", "stars", "drifting through space", "northern lights", "a dream",
            "a sky full of lanterns"),
        energy=(0.9, 0.1, 0), major=0.7, pace=-0.8, styles=("ambient", "ambient", "ambient", "lo-fi", "synthwave"),
    ),
    "dark": Mood(
        words=("dark", "gloomy", "brooding", "sinister", "grim", "scary", "bleak", "creepy", "evil"),
        scenes=("a haunted house", "the villain appears", "a ruined city", "night falls"),
        energy=(0.25, 0.5, 0.25), major=0.0, pace=-0.4, styles=("cinematic tension", "cinematic tension", "synthwave"),
    ),
    "energetic": Mood(
        words=("energetic", "driving", "powerful", "intense", "high-energy", "pumping", "wild", "fast-paced", "loud",
            "explosive"),
        scenes=("a race", "a workout", "a fight", "city traffic at night", "skateboarding"),
        energy=(0, 0.12, 0.88), major=0.5, pace=1.3, styles=("rock", "house", "funk", "chiptune", "synthwave"),
    ),
    "hopeful": Mood(
        words=("hopeful", "uplifting", "inspiring", "optimistic", "heartwarming", "encouraging", "tender and hopeful"),
        scenes=("a new beginning", "the rain stops", "a rescued whale swims free", "seeds begin to grow",
            "help arrives"),
        energy=(0.35, 0.55, 0.1), major=0.96, pace=0.0, styles=("orchestral", "orchestral", "piano ballad", "folk"),
    ),
    "groovy": Mood(
        words=("groovy", "cool", "smooth", "sassy", "stylish", "danceable", "catchy"),
        scenes=("a heist", "a walk downtown", "a dance floor", "a cocktail bar"),
        energy=(0.1, 0.65, 0.25), major=0.5, pace=0.2, styles=("funk", "funk", "jazz", "house", "bossa nova"),
    ),
    "sleepy": Mood(
        words=("sleepy", "drowsy", "lulling", "bedtime", "cosy", "hushed"),
        scenes=("putting a child to bed", "falling asleep", "good night, little one", "the moon watches over"),
        energy=(1.0, 0, 0), major=0.95, pace=-1.0, styles=("lullaby", "lullaby", "piano ballad"),
    ),
}  # fmt: skip
PACES: tuple[tuple[str, ...], ...] = (
    ("very slow", "slow", "unhurried"), ("slow", "relaxed tempo", "easy-going"), ("mid-tempo", "moderate",
    "walking pace"),
    ("quick", "brisk", "lively"), ("fast", "very fast", "quick"),
)  # fmt: skip
TEMPLATES = (
    "{mood} {style}", "{mood} {style} with {band}", "a {mood} {style} piece for {band}", "{band}, {mood}",
    "{mood} music",
    "{pace} {mood} {style}", "{style}", "{style}, {mood}, {pace}", "some {mood} {style} featuring {band}", "{band}",
    "{mood} {band} {style}", "music for {scene}", "{scene}, {mood}", "{mood} score for {scene}", "{style} for {scene}",
    "{pace} {style} in {key}", "{mood} {style} at {bpm} bpm", "{mood} {mood2} {style}", "{mood} and {mood2}", "{mood}",
    "{mood} {mood2} music with {band}", "background music: {mood}, {style}", "{pace} {style} with {band}",
    "a {style} tune",
    "I want a {mood} {style} track", "{mood} {style} in {metre}", "{scene}", "{mood} theme for {scene} with {band}",
    "{style} in {key}, {bpm} bpm, {band}", "{mood} background with {band}", "a {pace} and {mood} {style} song",
    "{style} {band}",
)  # fmt: skip
METRE_WORDS = {"4/4": ("4/4", "four-four", "common time"), "3/4": ("3/4", "three-four", "waltz time", "triple time")}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a caption asks for, as numbers of the known choices; `instruments` are those that it names."""

    style: int
    mode: int
    energy: int
    pace: int
    metre: int
    instruments: tuple[int, ...]


def _one(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]


def _named(index: int, rng: np.random.Generator) -> str:
    player = INSTRUMENTS[index]
    own = [alias for alias in player.aliases if alias not in ("keys", "voices", "beat")]
    return player.name if not own or rng.random() < 0.6 else own[rng.integers(len(own))]


def caption(rng: np.random.Generator) -> tuple[str, Wish]:
    """A caption and what it means."""
    text = _one(TEMPLATES, rng)
    moods = [MOODS[_one(tuple(MOODS), rng)]]
    if "{mood2}" in text:
        moods.append(MOODS[_one(tuple(MOODS), rng)])
    says_mood = "{mood}" in text or "{scene}" in text
    mood = moods[rng.integers(len(moods))]
    if "{style}" in text or not says_mood:
        style = BY_STYLE[_one(STYLE_NAMES, rng)]
    else:
        style = BY_STYLE[_one(mood.styles, rng)]
    modes = np.array(list(style.modes.values()))
    names = tuple(style.modes)
    energy = np.array(style.energy)
    pace = int(rng.integers(5))
    if says_mood:
        leaning = np.array([mood.major if m in ("major", "mixolydian") else 1 - mood.major for m in names])
        modes = modes * (leaning + 1e-3)
        energy = (energy + 0.05) * (np.array(mood.energy) + 0.01)
        pace = int(np.clip(round(2 + mood.pace + rng.normal(0, 0.6)), 0, 4))
    mode = names[rng.choice(len(names), p=modes / modes.sum())]
    if "{pace}" in text:
        pace = int(rng.integers(5))
    metre = style.metres[0] if rng.random() < 0.85 else style.metres[-1]
    if "{metre}" in text:
        metre = METRES[rng.integers(2)]
    band: tuple[int, ...] = ()
    if "{band}" in text:
        count = int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
        band = tuple(rng.choice(len(NAMES), size=count, replace=False).tolist())
    parts = {
        "mood": _one(moods[0].words, rng),
        "mood2": _one(moods[-1].words, rng),
        "scene": _one(moods[0].scenes, rng),
        "style": _one((style.name, style.name, *style.aliases), rng),
        "pace": _one(PACES[pace], rng),
        "band": _joined([_named(i, rng) for i in band], rng),
        "key": f"{_one(TONICS, rng)} {mode}",
        "bpm": str(int(rng.integers(60, 170))),
        "metre": _one(METRE_WORDS[metre], rng),
    }
    written = text.format(**parts)
    wish = Wish(
        style=STYLE_NAMES.index(style.name), mode=tuple(MODES).index(mode),
        energy=int(rng.choice(3, p=energy / energy.sum())), pace=pace, metre=METRES.index(metre), instruments=band,
    )  # fmt: skip
    return (written.capitalize() if rng.random() < 0.3 else written), wish


def described(sheet: Sheet, rng: np.random.Generator) -> str:
    """A caption that is true of a piece: its style, tempo, key, metre, some of who plays, a mood that suits it."""
    style = BY_STYLE[sheet.style]
    low, high = style.bpm
    pace = int(np.clip(round(2 + 2.4 * (2 * (sheet.bpm - low) / (high - low) - 1)), 0, 4))
    text = _one(TEMPLATES, rng)
    suits = np.array([suiting(mood, sheet) for mood in MOODS.values()])
    first, second = (list(MOODS.values())[i] for i in rng.choice(len(suits), 2, p=suits / suits.sum()))
    players = [NAMES.index(name) for _, name in sheet.roster]
    count = min(len(players), int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15])))
    band = rng.choice(players, size=count, replace=False).tolist()
    written = text.format(
        mood=_one(first.words, rng), mood2=_one(second.words, rng), scene=_one(first.scenes, rng),
        style=_one((style.name, style.name, *style.aliases), rng), pace=_one(PACES[pace], rng),
        band=_joined([_named(i, rng) for i in band], rng), key=sheet.key.name, bpm=str(round(sheet.bpm)),
        metre=_one(METRE_WORDS[sheet.metre], rng),
    )  # fmt: skip
    return written.capitalize() if rng.random() < 0.3 else written


def suiting(mood: Mood, sheet: Sheet) -> float:
    """How well a mood suits a piece, above 0: by its energy, mode and style."""
    bright = mood.major if sheet.key.mode in ("major", "mixolydian") else 1 - mood.major
    return (mood.energy[sheet.energy] + 0.01) * (bright + 0.02) * (3.0 if sheet.style in mood.styles else 0.3)


def _joined(names: list[str], rng: np.random.Generator) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + _one((" and ", ", ", " & "), rng) + names[-1]
