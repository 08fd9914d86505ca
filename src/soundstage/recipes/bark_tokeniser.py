"""The first part of `starter/bark`: the tokeniser, taught by symbols, melody and a rough spectrum.

B batch · T tokens · M mel bands · F frames
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.codec.vq import perplexity
from soundstage.models.bark.tokeniser import Tokeniser, Told
from soundstage.recipes.bark_corpus import Line

CROP = 56  # tokens of a training stretch


def stretches(
    tokeniser: Tokeniser, found: Sequence[Line], count: int, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """Mel [B, M, F] of stretches of some lines, and what is to be told of them."""
    fold = tokeniser.config.fold
    mels: list[Tensor] = []
    truth: dict[str, list[Tensor]] = {"symbols": [], "tones": [], "begins": []}
    while len(mels) < count:
        line = found[int(torch.randint(len(found), (), generator=generator))]
        if line.length < CROP:
            continue
        start = int(torch.randint(line.length - CROP + 1, (), generator=generator))
        if line.mel is None:
            with torch.autocast("cpu", enabled=False):
                line.mel = tokeniser.mel(line.sound()[None])[0].half()
        mels.append(line.mel[:, start * fold : (start + CROP) * fold].float())
        for name, values in (("symbols", line.symbols), ("tones", line.tones), ("begins", line.begun())):
            truth[name].append(torch.from_numpy(values[start : start + CROP]))
    return torch.stack(mels), {name: torch.stack(rows) for name, rows in truth.items()}


def rough(mel_BMF: Tensor, bands: int, fold: int) -> Tensor:
    """The rough spectrum [B, T, bands] that units must tell."""
    return functional.adaptive_avg_pool1d(functional.avg_pool1d(mel_BMF, fold).transpose(1, 2), bands)


def loss(
    tokeniser: Tokeniser, mel: Tensor, truth: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """All that a unit must tell, the beginnings, and what keeps the ear near its units."""
    heard = tokeniser.hear(mel)
    with torch.autocast("cpu", enabled=False):
        heard = heard.float()
        quantised = tokeniser.units(tokeniser.point(heard), generator)
        told = tokeniser.told(quantised.value.transpose(1, 2))
        begins = tokeniser.begin(heard.transpose(1, 2))
    parts = {
        "symbol": functional.cross_entropy(told.symbols.flatten(0, 2), truth["symbols"].flatten()),
        "tone": functional.cross_entropy(told.tones.flatten(0, 2), truth["tones"].flatten()),
        "rough": (told.rough - rough(mel, tokeniser.config.rough, tokeniser.config.fold)).abs().mean(),
        "begin": functional.cross_entropy(begins.flatten(0, 1), truth["begins"].flatten()),
        "commitment": quantised.commitment,
    }
    total = (
        parts["symbol"] + 0.4 * parts["tone"] + 0.5 * parts["rough"] + 0.3 * parts["begin"] + 0.25 * parts["commitment"]
    )
    with torch.no_grad():
        right = (told.symbols.argmax(-1) == truth["symbols"]).float().mean()
        used = perplexity(quantised.codes, tokeniser.config.units)
    return total, {name: value.detach() for name, value in parts.items()} | {"right": right, "used": used}


@torch.inference_mode()
def measured(tokeniser: Tokeniser, found: Sequence[Line]) -> dict[str, float]:
    """Share of half tokens whose symbol, and whose tone, a unit tells rightly; of tokens whose beginnings are right."""
    right = {"symbols": 0.0, "tones": 0.0, "begins": 0.0}
    total = 0
    for line in found:
        tokens = tokeniser.encode(line.sound()[None])[0]
        told: Told = tokeniser.read(tokens[None] % tokeniser.config.units)
        total += line.length
        right["symbols"] += float(np.mean(told.symbols[0].argmax(-1).numpy() == line.symbols)) * line.length
        right["tones"] += float(np.mean(told.tones[0].argmax(-1).numpy() == line.tones)) * line.length
        begun = (tokens // tokeniser.config.units).numpy()
        right["begins"] += float(np.mean(begun == line.begun())) * line.length
    return {name: value / total for name, value in right.items()}
