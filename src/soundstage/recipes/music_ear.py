"""Train the ear of music, and go on with the judge of instruments, on played pieces: half an hour on one idle core.

    python -m soundstage.recipes.music_ear --folder runs/music

Notable: taught on training pieces of the composer, tested on its test pieces, whose progressions and motifs are others;
`soundstage evaluate starter/music` prints what it then gets right on real sound as its ceilings. The judge goes on from
the single notes of `recipes.music_judge` to stems as pieces have them.

B batch · T frames · S bands · H rows
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from soundstage.evaluate.ear import FOLD, WEIGHTS, BeatEar, HarmonyEar
from soundstage.models.ensemble.listener import WEIGHTS as JUDGE
from soundstage.models.ensemble.listener import Listener, load_listener
from soundstage.recipes.music_truth import SCALE, Played, Truth, truths
from soundstage.score.instruments import NAMES
from soundstage.train.loop import fit, load_ema
from soundstage.weights.reference import STARTERS

CROP = 600  # frames of twelve seconds, for beats
SHORTEST, LONGEST = 50, 160  # frames for harmony: five to sixteen seconds, as prompts ask for
STEPS = 1000
LESSONS: tuple[tuple[int, Played, int], ...] = ((300, "synth", 11), (98, "font", 12))  # how many, played by, seed
Step = Callable[[nn.Module, int, torch.Generator], tuple[Tensor, Mapping[str, float | Tensor]]]


def beat_targets(truth: Truth, frames: int) -> Tensor:
    """[T, 2]: 1 at a beat (a downbeat), half of that a frame beside it."""
    out = torch.zeros(frames + 2, 2)
    for column, places in enumerate((truth.beats, truth.downbeats)):
        at = torch.from_numpy(np.round(places).astype(np.int64)) + 1
        at = at[at < frames + 1]
        out[at - 1, column] = out[at + 1, column] = 0.5
        out[at, column] = 1.0
    return out[1:-1]


def beat_step(pieces: Sequence[Truth], batch: int = 8) -> Step:
    """Cross-entropy of beats and downbeats on crops, under random gains and tilts of the spectrum."""
    targets = [beat_targets(piece, len(piece.spectrum)) for piece in pieces]

    def step(ear: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        heard, wanted = [], []
        for chosen in torch.randint(len(pieces), (batch,), generator=generator).tolist():
            whole, target = torch.from_numpy(pieces[chosen].spectrum), targets[chosen]
            first = int(torch.randint(max(1, len(whole) - CROP + 1), (), generator=generator))
            part, true = whole[first : first + CROP].float() / SCALE, target[first : first + CROP]
            heard.append(functional.pad(part, (0, 0, 0, CROP - len(part))))
            wanted.append(functional.pad(true, (0, 0, 0, CROP - len(true))))
        loss = functional.binary_cross_entropy_with_logits(
            ear(_disguised(torch.stack(heard), generator)), torch.stack(wanted)
        )
        return 10 * loss, {}

    return step


def harmony_step(pieces: Sequence[Truth], batch: int = 8) -> Step:
    """Cross-entropies of triads and key on the last seconds of pieces, for a piece is known by its end."""

    def step(ear: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        heard, triads, counts = [], [], []
        chosen = torch.randint(len(pieces), (batch,), generator=generator).tolist()
        for piece in (pieces[number] for number in chosen):
            most = min(len(piece.pitches), LONGEST)
            count = int(torch.randint(min(SHORTEST, most), most + 1, (), generator=generator))
            heard.append(torch.from_numpy(piece.pitches[-count:]).float() / SCALE)
            triads.append(torch.from_numpy(piece.chords[-count:]))
            counts.append(count)
        size = max(counts)
        x = torch.stack([functional.pad(part, (0, 0, 0, size - len(part))) for part in heard])
        wanted = torch.stack([functional.pad(part, (0, size - len(part)), value=-1) for part in triads])
        said, keys = ear(_disguised(x, generator), torch.tensor(counts))
        known = torch.tensor([pieces[number].key for number in chosen])
        on_circle = torch.where(wanted < 0, wanted, _turned(wanted))
        loss = functional.cross_entropy(said.flatten(0, 1), on_circle.flatten(), ignore_index=-1)
        key_loss = functional.cross_entropy(keys, _turned(known))
        right = (keys.argmax(1) == _turned(known)).float().mean()
        return loss + 0.5 * key_loss, {"chords": loss.detach(), "key": right}

    return step


def judge_step(stems: Tensor, names: Tensor, batch: int = 48) -> Step:
    """Cross-entropy of the instrument on excerpts of stems, each instrument as often as the others."""
    weights = 1 / torch.bincount(names)[names].float()

    def step(judge: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        rows = torch.multinomial(weights, batch, replacement=True, generator=generator)
        x = stems[rows].float()
        x = x + 0.04 * torch.randn(x.shape, generator=generator)
        x = x + 0.05 * torch.randn(batch, x.shape[1], 1, generator=generator)
        logits = judge(x)
        right = (logits.argmax(1) == names[rows]).float().mean()
        return functional.cross_entropy(logits, names[rows], label_smoothing=0.05), {"right": right}

    return step


def _turned(classes: Tensor) -> Tensor:
    """Classes counted from C, in twelves, as the circle that begins at `FOLD` counts them."""
    return classes // 12 * 12 + (classes % 12 - FOLD) % 12


def _disguised(x_BTF: Tensor, generator: torch.Generator) -> Tensor:
    """Louder or softer, tilted towards treble or bass, with a little noise: as other mixes would have it."""
    gain = 1 + 0.15 * torch.randn(len(x_BTF), 1, 1, generator=generator)
    tilt = torch.linspace(-1, 1, x_BTF.shape[2]) * 0.15 * torch.randn(len(x_BTF), 1, 1, generator=generator)
    noise = 0.02 * torch.randn(x_BTF.shape, generator=generator)
    return (x_BTF * (gain + tilt) + noise).clamp(min=0)


def lesson(folder: Path) -> list[Truth]:
    """What the ear learns from: pieces by our synthesis and by the font."""
    return [truth for count, played, seed in LESSONS for truth in truths(folder / "ear", "train", count, played, seed)]


def train(folder: Path, minutes: float, only: str = "") -> tuple[BeatEar, HarmonyEar]:
    """Makes the pieces, trains, resumes where runs in `folder` stand; returns the averaged networks.

    `only` "beat" or "harmony" trains that network alone, so that both can learn side by side.
    """
    torch.set_num_threads(1)
    pieces = lesson(folder)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        beat, harmony = BeatEar(), HarmonyEar()
    steps: dict[str, tuple[nn.Module, Step]] = {
        "beat": (beat, beat_step(pieces)), "harmony": (harmony, harmony_step(pieces))
    }  # fmt: skip
    for name, (ear, step) in steps.items():
        if only in ("", name):
            fit(folder / f"ear-{name}", ear, step, steps=STEPS, minutes=0.5 * minutes, lr=3e-3, warmup=30, ema=0.98)
    load_ema(folder / "ear-beat", beat)
    load_ema(folder / "ear-harmony", harmony)
    return beat, harmony


def train_judge(folder: Path, minutes: float, start: Listener) -> Listener:
    """Goes on with a judge that knows single notes, on the stems of pieces; returns the averaged network."""
    torch.set_num_threads(1)
    pieces = truths(folder / "ear", "train", *LESSONS[1])
    stems = torch.from_numpy(np.concatenate([piece.stems for piece in pieces if len(piece.stems)]))
    names = torch.from_numpy(np.concatenate([piece.names for piece in pieces]))
    fit(
        folder / "judge-stems",
        start,
        judge_step(stems, names),
        steps=1500,
        minutes=minutes,
        lr=1e-3,
        warmup=50,
        ema=0.99,
    )
    judge = load_ema(folder / "judge-stems", start)
    assert isinstance(judge, Listener)
    return judge


def save(networks: Mapping[str, nn.Module], path: Path) -> None:
    """Writes networks as one float16 file, their names before their tensors' ("" for none), atomically."""
    tensors = {
        f"{name}.{key}" if name else key: tensor.half().contiguous()
        for name, network in networks.items() for key, tensor in network.state_dict().items()
    }  # fmt: skip
    partial = path.with_name(f".{path.name}.partial")
    save_file(tensors, partial)
    partial.replace(path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--starter", type=Path, default=STARTERS / "music")
    parser.add_argument("--minutes", type=float, default=24.0)
    parser.add_argument("--only", choices=("beat", "harmony", "judge"), default="", help="train just one of the three")
    given = parser.parse_args()
    if given.only != "judge":
        beat, harmony = train(given.folder, given.minutes, given.only)
        save({"beat": beat, "harmony": harmony}, WEIGHTS)
    if given.only in ("", "judge"):
        save(
            {"": train_judge(given.folder, given.minutes / 6, load_listener(given.starter, len(NAMES)))},
            given.starter / JUDGE,
        )


if __name__ == "__main__":
    main()
