"""The accompaniment: drums with fills, bass lines, chords struck, broken and held, by the rules of a style."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from soundstage.data import composer_patterns as patterns
from soundstage.data.composer_patterns import IDIOMS, Idiom
from soundstage.data.composer_plan import Events, Plan, Written, around, choose, fit, hits
from soundstage.score.instruments import BY_NAME, PIECES
from soundstage.score.sheet import PIECE_ORDER, Event, bar_length
from soundstage.score.theory import Harmony, voicing

ACCENTS = {"X": 1, "x": 0, "o": -1}


def drums(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """A groove, thinned or thickened by energy, with a fill at the end of a phrase and a crash after it."""
    size = bar_length(plan.metre)
    known = idiom.drums or IDIOMS["folk"].drums
    grooves = known if size == 16 else patterns.THREE_DRUMS if plan.style.name not in ("jazz", "rock") else known
    groove = dict(grooves[rng.integers(len(grooves))])
    if plan.energy == 0 and len(groove) > 2:
        loud = [piece for piece in groove if piece in ("open hat", "clap", "tambourine")]
        for piece in loud[:1]:
            groove.pop(piece)
    number = {piece: PIECE_ORDER.index(note) for piece, note in PIECES.items()}
    base: dict[int, list[tuple[int, int]]] = {}
    for piece, row in groove.items():
        for at, mark in enumerate(row[:size]):
            if mark != ".":
                base.setdefault(at, []).append((number[piece], ACCENTS[mark]))
    out: Written = []
    filled = False
    fills = idiom.fill != "none" and rng.random() < 0.8
    for spot in plan.places:
        if spot.section == "end":
            final = [("kick", 0), ("crash", 0)] if plan.energy > 0 and idiom.fill != "none" else [("kick", 0)]
            out.append((Event(0, 1, tuple(sorted(number[p] for p, _ in final))),))
            continue
        bar = {at: list(hits) for at, hits in base.items()}
        if filled or (spot.phrase == 0 and spot.section in ("A", "B") and plan.energy == 2 and idiom.fill != "none"):
            bar.setdefault(0, []).append((number["crash"], 0))
        filled = fills and (spot.phrase == 3 or spot.left == 1)
        if filled:
            _fill(bar, idiom.fill, size, number, rng)
        out.append(_struck(bar))
    return out


def _fill(
    bar: dict[int, list[tuple[int, int]]], kind: str, size: int, number: dict[str, int], rng: np.random.Generator
) -> None:
    start = size - int(rng.choice([4, 4, 8]))
    for at in [at for at in bar if at >= start]:
        bar[at] = [(piece, accent) for piece, accent in bar[at] if piece == number["kick"] and kind != "toms"]
    drums = {"snare": ["snare"] * 4, "clap": ["clap"] * 4, "toms": ["snare", "high tom", "mid tom", "low tom"]}[kind]
    step = 1 if size - start == 4 and rng.random() < 0.6 else 2
    places = list(range(start, size, step))
    for i, at in enumerate(places):
        bar.setdefault(at, []).append((number[drums[i * 4 // len(places)]], 1 if i == 0 else 0))


def _struck(bar: dict[int, list[tuple[int, int]]]) -> Events:
    """One event a place and accent, so that a ghost note does not soften the kick under it."""
    events = []
    for at, struck in bar.items():
        for accent in sorted({a for _, a in struck}):
            pieces = tuple(sorted({p for p, a in struck if a == accent}))
            if pieces:
                events.append(Event(at, 1, pieces, accent))
    return tuple(sorted(events))


def bass(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """The style's pattern on each root, or a walking line that steps into the next chord."""
    size = bar_length(plan.metre)
    lines = idiom.bass if size == 16 else patterns.THREE_BASS
    if name == "timpani":
        lines = ("0:4:0 8:4:0", "0:4:0 12:4:0", "0:8:0")
    main, other = choose(lines, rng), choose(lines, rng)
    low = BY_NAME[name].low
    lift = 7 if low > 30 and name in ("cello", "square lead", "pizzicato", "timpani") else 0
    out: Written = []
    for index, spot in enumerate(plan.places):
        chords = plan.harmonies[index]
        if spot.section == "end":
            out.append((Event(0, size, (7 + lift,)),))
        elif idiom.walking and size == 16 and plan.energy > 0 and name != "timpani":
            out.append(_walk(plan, index, lift, rng))
        else:
            text = other if spot.section == "B" else main
            events = []
            for at, length, step in hits(text):
                harmony = [h for place_, h in chords if place_ <= at][-1]
                known = {tone % 7 for tone in harmony.tones}
                fixed = step if step % 7 in known or step % 7 in (0, 4) else 4
                events.append(Event(at, length, (7 + lift + fixed,)))
            if len(chords) > 1 and not any(e.position == chords[1][0] for e in events):
                at = chords[1][0]
                events = [replace(e, length=min(e.length, at - e.position)) if e.position < at else e for e in events]
                events.append(
                    Event(at, max(1, min([e.position for e in events if e.position > at] or [size]) - at), (7 + lift,))
                )
            out.append(fit(events, size))
    return out


def _walk(plan: Plan, index: int, lift: int, rng: np.random.Generator) -> Events:
    """Four quarters: root, chord tones, and a step or half step into the next root."""
    chords = plan.harmonies[index]
    after = plan.harmonies[index + 1][0][1]
    harmony, last = chords[0][1], chords[-1][1]
    base = 7 + lift
    if len(chords) > 1:
        middle = [(0, harmony, 0, 0), (4, harmony, int(rng.choice([2, 4])), 0), (8, last, 0, 0)]
    else:
        way = [(0, 2, 4), (0, 1, 2), (0, 4, 2), (0, 2, 4)][rng.integers(4)]
        middle = [(4 * i, harmony, step, 0) for i, step in enumerate(way)]
    goal = after.home - last.home
    above = rng.random() < 0.5
    # One step below or above the next root; half a step when the chord's own scale allows only a whole one.
    middle.append((12, last, goal + (1 if above else -1), 0))
    return tuple(Event(at, 4, (base + step,), 0, alter) for at, _, step, alter in middle)


def _relative(steps: tuple[int, ...], harmony: Harmony) -> tuple[int, ...]:
    return tuple(step - harmony.home for step in steps)


def comp(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """Chords in the style's rhythm, voiced with the least movement."""
    size = bar_length(plan.metre)
    rhythms = idiom.comp if size == 16 else patterns.THREE_COMP if plan.energy > 0 else ("0:12", *patterns.THREE_COMP)
    main, other = choose(rhythms, rng), choose(rhythms, rng)
    centre, out = around(name, role), list[Events]()
    before: tuple[int, ...] = ()
    voices = 2 if name in ("violin", "horn") else idiom.voices
    power = name == "overdriven guitar"
    for index, spot in enumerate(plan.places):
        text = "0:16" if spot.section == "end" else other if spot.section == "B" or spot.phrase == 3 else main
        events, voiced = [], {}
        for at, length, _ in hits(text):
            harmony = [h for place_, h in plan.harmonies[index] if place_ <= at][-1]
            if harmony not in voiced:
                before = voicing(harmony, before, centre, voices)
                voiced[harmony] = (14, 18, 21) if power else _relative(before, harmony)
            events.append(Event(at, length, voiced[harmony], 1 if at == 0 and plan.energy == 2 else 0))
        if len(plan.harmonies[index]) > 1 and len(voiced) == 1 and spot.section != "end":
            at, harmony = plan.harmonies[index][1]
            before = voicing(harmony, before, centre, voices)
            events = [replace(e, length=min(e.length, at - e.position)) for e in events if e.position < at]
            events.append(Event(at, size - at, (14, 18, 21) if power else _relative(before, harmony)))
        out.append(fit(events, size))
    return out


def arp(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """Broken chords. A pianist who has no bass below starts each bar on a low root."""
    size = bar_length(plan.metre)
    orders = list(idiom.arp if size == 16 else patterns.THREE_ARP) or [(2, "0 1 2 1")]
    if plan.bpm > 118 or (plan.energy == 0 and name not in ("harp", "music box")):
        orders = [o for o in orders if o[0] > 1] or orders
    unit, text = orders[rng.integers(len(orders))]
    order = [int(x) for x in text.split()]
    grounded = name in ("piano", "harp", "nylon guitar", "steel guitar") and "bass" not in dict(plan.roster)
    centre, out = around(name, role), list[Events]()
    before: tuple[int, ...] = ()
    for index, spot in enumerate(plan.places):
        if spot.section == "end":
            before = voicing(plan.harmonies[index][0][1], before, centre, 3)
            final = _relative(before, plan.harmonies[index][0][1])
            out.append((Event(0, size, ((7, *final) if grounded else final)),))
            continue
        events, voiced = [], {}
        for i in range(size // unit):
            at = i * unit
            harmony = (
                plan.harmonies[index][0][1]
                if len(plan.harmonies[index]) == 1
                else [h for place_, h in plan.harmonies[index] if place_ <= at][-1]
            )
            if harmony not in voiced:
                before = voicing(harmony, before, centre - 2, 3)
                relative = _relative(before, harmony)
                voiced[harmony] = (*relative, *(step + 7 for step in relative))
            low = grounded and at == next(p for p, h in plan.harmonies[index] if h == harmony)
            step = 7 if low else voiced[harmony][order[i % len(order)] % 6]
            length = unit if not grounded else min(2 * unit, size - at)
            events.append(Event(at, min(8, size - at) if low else length, (step,), 0))
        out.append(fit(events, size))
    return out


def pad(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """Held chords."""
    size = bar_length(plan.metre)
    centre, out = around(name, role), list[Events]()
    before: tuple[int, ...] = ()
    voices = 4 if idiom.voices == 4 else 3
    for chords in plan.harmonies:
        events = []
        for i, (at, harmony) in enumerate(chords):
            end = chords[i + 1][0] if i + 1 < len(chords) else size
            before = voicing(harmony, before, centre, voices)
            events.append(Event(at, end - at, _relative(before, harmony)))
        out.append(tuple(events))
    return out
