"""English, as far as a storyteller needs it: articles, plurals, pronouns, verb forms, sentences.

Notable: the built-in writer narrates in the past tense, where only *be* agrees with its subject; that keeps the
grammar small enough to be right. `finish` turns a filled template into sentences that can be spoken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def words(text: str) -> frozenset[str]:
    """A table of words, written as a text."""
    return frozenset(text.split())


def pairs(text: str) -> dict[str, str]:
    """A table of `form:base` pairs, written as a text."""
    return dict(entry.split(":") for entry in text.split())


# The first sound decides between `a` and `an`, and these words do not begin with the sound of their first letter.
_SILENT_H = ("honest", "hour", "heir", "honor", "honour")
_YOU_OR_WON = (
    "unicorn",
    "unicycle",
    "uniform",
    "union",
    "unique",
    "unit",
    "univers",
    "use",
    "usual",
    "utensil",
    "utopia",
    "ukulele",
    "eu",
    "ewe",
    "one",
    "once",
    "ubiq",
    "u-",
)

IRREGULAR_PLURALS = pairs("""
    mice:mouse geese:goose children:child people:person men:man women:woman wolves:wolf feet:foot teeth:tooth
    leaves:leaf thieves:thief elves:elf firemen:fireman fishermen:fisherman snowmen:snowman oxen:ox knives:knife
    fireflies:firefly butterflies:butterfly puppies:puppy bunnies:bunny ponies:pony fairies:fairy ladies:lady
    babies:baby cities:city stories:story canaries:canary
""")
_SINGULAR_S = ("ss", "us", "is", "os", "news", "lens", "james", "gas")

IRREGULAR_VERBS = pairs("""
    found:find lost:lose met:meet went:go goes:go flew:fly flies:fly ran:run swam:swim sang:sing built:build
    made:make saw:see taught:teach learnt:learn dreamt:dream fell:fall fought:fight hid:hide kept:keep left:leave
    grew:grow drew:draw wrote:write told:tell took:take brought:bring caught:catch won:win sold:sell gave:give
    rode:ride drove:drive dug:dig slept:sleep ate:eat stole:steal sought:seek woke:wake tries:try tried:try
    carries:carry is:be carried:carry discovers:discover wishes:wish teaches:teach catches:catch was:be
    searches:search does:do has:have had:have are:be were:be crosses:cross misses:miss befriends:befriend
    became:become dying:die lying:lie tying:tie chases:chase races:race rescues:rescue saves:save explores:explore
    hikes:hike dances:dance makes:make bakes:bake loses:lose hides:hide rises:rise leaves:leave escapes:escape
    writes:write loves:love dives:dive drives:drive rides:ride sleeps:sleep wakes:wake invents:invent becomes:become
    comes:come came:come fixes:fix watches:watch reaches:reach cries:cry studies:study bought:buy
""")


def article(phrase: str) -> str:
    """`a` or `an` for a phrase, by the sound of its first word: an hour, a unicorn, an umbrella, a one-eyed cat."""
    first = phrase.split()[0] if phrase.split() else ""
    if len(first) > 1 and first.isupper():
        return "an" if first[0] in "AEFHILMNORSX" else "a"
    word = first.lower()
    if word.startswith(_SILENT_H) or word[:1] == "8" or word in ("11", "18"):
        return "an"
    return "an" if word[:1] in "aeiou" and word[:1] and not word.startswith(_YOU_OR_WON) else "a"


def singular(noun: str) -> str:
    """The singular of a noun; the noun itself when it is one already."""
    word = noun.lower()
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_SINGULAR_S):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def lemma(verb: str) -> str:
    """The base form of a verb in any of its regular forms and the common irregular ones."""
    word = verb.lower()
    if word in IRREGULAR_VERBS:
        return IRREGULAR_VERBS[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us")) and len(word) > 3:
        return word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return _unsuffixed(word[: -len(ending)])
    return word


_KEEPS_E = re.compile(r"(?:[aiou][bcdgkmnprtvz]|[aeiou]s|[lrn][cgsv]|[aiou]gl|bl|tl|dl|zl|kl|ang)$")
_NO_E = (
    "visit",
    "discover",
    "wander",
    "sleep",
    "want",
    "wait",
    "sail",
    "gallop",
    "whisper",
    "explain",
    "rain",
    "train",
    "open",
    "travel",
    "murmur",
    "paint",
    "help",
    "dream",
    "look",
    "search",
    "learn",
    "teach",
    "build",
    "read",
    "float",
    "turn",
    "eat",
    "speak",
    "cook",
    "fear",
    "hear",
    "clean",
    "need",
    "meet",
    "keep",
    "seek",
    "steal",
    "happen",
    "listen",
    "garden",
    "reach",
    "orbit",
    "exhibit",
    "edit",
    "limit",
    "fight",
    "hang",
    "bang",
    "long",
)


def _unsuffixed(stem: str) -> str:
    """danc → dance, runn → run, walk → walk."""
    if stem in _NO_E:
        return stem
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    if len(stem) > 2 and _KEEPS_E.search(stem) and not re.search(r"[aeiou]{2}[a-z]$", stem):
        return stem + "e"
    return stem


_PAST = pairs("""
    find:found lose:lost meet:met go:went fly:flew run:ran swim:swam sing:sang build:built make:made see:saw
    teach:taught dream:dreamed fall:fell fight:fought hide:hid keep:kept leave:left grow:grew draw:drew write:wrote
    tell:told take:took bring:brought catch:caught win:won sell:sold give:gave ride:rode drive:drove dig:dug
    sleep:slept eat:ate steal:stole seek:sought wake:woke become:became come:came buy:bought do:did have:had be:was
    get:got hear:heard read:read sit:sat stand:stood think:thought know:knew feel:felt begin:began say:said put:put
    hold:held set:set rise:rose drink:drank break:broke freeze:froze swing:swung throw:threw speak:spoke sew:sewed
    shine:shone cast:cast spin:spun feed:fed travel:travelled stop:stopped plan:planned hop:hopped drop:dropped
    knit:knitted nap:napped chat:chatted step:stepped ski:skied dive:dived refer:referred hug:hugged row:rowed
    lie:lay fit:fitted rob:robbed blow:blew quit:quit hit:hit cut:cut let:let pay:paid lead:led burn:burned
    spot:spotted purr:purred skip:skipped trip:tripped beg:begged grab:grabbed jog:jogged nod:nodded sink:sank
    mean:meant send:sent spend:spent lend:lent bend:bent sweep:swept weep:wept choose:chose forget:forgot
    forgive:forgave shake:shook bite:bit understand:understood overcome:overcame strike:struck ring:rang weave:wove
    wear:wore
""")


def past(verb: str) -> str:
    """The past tense of a base form: find → found, dance → danced, carry → carried."""
    if verb in _PAST:
        return _PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


@dataclass(frozen=True, kw_only=True)
class Pronouns:
    """Third person: he, she, it or they."""

    he: str
    him: str
    his: str
    himself: str
    was: str


PRONOUNS = {
    "he": Pronouns(he="he", him="him", his="his", himself="himself", was="was"),
    "she": Pronouns(he="she", him="her", his="her", himself="herself", was="was"),
    "it": Pronouns(he="it", him="it", his="its", himself="itself", was="was"),
    "they": Pronouns(he="they", him="them", his="their", himself="themselves", was="were"),
}


def possessive(phrase: str) -> str:
    """the cat → the cat's, the boys → the boys', James → James's."""
    return f"{phrase}'" if phrase.endswith("s") and phrase[:1].islower() else f"{phrase}'s"


def capitalised(text: str) -> str:
    """The text with its first letter raised; the rest is left as it is."""
    for index, char in enumerate(text):
        if char.isalpha():
            return text[:index] + char.upper() + text[index + 1 :]
    return text


def finish(text: str) -> str:
    """A filled template as clean sentences: single spaces, capitals after stops, one full stop at the end."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"([.!?])\1+", r"\1", text)
    text = re.sub(r",([.!?])", r"\1", text)
    sentences = re.split(r"(?<=[.!?])\s+", text)
    text = " ".join(capitalised(sentence) for sentence in sentences if sentence)
    return text if not text or text[-1] in ".!?" else f"{text}."


def title_case(text: str) -> str:
    """A title: every word raised but the small ones inside."""
    small = {"a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "for", "by", "with", "from", "that"}
    words = text.split()
    return " ".join(w if i and w.lower() in small else capitalised(w) for i, w in enumerate(words))


def word_count(text: str) -> int:
    """The number of spoken words: runs of letters, digits and apostrophes."""
    return len(re.findall(r"[\w']+", text))
