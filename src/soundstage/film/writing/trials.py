"""Plots of one who wants something: a wish, a contest, a work, a fear."""

from __future__ import annotations

from soundstage.film.writing.beats import OPENING, Beat

WISH = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "wish",
        2,
        "hero_here2",
        (
            ("More than anything, {hero} wanted to {wish}.", "hero: One day I will. You wait and see."),
            ("{hero} had one great wish: to {wish}.", "{he} told no one. {he} thought of it every night."),
            ("@told", "Everyone knew that {hero} {told}.", "hero: How hard can it be?"),
        ),
    ),
    Beat(
        "laughter",
        5,
        "apart",
        (
            ("The others laughed.", "other: Nobody like you has ever done that.", "hero: Then I will be the first."),
            ("Everyone {at} had good advice, and all of it was no.", "{hero} listened politely, and went on."),
        ),
    ),
    Beat(
        "attempt",
        4,
        "hero_fast",
        (
            ("The first try ended badly. So did the second.", "hero: Again. One more time."),
            (
                "{he} tried at dawn, and fell. {he} tried at noon, and fell farther.",
                "The ground was getting used to {him}.",
            ),
        ),
    ),
    Beat(
        "trouble",
        6,
        "hero_storm",
        (
            ("That night, {hero} almost gave up.", "Even the stars looked doubtful."),
            ("Then came the rain, and with it, the doubt.", "hero: Maybe they were right about me."),
        ),
    ),
    Beat(
        "help",
        3,
        "help",
        (
            ("Then {a_helper} sat down beside {him}.", "helper: Do not try harder. Try your own way."),
            ("{a_helper} had been watching all along.", "helper: You are closer than you think. Once more."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_triumph",
        (
            ("And so, in {his} own way, {hero} did it.", "It was not perfect. It was better than perfect."),
            ("The next time, nobody laughed.", "They only watched, and wished, as {hero} had once wished."),
            ("It did not look the way {he} had dreamed it.", "It felt exactly the way {he} had dreamed it."),
        ),
    ),
)

CONTEST = (
    Beat(
        "opening",
        1,
        "meet",
        (
            ("{when}, {at_a}, {a_hero} met {an_other} at the starting line.", "There could be only one winner."),
            (
                "{at_a}, everyone knew {hero}, and everyone knew {other}.",
                "Nobody knew who was faster. Today they would find out.",
            ),
        ),
    ),
    Beat(
        "start",
        2,
        "race",
        (
            ("Somebody shouted go, and they were off.", "hero: Catch me if you can!"),
            (
                "It began as a joke. Then it began to be serious.",
                "other: May the best one win.",
                "hero: Thank you. I will.",
            ),
        ),
    ),
    Beat(
        "middle",
        5,
        "race_far",
        (
            ("Neck and neck they went, {at}, past everything.", "Hats flew. Somebody dropped a cake."),
            ("First one was ahead, and then the other.", "Nobody had ever seen anything like it."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "other",
        (
            ("Then, at the last corner, {other} stumbled.", "other: Go on. Do not wait for me."),
            ("But {other} took a wrong turn, and stopped.", "other: I think I am lost."),
        ),
    ),
    Beat(
        "turn",
        3,
        "meet",
        (
            ("{hero} looked at the finish. Then {he} turned around.", "hero: It is no fun to win alone."),
            ("{hero} could have won, right then. {he} went back instead.", "hero: Come on. On your feet."),
        ),
    ),
    Beat(
        "ending",
        1,
        "together",
        (
            ("They crossed the line at the same moment.", "It was the best race that nobody ever won."),
            ("In the end, nobody remembered who came first.", "Everybody remembered who came back."),
        ),
    ),
)

MAKE = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "plan",
        2,
        "hero_here2",
        (
            ("That was the {day} {hero} {told}.", "hero: It only needs a little time, and a little love."),
            ("It started small. {hero} {told}.", "hero: If I am careful, it might just work."),
        ),
    ),
    Beat(
        "work",
        5,
        "hero_goes",
        (
            ("Day after day, the work went on.", "A piece here, a piece there, and patience in between."),
            ("There were no instructions, so {hero} made them up.", "Half of them were even right."),
        ),
    ),
    Beat(
        "trouble",
        4,
        "hero_storm",
        (
            ("Then everything went wrong at once.", "hero: Well. That was not supposed to happen."),
            (
                "@if:outdoors",
                "Then the wind came, and undid a week of work.",
                "{hero} looked at what was left, for a long while.",
            ),
        ),
    ),
    Beat(
        "help",
        3,
        "help",
        (
            ("Then {a_helper} stopped by, and stayed.", "helper: May I? I have time, and nowhere to be."),
            ("In the morning, {a_helper} {hwas} there to help.", "helper: Two can mend what one cannot."),
        ),
    ),
    Beat(
        "reveal",
        6,
        "hero_looks",
        (
            ("And at last, there it was.", "It was a little crooked. It was wonderful."),
            ("One evening, it was done.", "hero: I can hardly believe it."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_triumph",
        (
            ("@told2", "And then, at last, {hero} {told2}.", "What is made with love has a way of moving on."),
            ("It was not the thing itself that mattered.", "It was that {hero} had made it."),
            ("Everyone {at} came to see it.", "And {hero}, for once, had nothing left to fix."),
        ),
    ),
)

FEAR = (
    Beat("opening", 1, "hero_here", OPENING),
    Beat(
        "fear",
        2,
        "hero_here2",
        (
            ("There was just one thing. {hero} {was} afraid of {fear}.", "hero: I am not scared. I am only careful."),
            ("{hero} {was} brave in every way but one. {he} feared {fear}.", "{he} had never told a soul."),
        ),
    ),
    Beat(
        "night",
        4,
        "hero_storm",
        (
            ("Then came the night when there was no way around it.", "Every shadow had a voice."),
            ("One night there was a cry for help, out there.", "There was nobody else to go."),
        ),
    ),
    Beat(
        "step",
        5,
        "hero_goes",
        (
            ("{hero} took one small step, and then another.", "hero: If I keep walking, I will get to the other side."),
            ("{his} heart beat like a drum.", "But {his} feet, all by themselves, went on."),
        ),
    ),
    Beat(
        "help",
        3,
        "help",
        (
            ("Then a voice beside {him} spoke.", "helper: I am afraid of it too. Shall we go together?"),
            ("{a_helper} came out of the shadows.", "helper: Look again. It is not as big as you think."),
        ),
    ),
    Beat(
        "turn",
        6,
        "together",
        (
            ("And seen from close by, it was almost beautiful.", "hero: Is that all it was?"),
            ("So they looked it in the face, and it was the first to blink.", "Fear is like that."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_ends",
        (
            ("After that, {hero} {was} still afraid, now and then.", "But {he} knew what to do about it."),
            (
                "That night, {hero} slept better than ever.",
                "The dark outside was only the day, resting.",
            ),
        ),
    ),
)
