"""Plots of the road: making friends, searching, travelling."""

from __future__ import annotations

from soundstage.film.writing.beats import OPENING, Beat

FRIENDS = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "meeting",
        2,
        "meet",
        (
            (
                "@joint @alive",
                "{hero} and {other} {told}.",
                "hero: There is room for two.",
                "other: Only just. But it will do.",
            ),
            (
                "And then, {hero} {told}.",
                "hero: I do not think we have met.",
                "other: Then it is high time that we did.",
            ),
            (
                "@strangers",
                "Then {an_other} came along.",
                "hero: Good day to you.",
                "other: And a good day to you too. Is this seat taken?",
            ),
            (
                "Nobody had planned it. But {hero} {told}.",
                "other: You are not what I expected.",
                "hero: Neither are you.",
            ),
        ),
    ),
    Beat(
        "doubt",
        5,
        "apart",
        (
            (
                "At first they had nothing to say to each other.",
                "One of them liked to talk. The other liked to be quiet.",
            ),
            ("They were as different as summer and snow.", "They both looked at the sky. It seemed polite."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "other",
        (
            (
                "Then there was a quarrel, about nothing at all.",
                "other: Perhaps I should go.",
                "The world had never felt so empty.",
            ),
            ("But not everyone {at} was glad to see them together.", "hero: Never mind them. Come with me."),
        ),
    ),
    Beat(
        "turn",
        3,
        "meet",
        (
            ("Then one of them began to laugh, and neither could stop.", "other: You know, I think I like you."),
            ("So {hero} shared the only thing {he} had.", "hero: Here. Half of it is yours."),
        ),
    ),
    Beat(
        "together",
        6,
        "together",
        (
            (
                "After that, they went everywhere together.",
                "They raced the clouds, and sometimes the clouds let them win.",
            ),
            ("The days grew longer, and so did their walks.", "They named the hills, and then the stars."),
        ),
    ),
    Beat(
        "ending",
        1,
        "farewell",
        (
            ("And that is how {hero} and {other} became friends.", "It took one afternoon. It lasted all their lives."),
            ("If you ever pass by {at}, look for them.", "They are always two."),
            ("The best kind of luck walks beside you.", "They both had that kind, from that day on."),
        ),
    ),
)

SEARCH = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "loss",
        2,
        "hero_goes",
        (
            ("That was the {day} {hero} {told}.", "hero: It cannot be far. It simply cannot."),
            ("And so it happened that {hero} {told}.", "hero: I will not stop until I know."),
        ),
    ),
    Beat(
        "asking",
        6,
        "help",
        (
            ("{he} asked everyone along the way.", "helper: I saw something pass. It went over the hill."),
            ("First {hero} asked {a_helper}.", "helper: Look up, not down. That is my advice."),
        ),
    ),
    Beat(
        "journey",
        3,
        "hero_far",
        (
            ("{hero} looked {far}, high and low.", "{he} looked in places where nobody had ever looked before."),
            ("The road led on, {far}, farther than {he} had ever been.", "Every footprint looked like an answer."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "hero_lost",
        (
            ("But the clouds came in, and the path was gone.", "hero: Maybe it is lost for good."),
            ("By evening {hero} {was} tired, and no nearer.", "The world had never seemed so large."),
        ),
    ),
    Beat(
        "turn",
        5,
        "hero_fast",
        (
            ("Then, when {he} had almost given up, there was a glimmer ahead.", "hero: Wait. Could that be it?"),
            ("And then {he} heard it, faint and far away.", "{hero} did not walk. {he} flew."),
        ),
    ),
    Beat(
        "ending",
        1,
        "found",
        (
            (
                "@drawn",
                "And there {owas} {other}, waiting, as if {ohe} had known.",
                "hero: There you are. I looked for you everywhere.",
            ),
            ("What was lost was found, and it was better than before.", "{hero} held on tight, all the way home."),
            ("It had been close by all along.", "But now {hero} knew the whole wide world around it."),
        ),
    ),
)

JOURNEY = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "departure",
        2,
        "hero_goes",
        (
            (
                "That was the {day} {hero} {told}.",
                "hero: I will be back before you miss me.",
                "Nobody waved, but the wind did.",
            ),
            ("No one knew why, but {hero} {told}.", "The road was long, and full of promise."),
            ("And so it began. {hero} {told}.", "hero: Here we go. There is no turning back now."),
        ),
    ),
    Beat(
        "wonder",
        5,
        "hero_far",
        (
            ("The world went by, larger than on any map.", "There were colours {he} had no names for."),
            ("Far behind, home grew small, and then was gone.", "Ahead, everything was new."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "hero_lost",
        (
            (
                "Then the weather turned.",
                "hero: Just a little farther. One more mile.",
                "It was the longest mile of all.",
            ),
            ("Halfway, the way was lost, and the light with it.", "hero: I wish I had brought a friend."),
        ),
    ),
    Beat(
        "help",
        6,
        "help",
        (
            (
                "But nobody travels entirely alone.",
                "helper: Follow me. I know this place.",
                "They went on, side by side.",
            ),
            ("Out of nowhere came {a_helper}.", "helper: You are nearly there. Do not stop now."),
        ),
    ),
    Beat(
        "arrival",
        3,
        "hero_arrives",
        (
            ("And then, all at once, there it was.", "hero: Look at that. Oh, look at that."),
            (
                "At last {hero} came to the place {he} had dreamed of.",
                "It was smaller than the dream, and far more beautiful.",
            ),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_ends",
        (
            ("{hero} stayed a while, and said nothing.", "Some journeys end. The best ones only rest."),
            ("In the end, the way home was easy.", "{he} knew it by heart now."),
            ("The road was quiet again.", "But the one who had travelled it would never be the same."),
        ),
    ),
)
