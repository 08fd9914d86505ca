"""Plots in which little happens: a moment, a landscape, a question."""

from __future__ import annotations

from soundstage.film.writing.beats import Beat

MOMENT = (
    Beat(
        "opening",
        1,
        "hero_here",
        (
            ("{when}, {at_a}, there {was} {a_hero}.", "The hour belonged to nobody."),
            ("There is a place {at_a}, where time goes slowly.", "It is worth going there, if only for a moment."),
            ("{when}, the world went to rest.", "Only {a_hero} {was} still awake."),
            ("{when}, something small began {at}.", "It began with {a_hero}."),
            ("Listen. {at_a}, there {was} once {a_hero}.", "This is not a long story. But it is a true one."),
        ),
    ),
    Beat(
        "doing",
        2,
        "hero_here",
        (
            ("@habit", "{hero} {told}.", "Nobody could say when that had begun."),
            ("And {hero} {told}.", "Nobody asked why. It needed no reason."),
            ("There, for all to see, {hero} {told}.", "It seemed the most natural thing in the world."),
            ("On that {day}, {hero} {told}.", "There was no one to see it but the sky."),
            ("It was simple. {hero} {told}.", "Simple things take the longest to learn."),
        ),
    ),
    Beat(
        "detail",
        4,
        "hero_looks",
        (
            ("Small things happened. A leaf turned. A shadow moved.", "{hero} noticed every one of them."),
            ("The light changed, slowly, as it does.", "For a while, nothing at all was missing."),
            ("{hero} looked around, as if for the first time.", "Everything was where it should be."),
            ("Somewhere, far away, somebody laughed.", "{hero} almost laughed too."),
        ),
    ),
    Beat(
        "thought",
        5,
        "hero_here2",
        (
            ("hero: I could stay here for ever.", "And the world said nothing, which is how it says yes."),
            ("{hero} thought of old days, and of days to come.", "hero: This one is good, too."),
            ("hero: Who would have thought it would be like this?", "{he} had asked no one in particular."),
        ),
    ),
    Beat(
        "visitor",
        6,
        "help",
        (
            (
                "{a_helper} passed by, and stopped for a while.",
                "helper: May I share this with you?",
                "They said no more, and did not need to.",
            ),
            ("Then {a_helper} came along.", "helper: Is it always like this here?", "hero: No. Only today."),
        ),
    ),
    Beat(
        "weather",
        7,
        "place",
        (
            ("Somewhere a bell rang, and was quiet again.", "The sky went through all its colours."),
            ("The wind came, looked around, and went its way.", "It would be back. It always was."),
        ),
    ),
    Beat(
        "turn",
        3,
        "hero_goes",
        (
            ("Then something changed, too small to name.", "{hero} felt it, and smiled."),
            ("And then, for no reason, everything shone.", "hero: Did you see that?"),
            ("And all at once, {hero} {was} perfectly happy.", "hero: So this is what it is like."),
            ("Then, for one breath, the whole world stood still.", "hero: Stay. Just a little longer."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_ends",
        (
            ("Moments like this do not last.", "But they come back, to those who wait."),
            ("When it was over, {hero} took it home, and kept it.",),
            ("That was all. And it was everything.",),
            ("Tomorrow there would be other things to do.", "But {today} belonged to {hero}."),
            ("Nobody wrote it down. That is why it is told here.",),
        ),
    ),
)

LANDSCAPE = (
    Beat(
        "opening",
        1,
        "place",
        (
            ("{when}, {at_a}, the last noise died away.", "Nobody was there to hear it."),
            ("{when}, {at_a}, everything was waiting.", "It was the kind of quiet that one can hear."),
            ("{when}, the world forgot to hurry, {at_a}.", "Perhaps it had been tired for a while."),
        ),
    ),
    Beat(
        "detail",
        2,
        "passing",
        (
            ("Something moved, far off, and was gone.", "The place looked after it for a while."),
            ("A small shape went by, in no hurry at all.", "It had somewhere to be, or perhaps it did not."),
            ("Someone passed, and left no trace.", "Only the air remembered."),
        ),
    ),
    Beat(
        "light",
        4,
        "place",
        (
            ("The light came slowly, and touched one thing after another.", "It left nothing out."),
            ("Colours changed places, when they thought that no one looked.", "Nobody did."),
        ),
    ),
    Beat(
        "memory",
        5,
        "passing",
        (
            ("Those who had lived here knew it well.", "They said that it remembered them, too."),
            ("Every place has a song. This one hummed under its breath.", "One had to stand quite still to hear it."),
        ),
    ),
    Beat(
        "turn",
        3,
        "place",
        (
            ("Then the wind turned, and the whole world breathed in.", "For one moment, all was exactly right."),
            ("And then, as softly as it had begun, it changed.", "No one could have said how."),
        ),
    ),
    Beat(
        "ending",
        1,
        "place",
        (
            ("Nothing had happened.", "And yet, it was not the same as before."),
            ("If you go there, go quietly.", "It may still be happening."),
            ("Some things are only beautiful.", "That is quite enough to be."),
        ),
    ),
)

QUESTION = (
    Beat(
        "opening",
        1,
        "hero_here",
        (
            ("{when}, {a_hero} looked up and wondered.", "It was the sort of day that asks questions."),
            ("{at_a} lived {a_hero}, who liked to ask why.", "Most people had no time for it."),
            ("{a_hero} had a question, and it would not go away.", "It was there at breakfast. It was there at night."),
            ("{when}, {a_hero} could not sleep for wondering.", "It happens to the best of us."),
        ),
    ),
    Beat(
        "question",
        2,
        "hero_looks",
        (
            ("@question", "hero: {question}", "Nobody {at} had an answer."),
            ("@question", "hero: Excuse me. {question}", "The clouds did not know. The clock did not know."),
            ("@topic", "hero: I want to know all about {topic}.", "It was a big thing to want, for one so small."),
            ("@topic", "hero: Tell me about {topic}.", "It was a big thing to want, for one so small."),
            ("@topic", "hero: Can anyone tell me about {topic}?", "It grew very quiet {at}."),
        ),
    ),
    Beat(
        "asking",
        4,
        "help",
        (
            ("{hero} asked {a_helper}.", "helper: A very good question. I have wondered about it too."),
            ("{hero} asked {a_helper} first.", "helper: Ask the wind. It has been everywhere."),
            ("{a_helper} thought about it for a while.", "helper: I knew it once. Let us find out together."),
        ),
    ),
    Beat(
        "journey",
        5,
        "hero_far",
        (
            ("So {hero} went to look, {far}.", "{he} looked at big things, and at very small ones."),
            ("{hero} read books, and clouds, and the faces of clocks.", "Each of them knew a little."),
        ),
    ),
    Beat(
        "trouble",
        6,
        "hero_storm",
        (
            ("The more {he} learned, the more there was to know.", "hero: Every answer has another question inside."),
            ("For a while, it only grew more difficult.", "hero: Maybe some things are not for knowing."),
        ),
    ),
    Beat(
        "turn",
        3,
        "hero_fast",
        (
            ("And slowly, piece by piece, it began to make sense.", "hero: I see. It was there all the time."),
            ("Then, one evening, {he} understood a little of it.", "A little was enough to begin with."),
            ("And then, between two steps, {he} had it.", "hero: Oh. So that is how it works."),
        ),
    ),
    Beat(
        "ending",
        1,
        "hero_ends",
        (
            ("The answer was beautiful. The question was better.", "{hero} kept them both."),
            (
                "{hero} never learned all of it. Nobody does.",
                "But {he} never stopped looking, and that made all the difference.",
            ),
            ("That night, {hero} slept well, and dreamed of the next one.", "There is always a next one."),
        ),
    ),
)
