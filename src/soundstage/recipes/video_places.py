"""Fits the places of starter/video: `python -m soundstage.recipes.video_places data`, `fit`, `score`, `join`.

Notable: all of it is closed form, minutes of one core. Blocks of the layouts at four hours give principal components;
blocks whose bytes are the same are kept once (five sixths of those that are near). For every other hour the mixture of
the four is found by least squares over all layouts but one, whose hour is held back: so `score` says how well a layout
is shown at an hour at which it was never seen.

D picture channels: RGB far away, premultiplied RGBA near · H, W height and width
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.models.layered import Layered, LayeredConfig, storybook
from soundstage.models.layered.places import COLUMNS, MARGIN, ROWS, Backdrop, Hour, Places
from soundstage.recipes.parts import run
from soundstage.recipes.video import DATA, NOTES, REFERENCE, STARTER, with_part
from soundstage.recipes.video_pictures import hours, panorama
from soundstage.render.scene import PLACES, TIMES, WEATHERS, times_at, weathers_at
from soundstage.train import checkpoint
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

RUNS = Path("runs/places")
PARTS_OF = {"far": slice(0, 3), "near": slice(3, 7)}  # channels of a panorama
BLOCKS = 60_000  # that the components are of
FAINT = 1e-4  # of each number, added to the squares: what hardly differs is not mixed in
Scores = dict[str, dict[str, float]]


def kept_hours(place: str) -> tuple[tuple[str, str, str], ...]:
    """The hours at which a place's layouts are remembered: a clear day, night and sunset, and a day of rain or snow, or
    what it has of them.
    """
    times, weathers = times_at(place), weathers_at(place)
    day, night, sunset = (time if time in times else times[0] for time in ("day", "night", "sunset"))
    wet = next((weather for weather in ("rain", "snow") if weather in weathers), weathers[0])
    return tuple((place, *hour) for hour in ((day, "clear"), (night, "clear"), (sunset, "clear"), (day, wet)))


@lru_cache(maxsize=1)
def panoramas() -> NDArray[np.uint8]:
    """Every hour of every layout, [hours, layouts, 7, H, W]; drawn once and kept."""
    path, layouts = RUNS / "panoramas.npy", storybook().layouts
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npy")
        shape = (len(hours()), layouts, 7, ROWS + 2 * MARGIN, COLUMNS)
        out = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
        for i, hour in enumerate(hours()):
            for layout in range(layouts):
                out[i, layout] = panorama(*hour, layout)
        out.flush()
        unfinished.replace(path)
    drawn: NDArray[np.uint8] = np.load(path, mmap_mode="r")[:, :layouts]
    return drawn


def data(minutes: float = 0.0) -> None:
    """Draws the panoramas, in as many minutes as that takes."""
    print(panoramas().shape)


def numbers(rows: list[tuple[str, str, str]]) -> Hour:
    """Hours by their class numbers."""
    words = (PLACES, TIMES, WEATHERS)
    return Hour(*(torch.tensor([names.index(row[i]) for row in rows]) for i, names in enumerate(words)))


def pixels(drawn: NDArray[np.uint8]) -> Tensor:
    """In −1…1."""
    return torch.from_numpy(drawn.astype(np.float32)) / 127.5 - 1


def kept(place: str, layout: int, layer: str) -> Tensor:
    """A layout at the hours at which it is remembered, [HOURS · D, H, W]."""
    rows = [hours().index(hour) for hour in kept_hours(place)]
    return torch.cat([pixels(panoramas()[row, layout, PARTS_OF[layer]]) for row in rows])


def grouped(backdrop: Backdrop, place: str, layout: int, layer: str) -> Tensor:
    """The same, those hours together that share a code, [groups, hours · D, 1, H, W]."""
    pictures = kept(place, layout, layer)
    return pictures.reshape(backdrop.groups, -1, 1, *pictures.shape[1:])


def held_back(layout: int, place: str) -> int:
    """The hour of a layout that nothing is fitted to: its number among all; −1 where there is none."""
    there = [row for row, hour in enumerate(hours()) if hour[0] == place and hour not in kept_hours(place)]
    return there[layout] if layout < len(there) else -1


@torch.no_grad()
def fit(minutes: float = 0.0) -> None:
    """Components, layouts and mixtures of both layers."""
    config, written, found = storybook(), {}, {}
    blank = _places(config)
    for layer in PARTS_OF:
        backdrop: Backdrop = getattr(blank, layer)
        _begin(backdrop, layer)
        written[layer] = _written(backdrop, layer)
        found[layer] = len(written[layer][1])
    config = replace(config, place_blocks=(found["far"], found["near"]))
    places = _places(config)
    for layer, (index, codes, steps) in written.items():
        backdrop = getattr(places, layer)
        backdrop.blocks.load_state_dict(getattr(blank, layer).blocks.state_dict())
        for name, value in (("index", index), ("codes", codes), ("steps", steps)):
            getattr(backdrop, name).copy_(value)
        _mix(backdrop, layer)
    checkpoint.save(RUNS / "fitted.safetensors", places.state_dict(), {"place_blocks": list(config.place_blocks)})
    print(f"{found['far']:,} blocks far away and {found['near']:,} near")


def _places(config: LayeredConfig) -> Places:
    return Layered(config).places


def _begin(backdrop: Backdrop, layer: str) -> None:
    """Principal components of the blocks of all layouts."""
    layouts, generator = range(storybook().layouts), torch.Generator().manual_seed(0)
    each = BLOCKS // (len(PLACES) * len(layouts))
    blocks = []
    for place in PLACES:
        for layout in layouts:
            cut = backdrop.blocks.cut(grouped(backdrop, place, layout, layer))
            blocks.append(cut[torch.randperm(len(cut), generator=generator)[:each]])
    backdrop.blocks.begin(torch.cat(blocks))


def _written(backdrop: Backdrop, layer: str) -> tuple[Tensor, Tensor, Tensor]:
    """Every layout in numbers of blocks, the blocks [N, C], a byte a number, and its steps."""
    coded = torch.stack([
        torch.stack([
            backdrop.blocks.encode(grouped(backdrop, place, layout, layer), None)[:, :, 0]
            for layout in range(storybook().layouts)
        ])
        for place in PLACES
    ]).movedim(3, -1)  # fmt: skip
    steps = coded.flatten(0, -2).abs().amax(0) / 127
    rows = (coded / steps).round().to(torch.int8)
    codes, index = np.unique(rows.flatten(0, -2).numpy(), axis=0, return_inverse=True)
    return torch.from_numpy(index.reshape(rows.shape[:-1])).int(), torch.from_numpy(codes), steps


def _mix(backdrop: Backdrop, layer: str) -> None:
    """For every hour the mixture that is nearest to what differs along its rows, by least squares over the layouts, and
    the mean of each row of what then is missing.
    """
    layouts = storybook().layouts
    for place in PLACES:
        number = torch.tensor([PLACES.index(place)])
        x = torch.stack([backdrop.kept(number, torch.tensor([layout]))[0] for layout in range(layouts)], 1)
        for row, hour in enumerate(hours()):
            if hour[0] != place:
                continue
            shown = [layout for layout in range(layouts) if held_back(layout, place) != row]
            known = x[:, shown].transpose(1, 2).flatten(2)  # [HOURS · D, H, layouts · W]
            true = torch.stack([pixels(panoramas()[row, layout, PARTS_OF[layer]]) for layout in shown], 2).flatten(2)
            level, wanted = known.mean(2, keepdim=True), true.mean(2, keepdim=True)
            along = (known - level).flatten(1).double()
            square = along @ along.T + FAINT * along.shape[1] * torch.eye(len(along), dtype=torch.double)
            best = torch.linalg.solve(square, along @ (true - wanted).flatten(1).double().T).T.float()
            at = int(backdrop.row(numbers([hour])))
            backdrop.mixture.weight[at] = best.flatten()
            backdrop.air.weight[at] = (wanted[:, :, 0] - best @ level[:, :, 0]).flatten()


def fitted() -> tuple[Places, dict[str, Any]]:
    """As they stand under runs/places, and their fields of a config."""
    tensors, told = checkpoint.load(RUNS / "fitted.safetensors")
    config = storybook()
    sizes: dict[str, Any] = {
        "layouts": config.layouts,
        "place_codes": config.place_codes,
        "place_blocks": tuple(told["place_blocks"]),
    }
    places = _places(replace(config, **sizes))
    places.load_state_dict(tensors)
    return places.eval(), sizes


@torch.inference_mode()
def score(minutes: float = 0.0) -> Scores:
    """Decibels of the layouts at hours that are remembered, that are mixed, and at which they were never seen."""
    places, _ = fitted()
    errors: dict[tuple[str, str], list[float]] = {}
    for row, hour in enumerate(hours()):
        for layout in range(places.layouts):
            unseen = held_back(layout, hour[0]) == row
            kind = "remembered" if hour in kept_hours(hour[0]) else "never seen" if unseen else "mixed"
            for layer, span in PARTS_OF.items():
                made = getattr(places, layer)(numbers([hour]), torch.tensor([layout]))[0].clamp(-1, 1)
                error = (made - pixels(panoramas()[row, layout, span])).square().mean() / 4
                errors.setdefault((kind, layer), []).append(float(error))
    found: Scores = {}
    for (kind, layer), values in errors.items():
        found.setdefault(kind, {})[layer] = float(-10 * np.log10(np.mean(values)))
        print(f"{kind}, {layer}: {found[kind][layer]:.1f} dB ({len(values)} panoramas)")
    (RUNS / "scores.json").write_text(json.dumps(found, indent=2) + "\n")
    return found


def join(minutes: float = 0.0) -> Card:
    """Puts the places into the starter; all else stays as it is, to the bit."""
    standing = load(REFERENCE)
    assert isinstance(standing.module, Layered)
    places, sizes = fitted()
    model = with_part(standing.module, replace(standing.module.config, **sizes), "places", places)
    told = {"config": model.config.plain(), "data": DATA, "notes": NOTES}
    return save_starter(STARTER, model, standing.card.model_copy(update=told))


PARTS = {"data": data, "fit": fit, "score": score, "join": join}


if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
