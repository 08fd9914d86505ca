"""Who is who in a story told shot by shot: each shot's prompt, with everybody called what they were called at first.

Notable: tables and a few rules of English, no model. Whoever is brought in ("a golden dog", "a girl in a red dress") is
known from there on; "the dog", "its", "she" and a bare "dog" mean the one before, unless another colour is said or
"another" is. What anything else was called at first is carried on too ("an old bridge … the bridge"), which models that
draw from text need as much.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from soundstage.data.storybook_captions import HUES, NOUNS, article
from soundstage.render.scene import PEOPLE

SUBJECTS = {noun: subject for subject, nouns in NOUNS.items() for noun in nouns}
COLOURS = {hue: colour for colour, hues in HUES.items() for hue in hues}
LONGEST = 6
"""Words of a noun phrase, its article left out."""
NEW, NAMED = ("a", "an", "another", "one"), ("the", "this", "that", "his", "her", "its", "their", "our", "my")
OF_PLACE = (
    "in", "on", "at", "by", "near", "to", "from", "into", "onto", "through", "across", "over", "under", "above",
    "below", "along", "past", "behind", "beside", "between", "among", "around", "toward", "towards", "inside",
    "outside", "against", "after", "before", "upon", "of", "with", "for", "as",
)  # fmt: skip
ENDS = (
    *OF_PLACE, "and", "or", "but", "then", "while", "when", "who", "that", "which", "is", "are", "was", "were", "has",
    "have", "does", "not",
)  # fmt: skip
WORN = (
    "dress", "coat", "shirt", "hat", "scarf", "jacket", "suit", "armour", "armor", "cloak", "cape", "robe",
    "uniform", "boots", "cap", "hood", "shoes", "apron", "beard", "glasses", "hair", "eyes", "wings", "mask",
    "helmet", "backpack", "trousers", "sweater", "jumper", "skirt", "crown", "collar", "stripes", "spots",
)  # fmt: skip
NO_VERBS = (
    "king", "ring", "thing", "wing", "string", "spring", "viking", "building", "duckling", "gosling", "darling",
    "being",
)  # fmt: skip
PRONOUNS = ("he", "she", "it", "him", "her", "his", "hers", "its", "they", "them", "their")
MEN, WOMEN = ("keeper", "boy"), ("woman", "girl")
WEATHER = re.compile(
    r"(?:rain|snow|hail|thunder|drizzl|pour)|(?:is|was|gets|grows|becomes|begins to|starts to)\s+(?:rain|snow|hail|fog"
    r"|storm|dark|night|day|dawn|dusk|morning|evening|noon|midnight|late|early|cold|warm|sunny|cloud|wind|time|winter"
    r"|summer|autumn|spring|clear)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


@dataclass(frozen=True, kw_only=True)
class Character:
    """Somebody or something of the story: `noun`, and the words before and after it where it was brought in.

    `subject` and `colour` are the storybook's words for it, None where it has none or was not said.
    """

    noun: str
    before: tuple[str, ...] = ()
    after: str = ""
    subject: str | None = None
    colour: str | None = None

    def called(self, given: Sequence[str] = (), worn: bool = True) -> str:
        """Its noun with all that is known of its looks; words that a prompt has `given` it stand first."""
        more = [word for word in self.before if word not in given]
        return " ".join((*given, *more, self.noun, *((self.after,) if self.after and worn else ())))


@dataclass(frozen=True)
class Told:
    """A shot's `prompt`, everybody called by their looks, and who acts in it: places in the story's cast, in order."""

    prompt: str
    cast: tuple[int, ...]


@dataclass(frozen=True)
class _Phrase:
    """A noun phrase of a prompt, from `start` to `end`. Who comes after a preposition ("in a forest") does not act."""

    start: int
    end: int
    article: str
    before: tuple[str, ...]
    noun: str
    after: str
    acts: bool


@dataclass(frozen=True)
class _Pronoun:
    """A pronoun of a prompt, from `start` to `end`.

    It `owns` something ("her tail"), or it `suffers`: then it is not the one who acts ("a cat looks at it").
    """

    start: int
    end: int
    word: str
    owns: bool
    suffers: bool


def read_story(prompts: Sequence[str]) -> tuple[list[Character], list[Told]]:
    """The cast of a story, in order of appearance, and its shots."""
    cast: list[Character] = []
    shots: list[Told] = []
    for prompt in prompts:
        shots.append(_read(prompt, cast, [shot.cast for shot in reversed(shots) if shot.cast]))
    return cast, shots


def _read(prompt: str, cast: list[Character], before: Sequence[Sequence[int]]) -> Told:
    """A shot; whom it brings in joins the cast. `before` are those of the shots before, the last one first."""
    here: list[int] = []
    acting: list[int] = []
    made, at = "", 0
    said: list[_Phrase | _Pronoun] = [*_phrases(prompt), *_pronouns(prompt)]
    for found in sorted(said, key=lambda each: each.start):
        if found.start < at:
            continue
        if isinstance(found, _Phrase):
            meant, text = _meant(found, cast, here)
            acts = found.acts
        else:
            meant, text = _stands_for(found, cast, acting, before)
            acts = True
        if text:
            text = text[0].upper() + text[1:] if prompt[found.start].isupper() else text
            made, at = made + prompt[at : found.start] + text, found.end
        here += meant
        acting += meant if acts else []
    return Told(made + prompt[at:], tuple(dict.fromkeys(acting)))


def _meant(phrase: _Phrase, cast: list[Character], here: Sequence[int]) -> tuple[list[int], str]:
    """Whom a phrase means, and what it should say; nothing where it says so already."""
    who = _known(phrase, cast)
    if who is None:
        if phrase.article not in NEW and phrase.noun not in SUBJECTS:
            return [], ""
        cast.append(_brought_in(phrase))
        return [len(cast) - 1], ""
    if who in here or phrase.after:
        return [who], ""
    called = cast[who].called(phrase.before)
    first = article(called) if phrase.article in ("a", "an") else phrase.article
    return [who], f"{first} {called}".strip()


def _stands_for(
    pronoun: _Pronoun, cast: Sequence[Character], acting: Sequence[int], before: Sequence[Sequence[int]]
) -> tuple[list[int], str]:
    """Whom a pronoun means, and their names where this shot has not said them yet."""
    if pronoun.word in ("they", "them", "their"):
        several = next((shot for shot in before if len(shot) > 1), before[0] if before else ())
        meant = [] if len(set(acting)) > 1 else [who for who in several if who not in acting]
    else:
        earlier = [who for shot in before for who in shot]
        near = (*acting[1:], *earlier, *acting[:1]) if pronoun.suffers else (*acting, *earlier)
        fitting = [who for who in near if _fits(pronoun.word, cast[who])]
        if pronoun.word not in ("it", "its"):
            fitting.sort(key=lambda who: cast[who].subject not in PEOPLE)  # rather a person than a beast
        meant = [who for who in fitting[:1] if who not in acting]
    if pronoun.owns:
        return meant, " and ".join(f"the {cast[who].called(worn=False)}" for who in meant) + "'s" * bool(meant)
    return meant, " and ".join(f"the {cast[who].called()}" for who in meant)


def _brought_in(phrase: _Phrase) -> Character:
    """Whom a phrase brings in; what they are just doing ("a sleeping dog") is no part of their looks."""
    before = tuple(word for word in phrase.before if not word.endswith("ing"))
    return Character(
        noun=phrase.noun, before=before, after=phrase.after, subject=SUBJECTS.get(phrase.noun), colour=_colour(phrase)
    )


def _colour(phrase: _Phrase) -> str | None:
    """What people wear, else the word nearest to the noun: of a "dark blue car", blue."""
    worn = _WORD.findall(phrase.after.lower()) if SUBJECTS.get(phrase.noun) in PEOPLE else []
    return next((COLOURS[word] for word in (*worn, *reversed(phrase.before)) if word in COLOURS), None)


def _known(phrase: _Phrase, cast: Sequence[Character]) -> int | None:
    """Who of the cast a phrase means: the last one of that noun, else of that subject, of the colour that is said."""
    if phrase.article == "another":
        return None
    colour, subject = _colour(phrase), SUBJECTS.get(phrase.noun)
    fitting = [index for index, who in enumerate(cast) if colour in (None, who.colour)]
    named = [index for index in fitting if cast[index].noun == phrase.noun]
    alike = [index for index in fitting if subject is not None and cast[index].subject == subject]
    return next(iter((*reversed(named), *reversed(alike))), None)


def _phrases(prompt: str) -> list[_Phrase]:
    """The noun phrases of a prompt that may be somebody: after an article, or with a noun of the storybook's."""
    words = list(_WORD.finditer(prompt))
    found: list[_Phrase] = []
    index = 0
    while index < len(words):
        said = words[index].group().lower()
        has_article = said in NEW or said in NAMED
        span = _span(prompt, words, index + has_article)
        if not span or (not has_article and words[span[-1]].group().lower() not in SUBJECTS):
            index += 1
            continue
        noun, size = _noun(words, span)
        after, last = _worn(prompt, words, span[-1])
        before = tuple(words[i].group().lower() for i in span[: len(span) - size])
        acts = noun in SUBJECTS or index == 0 or words[index - 1].group().lower() not in OF_PLACE
        found.append(_Phrase(words[index].start(), words[last].end(), said if has_article else "", before, noun, after,
                             acts))  # fmt: skip
        index = last + 1
    return found


def _noun(words: Sequence[re.Match[str]], span: Sequence[int]) -> tuple[str, int]:
    """The noun that a phrase ends with, and of how many words: "hot-air balloon", "lighthouse keeper"."""
    for size in (3, 2):
        name = " ".join(words[i].group().lower() for i in span[-size:])
        if len(span) >= size and name in SUBJECTS and name.split()[0] not in ("little", "old"):
            return name, size
    return words[span[-1]].group().lower(), 1


def _span(prompt: str, words: Sequence[re.Match[str]], first: int) -> list[int]:
    """The words of a phrase from its first one on: to a noun that is known, else to where a verb or a mark follows."""
    span: list[int] = []
    for index in range(first, min(first + LONGEST, len(words))):
        word = words[index].group().lower()
        apart = prompt[words[index - 1].end() : words[index].start()] if span else " "
        if word in ENDS or word in NEW or word in NAMED or word in PRONOUNS or (apart.strip() and span):
            break
        if span and word not in SUBJECTS and _is_verb(word):
            break
        span.append(index)
        following = words[index + 1].group().lower() if index + 1 < len(words) else ""
        if word in SUBJECTS and following not in SUBJECTS:
            return span
    while len(span) > 1 and words[span[-1]].group().lower().endswith("ly"):
        span.pop()
    return span


def _is_verb(word: str) -> bool:
    if word.endswith("ing"):
        return len(word) > 4 and word not in NO_VERBS
    return word.endswith("s") and not word.endswith(("ss", "us"))


def _worn(prompt: str, words: Sequence[re.Match[str]], noun: int) -> tuple[str, int]:
    """What is worn after a noun, "in a red dress", and its last word's number; nothing where no garment follows."""
    first = noun + 1
    if first < len(words) and words[first].group().lower() in ("in", "with", "wearing"):
        for last in range(first + 1, min(first + LONGEST, len(words))):
            word = words[last].group().lower()
            if word in WORN:
                return prompt[words[first].start() : words[last].end()], last
            if word in ENDS:
                break
    return "", noun


def _pronouns(prompt: str) -> list[_Pronoun]:
    """The pronouns of a prompt; the "it" of "it snows" is none."""
    found, before = [], ""
    for match in _WORD.finditer(prompt):
        word, rest = match.group().lower(), prompt[match.end() :].lstrip()
        if word in PRONOUNS and not (word == "it" and WEATHER.match(rest)):
            following = _WORD.match(rest)
            owned = following is not None and following.group().lower() not in ENDS
            owns = word in ("his", "its", "their") or (word == "her" and owned)
            suffers = word in ("him", "them", "her") or before in OF_PLACE or _is_verb(before)
            found.append(_Pronoun(match.start(), match.end(), word, owns, suffers and not owns))
        before = word
    return found


def _fits(pronoun: str, who: Character) -> bool:
    if pronoun in ("he", "him", "his"):
        return who.subject not in WOMEN
    if pronoun in ("she", "her", "hers"):
        return who.subject not in MEN
    return who.subject not in PEOPLE
