"""Plots of finding: somebody in need, or a thing to wonder at."""

from __future__ import annotations

from soundstage.film.writing.beats import OPENING, Beat

RESCUE = (
    Beat(
        "opening",
        1,
        "hero_goes",
        (
            (
                "@sea @helper @ashore",
                "{when}, {a_hero} went down to the shore.",
                "The lamp had just been lit, and the tide was low.",
            ),
            (
                "@sea @ashore",
                "{when}, {a_hero} went to see what the tide had left behind.",
                "There were shells, and rope, and a very old boot.",
            ),
            *OPENING,
        ),
    ),
    Beat(
        "omen",
        7,
        "place",
        (
            (
                "@sea",
                "The wind had turned in the night.",
                "Even the gulls were quiet.",
                "Something large had come in with the waves.",
            ),
            ("Something was different.", "The birds had stopped singing.", "Even the wind was holding its breath."),
        ),
    ),
    Beat(
        "discovery",
        2,
        "meet",
        (
            (
                "And there, {hero} {told}.",
                "hero: Hello. You are a long way from home.",
                "For a while they only looked at each other.",
            ),
            (
                "That was how {hero} {told}.",
                "Neither of them moved.",
                "hero: Do not be afraid. I am only small.",
            ),
            (
                "@whale @sea",
                "There, on the sand, {hero} {told}.",
                "hero: You are a long way from the water.",
                "A slow, dark eye opened, and looked back.",
            ),
        ),
    ),
    Beat(
        "trouble",
        4,
        "other",
        (
            (
                "@whale @sea",
                "other: I followed a song, and I lost my way.",
                "The sea was far out, and the sand was growing cold.",
                "{other} breathed slowly, like the tide.",
            ),
            (
                "@whale @sea",
                "other: The tide went out without me.",
                "{ohis} voice was as deep as the harbour bell.",
                "The sand was growing cold, and the night was near.",
            ),
            (
                "@alive",
                "{other} {owas} tired, and the day was short.",
                "other: I have tried and tried. I cannot do it alone.",
            ),
            ("There was no one else for miles.", "If anything was to be done, it had to be done now."),
        ),
    ),
    Beat(
        "attempt",
        6,
        "meet",
        (
            (
                "@whale",
                "{hero} pushed with all {his} might.",
                "It was like pushing a mountain.",
                "The mountain was polite about it.",
            ),
            ("{hero} tried everything {he} could think of.", "Nothing helped.", "So {he} sat down, and thought again."),
            ("{hero} pushed, and pulled, and pushed again.", "hero: I am not giving up. Not today."),
        ),
    ),
    Beat(
        "help",
        3,
        "help",
        (
            (
                "@helper @sea",
                "{hero} ran to fetch {helper}.",
                "helper: All right, little one. Show me.",
                "They came back with a rope, a lantern, and a bucket of sea.",
            ),
            (
                "@helper @sea",
                "{hero} brought {helper}, who asked no questions.",
                "helper: The tide turns at midnight. Come.",
                "{hero} led the way, all the way down to the shore.",
            ),
            (
                "@helper",
                "So {hero} ran to fetch {helper}.",
                "helper: Show me where. We will find a way.",
                "They came back together, and much faster.",
            ),
            (
                "@sea",
                "Then {hero} remembered the tide. It always came back.",
                "hero: Wait with me. The water is coming.",
            ),
            ("Then {hero} had an idea, small at first.", "hero: Trust me. When I count to three, we try together."),
        ),
    ),
    Beat(
        "turn",
        5,
        "together",
        (
            (
                "@whale",
                "All night they waited, until the sea came back for its own.",
                "A wave came, and then a greater one.",
                "other: I can feel it. I can feel the deep.",
            ),
            (
                "They counted to three, and held their breath.",
                "And then, at last, something gave way.",
                "other: We did it. We really did it.",
            ),
            ("Slowly, the worst was over.", "What one could not do alone, two did easily."),
        ),
    ),
    Beat(
        "ending",
        1,
        "farewell",
        (
            (
                "@whale @sea",
                "With the tide, {other} swam free, and sang for {hero}.",
                "On quiet nights, that song still comes over the water.",
            ),
            (
                "@whale @sea",
                "Then the tide came in, and {other} was free.",
                "other: Thank you, small one. I will sing about you.",
                "And on quiet nights, {hero} listened for that song.",
            ),
            (
                "@alive",
                "{other} turned once, as if to say thank you.",
                "From that day on, neither of them was ever quite alone.",
            ),
            ("So it ended well, as few things do.", "{hero} went home, and the whole world seemed kinder."),
        ),
    ),
)

WONDER = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "discovery",
        2,
        "hero_looks",
        (
            ("That was how {hero} {told}.", "hero: Now, what might you be?"),
            (
                "And then, quite by chance, {hero} {told}.",
                "hero: This was not here yesterday.",
                "{he} looked at it for a long time.",
            ),
            ("{hero} looked twice, and then once more.", "It was true. {he} {told}."),
        ),
    ),
    Beat(
        "doubt",
        5,
        "hero_goes",
        (
            ("Should {he} keep it secret, or tell the world?", "{hero} carried the question all the way home."),
            ("{hero} walked around it twice.", "{he} had never seen anything like it.", "Nobody {he} knew had either."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "place",
        (
            ("But a wonder is a heavy thing to carry alone.", "Clouds gathered {at}, and the wind began to rise."),
            ("By evening, everyone {at} was whispering about it.", "Some were curious.", "Some were afraid."),
        ),
    ),
    Beat(
        "help",
        3,
        "help",
        (
            (
                "Then came {a_helper}, who had seen such things before.",
                "helper: Look closer. It is not what you have. It is what you do with it.",
            ),
            (
                "{a_helper} stopped, and smiled.",
                "helper: I looked for that all my life. I think it was looking for you.",
            ),
        ),
    ),
    Beat(
        "turn",
        6,
        "hero_fast",
        (
            ("All at once, {hero} understood.", "hero: I know what to do."),
            ("So {hero} made up {his} mind.", "Some things are found only to be given away."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_ends",
        (
            ("And what {he} found that day, {he} never lost again.", "It shone a little, even in the dark."),
            ("{hero} kept the secret, and the secret kept {him}.", "That is how it should be, with treasure."),
            ("Long after, people still told of it {at}.", "They told it a little differently every time."),
        ),
    ),
)
