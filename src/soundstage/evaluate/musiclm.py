"""How well a MusicLM's words and sounds find each other, and how far its music is what it was asked for.

Notable: everything is asked of held-out pieces in sentences that no training piece was captioned with. Two judges: the
model's own embedding, which flatters it, and ones that never saw it, the ear's tempo and the judge of instruments. Each
figure stands between chance, by other pieces' wishes, and what real renders of the very same wishes reach.

N texts · P pieces
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.data.composer import sheets
from soundstage.data.composer_captions import MOODS, suiting
from soundstage.data.composer_render import render_music
from soundstage.errors import InputError
from soundstage.evaluate.ear import hear
from soundstage.evaluate.harmony import key_of, same_key
from soundstage.evaluate.table import Measure, Table
from soundstage.evaluate.tempo import agrees, tempo
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.models.ensemble.listener import Listener, chances, load_listener
from soundstage.score.instruments import NAMES
from soundstage.score.sheet import Sheet
from soundstage.tasks.compose_musiclm import MusicLMEngine, MusicLMSettings
from soundstage.weights.reference import STARTERS

Real = tuple[Sheet, Audio]
SECONDS = 12.0
INSTRUMENTS, TEMPO, KEY = "named instruments heard by the judge", "tempo within 4%, octaves", "key"
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A sentence for a piece, and what it says of it."""

    text: str
    mood: str
    style: str
    instruments: tuple[str, ...]
    bpm: float


def asked(sheet: Sheet, rng: np.random.Generator) -> Asked:
    """A sentence that is true of a piece, in a form that captions do not have."""
    mood = max(MOODS, key=lambda name: suiting(MOODS[name], sheet))
    names = tuple(dict.fromkeys(name for _, name in sheet.roster))
    named = tuple(str(name) for name in rng.permutation(names)[:2])
    words = MOODS[mood].words
    word = words[rng.integers(len(words))]
    text = f"please play {' and '.join(named)}: {sheet.style}, rather {word}, {sheet.bpm:.0f} bpm"
    return Asked(text=text, mood=mood, style=sheet.style, instruments=named, bpm=sheet.bpm)


def ranked(scores_NP: Matrix, true_NP: NDArray[np.bool_]) -> float:
    """How often a piece that fits a text stands above one that does not, in %: 50 is chance. Halves for equal ones.

    Texts that fit all pieces or none say nothing and are left out; nan where all are.
    """
    rows = []
    for scores, true in zip(scores_NP, true_NP, strict=True):
        if true.any() and not true.all():
            ahead = scores[true][:, None] - scores[~true][None]
            rows.append(float((ahead > 0).mean() + 0.5 * (ahead == 0).mean()))
    return 100 * float(np.mean(rows)) if rows else float("nan")


def own_first(scores_NP: Matrix) -> float:
    """How often a text's own piece stands first, in %."""
    return 100 * float(np.mean(scores_NP.argmax(1) == np.arange(len(scores_NP))))


def retrieval(
    engine: MusicLMEngine, pieces: Sequence[Sheet], wishes: Sequence[Asked], sounds: Sequence[Audio]
) -> dict[str, float]:
    """Finding sounds by words in the model's embedding."""
    heard = engine.hear(sounds)

    def scores(texts: Sequence[str]) -> Matrix:
        return np.asarray((engine.read(texts) @ heard.T).double().cpu().numpy())

    styles = sorted({sheet.style for sheet in pieces})
    moods = sorted({wish.mood for wish in wishes})
    players = sorted({name for sheet in pieces for _, name in sheet.roster})
    slower = np.array([sheet.bpm for sheet in pieces]) < np.median([sheet.bpm for sheet in pieces])
    true = {
        "style": (styles, [[sheet.style == style for sheet in pieces] for style in styles]),
        "mood": (moods, [[wish.mood == mood for wish in wishes] for mood in moods]),
        "instrument": (players, [[any(name == n for _, n in sheet.roster) for sheet in pieces] for name in players]),
        "tempo": (["slow", "fast"], [slower.tolist(), (~slower).tolist()]),
    }
    row = {f"{name} found by its word": ranked(scores(texts), np.array(fits)) for name, (texts, fits) in true.items()}
    row["own sentence found first"] = own_first(scores([wish.text for wish in wishes]))
    return row


def judged(
    listener: Listener, pieces: Sequence[Sheet], wishes: Sequence[Asked], sounds: Sequence[Audio]
) -> tuple[dict[str, float], dict[str, float]]:
    """What others hear in sounds that were asked for, and what that is by the wishes of other pieces, or by chance.

    The key is of the piece, and so says something of its own sound alone, for no wish names it.
    """
    named = np.array([[name in wish.instruments for wish in wishes] for name in NAMES])
    players = np.stack([chances(listener, sound).double().numpy() for sound in sounds])
    heard = [hear(sound) for sound in sounds]
    hits = np.array([[agrees(found, wish.bpm, octaves=True) for wish in wishes] for found in map(tempo, heard)])
    keys = [same_key(key_of(found), sheet.key) for found, sheet in zip(heard, pieces, strict=True)]
    row = {INSTRUMENTS: ranked(players.T, named), TEMPO: 100 * float(np.mean(np.diag(hits)))}
    row[KEY] = 100 * float(np.mean(keys))
    apart = ~np.eye(len(sounds), dtype=bool)
    return row, {INSTRUMENTS: 50.0, TEMPO: 100 * float(np.mean(hits[apart])), KEY: 100 / 24}


def renders(count: int, seed: int) -> list[Real]:
    """Pieces by the composer's test rules, as FluidSynth plays them. Raises MissingError where it is not."""
    found = enumerate(islice(sheets(seed, "test"), count))
    return [(sheet, render_music(sheet, index).mix.mono()) for index, sheet in found]


def evaluate(
    model_ref: str = "starter/musiclm",
    count: int = 24,
    seed: int = 0,
    folder: Path | None = None,
    *,
    real: Sequence[Real] | None = None,
    settings: MusicLMSettings | None = None,
) -> Table:
    """Measures the embedding on all the `real` held-out pieces, and music made of wishes like the first `count`.

    Where none are given, `count` pieces are rendered. `folder` keeps what was made. Raises InputError for fewer than
    two pieces, MissingError without FluidSynth where they must be rendered.
    """
    real = renders(count, seed) if real is None else real
    if len(real) < 2 or count < 2:
        raise InputError("pieces", f"are {min(len(real), count)}", "give two or more; forty say something")
    played, sounds = [sheet for sheet, _ in real], [sound for _, sound in real]
    rng = np.random.default_rng([seed, 23])
    wishes = [asked(sheet, rng) for sheet in played]
    few, made = wishes[:count], []
    listener = load_listener(STARTERS / "music", len(NAMES))
    with runtime.use(model_ref, {"musiclm": MusicLMEngine}) as engine:
        for index, wish in enumerate(few):
            draws = runtime.generator(runtime.derive(seed, "evaluate", index), engine.device)
            made.append(
                Audio(engine.generate([(0.0, wish.text)], SECONDS, settings=settings, generator=draws), engine.rate)
            )
            if folder is not None:
                Music(made[-1]).save(folder / f"{index:02d}.wav")
        known = retrieval(engine, played, wishes, sounds)
        mine = retrieval(engine, played[:count], few, made)
        coded = [engine.coded(_first(sound)) for sound in sounds[:count]]
        best = retrieval(engine, played[:count], few, sounds[:count])
    ceiling, _ = judged(listener, played[:count], few, [_first(sound) for sound in sounds[:count]])
    through, _ = judged(listener, played[:count], few, coded)
    others, floor = judged(listener, played[:count], few, made)
    del others[KEY]

    def rows(found: dict[str, float], kind: str, total: int, tops: dict[str, float] | None) -> list[Measure]:
        return [
            Measure(
                name=f"{kind}: {name}", value=value, unit="%", count=total,
                ceiling=None if tops is None else tops[name],
                floor=floor.get(name, 100 / total if name.startswith("own") else 50.0),
            )
            for name, value in found.items() if np.isfinite(value)
        ]  # fmt: skip

    table = [
        *rows(known, "real", len(real), None), *rows(through, "real through its codes", len(coded), ceiling),
        *rows(mine, "made", len(made), best), *rows(others, "made", len(made), ceiling),
    ]  # fmt: skip
    return Table(title=f"{model_ref}: held-out wishes, {SECONDS:g} s each", rows=table)


def _first(sound: Audio) -> Audio:
    return sound.cut(0.0, min(SECONDS, sound.seconds))
