"""Noun phrases and predicates: who or what is meant, and what happens, told in the past tense."""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.film.writing import lexicon
from soundstage.film.writing.grammar import article, lemma, past
from soundstage.film.writing.lexicon import ADJECTIVES, Noun
from soundstage.film.writing.moods import MOOD_OF
from soundstage.film.writing.tagger import NUMBERS, Token
from soundstage.film.writing.verbs import PLOT_OF

LONGEST_PHRASE, LONGEST_TAIL, LONGEST_WORD = 6, 16, 30
"""Words of a noun phrase, words after a verb, and letters of a word: what is longer cannot be told in one breath."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A noun phrase: its words without the article, the head noun and what the tables know of it."""

    phrase: str
    head: str
    noun: Noun | None = None
    plural: bool = False
    name: str | None = None
    adjectives: tuple[str, ...] = ()
    owner: Entity | None = None
    lead: str = "a"  # the determiner it came with

    @property
    def short(self) -> str:
        """The phrase without its adjectives and its owner: what a second mention says."""
        words = self.phrase.split()
        if self.owner is not None:
            words = words[len(self.owner.phrase.split()) :]
        return " ".join([w for w in words if w not in self.adjectives] or [self.head])

    @property
    def alive(self) -> bool:
        """Whether it can want, act and speak."""
        return bool(self.name) or bool(self.noun and self.noun.alive)

    def introduced(self) -> str:
        """With its first article: a stranded whale, two mice, some penguins, Mira."""
        if self.name and self.phrase == self.name:
            return self.name
        if self.lead in NUMBERS or self.lead in ("some", "many", "several", "no", "every"):
            return f"{self.lead} {self.phrase}"
        if self.plural:
            return f"some {self.phrase}"
        if self.lead == "the":
            return f"the {self.phrase}"
        if not self.lead:
            return self.phrase
        return f"{article(self.phrase)} {self.phrase}"


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One thing that happens: the verb's base form, the whole predicate in the past tense, its object."""

    verb: str
    told: str
    thing: Entity | None = None
    wish: str | None = None  # what comes after `to`: wants to *fly to the moon*
    joined: bool = False  # said of the same subject as the one before: finds a map *and follows it*
    aside: bool = False  # said of the hero in passing: who never forgets


@dataclass
class Reader:
    """Walks the tokens once."""

    tokens: list[Token]
    at: int = 0

    def entity(self) -> Entity | None:
        """The noun phrase that begins here, or None."""
        start, lead, words = self.at, "", []
        while self.at < len(self.tokens) and self.tokens[self.at].role == "determiner":
            lead = self.tokens[self.at].word.lower()
            self.at += 1
        while self.at < len(self.tokens) and self.tokens[self.at].role == "noun":
            words.append(self.tokens[self.at].word)
            self.at += 1
        described = all(word.lower() in ADJECTIVES or word.lower() in MOOD_OF for word in words)
        if not words or (described and lead != "the"):
            return None
        return make_entity(words, lead, opens=start == 0)


def make_entity(words: list[str], lead: str = "", *, opens: bool = False) -> Entity:
    """An entity of a noun phrase's words: [stranded, whale], [lighthouse, keeper's, cat], [Mira]."""
    words = [word[:LONGEST_WORD] for word in words[-LONGEST_PHRASE:]]
    owner = None
    for index, word in enumerate(words[:-1]):
        if re.search(r"(?:'s|s')$", word):
            owned_by = [*words[:index], re.sub(r"'s?$", "", word)]
            owner = make_entity(owned_by, lead)
    head = words[-1]
    known = lexicon.noun(head)
    named = head.lower() in lexicon.GIRLS | lexicon.BOYS
    proper = head[:1].isupper() and (named or (known is None and not (opens and len(words) == 1)))
    kept = [w if (w[:1].isupper() and (proper or w.isupper())) else w.lower() for w in words]
    adjectives = tuple(w for w in kept[:-1] if w in ADJECTIVES)
    irregular = (
        known is not None and head.lower() != known.word and not head.lower().endswith(known.word) and not proper
    )
    plural = (
        (lead in NUMBERS - {"one"} or lead in ("these", "those", "both", "many", "several"))
        or (
            head.lower().endswith("s")
            and not head.lower().endswith(("ss", "us"))
            and not proper
            and (known is None or irregular)
        )
        or (irregular and known is not None and known.pronoun != "they")
    )
    if known is not None and known.pronoun == "they" and known.word not in ("couple", "team", "crowd", "family"):
        plural = True
    return Entity(
        phrase=" ".join(kept),
        head=kept[-1],
        noun=known,
        plural=plural,
        name=head if proper else None,
        adjectives=adjectives,
        owner=owner,
        lead=lead or ("" if proper or plural or known is None else "a"),
    )


def read_clause(tokens: list[Token], at: int) -> Clause:
    """The predicate from a verb to the end of its clause, in the past tense."""
    base = lemma(tokens[at].word)
    before = tokens[at - 1].word.lower() if at and tokens[at - 1].role == "auxiliary" else ""
    end = at + 1
    while end < len(tokens):
        token = tokens[end]
        if token.role == "comma" or (token.role == "conjunction" and not _lists_nouns(tokens, end)):
            break
        if (
            token.role == "verb"
            and _finite(token.word)
            and tokens[end - 1].role not in ("relative", "auxiliary", "adverb")
        ):
            break
        end += 1
    after = tokens[at + 1 : min(end, at + 1 + LONGEST_TAIL)]
    thing = Reader(after).entity() if after and after[0].role in ("noun", "determiner") else None
    told = _NOW_TO_THEN.get(before, "") if before not in _OF_BE else ""
    verb = [told, base] if told and before not in ("has", "have") else [past(base)]
    if at and tokens[at - 1].word.lower() in ("never", "always", "often", "once"):
        verb = [tokens[at - 1].word.lower(), *verb]
    return Clause(
        verb=base,
        told=" ".join([*verb, *_past_tail(after)]).strip(),
        thing=thing,
        wish=_wish(base, after),
        joined=bool(at) and tokens[at - 1].word.lower() in ("and", "then", "but", ","),
        aside=any(token.role == "relative" for token in tokens[max(0, at - 2) : at]),
    )


def _wish(base: str, after: list[Token]) -> str | None:
    """What is wished for, as it follows `to`: wants to *fly*, dreams of *seeing the sea*; None for no wish."""
    words = [token.word[:LONGEST_WORD] for token in after]
    if len(words) < 2 or PLOT_OF.get(base) != "wish":
        return None
    if words[0].lower() == "to":
        return " ".join(words[1:]) if after[1].role != "determiner" else None
    if base != "dream" or words[0].lower() not in ("of", "about"):
        return None
    return " ".join([lemma(words[1]), *words[2:]] if words[1].lower().endswith("ing") else ["see", *words[1:]])


def _finite(word: str) -> bool:
    """Whether a verb form can stand alone: finds, found; not find, finding."""
    return lemma(word) != word.lower() and not word.lower().endswith("ing")


def _lists_nouns(tokens: list[Token], at: int) -> bool:
    """Whether an `and` joins two things (a hat and a coat), not two happenings."""
    rest = tokens[at + 1 : at + 4]
    return (
        tokens[at].word.lower() in ("and", "or")
        and bool(rest)
        and rest[0].role in ("determiner", "noun")
        and not any(t.role in ("verb", "auxiliary") for t in tokens[at + 1 : at + 6])
    )


_OF_BE = {"is", "are", "was", "were", "be", "been", "being"}

_NOW_TO_THEN = {
    "is": "was",
    "are": "were",
    "has": "had",
    "can": "could",
    "will": "would",
    "can't": "could not",
    "cannot": "could not",
    "does": "did",
    "do": "did",
    "doesn't": "did not",
    "isn't": "was not",
    "won't": "would not",
    "my": "the",
    "our": "the",
    "don't": "did not",
    "your": "the",
    "couldn't": "could not",
    "wouldn't": "would not",
    "could": "could",
    "would": "would",
    "must": "had to",
    "should": "should",
    "did": "did",
    "had": "had",
}


def _past_tail(tokens: list[Token]) -> list[str]:
    words: list[str] = []
    for index, token in enumerate(tokens):
        lowered = token.word.lower()
        finite = (
            token.role == "verb"
            and index
            and tokens[index - 1].role in ("relative", "noun", "adverb")
            and lowered.endswith("s")
        )
        words.append(past(lemma(lowered)) if finite else _NOW_TO_THEN.get(lowered, token.word[:LONGEST_WORD]))
    return words
