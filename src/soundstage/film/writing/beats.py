"""What a plot is made of, and the openings that any story can begin with.

Notable: a variant is a core sentence and more that may follow when there is time; `hero:`, `other:` and `helper:`
begin spoken lines; leading `@tags` say when a variant fits (all must hold, and the more of them the better
it fits; those with `if:` only allow it).
Narration is in the past tense, so that only {was} and {owas} agree. Fields: {hero} {a_hero} {heros} {he} {him} {his}
{himself} {was}, the same for {other} with an o before the pronoun, {helper} {a_helper}, {told} {told2} {wish} {fear}
{topic} {question}, {when} {day} {today} {at} {at_a} {far}.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Beat:
    """A step of a plot. The lower its `rank`, the sooner it is kept in a short film; `stage` says who is seen how."""

    name: str
    rank: int
    stage: str
    variants: tuple[tuple[str, ...], ...]


OPENING = (
    ("@if:morning", "{when}, {a_hero} woke up early.", "The world was still, and it felt like a gift."),
    ("There {was} once {a_hero}.", "{at_a}, that is, where nothing much ever happened."),
    ("Once, {at_a}, there {was} {a_hero}.", "The days were long there, and all of them alike."),
    ("{when}, {a_hero} went out alone.", "{he} could not have said why."),
    ("This is the story of {a_hero}.", "It begins {at_a}, on a day like any other."),
    ("{when}, {a_hero} set out, as {he} always did.", "Nothing much ever happened {at}.", "{he} liked it that way."),
    (
        "{at_a} lived {a_hero}.",
        "{he} knew every sound of the place, and every silence.",
        "This day began like any other.",
    ),
    ("@if:morning", "{when}, {a_hero} woke before everyone else.", "The world was still, and it felt like a gift."),
    ("{when}, the air was clear, and {a_hero} {was} restless.", "{he} felt that something was about to begin."),
    ("@tense", "{when}, something was wrong {at}.", "{a_hero} felt it first."),
    ("@funny", "{at_a} lived {a_hero}, who had a plan.", "It was not a good plan.", "But it was a plan."),
    ("@sad", "{when}, {a_hero} watched the light change {at}.", "{he} had grown used to being alone."),
    ("@mysterious", "{when}, {a_hero} heard a sound that did not belong {at}.", "{he} went to see."),
    ("@epic", "Long ago, {at_a}, there {was} {a_hero}.", "Nobody knew {his} name yet.", "That was about to change."),
    ("@dreamy", "{when}, between waking and sleeping, there {was} {a_hero}.", "The world was soft at the edges."),
    ("@exciting", "{when}, {a_hero} could not sit still.", "Adventure was in the air {at}."),
)
