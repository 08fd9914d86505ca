"""Who plays what: instruments that were asked for take the roles they are good at, the style's habits fill the rest."""

from __future__ import annotations

import numpy as np

from soundstage.errors import InputError
from soundstage.score.sheet import ROLES
from soundstage.score.styles import Style

# The roles an instrument can take, best first. Drums and basses have one place; the others are placed where there is
# room.
SKILLS: dict[str, tuple[str, ...]] = {
    "piano": ("comp", "arp", "lead"),
    "electric piano": ("comp", "arp", "lead"),
    "organ": ("comp", "pad", "lead"),
    "music box": ("lead", "arp"),
    "vibraphone": ("lead", "arp", "comp"),
    "marimba": ("arp", "lead"),
    "harp": ("arp", "comp"),
    "nylon guitar": ("arp", "comp", "lead"),
    "steel guitar": ("comp", "arp", "lead"),
    "clean guitar": ("comp", "lead", "arp"),
    "overdriven guitar": ("comp", "lead"),
    "acoustic bass": ("bass",),
    "electric bass": ("bass",),
    "synth bass": ("bass",),
    "violin": ("lead", "counter"),
    "cello": ("lead", "bass", "counter"),
    "strings": ("pad", "comp", "arp"),
    "pizzicato": ("comp", "arp", "bass"),
    "choir": ("pad", "counter", "lead"),
    "flute": ("lead", "counter"),
    "clarinet": ("lead", "counter"),
    "trumpet": ("lead", "counter"),
    "horn": ("pad", "lead", "counter", "comp"),
    "saxophone": ("lead", "counter"),
    "synth lead": ("lead", "arp", "comp"),
    "square lead": ("lead", "arp", "bass"),
    "pad": ("pad",),
    "timpani": ("bass",),
    "drums": ("drums",),
    "electronic drums": ("drums",),
}
ANY = ("lead", "counter", "pad", "arp", "comp")  # last resorts of whatever is neither a bass nor a kit


def place(asked: tuple[str, ...], style: Style) -> dict[str, str]:
    """Roles for the asked instruments: the assignment with the best sum of preferences, style habits first.

    Raises InputError when two of them need the same place (two basses, two drum kits) or there are too many.
    """
    if len(asked) > len(ROLES):
        raise InputError("instruments", f"are {len(asked)}", f"ask for at most {len(ROLES)}")
    ranked: list[tuple[int, dict[str, str]]] = [(0, {})]
    for name in sorted(asked, key=lambda n: len(SKILLS[n])):
        grown = []
        for cost, taken in ranked:
            roles = SKILLS[name] + (ANY if SKILLS[name][0] not in ("bass", "drums") else ())
            for rank, role in enumerate(dict.fromkeys(roles)):
                if role not in taken:
                    habit = name in style.roles.get(role, (0, ()))[1]
                    grown.append((cost + rank + (0 if habit else 2), {**taken, role: name}))
        if not grown:
            clash = [other for other in asked if SKILLS[other][0] == SKILLS[name][0] and other != name]
            beside = f" beside {clash[0]}" if clash else " with the others"
            raise InputError("instruments", f"{name!r} has no place{beside}", "leave one of them out")
        ranked = sorted(grown, key=lambda item: item[0])[:24]
    return ranked[0][1]


def roster(
    style: Style, asked: tuple[str, ...], *, exact: bool, generator: np.random.Generator
) -> tuple[tuple[str, str], ...]:
    """(role, instrument) in the order of `ROLES`: the asked ones, and unless `exact`, those that the style adds.

    A piece needs harmony and a line: with `exact`, a lone instrument takes two roles where it can, as pianists do.
    """
    taken = place(asked, style)
    if not exact:
        for role, (chance, names) in style.roles.items():
            if role not in taken and generator.random() < chance:
                free = [name for name in names if name not in taken.values()] or list(names)
                weights = np.array([0.5**i for i in range(len(free))])
                taken[role] = free[generator.choice(len(free), p=weights / weights.sum())]
    elif len(taken) == 1:
        (name,) = taken.values()
        first = next(iter(taken))
        more = {"comp": "lead", "arp": "lead", "pad": "lead", "lead": "arp"}.get(first, first)
        if more == "lead" or more in SKILLS[name]:
            taken[more] = name
    return tuple((role, taken[role]) for role in ROLES if role in taken)
