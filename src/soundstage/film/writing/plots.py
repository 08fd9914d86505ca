"""Which kind of story an idea asks for, and what the film is called."""

from __future__ import annotations

import re

import numpy as np

from soundstage.film.writing.brief import Idea
from soundstage.film.writing.casting import Cast
from soundstage.film.writing.grammar import words
from soundstage.film.writing.moods import Mood
from soundstage.film.writing.phrases import Clause
from soundstage.film.writing.verbs import PLOT_OF

_IN_NEED = words("""
    stranded lost injured hungry trapped wounded broken frozen homeless orphaned sinking abandoned lonely stray sick
    runaway
""")


def plot_of(idea: Idea, mood: Mood, rng: np.random.Generator) -> str:
    """The plot that an idea asks for."""
    if idea.hero is None:
        return "question" if idea.question or idea.topic else "landscape"
    if idea.fear:
        return "fear"
    if idea.question and not idea.clauses:
        return "question"
    alive = idea.other is not None and idea.other.alive
    clause = next((c for c in sorted(idea.clauses, key=lambda c: c.aside) if c.verb not in ("be", "have")), None)
    if clause is None:
        if idea.clauses:
            return "moment"
        if alive and not idea.joint:
            return "friends"
        return (
            "friends"
            if alive
            else "journey"
            if mood.name in ("exciting", "epic", "joyful") or rng.random() < 0.5
            else "moment"
        )
    if clause.wish:
        return "wish"
    if re.search(r"\b(?:every|always|never|often)\b", clause.told):
        return "moment"
    plot = _checked_plot(PLOT_OF.get(clause.verb, "friends" if alive else "moment"), idea, clause)
    return "journey" if plot == "moment" and mood.name in ("tense", "exciting", "epic") else plot


def _checked_plot(plot: str, idea: Idea, clause: Clause) -> str:
    """The verb's plot where its object suits it, else the nearest that does."""
    other, alive = idea.other, idea.other is not None and idea.other.alive
    vehicle = other is not None and other.noun is not None
    needy = other is not None and bool(set(other.adjectives) & _IN_NEED)
    match plot:
        case "discover":
            return "rescue" if needy and (alive or vehicle) else "friends" if alive and not idea.joint else "wonder"
        case "rescue":
            return "rescue" if (alive or vehicle) and not idea.joint else "moment"
        case "befriend":
            return "friends" if alive else "moment"
        case "contest":
            return "contest" if alive else "moment" if clause.verb == "play" else "journey"
        case "wish" | "fear":
            return "moment"
        case _:
            return plot


def title_words(plot: str, idea: Idea, cast: Cast, fields: dict[str, str]) -> str:
    """The film's title, in lower case where it may be."""
    hero = cast.hero
    if idea.question and plot == "question":
        return idea.question if len(idea.question) <= 40 else "A Very Good Question"
    if plot == "question" and idea.topic:
        return f"All about {idea.topic}"
    if hero is None:
        return f"the {idea.places[0][1]}" if idea.places else "a quiet place"
    if plot == "wish" and len(fields["wish"]) <= 22:
        return f"{hero.later} who wanted to {fields['wish']}"
    if plot == "fear" and len(fields["fear"]) <= 20:
        return f"{hero.later} who feared {fields['fear']}"
    if plot in ("contest", "friends") and cast.other is not None:
        return f"{hero.later} and {cast.other.later}"
    if idea.joint or cast.other is None or plot in ("make", "moment", "journey", "fear"):
        thing = idea.clauses[0].thing if idea.clauses else None
        if thing is not None and not thing.alive and thing.head.lower() != "it" and thing.phrase not in hero.later:
            plain = thing.name or (not thing.lead and not thing.plural)
            if len(thing.phrase) < 20:
                return f"{hero.later} and {thing.phrase if plain else f'the {thing.phrase}'}"
        return hero.first if hero.first.startswith("the ") else f"{hero.later} {cast.at}"
    return f"{hero.later} and {cast.other.later}"
