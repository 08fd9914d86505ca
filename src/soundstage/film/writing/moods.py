"""Moods: the words a brief uses for them, and what each asks of music, colours and light.

Notable: a film has one leading mood. The music prompt is in the words that the music model was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mood:
    """What a mood asks for. `styles` are styles of music that suit it; `time` is its hour of the day."""

    name: str
    styles: tuple[str, ...]
    words: tuple[str, ...]
    time: str
    palette: tuple[str, ...]
    camera: tuple[str, ...]


MOODS = {
    mood.name: mood
    for mood in (
        Mood(
            name="gentle",
            styles=("piano ballad", "orchestral", "folk"),
            words=("gentle", "hopeful", "warm"),
            time="sunset",
            palette=("peach", "cream", "soft blue"),
            camera=("pan right", "zoom in", "static", "pan left", "zoom out"),
        ),
        Mood(
            name="joyful",
            styles=("folk", "waltz", "orchestral"),
            words=("joyful", "bright", "cheerful"),
            time="day",
            palette=("sun yellow", "sky blue", "grass green"),
            camera=("pan right", "follow", "zoom in", "pan left", "zoom out"),
        ),
        Mood(
            name="funny",
            styles=("waltz", "jazz", "orchestral"),
            words=("playful", "funny", "bouncy"),
            time="day",
            palette=("tomato", "mint", "lemon"),
            camera=("static", "pan right", "zoom in", "follow", "zoom out"),
        ),
        Mood(
            name="sad",
            styles=("piano ballad", "orchestral"),
            words=("sad", "wistful", "tender"),
            time="dawn",
            palette=("slate", "dusty blue", "grey rose"),
            camera=("zoom out", "pan right", "static", "zoom in", "zoom out"),
        ),
        Mood(
            name="mysterious",
            styles=("cinematic tension", "ambient"),
            words=("mysterious", "haunting", "slow"),
            time="night",
            palette=("indigo", "moss", "moonlight"),
            camera=("zoom in", "pan left", "tilt down", "zoom in", "zoom out"),
        ),
        Mood(
            name="tense",
            styles=("cinematic tension",),
            words=("tense", "suspenseful", "dark"),
            time="night",
            palette=("ink", "steel", "ember"),
            camera=("zoom in", "follow", "pan right", "zoom in", "zoom out"),
        ),
        Mood(
            name="exciting",
            styles=("heroic", "orchestral", "rock"),
            words=("adventurous", "thrilling", "driving"),
            time="day",
            palette=("orange", "cobalt", "white"),
            camera=("follow", "pan right", "zoom in", "follow", "zoom out"),
        ),
        Mood(
            name="epic",
            styles=("heroic", "orchestral"),
            words=("majestic", "grand", "noble"),
            time="sunset",
            palette=("gold", "crimson", "storm grey"),
            camera=("zoom out", "pan right", "tilt up", "follow", "zoom out"),
        ),
        Mood(
            name="dreamy",
            styles=("ambient", "lo-fi"),
            words=("dreamy", "floating", "ethereal"),
            time="night",
            palette=("lavender", "silver", "midnight blue"),
            camera=("zoom in", "tilt up", "pan right", "static", "zoom out"),
        ),
        Mood(
            name="romantic",
            styles=("waltz", "piano ballad", "bossa nova"),
            words=("romantic", "warm", "longing"),
            time="sunset",
            palette=("rose", "amber", "wine"),
            camera=("pan right", "zoom in", "static", "pan left", "zoom out"),
        ),
    )
}
DEFAULT = "gentle"

_WORDS = {
    "gentle": """
        gentle gently calm calming quiet soft softly peaceful soothing tender warm cosy cozy slow relaxing serene
        bedtime heartwarming sweet hopeful wholesome""",
    "joyful": """
        joyful happy cheerful bright uplifting sunny merry upbeat festive lively joyous optimistic celebratory
        positive""",
    "funny": """
        funny comic comical comedy humorous silly playful whimsical absurd slapstick quirky light-hearted
        lighthearted witty hilarious""",
    "sad": """
        sad melancholy melancholic bittersweet sorrowful mournful wistful tragic lonesome nostalgic somber sombre
        heartbreaking""",
    "mysterious": """
        mysterious mystery eerie strange uncanny enigmatic magical mystical surreal noir atmospheric enchanting""",
    "tense": "tense scary spooky creepy suspenseful suspense thriller frightening dark horror dramatic gritty ominous",
    "exciting": """
        exciting thrilling fast energetic action-packed action adventurous adventure dynamic fast-paced intense wild""",
    "epic": "epic grand heroic majestic inspiring triumphant legendary sweeping monumental",
    "dreamy": "dreamy dreamlike ethereal floating hypnotic poetic lyrical meditative ambient",
    "romantic": "romantic love-story tender-hearted passionate",
}
MOOD_OF = {word: mood for mood, words in reversed(_WORDS.items()) for word in words.split()}


def mood_of(words: tuple[str, ...]) -> Mood:
    """The leading mood: the first that a brief names, or the default."""
    return MOODS[words[0]] if words and words[0] in MOODS else MOODS[DEFAULT]
