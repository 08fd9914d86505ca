"""Train the judge of instruments on real (FluidSynth) notes: about two minutes on a core.

    python -m soundstage.recipes.music_judge --folder runs/music

Notable: excerpts of a second with one to six notes of one instrument, alone, broken or as chords, half of them in
the room of the
mix; the notes are the player's training notes as the font sounds, never as the player does.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.signal import fftconvolve
from torch import Tensor
from torch.nn import functional

from soundstage.data.composer_render import RATE, Shot, note_bank
from soundstage.models.ensemble.listener import EXCERPT, WEIGHTS, Listener, excerpt_mel
from soundstage.score.instruments import BY_NAME, NAMES, VOICES
from soundstage.score.mix import room
from soundstage.train.loop import fit, load_ema
from soundstage.weights.reference import STARTERS


def excerpt(name: str, shots: list[Shot], sound: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.float32]:
    """A second of one instrument, mono, at the peak of −6 dB."""
    size = round(EXCERPT * RATE)
    long = size + RATE // 2
    wave = np.zeros(long, np.float32)
    drums = BY_NAME[name].drums
    count = int(rng.integers(4, 14) if drums else rng.integers(1, 7))
    centre = int(rng.integers(len(shots)))
    together = rng.random() < 0.4
    base = int(rng.integers(0, long // 2))
    for i in range(count):
        near = (
            shots[int(rng.integers(len(shots)))]
            if drums
            else shots[int(np.clip(centre + rng.integers(-36, 37), 0, len(shots) - 1))]
        )
        at = base if together and not drums else int(rng.integers(0, long - RATE // 8)) if i else base // 2
        part = sound[near.start : near.start + near.length].astype(np.float32)[: long - at]
        wave[at : at + len(part)] += part
    if rng.random() < 0.6:
        echo = fftconvolve(wave, room(RATE)[int(rng.integers(2))])[:long]
        wave = wave + np.float32(rng.uniform(0.05, 0.4)) * echo.astype(np.float32)
    first = int(rng.integers(0, long - size))
    wave = wave[first : first + size]
    return wave * np.float32(0.5 / max(float(np.abs(wave).max()), 1e-6))


def examples(folder: Path, each: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """Log-mels [N, M, F] and classes, `each` of every instrument."""
    bank, sound = note_bank(folder / "bank")
    mine: dict[str, list[Shot]] = defaultdict(list)
    for shot in bank:
        mine[VOICES[shot.voice][0]].append(shot)
    rng = np.random.default_rng([seed, 5])
    mels = [excerpt_mel(excerpt(name, mine[name], sound, rng)) for name in NAMES for _ in range(each)]
    return np.stack(mels).astype(np.float16), np.repeat(np.arange(len(NAMES)), each)


def train(folder: Path, minutes: float, each: int = 240) -> Listener:
    """Trains the judge; prints how often it is right on excerpts it has not seen."""
    torch.set_num_threads(1)
    mels, classes = examples(folder, each, seed=1)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        listener = Listener(classes=len(NAMES))

    def step(model: Listener, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        rows = torch.randint(len(mels), (48,), generator=generator)
        x = torch.from_numpy(mels[rows.numpy()].astype(np.float32))
        x = (
            x
            + 0.04 * torch.randn(x.shape, generator=generator)
            + 0.1 * torch.randn(48, 64, 1, generator=generator) * 0.5
        )
        wanted = torch.from_numpy(classes[rows.numpy()])
        logits = model(x)
        return functional.cross_entropy(logits, wanted, label_smoothing=0.05), {
            "right": (logits.argmax(1) == wanted).float().mean()
        }

    fit(folder / "judge", listener, step, steps=1600, minutes=minutes, lr=2e-3, warmup=50, ema=0.99)
    judge = load_ema(folder / "judge", listener)
    assert isinstance(judge, Listener)
    held, true = examples(folder, 12, seed=2)
    with torch.inference_mode():
        right = (judge(torch.from_numpy(held.astype(np.float32))).argmax(1).numpy() == true).mean()
    print(f"unseen excerpts of one second: right on {right:.1%}")
    return judge


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--target", type=Path, default=STARTERS / "music")
    parser.add_argument("--minutes", type=float, default=4.0)
    given = parser.parse_args()
    judge = train(given.folder, given.minutes)
    given.target.mkdir(parents=True, exist_ok=True)
    partial = given.target / f".{WEIGHTS}.partial"
    save_file({name: tensor.half().contiguous() for name, tensor in judge.state_dict().items()}, partial)
    partial.replace(given.target / WEIGHTS)


if __name__ == "__main__":
    main()
