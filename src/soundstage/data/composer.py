"""The composer: plans a piece and writes it by the rules of its style.

Notable: everything follows from a seed. A plan (style, key, tempo, form, progressions, motifs, who plays) becomes a
`Sheet`: chords are voiced with the least movement, melodies grow from one motif a section (stated, sequenced, varied,
brought to a cadence), grooves have fills at the ends of phrases. Training and test pieces are split by progression and
motif: what a test piece is built from never occurs in training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from soundstage.data import composer_patterns as patterns
from soundstage.data.composer_patterns import IDIOMS, Idiom
from soundstage.score.instruments import BY_NAME, NAMES, PIECES
from soundstage.score.roster import place, roster
from soundstage.score.sheet import METRES, PIECE_ORDER, Bar, Event, Place, Sheet, bar_length, form
from soundstage.score.styles import BY_STYLE, STYLE_NAMES, Style
from soundstage.score.theory import Harmony, Key, parse_numeral, voicing

ACCENTS = {"X": 1, "x": 0, "o": -1}
HOLDOUT = 8  # one progression, and one motif, in eight is kept for testing


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is decided before a note is written."""

    style: Style
    key: Key
    bpm: float
    metre: str
    energy: int
    roster: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    harmonies: tuple[tuple[tuple[int, Harmony], ...], ...]


def _pick(options: dict[str, float], rng: np.random.Generator) -> str:
    weights = np.array(list(options.values()))
    return list(options)[rng.choice(len(weights), p=weights / weights.sum())]


def _choose(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]


def held_out(text: str) -> bool:
    """Whether a progression or a motif belongs to the test split."""
    return crc32(text.encode()) % HOLDOUT == 0


def _progression(
    idiom: Idiom, mode: str, split: str, rng: np.random.Generator
) -> tuple[str, tuple[tuple[Harmony, ...], ...]]:
    known = idiom.progressions.get(mode) or next(iter(idiom.progressions.values()))
    kept = tuple(p for p in known if held_out(p) == (split == "test")) or known
    text = _choose(kept, rng)
    return text, tuple(tuple(parse_numeral(n) for n in bar.split(",")) for bar in text.split())


def plan_piece(rng: np.random.Generator, split: str = "train", style_name: str | None = None) -> Plan:
    """Draws a plan. `split` is "train" or "test"."""
    style = BY_STYLE[style_name or _choose(STYLE_NAMES, rng)]
    idiom = IDIOMS[style.name]
    mode = _pick(style.modes, rng)
    metre = style.metres[0] if rng.random() < 0.75 else _choose(METRES if rng.random() < 0.3 else style.metres, rng)
    low, high = style.bpm
    bpm = float(round(rng.uniform(low - 6, high + 6)))
    energy = int(rng.choice(3, p=np.array(style.energy)))
    bars = int(rng.integers(5, 14) if rng.random() < 0.8 else rng.integers(14, 22))
    asked: tuple[str, ...] = ()
    if rng.random() < 0.5:
        asked = tuple(rng.choice(NAMES, size=int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15])), replace=False).tolist())
        kinds = [BY_NAME[name].drums for name in asked]
        if sum(kinds) > 1 or sum("bass" in n or n == "timpani" for n in asked) > 1:
            asked = asked[:1]
    exact = bool(asked) and rng.random() < 0.4
    if exact and rng.random() < 0.7:  # a line-up that makes sense: some of what the style would have used
        full = tuple(dict.fromkeys(name for _, name in roster(style, (), exact=False, generator=rng)))
        asked = tuple(rng.permutation(full)[: int(rng.integers(1, len(full) + 1))].tolist())
    players = roster(style, asked, exact=exact, generator=rng)
    places = form(bars, intro=style.intro)
    return Plan(
        style=style,
        key=Key(int(rng.integers(12)), mode),
        bpm=bpm,
        metre=metre,
        energy=energy,
        roster=players,
        places=places,
        harmonies=_harmonise(idiom, mode, metre, places, split, rng),
    )


def _harmonise(
    idiom: Idiom, mode: str, metre: str, places: tuple[Place, ...], split: str, rng: np.random.Generator
) -> tuple[tuple[tuple[int, Harmony], ...], ...]:
    """Chords of every bar: a progression a section, a turn to the dominant before the ending, the tonic at the end."""
    half = bar_length(metre) // 2 if metre == "4/4" else 8
    first = _progression(idiom, mode, split, rng)[1]
    second = _progression(idiom, mode, split, rng)[1]
    chosen = {"intro": first, "A": first, "B": second, "outro": first}
    minor = mode in ("minor", "dorian")
    tonic_quality = {4: "maj7", 3: ""}[4 if idiom.voices == 4 and not minor else 3]
    tonic = Harmony(0, 0, "m7" if minor and idiom.voices == 4 else "m" if minor else tonic_quality)
    dominant = parse_numeral(
        "VII" if mode == "mixolydian" else "V7" if idiom.voices == 4 or rng.random() < 0.3 else "V"
    )
    out: list[tuple[tuple[int, Harmony], ...]] = []
    for spot in places:
        if spot.section == "end":
            out.append(((0, tonic),))
            continue
        chords = chosen[spot.section][spot.phrase % 4]
        if spot.left == 1 and rng.random() < 0.75:
            chords = (dominant,) if rng.random() < 0.6 else (parse_numeral("iv" if minor else "IV"), dominant)
        out.append(tuple((half * i, harmony) for i, harmony in enumerate(chords)))
    return tuple(out)


def _hits(text: str) -> list[tuple[int, int, int]]:
    """`place:length[:step]` → (place, length, step)."""
    parts = [[int(x) for x in hit.split(":")] for hit in text.split()]
    return [(p[0], p[1], p[2] if len(p) > 2 else 0) for p in parts]


def _fit(events: list[Event], size: int) -> tuple[Event, ...]:
    """Events within a bar of `size` sixteenths, in order."""
    kept = [replace(e, length=min(e.length, size - e.position)) for e in events if e.position < size]
    return tuple(sorted(kept))


def _around(instrument: str, role: str) -> int:
    """The middle of a role's register for an instrument, in steps from the tonic near MIDI 24."""
    player = BY_NAME[instrument]
    wish = {"bass": 40, "comp": 60, "arp": 62, "pad": 60, "lead": 74, "counter": 67}[role]
    if role == "lead" and instrument in ("music box", "flute", "violin"):
        wish = 79
    if role == "lead" and instrument in ("cello", "horn", "nylon guitar", "overdriven guitar", "choir"):
        wish = 64
    pitch = min(max(wish, player.low + 9), player.high - 9)
    return round((pitch - 24) * 7 / 12)


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
        entry[_choose(tuple(r for r in entry if r in ("lead", "pad", "drums", "arp")) or ("counter",), rng)] = 2
    writers = {
        "drums": _drums,
        "bass": _bass,
        "comp": _comp,
        "arp": _arp,
        "pad": _pad,
        "lead": _lead,
        "counter": _counter,
    }
    parts: dict[str, list[tuple[Event, ...]]] = {}
    for role, name in plan.roster:
        if role in ("lead", "counter") and role == "counter" and "lead" not in parts:
            parts[role] = _lead(plan, idiom, name, rng, split, "counter", ())
            continue
        parts[role] = writers[role](plan, idiom, name, rng, split, role, tuple(parts.get("lead", ())))
    bars = []
    for index, (spot, chords) in enumerate(zip(plan.places, plan.harmonies, strict=True)):
        playing = {
            role: events[index] if spot.section == "end" or _plays(role, spot, plan, index, entry) else ()
            for role, events in parts.items()
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


Events = tuple[Event, ...]
Written = list[Events]


def _drums(
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
    for at, hits in bar.items():
        for accent in sorted({a for _, a in hits}):
            pieces = tuple(sorted({p for p, a in hits if a == accent}))
            if pieces:
                events.append(Event(at, 1, pieces, accent))
    return tuple(sorted(events))


def _bass(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """The style's pattern on each root, or a walking line that steps into the next chord."""
    size = bar_length(plan.metre)
    lines = idiom.bass if size == 16 else patterns.THREE_BASS
    if name == "timpani":
        lines = ("0:4:0 8:4:0", "0:4:0 12:4:0", "0:8:0")
    main, other = _choose(lines, rng), _choose(lines, rng)
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
            for at, length, step in _hits(text):
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
            out.append(_fit(events, size))
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


def _comp(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """Chords in the style's rhythm, voiced with the least movement."""
    size = bar_length(plan.metre)
    rhythms = idiom.comp if size == 16 else patterns.THREE_COMP if plan.energy > 0 else ("0:12", *patterns.THREE_COMP)
    main, other = _choose(rhythms, rng), _choose(rhythms, rng)
    centre, out = _around(name, role), list[Events]()
    before: tuple[int, ...] = ()
    voices = 2 if name in ("violin", "horn") else idiom.voices
    power = name == "overdriven guitar"
    for index, spot in enumerate(plan.places):
        text = "0:16" if spot.section == "end" else other if spot.section == "B" or spot.phrase == 3 else main
        events, voiced = [], {}
        for at, length, _ in _hits(text):
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
        out.append(_fit(events, size))
    return out


def _arp(
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
    centre, out = _around(name, role), list[Events]()
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
        out.append(_fit(events, size))
    return out


def _pad(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """Held chords."""
    size = bar_length(plan.metre)
    centre, out = _around(name, role), list[Events]()
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


@dataclass(frozen=True)
class Motif:
    """A rhythm of one bar and the steps from note to note."""

    rhythm: str
    contour: tuple[int, ...]


def _motif(rhythms: tuple[str, ...], split: str, rng: np.random.Generator) -> Motif:
    for _ in range(40):
        rhythm = _choose(rhythms, rng)
        contour = patterns.CONTOURS[rng.integers(len(patterns.CONTOURS))]
        flip = -1 if rng.random() < 0.3 else 1
        made = Motif(rhythm, tuple(flip * step for step in contour))
        if held_out(f"{made.rhythm} {made.contour}") == (split == "test"):
            return made
    return made


def _lead(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """A melody: motif a, its sequence, motif b or a again, a cadence. B lies higher and moves differently."""
    size = bar_length(plan.metre)
    rhythms = idiom.lead if size == 16 else patterns.THREE_LEAD
    busy = (idiom.busy or idiom.lead) if size == 16 else patterns.THREE_LEAD_BUSY
    livelier = rng.random() < (0.2, 0.45, 0.75)[plan.energy]
    pool = (*rhythms, *busy) if livelier else rhythms
    motifs = {section: (_motif(pool, split, rng), _motif(pool, split, rng)) for section in ("A", "B")}
    shape = ("aabc", "abac", "aaac", "abbc")[rng.integers(4)]
    rests = idiom.sparse if rng.random() < 0.8 else 0.0
    silent = {section: [rng.random() < rests for _ in range(4)] for section in ("A", "B")}
    centre = _around(name, role)
    scale = rng.random() < idiom.pentatonic
    here, out = centre, list[Events]()
    for index, spot in enumerate(plan.places):
        chords = plan.harmonies[index]
        key = "B" if spot.section == "B" else "A"
        if spot.section == "end":
            here = _nearest(here, chords[0][1], (0,))
            out.append((Event(0, size, (here - chords[0][1].home,)),))
            continue
        letter = shape[spot.phrase]
        if silent[key][spot.phrase] and letter != "c" and spot.phrase > 0:
            out.append(())
            continue
        first, second = motifs[key]
        motif = second if letter == "b" else first
        target = centre + (2 if key == "B" else 0)
        if letter == "c" or spot.left == 1:
            rhythm = (
                ("0:4 4:4 8:8", "0:8 8:8", "0:12", "0:6 6:10")[crc32(motif.rhythm.encode()) % 4]
                if size == 16
                else "0:4 4:8"
            )
            motif = Motif(rhythm, motif.contour[:2])
        here, events = _phrase(motif, chords, here, target, plan.key.mode, scale, rng)
        out.append(_fit(events, size))
    return out


def _nearest(step: int, harmony: Harmony, tones: tuple[int, ...] | None = None) -> int:
    """The absolute step nearest to `step` that is one of the chord's tones."""
    letters = {(harmony.home + tone) % 7 for tone in (tones or harmony.tones)}
    return min(range(step - 4, step + 5), key=lambda s: (s % 7 not in letters, abs(s - step)))


def _phrase(
    motif: Motif,
    chords: tuple[tuple[int, Harmony], ...],
    here: int,
    centre: int,
    mode: str,
    pentatonic: bool,
    rng: np.random.Generator,
) -> tuple[int, list[Event]]:
    """One bar of melody: strong and long notes and the ends of leaps are chord tones, the rest moves by step."""
    events = []
    for i, (at, length, _) in enumerate(_hits(motif.rhythm)):
        harmony = [h for place_, h in chords if place_ <= at][-1]
        move = motif.contour[i % len(motif.contour)]
        if here + move > centre + 6 or here + move < centre - 5:
            move = -move
        if i == 0 and abs(here - centre) > 4:
            move = int(np.sign(centre - here)) * 2
        wish = here + move
        if at % 8 == 0 or length >= 6 or abs(move) > 1 or i == 0:
            wish = _nearest(wish, harmony)
        elif pentatonic and (wish % 7) in ((3, 6) if mode in ("major", "mixolydian") else (1, 5)):
            away = wish + (1 if move >= 0 else -1)
            wish = away
        here = wish
        events.append(Event(at, length, (here - harmony.home,)))
    return here, events


def _counter(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """A second voice: long guide tones under a moving lead, an answer where the lead rests."""
    size = bar_length(plan.metre)
    centre = _around(name, role)
    here, out = centre - 2, list[Events]()
    answer = _motif(idiom.lead if size == 16 else patterns.THREE_LEAD, split, rng)
    for index, chords in enumerate(plan.harmonies):
        if plan.places[index].section != "end" and not lead[index]:
            here, events = _phrase(answer, chords, here, centre, plan.key.mode, idiom.pentatonic > 0.5, rng)
            out.append(_fit(events, size))
            continue
        notes = []
        for i, (at, harmony) in enumerate(chords):
            end = chords[i + 1][0] if i + 1 < len(chords) else size
            guide = harmony.tones[1:] if plan.places[index].section != "end" else (0, 2)
            here = _nearest(here + (1 if here < centre - 3 else -1 if here > centre + 3 else 0), harmony, guide)
            notes.append(Event(at, end - at, (here - harmony.home,)))
        out.append(tuple(notes))
    return out


def sheets(seed: int, split: str = "train", style: str | None = None) -> Iterator[Sheet]:
    """Pieces without end. The same seed and split give the same pieces."""
    rng = np.random.default_rng([seed, 0 if split == "train" else 1])
    while True:
        plan = plan_piece(rng, split, style)
        yield write(plan, rng, split)


__all__ = ["Motif", "Plan", "held_out", "place", "plan_piece", "sheets", "write"]
