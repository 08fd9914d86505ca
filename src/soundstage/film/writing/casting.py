"""From an idea to a cast: who is in the story, what they are called, how they look and sound, and where it happens.

Notable: the words stay the brief's own, the pictures take the nearest drawable subject; a hero who cannot be drawn at
a place travels there in something that can (a rocket, a boat).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from soundstage.film.script import Character
from soundstage.film.writing import lexicon
from soundstage.film.writing.brief import Idea
from soundstage.film.writing.grammar import PRONOUNS, Pronouns, article, possessive, words
from soundstage.film.writing.lexicon import COLOUR_OF, PLACE_OF
from soundstage.film.writing.phrases import Entity, make_entity
from soundstage.render.scene import PEOPLE, actions_at

AT = {
    # place: later mentions, first mention, travelling through it
    "meadow": ("in the meadow", "in a wide green meadow", "through the fields"),
    "beach": ("by the sea", "on a quiet beach", "along the shore"),
    "forest": ("in the forest", "deep in an old forest", "through the deep woods"),
    "city": ("in the city", "in a big, busy city", "through the busy streets"),
    "mountains": ("in the mountains", "high in the mountains", "up into the mountains"),
    "desert": ("in the desert", "in the middle of the desert", "across the sand"),
    "sea": ("out at sea", "far out at sea", "over the wide water"),
    "underwater": ("under the waves", "deep under the sea", "down into the deep"),
    "space": ("among the stars", "far out in space", "out among the stars"),
    "snowfield": ("in the snow", "in a land of snow and ice", "across the snow"),
    "village": ("in the village", "in a small village", "from door to door"),
    "lighthouse": ("by the lighthouse", "by an old lighthouse at the edge of the sea", "along the rocks"),
    "room": ("in the house", "in a small, warm room", "through every room"),
}
_ON = words("""
    moon island hill roof rooftop road farm mountain coast shore planet stage glacier mars venus beach
""")
_AT = words("station market fair airport port harbour harbor university court")
_BY = words("lighthouse river lake pond stream waterfall bridge")
_ONLY_ONE = words("moon sahara arctic antarctic himalaya alps universe cosmos galaxy")
_PLAIN = words("""
    sea ocean water waves wave underwater snow sand space grass trees stars home ice north hills pole
""")
NEAR = {
    "meadow": ("forest", "mountains", "village"),
    "beach": ("lighthouse", "sea", "village"),
    "forest": ("meadow", "mountains"),
    "city": ("village", "meadow"),
    "mountains": ("snowfield", "forest"),
    "desert": ("mountains", "village"),
    "sea": ("beach", "lighthouse"),
    "underwater": ("sea", "beach"),
    "space": ("city", "desert"),
    "snowfield": ("mountains", "village"),
    "village": ("meadow", "forest"),
    "lighthouse": ("beach", "sea"),
    "room": ("village", "city"),
}
_HELPERS = {
    "meadow": ("old horse", "grey rabbit"),
    "beach": ("old fisherman", "seagull"),
    "forest": ("old owl", "red fox"),
    "city": ("old lamplighter", "pigeon"),
    "mountains": ("eagle", "old shepherd"),
    "desert": ("desert fox", "old nomad"),
    "sea": ("seagull", "dolphin"),
    "underwater": ("old whale", "clownfish"),
    "space": ("friendly robot", "passing comet"),
    "snowfield": ("white fox", "reindeer"),
    "village": ("old postman", "robin"),
    "lighthouse": ("old sailor", "seagull"),
    "room": ("grandmother", "house cat"),
}
_CHILDREN = ("little girl named Mia", "little boy named Leo", "girl named Nora", "boy named Finn")
_LIKE = {
    "she": ("clara", "ada", "iris"),
    "he": ("leo", "finn", "sam"),
    "it": ("hugo", "sam", "leo"),
    "they": ("leo", "clara", "finn"),
}
_SPECIAL = {
    "whale": ("otto", -2.0),
    "keeper": ("otto", 0.0),
    "woman": ("iris", 0.0),
    "girl": ("wren", 0.0),
    "robot": ("hugo", 0.0),
    "bird": ("", 2.0),
    "rabbit": ("", 2.0),
    "fish": ("", 2.0),
    "boy": ("leo", 2.0),
}
VESSELS = {"space": "rocket", "sea": "boat"}


@dataclass(frozen=True, kw_only=True)
class Role:
    """Someone in the story: what they are called, first and later, their pronouns, and the character who plays them."""

    first: str
    later: str
    pronouns: Pronouns
    character: Character
    speaks: bool = True


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody and everywhere in a story. `home` and `there` are drawable places."""

    hero: Role | None
    other: Role | None
    helper: Role
    home: str
    there: str
    at: str
    at_first: str
    far: str
    partner: Character | None = None  # drawn beside the hero: of two mice, the second
    needy: bool = False  # the other lies there and needs help
    vessels: dict[str, Character] = field(default_factory=dict)  # by place: what carries a hero who cannot go there

    @property
    def characters(self) -> tuple[Character, ...]:
        """All characters, each once."""
        roles = [role.character for role in (self.hero, self.other, self.helper) if role is not None]
        extra = [self.partner] if self.partner is not None else []
        return tuple({c.id: c for c in [*roles, *extra, *self.vessels.values()]}.values())


def cast_idea(idea: Idea, rng: np.random.Generator, *, plot: str) -> Cast:
    """The cast of an idea for a plot. Everybody's look and voice are fixed here, once for the film."""
    hero_entity = idea.hero if idea.hero is not None else _asker(idea, rng)
    home, there = _places(idea, hero_entity)
    apart = plot in ("contest", "friends")  # two who act together stay two
    there = home if apart and idea.places else there
    used: list[str] = []
    hero = other = None
    partner = None
    if hero_entity is not None:
        hero = _role("hero", hero_entity, rng, used, avoid="")
        if hero_entity.plural:
            partner = hero.character.model_copy(update={"id": "hero2", "seed": hero.character.seed + 1})
    if idea.other is not None and _shown(idea.other):
        other = _role("other", idea.other, rng, used, avoid=hero.pronouns.he if hero else "")
    if hero is not None and other is not None and idea.joint and not apart:
        hero, partner = _together(hero, other), other.character
    if hero is not None and other is not None and hero.later == other.later:
        hero, other = _told_apart(hero, hero_entity), _told_apart(other, idea.other)
    guides = plot in ("fear", "wish", "make", "journey", "question") and partner is None
    if guides and other is not None and idea.other is not None and idea.other.alive:
        helper, other = other, None
    else:
        helper = _helper(idea, hero, other, home, there, rng, used)
    at, at_first = _whereabouts(idea, home)
    vessels = {}
    for place in (home, there):
        if hero is not None and not actions_at(hero.character.subject, place) and place in VESSELS:
            vessel = VESSELS[place]
            vessels[place] = Character(id=vessel, name=f"the {vessel}", subject=vessel, colour="red", seed=_seed(rng))
    return Cast(
        hero=hero,
        other=other,
        helper=helper,
        home=home,
        there=there,
        at=at,
        at_first=at_first,
        far=AT[there][2],
        partner=partner,
        needy=plot == "rescue",
        vessels=vessels,
    )


def _asker(idea: Idea, rng: np.random.Generator) -> Entity | None:
    """The child who asks what a brief without a hero asks; nobody for a landscape."""
    if idea.topic is None and idea.question is None:
        return None
    phrase, _, name = _CHILDREN[int(rng.integers(len(_CHILDREN)))].partition(" named ")
    entity = make_entity(phrase.split(), "a")
    return Entity(phrase=entity.phrase, head=entity.head, noun=entity.noun, name=name, adjectives=entity.adjectives)


def _shown(thing: Entity) -> bool:
    """Whether a thing can be drawn as itself; an unknown one is only told of."""
    return thing.alive or thing.noun is not None


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _role(name: str, entity: Entity, rng: np.random.Generator, used: list[str], *, avoid: str) -> Role:
    known = entity.noun
    subject = known.subject if known is not None and known.subject is not None else "robot"
    words = entity.phrase.split()
    said = next((COLOUR_OF[word] for word in reversed(entity.adjectives) if word in COLOUR_OF), None)
    colour = (
        said
        or (known.colour if known is not None else None)
        or str(rng.choice(["blue", "green", "red", "orange", "golden"]))
    )
    pronoun = _pronoun(entity, rng, avoid)
    voice, pitch = _voice(subject, "he" if subject == "keeper" and pronoun != "she" else pronoun, used)
    named = entity.name
    if named and entity.phrase != named:
        first, later = f"{entity.introduced()} named {named}", named
    else:
        first, later = entity.introduced(), named or f"the {entity.short}"
    character = Character(
        id=name,
        name=later,
        subject=subject,
        colour=colour,
        appearance=f"{article(colour)} {colour} {subject}, called {' '.join(words)} in the story",
        voice=voice,
        pitch=pitch,
        seed=_seed(rng),
    )
    speaks = entity.alive or subject in ("robot", "boat", "car", "train", "rocket", "balloon")
    return Role(first=first, later=later, pronouns=PRONOUNS[pronoun], character=character, speaks=speaks)


def _pronoun(entity: Entity, rng: np.random.Generator, avoid: str) -> str:
    """The tables' word where they have one; else it is free, and differs from the hero's so that nobody is confused."""
    if entity.plural:
        return "they"
    if entity.noun is not None and entity.noun.pronoun is not None:
        return entity.noun.pronoun
    if not entity.alive:
        return "it"
    if entity.noun is not None and entity.noun.subject in ("keeper", "boy", "woman", "girl"):
        return "he" if entity.noun.subject in ("keeper", "boy") else "she"  # as they are drawn
    choices = [p for p in ("she", "he") if p != avoid]
    return str(rng.choice(choices))


def _voice(subject: str, pronoun: str, used: list[str]) -> tuple[str, float]:
    """A voice that fits and that nobody else in the film has, and how far its pitch is moved."""
    special, pitch = _SPECIAL.get(subject, ("", 0.0))
    if special == "otto" and subject == "keeper" and pronoun == "she":
        special = "ada"
    older = ("finn", "sam") if special == "otto" else ()
    anyone = ("clara", "leo", "otto", "ada", "finn", "iris", "wren", "hugo")
    wanted = [*([special] if special else []), *older, *_LIKE[pronoun], *anyone]
    voice = next((name for name in wanted if name not in used), wanted[0])
    used.append(voice)
    return voice, pitch


def _together(hero: Role, other: Role) -> Role:
    """Two who act as one: the dog and the cat, they."""
    return Role(
        first=f"{hero.first} and {other.first}",
        later=f"{hero.later} and {other.later}",
        pronouns=PRONOUNS["they"],
        character=hero.character,
        speaks=hero.speaks,
    )


def _told_apart(role: Role, entity: Entity | None) -> Role:
    """The same head twice: the big dog and the small dog."""
    if entity is None or not entity.adjectives:
        return role if role.character.id == "hero" else _renamed(role, role.later.replace("the ", "the other ", 1))
    return _renamed(role, f"the {' '.join(entity.adjectives)} {entity.short}")


def _renamed(role: Role, later: str) -> Role:
    character = role.character.model_copy(update={"name": later})
    return Role(first=role.first, later=later, pronouns=role.pronouns, character=character, speaks=role.speaks)


def _helper(
    idea: Idea, hero: Role | None, other: Role | None, home: str, there: str, rng: np.random.Generator, used: list[str]
) -> Role:
    """Who helps: somebody of the brief (an owner is known already), else one who lives here and is new."""
    taken = {role.character.subject for role in (hero, other) if role is not None}
    for entity in idea.extras:
        if entity.alive:
            role = _role("helper", entity, rng, used, avoid="")
            owner = idea.hero is not None and idea.hero.owner is not None and idea.hero.owner.phrase == entity.phrase
            if owner:
                return Role(
                    first=f"the {entity.phrase}",
                    later=f"the {entity.phrase}",
                    pronouns=role.pronouns,
                    character=role.character,
                )
            return role
    for phrase in (*_HELPERS[home], *_HELPERS[there], "old owl", "small bird"):
        entity = make_entity(phrase.split(), "the" if phrase == "grandmother" else "a")
        if entity.noun is not None and entity.noun.subject not in taken:
            return _role("helper", entity, rng, used, avoid="")
    return _role("helper", make_entity(["old", "bird"], "a"), rng, used, avoid="")


def _places(idea: Idea, hero: Entity | None) -> tuple[str, str]:
    """Home, and the other place of the story; both such that the hero can be shown there, in something if need be."""
    named = [place for place, _ in idea.places]
    subject = hero.noun.subject if hero is not None and hero.noun is not None and hero.noun.subject else "robot"
    candidates = list(named)
    for entity in (hero.owner if hero is not None else None, hero, *([idea.other] if idea.other is not None else [])):
        words = [lexicon.noun(word) for word in entity.phrase.split()[:-1]] if entity is not None else []
        known = [*words, entity.noun if entity is not None else None]
        candidates += [noun.place for noun in known if noun is not None and noun.place is not None]
    if idea.weather == "snow":
        candidates.append("snowfield")
    candidates += ["village"] if subject in PEOPLE else []
    candidates.append("meadow")
    goes = [
        clause
        for clause in idea.clauses
        if re.search(r"\b(?:to|into|onto|towards?) (?:the |a |an )?(?!\w+ing)", clause.told)
    ]
    if hero is not None and goes and len(named) == 1 and len(candidates) > 1:
        candidates = [*candidates[1:], candidates[0]]
        home = next((p for p in candidates if can_be(subject, p)), "meadow")
        return home, named[0] if can_be(subject, named[0]) or named[0] in VESSELS else near(subject, home)
    home = next((place for place in candidates if hero is None or can_be(subject, place) or place in VESSELS), "meadow")
    if hero is not None and not can_be(subject, home) and home not in named:
        home = near(subject, home)
    second = next((p for p in named if p != home and (can_be(subject, p) or p in VESSELS)), None)
    if (
        second is None
        and idea.other is not None
        and idea.other.noun is not None
        and idea.other.noun.subject in ("whale", "fish", "boat")
    ):
        second = "beach" if can_be(subject, "beach") and home != "beach" else None
    return home, second or (near(subject, home) if hero is not None else home)


def can_be(subject: str, place: str) -> bool:
    """Whether the subject can be drawn at the place doing something."""
    return bool(actions_at(subject, place))


def near(subject: str, place: str) -> str:
    """The nearest other place where the subject can be; the place itself when there is none."""
    return next((other for other in NEAR[place] if can_be(subject, other)), place)


def _whereabouts(idea: Idea, home: str) -> tuple[str, str]:
    """Where it happens, in later mentions and in the first: the brief's words if it has any for this place."""
    later, first, _ = AT[home]
    for place, said in idea.places:
        head = said.split()[-1]
        if (
            place != home
            or head.lower() in _PLAIN
            or lexicon.noun(said) is not None
            or PLACE_OF.get(head.lower()) is None
        ):
            continue
        low = head.lower()
        link = "on" if low in _ON else "at" if low in _AT else "by" if low in _BY else "in"
        if head[:1].isupper():
            return f"{link} {said}", f"{link} {said}"
        if low in _ONLY_ONE:
            return f"{link} the {said}", f"{link} the {said}"
        if low.endswith("s") and not low.endswith("ss"):
            return f"{link} the {head}", f"{link} the {said}"
        return f"{link} the {head}", f"{link} {article(said)} {said}"
    return later, first


def fields_of(cast: Cast) -> dict[str, str]:
    """The words that fill a template."""
    fields = {"at": cast.at, "at_a": cast.at_first, "far": cast.far, "place": cast.at.split(" ", 1)[-1]}
    roles = (("hero", "", cast.hero), ("other", "o", cast.other), ("helper", "h", cast.helper))
    for name, prefix, role in roles:
        if role is None:
            continue
        fields |= {
            name: role.later,
            f"{name}s": possessive(role.later),
            f"a_{name}": role.first,
            f"an_{name}": role.first,
        }
        said = role.pronouns
        fields |= {f"{prefix}he": said.he, f"{prefix}him": said.him, f"{prefix}his": said.his}
        fields |= {f"{prefix}himself": said.himself, f"{prefix}was": said.was}
    return fields
