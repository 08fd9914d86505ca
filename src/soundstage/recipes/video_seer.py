"""Trains the seer of starter/video: `python -m soundstage.recipes.video_seer data`, then `train 120`, `score`, `join`.

Notable: it learns from the storybook's renders and from the starter's own pictures, spoilt as those of the judging
reader are. Most crops follow the true alpha and the rest the seer's own: names are learned before alphas are good, and
from more pictures than are looked at whole. `join` adds it to the starter and leaves all other weights as they are, to
the bit.

B batch · S = 128 pixels
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import MissingError
from soundstage.models.layered import Layered, LayeredConfig, storybook
from soundstage.models.layered.seer import FACINGS, SIDE, Seer
from soundstage.recipes.parts import run
from soundstage.recipes.storybook_reader import spoil
from soundstage.recipes.video import DATA, NOTES, REFERENCE, STARTER, with_part
from soundstage.recipes.video_sights import (
    FIELDS,
    LEAST,
    UNKNOWN,
    WHOLE,
    Sights,
    kept,
    kept_in,
    made,
    rendered,
    starter,
)
from soundstage.train.loop import Report, fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

FOLDER = Path("runs/seer")
RUN = FOLDER / "net"
CHUNKS = 129  # of pictures for training
PICTURES, NAMED = 48, 1  # of a batch; all are named, one in so many is looked at whole
TOLD = 0.3  # share of the latter whose crops follow the true alpha
WEIGHTS: Mapping[str, float] = {
    "place": 0.5, "time": 0.5, "weather": 0.5, "subject": 1.0, "colour": 1.0, "action": 0.7, "facing": 0.5,
}  # fmt: skip
CUT, NARROWEST = 0.5, 0.75  # share of pictures of which a part is shown, and the least part
Scores = dict[str, tuple[float, int]]


def draw(minutes: float = 0.0) -> None:
    """Draws what is missing of the pictures, for training and for the scores, in as many minutes as that takes."""
    for name, sights in (*held_out().items(), ("training", kept(FOLDER / "sights", CHUNKS, REFERENCE))):
        print(f"{name}: {len(sights)} pictures")


def held_out() -> dict[str, Sights]:
    """Pictures of scenes that training never showed: 200 by the renderer, 100 by the starter."""

    def by_renderer() -> Sights:
        return rendered(np.random.default_rng((8, 0)), 200, split="test", plain=True)

    def by_starter() -> Sights:
        return made(np.random.default_rng((8, 1)), 100, starter(REFERENCE), split="test", plain=True)

    return {
        "renders": kept_in(FOLDER / "test-rendered.npz", by_renderer),
        "own pictures": kept_in(FOLDER / "test-made.npz", by_starter),
    }


def train(minutes: float = 120.0) -> Report:
    """The seer: alphas by cross-entropy and soft overlap, words by cross-entropy where they can be told."""
    sights = kept(FOLDER / "sights", CHUNKS, REFERENCE)
    net = new_seer().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def step(module: Seer, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        chosen = torch.randint(len(sights), (PICTURES,), generator=generator)
        return lesson(module, *batch(sights, chosen, generator), generator)

    return fit(RUN, net, step, steps=20_000, minutes=minutes, lr=1.5e-3, warmup=60, ema=0.995, weight_decay=0.02)


def seeing(config: LayeredConfig) -> LayeredConfig:
    """The config with a seer of the storybook's size."""
    sizes = storybook()
    return replace(
        config, seer_widths=sizes.seer_widths, seer_crop_widths=sizes.seer_crop_widths, seer_embed=sizes.seer_embed
    )


def new_seer() -> Seer:
    """A seer that has learned nothing."""
    seer = Layered(storybook()).seer
    assert seer is not None
    return seer


def lesson(
    seer: Seer, x: Tensor, alphas: Tensor, marks: Tensor, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of pictures [B, 3, S, S] with alphas [B, 2, S, S] and marks [B, fields], and its parts.

    All are named, but only one in NAMED is looked at whole, for that costs much more.
    """
    count = len(x) // NAMED
    logits, named = seer.masks(x[:count])
    found, true = logits.sigmoid(), alphas[:count]
    told = torch.rand(count, 1, 1, 1, generator=generator) < TOLD
    followed = torch.cat((torch.where(told, true[:, :1], found[:, :1]), alphas[count:, :1]))
    named |= seer.names(x, followed)
    both = (found * true).sum((2, 3))
    overlap = (both + 8) / ((found + true - found * true).sum((2, 3)) + 8)
    losses = {
        "alpha": 6 * F.binary_cross_entropy_with_logits(logits, true),
        "overlap": (1 - overlap).mean(),
    }
    for i, name in enumerate(FIELDS):
        asked = marks[: len(named[name]), i]
        total = F.cross_entropy(named[name], asked, ignore_index=UNKNOWN, label_smoothing=0.02, reduction="sum")
        losses[name] = WEIGHTS[name] * total / (asked != UNKNOWN).sum().clamp_min(1)
    return torch.stack(list(losses.values())).sum(), losses


def batch(sights: Sights, chosen: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Some of the pictures in −1…1, their alphas and marks; mirrored, cut and spoilt by chance."""
    rows = chosen.numpy()
    x = torch.from_numpy(sights.pictures[rows]).permute(0, 3, 1, 2).float() / 127.5 - 1
    alphas = torch.from_numpy(sights.alphas[rows]).float() / 255
    x, alphas, marks = moved(x, alphas, torch.from_numpy(sights.marks[rows]), generator)
    x, cells = spoil(x, F.pixel_unshuffle(alphas, 4), generator)  # it shifts by whole cells of four pixels
    light = 1 + 0.1 * (torch.rand(len(x), 1, 1, 1, generator=generator) - 0.5)
    tint = 1 + 0.05 * (torch.rand(len(x), 3, 1, 1, generator=generator) - 0.5)
    x = ((x + 1) * light * tint - 1).clamp(-1, 1)
    return x.contiguous(memory_format=torch.channels_last), F.pixel_shuffle(cells, 4), marks


def moved(x: Tensor, alphas: Tensor, marks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Half of the pictures mirrored, and of some only a part, enlarged; what is then out of sight is unknown."""
    count = len(x)
    draws = torch.rand(5, count, generator=generator)
    mirrored = draws[0] < 0.5
    size = torch.where(draws[1] < CUT, NARROWEST + (1 - NARROWEST) * draws[2], 1.0)
    turn = torch.zeros(count, 2, 3)
    turn[:, 0, 0], turn[:, 1, 1] = torch.where(mirrored, -size, size), size
    turn[:, :, 2] = ((2 * draws[3:] - 1) * (1 - size)).T
    grid = F.affine_grid(turn, [count, 1, SIDE, SIDE], align_corners=False)
    both = F.grid_sample(torch.cat((x, alphas), 1), grid, padding_mode="border", align_corners=False)
    area = both[:, 3].sum((1, 2))
    part = area * size.square() / alphas[:, 0].sum((1, 2)).clamp_min(1)
    marks, column = marks.clone(), {name: i for i, name in enumerate(FIELDS)}
    facing = marks[:, column["facing"]]
    marks[:, column["facing"]] = torch.where(mirrored & (facing != UNKNOWN), len(FACINGS) - 1 - facing, facing)
    somebody = marks[:, column["subject"]] < len(FIELDS["subject"])
    for names, lost in ((("action", "facing"), part < WHOLE), (("subject", "colour"), area < LEAST)):
        for name in names:
            marks[somebody & lost, column[name]] = UNKNOWN
    return both[:, :3], both[:, 3:].clamp(0, 1), marks


@torch.inference_mode()
def measured(seer: Seer, sights: Sights) -> Scores:
    """Mean overlap of the first subject's mask with the true one, and the share of words that are right; each with the
    number of pictures in which it could be told.
    """
    x = torch.from_numpy(sights.pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    logits, fields = (torch.cat(each) for each in zip(*_looks(seer, x), strict=True))
    true = torch.from_numpy(sights.alphas) > 127
    scores: Scores = {}
    for i, name in enumerate(("mask", "mask of others")):
        shown = true[:, i].sum((1, 2)) >= LEAST
        mask, found = true[shown, i], logits[shown, i] > 0
        overlaps = (mask & found).sum((1, 2)) / (mask | found).sum((1, 2))
        scores[name] = (float(overlaps.mean()), int(shown.sum()))
    marks = torch.from_numpy(sights.marks)
    for i, name in enumerate(FIELDS):
        known = marks[:, i] != UNKNOWN
        scores[name] = (float((fields[known, i] == marks[known, i]).float().mean()), int(known.sum()))
    return scores


def _looks(seer: Seer, x: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Alpha logits and the likeliest classes [N, fields] of chunks of the pictures."""
    looks = []
    for start in range(0, len(x), 50):
        logits, fields = seer(x[start : start + 50])
        looks.append((logits, torch.stack([fields[name].argmax(1) for name in FIELDS], 1)))
    return looks


def score(minutes: float = 0.0) -> dict[str, Scores]:
    """What the trained seer sees of the held-out pictures; kept beside the run."""
    seer = load_ema(RUN, new_seer())
    assert isinstance(seer, Seer)
    scores = {name: measured(seer, sights) for name, sights in held_out().items()}
    (FOLDER / "scores.json").write_text(json.dumps(scores, indent=2) + "\n")
    for name, values in scores.items():
        print(name, *(f"{field} {value:.3f} ({count})" for field, (value, count) in values.items()), sep="\n  ")
    return scores


def join(minutes: float = 0.0) -> Card:
    """Adds the trained seer to the starter: its card keeps its scores and gets the seer's."""
    path = FOLDER / "scores.json"
    if not path.exists():
        raise MissingError(f"{path} does not stand", "run the part score first")
    standing, seer = load(REFERENCE), load_ema(RUN, new_seer())
    assert isinstance(standing.module, Layered)
    model = with_part(standing.module, seeing(standing.module.config), "seer", seer)
    rows = [row for row in standing.card.scores if not row["name"].startswith("seen ")]
    card = standing.card.model_copy(
        update={
            "config": model.config.plain(),
            "data": DATA,
            "notes": NOTES,
            "scores": (*rows, *_rows(json.loads(path.read_text()))),
        }
    )
    return save_starter(STARTER, model, card)


def _rows(scores: Mapping[str, Mapping[str, tuple[float, int]]]) -> list[dict[str, Any]]:
    """The seer's rows of the card."""
    return [
        {
            "name": f"seen {field}, {name}",
            "value": value,
            "unit": "overlap" if field.startswith("mask") else "share",
            "ceiling": 1.0,
            "floor": 0.0 if field not in FIELDS else 1 / len(FIELDS[field]),
            "count": count,
        }
        for name, values in scores.items()
        for field, (value, count) in values.items()
    ]


PARTS = {"data": draw, "train": train, "score": score, "join": join}


if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
