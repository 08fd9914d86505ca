"""How well a composer keeps to what is asked, on prompts it has not seen, beside the same figures for real sound.

Notable: every meter hears only sound. Truth is what was asked, or what the piece states of itself where nothing was:
its tempo, key and chords. Real sound answers the very same prompts: our composer's test rules write to the same brief,
and FluidSynth plays it; so the ceiling is what a meter gets right when the truth is known. Where FluidSynth is not
installed, it is read from the card.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from soundstage import runtime
from soundstage.data.composer import answer
from soundstage.data.composer_render import available, render_music
from soundstage.evaluate.ear import hear
from soundstage.evaluate.frechet import crosswise, embeddings
from soundstage.evaluate.harmony import chord_agreement, key_of, same_key, same_signature
from soundstage.evaluate.instruments import audible, recognise
from soundstage.evaluate.prompts import Wanted, prompts
from soundstage.evaluate.soundness import clicks, drift, ends_cleanly
from soundstage.evaluate.table import Measure, Table
from soundstage.evaluate.tempo import agrees, tempo
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.models.ensemble.listener import Listener, load_listener
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, NAMES
from soundstage.score.language import Brief
from soundstage.score.theory import parse_key
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_plan import Wishes, plan
from soundstage.weights import card_of
from soundstage.weights.reference import STARTERS, Reference

RATIO = "%"
MEASURES: tuple[tuple[str, str, str], ...] = (
    ("tempo within 4%", RATIO, "the pulse that the ear hears, against the tempo"),
    ("tempo within 4%, octaves allowed", RATIO, "half, double, third counts too"),
    ("tempo asked for, within 4%", RATIO, "of those with a tempo as a field"),
    ("key signature", RATIO, "the same scale"),
    ("key", RATIO, "tonic and gender"),
    ("key asked for", RATIO, "of those with a key as a field"),
    ("chords", RATIO, "share of the time, triads"),
    ("chords asked for", RATIO, "of those with chords as a field"),
    ("asked instruments recognised", RATIO, "their stems, by a judge that only knows FluidSynth"),
    ("asked instruments audible", RATIO, "loudest moments within 26 dB of the mix"),
    ("pieces without clicks", RATIO, ""),
    ("level drift", "dB", "mean size, from after the first bar to the last"),
    ("pieces with drift under 6 dB", RATIO, ""),
    ("clean ends", RATIO, ""),
)
FLOORS = {
    "key": 100 / 24,
    "key asked for": 100 / 24,
    "key signature": 100 / 12,
    "asked instruments recognised": 100 / len(INSTRUMENTS),
    "chords": 100 / 36,
    "chords asked for": 100 / 36,
}
CORES = 2


def measure(music: Music, wanted: Wanted, listener: Listener) -> dict[str, float]:
    """The figures of one piece; those that do not apply are left out. A piece without a score is held to its fields."""
    heard, score = hear(music.mix), music.score
    row = {"pieces without clicks": 100.0 * (clicks(music.mix) == 0), "clean ends": 100.0 * ends_cleanly(music.mix)}
    bpm = wanted.bpm if wanted.bpm is not None else score.bpm if score is not None else None
    if bpm is not None:
        found = tempo(heard)
        row["tempo within 4%"] = 100.0 * agrees(found, bpm)
        row["tempo within 4%, octaves allowed"] = 100.0 * agrees(found, bpm, octaves=True)
    if wanted.bpm is not None:
        row["tempo asked for, within 4%"] = row["tempo within 4%"]
    pitched = not (music.stems and all(BY_NAME[name].drums for name in music.stems))
    name = wanted.key or (score.key if score is not None else None)
    if pitched and name is not None:
        row["key signature"] = 100.0 * same_signature(key_of(heard), parse_key(name))
        row["key"] = 100.0 * same_key(key_of(heard), parse_key(name))
        if wanted.key is not None:
            row["key asked for"] = row["key"]
    if score is not None:
        bar = score.metre[0] * 60 / score.bpm
        change = abs(drift(music.mix, start=bar, end=(score.bars - 1) * bar))
        row |= {"level drift": change, "pieces with drift under 6 dB": 100.0 * (change < 6)}
        if pitched:
            row["chords"] = 100.0 * chord_agreement(heard, score)
            if wanted.chords is not None:
                row["chords asked for"] = row["chords"]
    if (asked := wanted.asked_instruments) and music.stems:
        known = [name in music.stems and recognised(listener, music.stems[name], name) for name in asked]
        loud = [name in music.stems and audible(music.stems[name], music.mix) for name in asked]
        row["asked instruments recognised"] = 100.0 * float(np.mean(known))
        row["asked instruments audible"] = 100.0 * float(np.mean(loud))
    return row


def recognised(listener: Listener, stem: Audio, name: str) -> bool:
    """Whether the judge guesses right. The font's two kits share half of their pieces, so either will do for both."""
    guess = recognise(listener, stem)[0][0]
    return guess == name or (BY_NAME[guess].drums and BY_NAME[name].drums)


def briefs(wanted: Sequence[Wanted], seed: int, model_ref: str = "starter/music") -> list[Brief]:
    """What a composer of ours makes of prompts before it writes a note: the seed of each is `seed` and its number."""
    from soundstage.tasks.compose_engines import ENGINES

    with runtime.use(model_ref, ENGINES) as engine:
        return [
            plan(
                one.prompt,
                engine.read(one.prompt),
                Wishes(
                    seconds=one.seconds, bpm=one.bpm, key=one.key, chords=one.chords,
                    instruments=tuple(one.instruments) if one.instruments else None,
                ),
                seed + index,
            ).brief
            for index, one in enumerate(wanted)
        ]  # fmt: skip


def real(brief: Brief, wanted: Wanted, seed: int) -> Music:
    """The composer's own answer to a brief, by its test rules, as FluidSynth plays it."""
    return render_music(answer(brief, np.random.default_rng([seed, 17])), seed, wanted.seconds)


def evaluate(model_ref: str = "starter/music", *, count: int = 60, seed: int = 0, folder: Path | None = None) -> Table:
    """Composes `count` held-out prompts and measures them beside real sound for the same; `folder` keeps the pieces."""
    ours = card_of(model_ref).family == "ensemble"
    listener = load_listener(Reference.parse(model_ref).folder if ours else STARTERS / "music", len(NAMES))
    asked = list(islice(prompts(seed), count))
    told = briefs(asked, seed, model_ref if ours else "starter/music")
    rows, ceilings, made, true = [], [], [], []
    spent = worked = length = 0.0
    exact: list[bool] = []
    for index, (wanted, brief) in enumerate(zip(asked, told, strict=True)):
        begun, busy = time.monotonic(), time.process_time()
        music = compose(wanted.prompt, **wanted.fields, model=model_ref, seed=seed + index)
        spent, worked = spent + time.monotonic() - begun, worked + time.process_time() - busy
        length += music.seconds
        exact.append(music.mix.length == round(wanted.seconds * music.mix.rate))
        rows.append(measure(music, wanted, listener))
        made.append(embeddings(listener, music.mix))
        if folder is not None:
            music.save(Path(folder) / f"{index:02d}.wav")
        if available():
            played = real(brief, wanted, seed + index)
            ceilings.append(measure(played, wanted, listener))
            true.append(embeddings(listener, played.mix))
            if folder is not None:
                played.save(Path(folder) / f"{index:02d}-real.wav")
    table = measures(rows, ceilings or None, model_ref)
    if len(true) >= 4:
        across, floor = crosswise(made, true)
        note = "over the judge's embedding; real data is real against real"
        table.append(Measure(name="Fréchet distance", value=across, ceiling=floor, count=count, note=note))
        table.append(Measure(name="Fréchet distance over the floor", value=across / floor, unit="×", count=count))
    table += [
        Measure(
            name="exact length", value=100.0 * float(np.mean(exact)), unit=RATIO, count=count, note="to the sample"
        ),
        Measure(
            name="real-time factor", value=spent / length, count=count, note="seconds of work a second of music"
        ),
        Measure(
            name="processor time", value=worked / length, count=count,
            note=f"seconds of one core a second of music; under {CORES} is faster than real time on {CORES} cores",
        ),
    ]  # fmt: skip
    styles = len({brief.style for brief in told})
    return Table(title=f"{model_ref}: {count} held-out prompts in {styles} styles, 5 to 30 s", rows=table)


def measures(
    rows: Sequence[Mapping[str, float]], ceilings: Sequence[Mapping[str, float]] | None, model_ref: str
) -> list[Measure]:
    """Means over the pieces to which they apply, with their standard errors."""
    carded = {} if ceilings is not None else {str(r["name"]): r.get("ceiling") for r in card_of(model_ref).scores}
    table = []
    for name, unit, note in MEASURES:
        values = [row[name] for row in rows if name in row]
        tops = [row[name] for row in ceilings or () if name in row]
        if values:
            table.append(
                Measure(
                    name=name, value=float(np.mean(values)), unit=unit, floor=FLOORS.get(name), count=len(values),
                    ceiling=float(np.mean(tops)) if tops else carded.get(name), note=note,
                    spread=float(np.std(values) / np.sqrt(len(values))),
                )
            )  # fmt: skip
    return table
