"""Parts of speech, as far as briefs need them: word tables, and the shape of a sentence for what no table knows.

Notable: no statistics and no model; the same word in the same place is always read the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.film.writing import lexicon
from soundstage.film.writing.grammar import lemma, words
from soundstage.film.writing.lexicon import ADJECTIVES, PLACE_OF
from soundstage.film.writing.verbs import VERBS

DETERMINERS = words("""
    a an the his her its their my our your this these those some many several every no another each both own
""")

NUMBERS = words("one two three four five six seven eight nine ten eleven twelve twenty hundred thousand")

PREPOSITIONS = words("""
    in on at under over near by with without through across around into from to of beneath above behind beyond
    between against along inside outside toward towards after before during until for about like as past up down off
    onto below beside among amid within underneath atop throughout via out despite
""")

CONJUNCTIONS = words("and or but while when until because so then where though although if yet as")

RELATIVES = {"who", "which", "that", "whose"}

ADVERBS = words("""
    very too just together alone never always once again finally suddenly away soon still even ever often twice
    really quite almost not also there here now home outdoors indoors nearby today tonight tomorrow yesterday back
    how why what eagerly
""")

PERSONAL = words("i we you he she it they me us him them myself it's i'm there")

AUXILIARIES = words("""
    is are was were be been being has have had can could will would must may might should do does did can't cannot
    won't doesn't isn't don't couldn't wouldn't wasn't
""")


@dataclass
class Token:
    """A word and the part that it plays: noun, verb, determiner, preposition, conjunction, relative, adverb, comma."""

    word: str
    role: str  # determiner, preposition, conjunction, relative, adverb, verb, auxiliary, noun, comma


def tag(body: str) -> list[Token]:
    """The words of a sentence with their parts of speech."""
    tokens: list[Token] = []
    words = re.findall(r"[^\W_][\w'-]*|[,:;]", body)
    for index, word in enumerate(words):
        tokens.append(Token(word, _role(tokens, words, index)))
    return tokens


def _role(before: list[Token], words: list[str], index: int) -> str:
    word = words[index].lower()
    previous = before[-1] if before else None
    after_determiner = previous is not None and (
        previous.role == "determiner" or previous.word.lower() in ADJECTIVES or previous.word.endswith("'s")
    )
    for role, members in (
        ("comma", {",", ":", ";"}),
        ("relative", RELATIVES if not after_determiner else set()),
        ("determiner", DETERMINERS | NUMBERS),
        ("auxiliary", AUXILIARIES),
        ("conjunction", CONJUNCTIONS),
        ("preposition", PREPOSITIONS),
        ("adverb", ADVERBS),
    ):
        if word in members:
            return role
    if (
        word.endswith("ly")
        and word not in ADJECTIVES
        and lexicon.noun(word) is None
        and len(word) > 4
        and not word.endswith("mily")
    ):
        return "adverb"
    return "verb" if not after_determiner and _is_verb(before, words, index) else "noun"


def _is_verb(before: list[Token], words: list[str], index: int) -> bool:
    """
    A known verb where a verb can stand, or an unknown word in -s or -ed between a known noun and what follows a
    verb."""
    word = words[index].lower()
    if word in ADJECTIVES:
        return False
    previous = before[-1] if before else None
    base = lemma(word)
    if previous is None:
        return base in VERBS and word.endswith("ing") and len(words) > 1
    if previous.role == "preposition":
        return (previous.word.lower() == "to" and base == word and base in VERBS and lexicon.noun(word) is None) or (
            previous.word.lower() in ("of", "by", "for", "from", "without") and word.endswith("ing") and base in VERBS
        )
    if previous.role not in ("noun", "auxiliary", "relative", "adverb", "conjunction", "comma", "verb"):
        return False
    if previous.word.lower() in PERSONAL and base in VERBS:
        return True
    noun_before = any(token.role == "noun" for token in before)
    if not noun_before and previous.role != "conjunction":
        return False
    following = words[index + 1].lower() if index + 1 < len(words) else ""
    helped = any(t.role == "verb" and lemma(t.word) in ("help", "let", "make", "watch", "see", "hear") for t in before)
    if (
        helped
        and base == word
        and base in VERBS
        and previous.role == "noun"
        and lexicon.noun(previous.word) is not None
    ):
        return lexicon.noun(word) is None
    if base in VERBS:
        subject_plural = previous.word.lower().endswith("s") or previous.word.lower() in (
            "people",
            "children",
            "mice",
            "geese",
            "men",
            "women",
        )
        inflected = (
            word != base
            or subject_plural
            or previous.role in ("conjunction", "auxiliary", "relative", "adverb")
            or _joined(before)
        )
        is_name = lexicon.noun(word) is not None and word not in ("fly", "flies", "cook", "cooks")
        return inflected and not (is_name and lexicon.noun(previous.word) is None and following in ("", ","))
    looks = word.endswith(("s", "ed")) and not word.endswith(("ss", "us", "'s", "s'")) and lexicon.noun(word) is None
    opens = following in DETERMINERS | NUMBERS | PREPOSITIONS | PERSONAL or following == ""
    known_subject = lexicon.noun(previous.word) is not None or (word.endswith("ed") and len(word) > 5)
    opens = opens or following in ADVERBS
    return looks and opens and previous.role == "noun" and known_subject and word not in PLACE_OF


def _joined(before: list[Token]) -> bool:
    """Whether the subject so far is two things joined by `and`, so that the verb has no -s."""
    return any(t.word.lower() == "and" for t in before) and not any(t.role == "verb" for t in before)
