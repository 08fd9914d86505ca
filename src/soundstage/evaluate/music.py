"""How good `starter/music` is, on prompts it has not seen, beside the same figures for real renders of composed pieces.

Notable: every meter hears only sound. Truth is what was asked: the tempo and key that the score was given, the
instruments that
the prompt names. Real renders come from the composer's test pieces by FluidSynth; where that is not installed, the
column is
read from the card.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from soundstage.data.composer import sheets
from soundstage.data.composer_captions import caption
from soundstage.data.composer_render import available, render_music
from soundstage.evaluate.harmony import chord_agreement, key_of, same_key, same_signature
from soundstage.evaluate.instruments import Listener, audible, load_listener, recognise
from soundstage.evaluate.soundness import clicks, drift, ends_cleanly
from soundstage.evaluate.table import Measure, Table
from soundstage.evaluate.tempo import agrees, tempo
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, NAMES
from soundstage.score.roster import SKILLS
from soundstage.score.theory import TONICS, parse_key
from soundstage.tasks.compose import compose
from soundstage.weights.reference import Reference

RATIO = "%"
MEASURES: tuple[tuple[str, str, str], ...] = (
    ("tempo within 4%", RATIO, "librosa's beat tracker against the score"),
    ("tempo within 4%, octaves allowed", RATIO, "half, double, third counts too"),
    ("key signature", RATIO, "Krumhansl's profiles on chroma"),
    ("key", RATIO, "tonic and mode"),
    ("chords", RATIO, "triads by chroma, against the score"),
    ("asked instruments recognised", RATIO, "their stems, by a judge that only knows FluidSynth"),
    ("asked instruments audible", RATIO, "loudest moments within 26 dB of the mix"),
    ("pieces without clicks", RATIO, ""),
    ("level drift", "dB", "mean size, from after the first bar to the last"),
    ("pieces with drift under 6 dB", RATIO, ""),
    ("clean ends", RATIO, ""),
)
FLOORS = {
    "key": 100 / 24,
    "key signature": 100 / 12,
    "asked instruments recognised": 100 / len(INSTRUMENTS),
    "chords": 100 / 36,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A held-out prompt with its fields, and the instruments that its words name."""

    prompt: str
    seconds: float
    bpm: float | None
    key: str | None
    instruments: list[str] | None
    named: tuple[str, ...]


def prompts(seed: int) -> Iterator[Wanted]:
    """Captions from a stream that training never drew, a third each with a tempo, a key and a line-up as fields."""
    rng = np.random.default_rng([seed, 9_000_001])
    while True:
        text, wish = caption(rng)
        bpm = float(rng.integers(66, 150)) if rng.random() < 0.5 else None
        key = f"{TONICS[rng.integers(12)]} {('major', 'minor')[rng.integers(2)]}" if rng.random() < 0.4 else None
        line_up = None
        if rng.random() < 0.3:
            leads = [i.name for i in INSTRUMENTS if not i.drums and "bass" not in i.name and i.name != "timpani"]
            line_up = [str(name) for name in rng.choice(leads, size=2, replace=False)] + ["acoustic bass"]
        named = tuple(NAMES[index] for index in wish.instruments)
        if sum(SKILLS[name] == ("bass",) for name in named) > 1 or sum(BY_NAME[name].drums for name in named) > 1:
            continue  # two basses or two kits have no place beside each other, and the task says so
        yield Wanted(prompt=text, seconds=15.0, bpm=bpm, key=key, instruments=line_up, named=named)


def measure(music: Music, asked: Sequence[str], listener: Listener) -> dict[str, float]:
    """The figures of one piece; those that do not apply are left out."""
    score = music.score
    assert score is not None
    found = tempo(music.mix)
    true, heard = parse_key(score.key), key_of(music.mix)
    bar = score.metre[0] * 60 / score.bpm
    change = drift(music.mix, start=bar, end=(score.bars - 1) * bar)
    row = {
        "tempo within 4%": 100.0 * agrees(found, score.bpm),
        "tempo within 4%, octaves allowed": 100.0 * agrees(found, score.bpm, octaves=True),
        "pieces without clicks": 100.0 * (clicks(music.mix) == 0),
        "level drift": abs(change),
        "pieces with drift under 6 dB": 100.0 * (abs(change) < 6),
        "clean ends": 100.0 * ends_cleanly(music.mix),
    }
    if not all(BY_NAME[name].drums for name in music.stems):
        row["key signature"] = 100.0 * same_signature(heard, true)
        row["key"] = 100.0 * same_key(heard, true)
        row["chords"] = 100.0 * chord_agreement(music.mix, score)
    if asked:
        known = [name in music.stems and recognised(listener, music.stems[name], name) for name in asked]
        loud = [name in music.stems and audible(music.stems[name], music.mix) for name in asked]
        row["asked instruments recognised"] = 100.0 * float(np.mean(known))
        row["asked instruments audible"] = 100.0 * float(np.mean(loud))
    return row


def recognised(listener: Listener, stem: Audio, name: str) -> bool:
    """Whether the judge guesses right. The font's two kits share half of their pieces, so either will do for both."""
    guess = recognise(listener, stem)[0][0]
    return guess == name or (BY_NAME[guess].drums and BY_NAME[name].drums)


def real_figures(listener: Listener, count: int, seed: int) -> dict[str, float]:
    """What real renders of the composer's test pieces reach by the same meters."""
    rows = []
    for sheet in islice(sheets(seed, "test"), count):
        music = render_music(sheet)
        rows.append(measure(music, list(music.stems), listener))
    return _means(rows)


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name for row in rows for name in row}
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def asked_instruments(wanted: Wanted) -> list[str]:
    """The instruments that the field lists, or else those that the words name."""
    return wanted.instruments or list(wanted.named)


def evaluate(
    model_ref: str = "starter/music",
    *,
    count: int = 24,
    seed: int = 0,
    folder: Path | None = None,
    real: int | None = None,
) -> Table:
    """Composes `count` held-out prompts and measures them; `folder` keeps the pieces. `real` is how many real
    renders to make."""
    listener = load_listener(Reference.parse(model_ref).folder)
    rows, spent, length = [], 0.0, 0.0
    exact: list[bool] = []
    for index, wanted in enumerate(islice(prompts(seed), count)):
        begun = time.monotonic()
        music = compose(
            wanted.prompt,
            seconds=wanted.seconds,
            bpm=wanted.bpm,
            key=wanted.key,
            instruments=wanted.instruments,
            model=model_ref,
            seed=seed + index,
        )
        spent += time.monotonic() - begun
        length += music.seconds
        exact.append(music.mix.length == round(wanted.seconds * music.mix.rate))
        rows.append(measure(music, asked_instruments(wanted), listener))
        if folder is not None:
            music.save(Path(folder) / f"{index:02d}.wav")
    ceiling = real_figures(listener, real or count, seed) if available() else _card_ceilings(model_ref)
    means = _means(rows)
    table = [
        Measure(
            name=name,
            value=means[name],
            unit=unit,
            ceiling=ceiling.get(name),
            floor=FLOORS.get(name),
            count=sum(name in row for row in rows),
            note=note,
        )
        for name, unit, note in MEASURES
        if name in means
    ]
    table.append(
        Measure(name="exact length", value=100.0 * float(np.mean(exact)), unit=RATIO, count=count, note="to the sample")
    )
    table.append(
        Measure(
            name="real-time factor",
            value=spent / length,
            unit="",
            count=count,
            note="seconds of work a second of music",
        )
    )
    return Table(title=f"{model_ref}: {count} held-out prompts of 15 s", rows=table)


def _card_ceilings(model_ref: str) -> dict[str, float]:
    from soundstage.weights import card_of

    return {
        str(row["name"]): float(row["ceiling"]) for row in card_of(model_ref).scores if row.get("ceiling") is not None
    }
