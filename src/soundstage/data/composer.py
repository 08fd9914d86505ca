"""The composer: plans a piece and writes it by the rules of its style.

Notable: everything follows from a seed. A plan (style, key, tempo, form, progressions, motifs, who plays) becomes a
`Sheet`: chords are voiced with the least movement, melodies grow from one motif a section (stated, sequenced, varied,
brought to a cadence), grooves have fills at the ends of phrases. Training and test pieces are split by progression and
motif: what a test piece is built from never occurs in training.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundstage.data import composer_parts as parts
from soundstage.data.composer_melody import counter_line, lead_line
from soundstage.data.composer_patterns import IDIOMS
from soundstage.data.composer_plan import Plan, Written, choose, harmonise, plan_piece
from soundstage.score.language import Brief
from soundstage.score.sheet import Bar, Place, Sheet, bar_length
from soundstage.score.styles import BY_STYLE


def _plays(role: str, spot: Place, plan: Plan, index: int, entry: dict[str, int]) -> bool:
    """Whether a role plays in a bar: introductions are thin, some enter later, endings let go."""
    names = [name for name, _ in plan.roster]
    if len(names) <= 2:
        return True
    if spot.section == "intro":
        first = ("pad", "arp", "comp", "bass") if "pad" in names or "arp" in names else ("comp", "drums")
        return role in [r for r in first if r in names][:2] or len(names) <= 2
    if spot.section == "outro" and role in ("counter", "lead") and spot.left < 3:
        return False
    return index >= entry[role]


def write(plan: Plan, rng: np.random.Generator, split: str = "train") -> Sheet:
    """Writes every part of the plan."""
    idiom = IDIOMS[plan.style.name]
    body = len(plan.places)
    late = body > 8 and rng.random() < 0.5
    entry = {role: 0 for role, _ in plan.roster}
    if "counter" in entry and body > 6:
        entry["counter"] = 4
    if late and len(plan.roster) > 3:
        entry[choose(tuple(r for r in entry if r in ("lead", "pad", "drums", "arp")) or ("counter",), rng)] = 2
    writers = {
        "drums": parts.drums,
        "bass": parts.bass,
        "comp": parts.comp,
        "arp": parts.arp,
        "pad": parts.pad,
        "lead": lead_line,
        "counter": counter_line,
    }
    written: dict[str, Written] = {}
    for role, name in plan.roster:
        if role in ("lead", "counter") and role == "counter" and "lead" not in written:
            written[role] = lead_line(plan, idiom, name, rng, split, "counter", ())
            continue
        written[role] = writers[role](plan, idiom, name, rng, split, role, tuple(written.get("lead", ())))
    bars = []
    for index, (spot, chords) in enumerate(zip(plan.places, plan.harmonies, strict=True)):
        playing = {
            role: events[index] if spot.section == "end" or _plays(role, spot, plan, index, entry) else ()
            for role, events in written.items()
        }
        bars.append(Bar(spot.section, spot.phrase, chords, playing))
    return Sheet(
        style=plan.style.name,
        key=plan.key,
        bpm=plan.bpm,
        metre=plan.metre,
        energy=plan.energy,
        roster=plan.roster,
        bars=tuple(bars),
    )


def sheets(seed: int, split: str = "train", style: str | None = None) -> Iterator[Sheet]:
    """Pieces without end. The same seed and split give the same pieces."""
    rng = np.random.default_rng([seed, 0 if split == "train" else 1])
    while True:
        plan = plan_piece(rng, split, style)
        yield write(plan, rng, split)


def answer(brief: Brief, rng: np.random.Generator, split: str = "test") -> Sheet:
    """What the composer itself writes to a brief that a model was given: the same form, tempo, key, chords, players."""
    style, half = BY_STYLE[brief.style], bar_length(brief.metre) // 2 if brief.metre == "4/4" else 8
    free = harmonise(IDIOMS[style.name], brief.key.mode, brief.metre, brief.places, split, rng)
    given = tuple(tuple((half * index, chord) for index, chord in enumerate(bar)) for bar in brief.chords)
    plan = Plan(
        style=style, key=brief.key, bpm=brief.bpm, metre=brief.metre, energy=brief.energy, roster=brief.roster,
        places=brief.places, harmonies=(*given, *free[len(given) :]),
    )  # fmt: skip
    return write(plan, rng, split)
