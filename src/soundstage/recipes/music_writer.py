"""Train the score writer of `starter/music` on pieces by the composer: about 25 minutes on a core.

    python -m soundstage.recipes.music_writer --folder runs/music --minutes 25

Notable: pieces are packed end to end into rows; the loss counts only tokens that the grammar leaves open.

B rows · T tokens
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from soundstage.data.composer import sheets
from soundstage.models.ensemble import EnsembleConfig, build_writer, ensemble_starter
from soundstage.models.ensemble.writer import ScoreWriter
from soundstage.score.language import PAD, SIDE_SIZES, TOKENS
from soundstage.score.speller import encode
from soundstage.train.loop import fit, load_ema

ROW = 640
CLOSED = frozenset({"pad", "start", "style", "mode", "metre", "tempo", "energy", "instrument", "left"})


def pieces(folder: Path, count: int, split: str, seed: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Encoded pieces, one a row of `ROW` tokens (longer ones are cut): tokens [N, T], sides [N, T, S]; made once."""
    path = folder / f"pieces-{split}-{count}.npz"
    if path.exists():
        with np.load(path) as kept:
            return kept["tokens"], kept["sides"]
    tokens = np.full((count, ROW), PAD, np.int16)
    sides = np.zeros((count, ROW, len(SIDE_SIZES)), np.int16)
    for row, sheet in enumerate(islice(sheets(seed, split), count)):
        ids, beside = encode(sheet)
        size = min(len(ids), ROW)
        tokens[row, :size], sides[row, :size] = ids[:size], beside[:size]
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, tokens=tokens, sides=sides)
    unfinished.replace(path)
    return tokens, sides


def piece_loss(writer: ScoreWriter, token_BT: Tensor, side_BTS: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of the open tokens in nats, and how often the likeliest is right."""
    is_open = torch.tensor([kind not in CLOSED for kind, _ in TOKENS])
    logits = writer(token_BT[:, :-1], side_BTS[:, :-1]).float()
    target = token_BT[:, 1:]
    counted = is_open[target]
    picked, wanted = logits[counted], target[counted]
    loss = functional.cross_entropy(picked, wanted)
    return loss, (picked.argmax(1) == wanted).float().mean()


def step_on(
    tokens: NDArray[np.int16], sides: NDArray[np.int16], batch: int
) -> Callable[[ScoreWriter, int, torch.Generator], tuple[Tensor, Mapping[str, float | Tensor]]]:
    """A training step on random pieces of like length."""
    lengths = (tokens != PAD).sum(1)
    order = np.argsort(lengths, kind="stable")

    def step(
        writer: ScoreWriter, index: int, generator: torch.Generator
    ) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        at = int(torch.randint(len(order) - 8 * batch, (), generator=generator))
        rows = order[at + torch.randperm(8 * batch, generator=generator)[:batch].numpy()]
        size = int(lengths[rows].max())
        loss, right = piece_loss(
            writer,
            torch.from_numpy(tokens[rows, :size].astype(np.int64)),
            torch.from_numpy(sides[rows, :size].astype(np.int64)),
        )
        return loss, {"right": right}

    return step


def train(folder: Path, minutes: float, config: EnsembleConfig | None = None, *, count: int = 6_000) -> ScoreWriter:
    """Composes, trains, resumes where a run in `folder` stands; returns the averaged writer."""
    torch.set_num_threads(1)
    tokens, sides = pieces(folder, count, "train", seed=1)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        writer = build_writer(config or ensemble_starter())
    step = step_on(tokens, sides, batch=6)
    fit(
        folder / "writer",
        writer,
        step,
        steps=40_000,
        minutes=minutes,
        lr=3e-3,
        warmup=100,
        ema=0.998,
        autocast=torch.bfloat16,
    )
    trained = load_ema(folder / "writer", writer)
    assert isinstance(trained, ScoreWriter)
    held, beside = pieces(folder, 200, "test", seed=2)
    with torch.inference_mode():
        loss, right = piece_loss(
            trained, torch.from_numpy(held.astype(np.int64)), torch.from_numpy(beside.astype(np.int64))
        )
    print(f"held-out pieces: {float(loss):.3f} nats a token, likeliest right {float(right):.1%}")
    return trained


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--minutes", type=float, default=25.0)
    given = parser.parse_args()
    train(given.folder, given.minutes)


if __name__ == "__main__":
    main()
