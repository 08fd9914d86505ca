"""The composer's plan: style, key, tempo, form, progressions and players, decided before a note is written.

Notable: progressions and motifs are split by a hash of their text, so what a test piece is built from never occurs in
training.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from soundstage.data.composer_patterns import IDIOMS, Idiom
from soundstage.score.instruments import BY_NAME, NAMES
from soundstage.score.roster import roster
from soundstage.score.sheet import METRES, Event, Place, bar_length, form
from soundstage.score.styles import BY_STYLE, STYLE_NAMES, Style
from soundstage.score.theory import Harmony, Key, parse_numeral

HOLDOUT = 8  # one progression, and one motif, in eight is kept for testing

Events = tuple[Event, ...]
Written = list[Events]


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


def pick(options: dict[str, float], rng: np.random.Generator) -> str:
    """One of the options, by their weights."""
    weights = np.array(list(options.values()))
    return list(options)[rng.choice(len(weights), p=weights / weights.sum())]


def choose(options: tuple[str, ...], rng: np.random.Generator) -> str:
    """One of the options, all alike."""
    return options[rng.integers(len(options))]


def held_out(text: str) -> bool:
    """Whether a progression or a motif belongs to the test split."""
    return crc32(text.encode()) % HOLDOUT == 0


def _progression(
    idiom: Idiom, mode: str, split: str, rng: np.random.Generator
) -> tuple[str, tuple[tuple[Harmony, ...], ...]]:
    known = idiom.progressions.get(mode) or next(iter(idiom.progressions.values()))
    kept = tuple(p for p in known if held_out(p) == (split == "test")) or known
    text = choose(kept, rng)
    return text, tuple(tuple(parse_numeral(n) for n in bar.split(",")) for bar in text.split())


def plan_piece(rng: np.random.Generator, split: str = "train", style_name: str | None = None) -> Plan:
    """Draws a plan. `split` is "train" or "test"."""
    style = BY_STYLE[style_name or choose(STYLE_NAMES, rng)]
    idiom = IDIOMS[style.name]
    mode = pick(style.modes, rng)
    metre = style.metres[0] if rng.random() < 0.75 else choose(METRES if rng.random() < 0.3 else style.metres, rng)
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
        harmonies=harmonise(idiom, mode, metre, places, split, rng),
    )


def harmonise(
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


def hits(text: str) -> list[tuple[int, int, int]]:
    """`place:length[:step]` → (place, length, step)."""
    parts = [[int(x) for x in hit.split(":")] for hit in text.split()]
    return [(p[0], p[1], p[2] if len(p) > 2 else 0) for p in parts]


def fit(events: list[Event], size: int) -> tuple[Event, ...]:
    """Events within a bar of `size` sixteenths, in order."""
    kept = [replace(e, length=min(e.length, size - e.position)) for e in events if e.position < size]
    return tuple(sorted(kept))


def around(instrument: str, role: str) -> int:
    """The middle of a role's register for an instrument, in steps from the tonic near MIDI 24."""
    player = BY_NAME[instrument]
    wish = {"bass": 40, "comp": 60, "arp": 62, "pad": 60, "lead": 74, "counter": 67}[role]
    if role == "lead" and instrument in ("music box", "flute", "violin"):
        wish = 79
    if role == "lead" and instrument in ("cello", "horn", "nylon guitar", "overdriven guitar", "choir"):
        wish = 64
    pitch = min(max(wish, player.low + 9), player.high - 9)
    return round((pitch - 24) * 7 / 12)
