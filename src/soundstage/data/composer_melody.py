"""Melodies: one motif a section, stated, sequenced, varied, brought to a cadence; and a second voice against them."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from soundstage.data import composer_patterns as patterns
from soundstage.data.composer_patterns import Idiom
from soundstage.data.composer_plan import Events, Plan, Written, around, choose, fit, held_out, hits
from soundstage.score.sheet import Event, bar_length
from soundstage.score.theory import Harmony


@dataclass(frozen=True)
class Motif:
    """A rhythm of one bar and the steps from note to note."""

    rhythm: str
    contour: tuple[int, ...]


def _motif(rhythms: tuple[str, ...], split: str, rng: np.random.Generator) -> Motif:
    for _ in range(40):
        rhythm = choose(rhythms, rng)
        contour = patterns.CONTOURS[rng.integers(len(patterns.CONTOURS))]
        flip = -1 if rng.random() < 0.3 else 1
        made = Motif(rhythm, tuple(flip * step for step in contour))
        if held_out(f"{made.rhythm} {made.contour}") == (split == "test"):
            return made
    return made


def lead_line(
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
    centre = around(name, role)
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
        out.append(fit(events, size))
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
    for i, (at, length, _) in enumerate(hits(motif.rhythm)):
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


def counter_line(
    plan: Plan, idiom: Idiom, name: str, rng: np.random.Generator, split: str, role: str, lead: tuple[Events, ...]
) -> Written:
    """A second voice: long guide tones under a moving lead, an answer where the lead rests."""
    size = bar_length(plan.metre)
    centre = around(name, role)
    here, out = centre - 2, list[Events]()
    answer = _motif(idiom.lead if size == 16 else patterns.THREE_LEAD, split, rng)
    for index, chords in enumerate(plan.harmonies):
        if plan.places[index].section != "end" and not lead[index]:
            here, events = _phrase(answer, chords, here, centre, plan.key.mode, idiom.pentatonic > 0.5, rng)
            out.append(fit(events, size))
            continue
        notes = []
        for i, (at, harmony) in enumerate(chords):
            end = chords[i + 1][0] if i + 1 < len(chords) else size
            guide = harmony.tones[1:] if plan.places[index].section != "end" else (0, 2)
            here = _nearest(here + (1 if here < centre - 3 else -1 if here > centre + 3 else 0), harmony, guide)
            notes.append(Event(at, end - at, (here - harmony.home,)))
        out.append(tuple(notes))
    return out
