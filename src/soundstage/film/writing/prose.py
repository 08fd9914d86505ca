"""What the built-in writer can say: all plots by name, and sentences about every place for films with time to spare."""

from __future__ import annotations

from soundstage.film.writing.beats import Beat
from soundstage.film.writing.finds import RESCUE, WONDER
from soundstage.film.writing.musings import LANDSCAPE, MOMENT, QUESTION
from soundstage.film.writing.tales import FRIENDS, JOURNEY, SEARCH
from soundstage.film.writing.trials import CONTEST, FEAR, MAKE, WISH

PLOTS: dict[str, tuple[Beat, ...]] = {
    "rescue": RESCUE,
    "wonder": WONDER,
    "friends": FRIENDS,
    "search": SEARCH,
    "journey": JOURNEY,
    "wish": WISH,
    "contest": CONTEST,
    "make": MAKE,
    "fear": FEAR,
    "moment": MOMENT,
    "landscape": LANDSCAPE,
    "question": QUESTION,
}
"""The kinds of story."""

TEXTURES = {
    "meadow": (
        "The grass moved in long, slow waves.",
        "Somewhere a bee was very busy.",
        "The hills lay there like sleeping animals.",
        "The air smelled of clover.",
        "A single cloud hung over the fields.",
        "Far off, a gate creaked.",
    ),
    "beach": (
        "The waves came in, and went out, and came in again.",
        "The sand was cool and smooth.",
        "A gull cried, far out.",
        "The wind tasted of salt.",
        "The tide had drawn its lines on the sand.",
        "Palm leaves clicked softly together.",
    ),
    "lighthouse": (
        "The lighthouse stood white against the sky.",
        "Its lamp turned, slow and faithful.",
        "Waves broke softly on the rocks.",
        "The wind tasted of salt.",
        "Somewhere below, the sea was breathing.",
        "The gulls had gone to sleep.",
    ),
    "sea": (
        "The water was wide, and older than anyone.",
        "The waves rocked everything gently.",
        "There was no land in sight.",
        "Light broke into pieces on the water.",
        "The horizon never came any closer.",
        "Below, it was deep and blue.",
    ),
    "underwater": (
        "Down here, even the light moved slowly.",
        "Bubbles rose like small thoughts.",
        "The weeds bowed to the current.",
        "The world above was only a shimmer.",
        "Everything drifted.",
        "It was very blue, and very quiet.",
    ),
    "forest": (
        "The trees stood close, and kept their secrets.",
        "Light fell through the leaves in small coins.",
        "Something rustled, and was still.",
        "The moss was soft as a pillow.",
        "An old branch creaked.",
        "It smelled of rain and earth.",
    ),
    "city": (
        "Windows lit up, one after another.",
        "Somewhere a piano was being practised.",
        "The streets hummed to themselves.",
        "Nobody looked up. Hardly anybody ever does.",
        "A clock struck, and another one disagreed.",
        "The roofs shone.",
    ),
    "village": (
        "Smoke rose from a chimney.",
        "A door stood open, as doors did there.",
        "The clock on the tower was a little slow.",
        "It smelled of bread.",
        "Someone was whistling, two streets away.",
        "The lanes were crooked and kind.",
    ),
    "room": (
        "Dust danced in a beam of light.",
        "The clock on the wall took its time.",
        "A chair stood by the window.",
        "The kettle began to sing.",
        "It was warm in there, and safe.",
        "The curtains moved a little.",
    ),
    "mountains": (
        "The peaks stood in a row, like listeners.",
        "The air was thin and very clear.",
        "An echo answered, late.",
        "Snow shone on the highest ones.",
        "A stone fell somewhere, for a long time.",
        "Clouds passed below.",
    ),
    "snowfield": (
        "Snow lay over everything, and made it equal.",
        "Every step made a small, clean sound.",
        "Breath hung in the air.",
        "The cold was bright, and almost kind.",
        "The world was white, edge to edge.",
        "The ice sang to itself.",
    ),
    "desert": (
        "The dunes moved, but only when no one looked.",
        "The sand was warm, and went on for ever.",
        "A cactus held up its arms.",
        "The heat made the distance dance.",
        "There was more sky there than anything.",
        "The wind wrote, and wiped it out.",
    ),
    "space": (
        "The stars did not blink.",
        "A ringed planet hung there like a lamp.",
        "There was no sound at all.",
        "Home was a small blue dot.",
        "Everything floated, even time.",
        "The dark was full of light.",
    ),
}
