"""What a brief says: how long, in what mood, who, does what, to whom, where, when, in what weather.

Notable: no language model, only word tables and the shape of an English sentence, so the same brief always reads the
same. What cannot be understood is kept as the film's topic, never refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from soundstage.film.writing import lexicon
from soundstage.film.writing.duration import Length, find_length
from soundstage.film.writing.grammar import singular, words
from soundstage.film.writing.lexicon import ADJECTIVES, PLACE_OF, TIME_OF, WEATHER_OF
from soundstage.film.writing.moods import MOOD_OF
from soundstage.film.writing.phrases import (
    LONGEST_PHRASE,
    LONGEST_WORD,
    Clause,
    Entity,
    Reader,
    make_entity,
    read_clause,
)
from soundstage.film.writing.tagger import PERSONAL, Token, tag

SUBJECTS = {"he": "man", "she": "woman", "i": "traveller", "we": "friends", "they": "friends"}

META_NOUNS = (
    r"(?:film|movie|video|story|tale|clip|animation|cartoon|short(?=\s+(?:about|on|of)\b)|fable|advert|advertisement"
    r"|commercial|ad|trailer|documentary|poem|song|scene|bedtime story)"
)
META = re.compile(
    r"^(?:(?:please|hi|hello|hey|so|well|ok|okay)[,!]?\s+)*(?:(?:can|could|would) you\s+)?"
    r"(?:(?:make|create|write|tell|give|show|generate|produce|draw|animate|film|i want|i would like|i'd like|we need"
    r"|i need|let's have|let's see)\s+(?:me\s+|us\s+)?)?"
    rf"(?:(?:(?:a|an|the|one|my|some)\s+)?(?:[\w'-]+,?\s+){{0,4}}?{META_NOUNS}s?\b[,:]?\s*"
    r"(?:that (?:shows|is|tells)\s+)?"
    r"(?:(?:about|of|where|in which|on|showing|featuring|with|for|in|to explain|explaining)\s+)?(?:how\s+)?)",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"^(?:once upon a time|one (?:day|night|morning|evening)|once|long ago),?\s*"
    r"|^there (?:was|were|is|are|lived)(?: once)?\s+",
    re.IGNORECASE,
)

_ASKS = re.compile(
    r"^(?:please\s+)?(?:explain|describe|teach me|tell me|show me|summari[sz]e|define)\s+(?:to me\s+|about\s+)*",
    re.IGNORECASE,
)

_QUESTION = re.compile(
    r"^(?:why|how|what|who|when|where|which|is|are|can|could|does|do|did|should|will|would)\b", re.IGNORECASE
)

_FILLER = words("""
    a an the and or but in with for of to very please film movie video story short clip long about around roughly
    length duration mood tone style music make it keep be is should something nothing too kids children adults
    families voice narration feel feeling all ages at end ending more less not quite rather bit little slightly
    subtitles no dialogue minutes seconds tale cartoon animation only just least most up approximately
""")


@dataclass(frozen=True, kw_only=True)
class Idea:
    """Everything the writer takes from a brief."""

    text: str
    length: Length | None = None
    moods: tuple[str, ...] = ()
    hero: Entity | None = None
    other: Entity | None = None
    clauses: tuple[Clause, ...] = ()
    places: tuple[tuple[str, str], ...] = ()  # (drawable place, the brief's words for it)
    time: str | None = None
    weather: str | None = None
    fear: str | None = None
    topic: str | None = None
    question: str | None = None
    extras: tuple[Entity, ...] = ()
    joint: bool = False  # hero and other act as one: Tom and Lily search


def read_brief(text: str) -> Idea:
    """The idea in a brief: any English sentences. Never raises; an unreadable brief becomes a topic."""
    if text.isupper():
        text = text.capitalize()
    clean = re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')).strip()
    sentences = [s.strip() for s in re.split(r"(?<=[.!?;])\s+|\n+|\s+[-–—]\s+", clean) if s.strip()]
    story, length, moods = _separate(sentences)
    idea = Idea(text=clean, length=length, moods=tuple(dict.fromkeys(moods)))
    lowered = re.findall(r"[a-z'-]+", " ".join(story).lower())
    idea = replace(
        idea,
        time=next((TIME_OF[w] for w in lowered if w in TIME_OF), None),
        weather=next((WEATHER_OF[w] for w in lowered if w in WEATHER_OF), None),
    )
    for sentence in story:
        idea = _read_sentence(idea, sentence)
    if idea.hero is not None and not idea.clauses and not _imaginable(idea.hero):
        idea = replace(idea, hero=None, other=None)
    if idea.places and idea.hero is None:
        return idea
    return idea if idea.hero or idea.topic or idea.question else replace(idea, topic=_topic(story))


def _separate(sentences: list[str]) -> tuple[list[str], Length | None, list[str]]:
    """The story's sentences, the stated length and the moods; sentences that only state those are dropped."""
    story: list[str] = []
    stated: Length | None = None
    hinted: Length | None = None
    asked: list[str] = []
    told: list[str] = []
    for sentence in sentences:
        rest, length = find_length(sentence)
        words = re.findall(r"[a-z'-]+", rest.lower())
        moods = [MOOD_OF[w] for w in words if w in MOOD_OF]
        bare = all(w in _FILLER or w in MOOD_OF for w in words)
        if length is not None:
            if bare or META.match(sentence) or length.explicit:
                stated, sentence = length, rest
            else:
                hinted = length
        (asked if bare else told).extend(
            moods if bare else [MOOD_OF[w] for w in words if w in MOOD_OF and w not in _OF_THINGS]
        )
        if not bare:
            story.append(sentence)
    return story, stated or hinted, asked + told


_OF_THINGS = words("""
    dark wild sweet soft magical strange bright action bedtime warm quiet fast slow sad happy sunny merry horror
    floating frightening grand mystery dream intense
""")


def _topic(story: list[str]) -> str | None:
    """What an unstorylike brief is about: its first noun phrase with a determiner, or its first words."""
    for sentence in story:
        tokens = tag(META.sub("", sentence))
        for index, token in enumerate(tokens[:-1]):
            if token.role == "determiner" and tokens[index + 1].role == "noun":
                reader = Reader(tokens, index)
                thing = reader.entity()
                if thing is not None and len(thing.phrase.split()) <= 4:
                    return f"the {thing.phrase}" if token.word.lower() in ("our", "my", "your") else thing.introduced()
    found = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", " ".join(story))
    return " ".join(word[:LONGEST_WORD] for word in (found if len(found) <= 4 else found[:3])).lower() or None


def _imaginable(thing: Entity) -> bool:
    """Whether a noun phrase without a verb is somebody or something that can carry a story."""
    others = thing.phrase.split()[:-1] if thing.owner is None else []
    return thing.noun is not None and all(
        w in ADJECTIVES or lexicon.noun(w) is not None or _place_of_word(w) for w in others
    )


def _read_sentence(idea: Idea, sentence: str) -> Idea:
    body = META.sub("", sentence).strip(" .!?;,\"'")
    body = _ONCE.sub("", _ONCE.sub("", body))
    asked = _ASKS.match(body)
    if (_QUESTION.match(body) and sentence.rstrip(" \"'").endswith("?")) or (
        _QUESTION.match(body) and idea.hero is None
    ):
        return replace(idea, question=idea.question or _asked(body))
    if asked and body[asked.end() :]:
        return replace(idea, topic=idea.topic or _subject_of(body[asked.end() :]))
    tokens = tag(body)
    if not tokens:
        return idea
    return _assemble(idea, tokens)


_NO_CHARACTERS = words("""
    day days night nights year years hour hours minute minutes second seconds week weeks month months time times way
    end love life world birthday morning evening midnight noon afternoon moment beginning middle story film kind lot
    name thing something nothing anything everything side top bottom front rest scene one ones bit
""")


def _subject_of(text: str) -> str | None:
    """What is to be explained: without whom it is for."""
    said = re.findall(r"[^\W_][\w'-]*", re.split(r",| to an? | for an? ", text)[0])
    return " ".join(word[:LONGEST_WORD] for word in said[:LONGEST_PHRASE]) or None


def _asked(body: str) -> str:
    """A question as somebody would say it: one breath long, without marks that a voice would take for its own."""
    said = re.sub(r"[\[\](){}<>|/\\]+", " ", body).split()[:16]
    text = " ".join(word[:LONGEST_WORD] for word in said).rstrip("?!. ")
    return text[:1].upper() + text[1:] + "?"


def _assemble(idea: Idea, tokens: list[Token]) -> Idea:
    """Adds a sentence's things and happenings to the idea."""
    cast = _Cast(idea.hero, idea.other, list(idea.extras), list(idea.places), idea.fear, idea.joint)
    clauses = list(idea.clauses)
    reader = Reader(tokens)
    preposition = ""
    while reader.at < len(tokens):
        token = tokens[reader.at]
        if token.role in ("noun", "determiner"):
            start = reader.at
            thing = reader.entity()
            if thing is not None:
                cast.meet(
                    thing, preposition, [t.word.lower() for t in tokens[max(0, start - 2) : start]], bool(clauses)
                )
                preposition = ""
            continue
        if token.role == "preposition":
            preposition = token.word.lower()
        elif token.role in ("verb", "auxiliary") and token.word.lower() not in ("named", "called"):
            happens = token.role == "verb" or _stands_alone(tokens, reader.at)
            if happens and cast.hero is not None and not (preposition == "to" and clauses):
                clauses.append(read_clause(tokens, reader.at))
            preposition = ""
        elif token.role in ("conjunction", "comma", "relative"):
            preposition = ""
        reader.at += 1
    return replace(
        idea,
        hero=cast.hero,
        other=cast.other,
        extras=tuple(cast.extras),
        places=tuple(cast.places),
        clauses=tuple(clauses),
        fear=cast.fear,
        joint=cast.joint,
    )


def _stands_alone(tokens: list[Token], at: int) -> bool:
    """Whether an auxiliary is the verb itself: is lonely, has a secret; not is sleeping, has slept."""
    return not any(token.role == "verb" for token in tokens[at + 1 : at + 3])


@dataclass
class _Cast:
    """The things of a brief, sorted as they are met into hero, other, places and the rest."""

    hero: Entity | None
    other: Entity | None
    extras: list[Entity]
    places: list[tuple[str, str]]
    fear: str | None
    joint: bool

    def meet(self, thing: Entity, preposition: str, before: list[str], happened: bool) -> None:
        """Sorts one noun phrase, by the preposition and the two words before it."""
        head = thing.head.lower()
        if head in PERSONAL:
            if self.hero is None and head in SUBJECTS and not happened:
                self.hero = make_entity([SUBJECTS[head]], "three" if head in ("we", "they") else "a")
            return
        if self.hero is not None and self.hero.name is None and before[-1:] in (["named"], ["called"]):
            self.hero = replace(self.hero, name=thing.phrase.title())
        elif preposition == "of" and before[:1] and before[0] in ("afraid", "scared", "frightened", "terrified"):
            self.fear = thing.introduced()
        elif _is_place(thing, preposition, self.hero):
            self.places.append((PLACE_OF[_place_word(thing)], thing.short if len(thing.phrase) > 24 else thing.phrase))
        elif head in _NO_CHARACTERS or head in TIME_OF or head in WEATHER_OF:
            return
        elif self.hero is None and (not preposition or thing.alive):
            self.hero = thing
            if thing.owner is not None and thing.owner.alive:
                self.extras.append(thing.owner)
        elif thing.phrase not in {self.hero.phrase if self.hero else "", self.other.phrase if self.other else ""}:
            direct = preposition in ("", "with", "for", "of") or thing.alive
            if (self.other is None and direct) or (self.other is not None and thing.alive and not self.other.alive):
                self.other = thing
                self.joint = before[-1:] == ["and"] and not happened and not preposition
            else:
                self.extras.append(thing)


def _place_of_word(word: str) -> str:
    """The word, or its singular, when it is the name of a place."""
    return next((form for form in (word.lower(), singular(word)) if form in PLACE_OF), "")


def _place_word(thing: Entity) -> str:
    return _place_of_word(thing.head)


def _is_place(thing: Entity, preposition: str, hero: Entity | None) -> bool:
    if not _place_word(thing):
        return False
    if preposition and preposition not in ("of", "with", "for", "about", "like"):
        return True
    plain = all(word in ADJECTIVES for word in thing.phrase.split()[:-1])
    return hero is None and thing.noun is None and not preposition and plain
