"""Train `starter/music` from nothing and ship it: notes, scores, prompts (about an hour on one idle core).

    python -m soundstage.recipes.music --folder runs/music            # train what is missing, then ship
    python -m soundstage.recipes.music --folder runs/music --ship     # ship what stands in the folder
    python -m soundstage.recipes.music --folder runs/music --ship --scores table.json   # with a table of `evaluate`

The judge of instruments, which `evaluate` needs beside the starter, has a recipe of its own, `music_judge`.

Notable: three independent runs, each resumable; shipping joins their averaged weights into one file with its card.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from soundstage.models.ensemble import Ensemble, ensemble_starter
from soundstage.recipes import music_player, music_reader, music_writer
from soundstage.score.instruments import INSTRUMENTS
from soundstage.score.styles import STYLE_NAMES
from soundstage.train.loop import CHECKPOINT, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter
from soundstage.weights.reference import STARTERS

DATA = (
    "Scores: 6,000 pieces by soundstage.data.composer (our own rules, 16 styles; training and test split by "
    "progression and motif). Notes: 3,900 single notes rendered by FluidSynth 2.3 (LGPL, run as a tool) with "
    "FluidR3_GM.sf2 (MIT, Frank Wen). Captions: drawn by soundstage.data.composer_captions."
)
NOTES = (
    f"{len(STYLE_NAMES)} styles: {', '.join(STYLE_NAMES)}. {len(INSTRUMENTS)} instruments: "
    f"{', '.join(i.name for i in INSTRUMENTS)}. Tempo, key, metre, line-up and length are inputs and kept exactly. "
    "It is small: melodies are those of a diligent student, timbres those of a General MIDI font, and nobody sings."
)


def card(config: dict[str, Any], scores: list[dict[str, Any]]) -> Card:
    """The card of the starter; size, parameters and hash are filled in when it is saved."""
    return Card(
        ref="starter/music",
        family="ensemble",
        task="compose",
        licence="Apache-2.0",
        commercial=True,
        data=DATA,
        size_mb=0,
        memory_mb=400,
        parameters=0,
        config=config,
        recipe="python -m soundstage.recipes.music",
        scores=tuple(scores),
        notes=NOTES,
    )


def ship(folder: Path, target: Path, scores: list[dict[str, Any]] | None = None) -> Card:
    """Joins the three averaged networks of a run and writes the starter. Networks that are missing stay untrained."""
    config = ensemble_starter()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Ensemble(config)
    for name in ("player", "writer", "reader"):
        if (folder / name / CHECKPOINT).exists():
            load_ema(folder / name, getattr(model, name))
    if scores is None and (target / "card.json").exists():
        scores = json.loads((target / "card.json").read_text(encoding="utf-8"))["scores"]
    return save_starter(target, model, card(config.plain(), scores or []))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--target", type=Path, default=STARTERS / "music")
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--scores", type=Path)
    given = parser.parse_args()
    if not given.ship:
        music_player.train(given.folder, minutes=30)
        music_writer.train(given.folder, minutes=25)
        music_reader.train(given.folder, minutes=4)
    scores = json.loads(given.scores.read_text(encoding="utf-8"))["rows"] if given.scores else None
    print(ship(given.folder, given.target, scores).model_dump_json(indent=2))


if __name__ == "__main__":
    main()
