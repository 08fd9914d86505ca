"""Train the prompt reader of `starter/music` on captions: about three minutes on a core.

    python -m soundstage.recipes.music_reader --folder runs/music --minutes 3

B batch · N words · P pieces
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.data.composer_captions import Wish, caption
from soundstage.models.ensemble import EnsembleConfig, build_reader, ensemble_starter
from soundstage.models.ensemble.reader import PromptReader
from soundstage.score.instruments import NAMES
from soundstage.text.ngrams import ngrams
from soundstage.train.loop import fit, load_ema

CHOICES = ("style", "mode", "energy", "pace", "metre")


def batch_of(captions: list[tuple[str, Wish]], buckets: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Pieces [B, N, P] and targets of some captions."""
    rows = [ngrams(text, buckets) for text, _ in captions]
    words = max(len(row) for row in rows)
    pieces = torch.from_numpy(np.stack([np.pad(row, ((0, words - len(row)), (0, 0))) for row in rows]))
    targets = {name: torch.tensor([getattr(wish, name) for _, wish in captions]) for name in CHOICES}
    named = torch.zeros(len(captions), len(NAMES))
    for row, (_, wish) in enumerate(captions):
        named[row, list(wish.instruments)] = 1
    return pieces, {**targets, "instruments": named}


def reading_loss(said: dict[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropies of the choices, and of each instrument's being named."""
    loss = sum((functional.cross_entropy(said[name], targets[name]) for name in CHOICES), torch.zeros(()))
    return loss + 8 * functional.binary_cross_entropy_with_logits(said["instruments"], targets["instruments"])


def train(folder: Path, minutes: float, config: EnsembleConfig | None = None) -> PromptReader:
    """Trains, resumes where a run in `folder` stands; returns the averaged reader."""
    torch.set_num_threads(1)
    config = config or ensemble_starter()
    with torch.random.fork_rng():
        torch.manual_seed(2)
        reader = build_reader(config)

    def step(
        model: PromptReader, index: int, generator: torch.Generator
    ) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        rng = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
        pieces, targets = batch_of([caption(rng) for _ in range(96)], config.buckets)
        keep = torch.rand(pieces.shape, generator=generator) > 0.1  # so that no single piece of a word decides
        said = model(pieces * keep)
        right = (said["style"].argmax(1) == targets["style"]).float().mean()
        return reading_loss(said, targets), {"style": right}

    fit(folder / "reader", reader, step, steps=4_000, minutes=minutes, lr=3e-3, warmup=50, ema=0.995)
    trained = load_ema(folder / "reader", reader)
    assert isinstance(trained, PromptReader)
    return trained


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--minutes", type=float, default=3.0)
    given = parser.parse_args()
    train(given.folder, given.minutes)


if __name__ == "__main__":
    main()
