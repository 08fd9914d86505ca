"""Train the ear of music from nothing, and go on with the judge of instruments, on played pieces: half an hour on one
idle core, a third of it to play the pieces. `starter/music` must stand, for its player is one of three.

    python -m soundstage.recipes.music_ear --folder runs/music               # all that is missing, then ship
    python -m soundstage.recipes.music_ear --folder runs/music --only ear    # the ear, not the judge
    python -m soundstage.recipes.music_ear --folder runs/music --only beat   # or another part, side by side; then
    python -m soundstage.recipes.music_ear --folder runs/music --ship        # settle and ship what stands

Notable: taught on training pieces of the composer; the constants that weigh what is heard are settled on further pieces
by the training rules, which taught nothing, and kept beside the weights. What is judged, test rules and held-out
prompts, is never heard here; `soundstage evaluate starter/music` prints what the ear gets right of it as its ceilings.
The judge goes on from the single notes of `recipes.music_judge` to stems as pieces have them.

B batch · P pulses · T frames · L cells of a pulse · S bands · H rows
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from soundstage.evaluate.ear import FOLD, WEIGHTS, Ear, Heard, Settled, restored, untrained
from soundstage.evaluate.ear import heard as heard_by
from soundstage.evaluate.harmony import A_SECOND as SLOW_A_SECOND
from soundstage.evaluate.harmony import chords_of
from soundstage.evaluate.tactus import changes_of, judged, on_grid, summed
from soundstage.evaluate.tempo import A_SECOND, FASTEST, FEWEST, RELATED, SLOWEST, agrees, nearness, tempo
from soundstage.models.ensemble.listener import WEIGHTS as JUDGE
from soundstage.models.ensemble.listener import Listener, load_listener
from soundstage.recipes.music_sketch import sketches
from soundstage.recipes.music_truth import SCALE, Counted, Played, Truth, truths
from soundstage.score.instruments import NAMES
from soundstage.train.loop import fit, load_ema
from soundstage.weights.reference import STARTERS

CROP = 600  # frames of twelve seconds, for beats
LEAST, MOST = 4, 17  # seconds for the beat among other pulses
OTHERS = 2  # of them in a step beside its half and its double
SHORTEST, LONGEST = 50, 160  # frames for harmony: five to sixteen seconds, as prompts ask for
STEPS = {"beat": 1500, "harmony": 1000, "tactus": 2000}
PARTS = {"beat": 0.2, "harmony": 0.25, "tactus": 0.55}  # of the minutes
LESSONS: tuple[tuple[int, Played, int], ...] = ((80, "synth", 21), (120, "font", 22), (80, "player", 23))
MISSED, MADE_UP, UNSURE = 0.25, 0.1, 2.0  # changes of chord: at most missed, and made up a second; frames they are off
SKETCHES, SKETCHED = 3000, 0.7  # pieces that are only sketched, and their share of what teaches the beat
TRIALS: tuple[tuple[int, Played, int], ...] = ((40, "font", 14), (20, "player", 15))  # how many, played by, seed
Step = Callable[[nn.Module, int, torch.Generator], tuple[Tensor, Mapping[str, float | Tensor]]]


def drawn(pieces: Sequence[Counted], sketched: Sequence[Counted], rng: np.random.Generator) -> Counted:
    """A piece that was played, or, more often, one that was sketched."""
    some = sketched if sketched and rng.random() < SKETCHED else pieces
    return some[int(rng.integers(len(some)))]


def beat_targets(truth: Counted, frames: int) -> Tensor:
    """[T, 2]: 1 at a beat (a downbeat), half of that a frame beside it."""
    out = torch.zeros(frames + 2, 2)
    for column, places in enumerate((truth.beats, truth.downbeats)):
        at = torch.from_numpy(np.round(places).astype(np.int64)) + 1
        at = at[at < frames + 1]
        out[at - 1, column] = out[at + 1, column] = 0.5
        out[at, column] = 1.0
    return out[1:-1]


def beat_step(pieces: Sequence[Counted], sketched: Sequence[Counted] = (), batch: int = 8) -> Step:
    """Cross-entropy of beats and downbeats on crops, under random gains and tilts of the spectrum."""

    def step(ear: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        heard, wanted, rng = [], [], _numpy(generator)
        for piece in [drawn(pieces, sketched, rng) for _ in range(batch)]:
            whole, target = torch.from_numpy(piece.spectrum), beat_targets(piece, len(piece.spectrum))
            first = int(rng.integers(max(1, len(whole) - CROP + 1)))
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


def tactus_step(pieces: Sequence[Counted], sketched: Sequence[Counted] = (), batch: int = 10) -> Step:
    """Cross-entropy of the beat among the pulses that may be taken for it, on excerpts of pieces."""

    def step(ear: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        rng = _numpy(generator)
        laid: list[Tensor] = []
        bpms: list[float] = []
        sizes = []
        for piece in [drawn(pieces, sketched, rng) for _ in range(batch)]:
            grids, tempi = pulses_of(piece, rng)
            laid += _moved(grids, generator)
            bpms += (np.exp(rng.normal(0, 0.1)) * np.array(tempi)).tolist()
            sizes.append(len(grids))
        logits = torch.split(judged(ear, laid, bpms), sizes)
        loss = torch.stack([-one.log_softmax(0)[0] for one in logits]).mean()
        right = torch.tensor([float(one.argmax() == 0) for one in logits]).mean()
        return loss, {"right": right}

    return step


def pulses_of(piece: Counted, rng: np.random.Generator) -> tuple[list[NDArray[np.float32]], list[float]]:
    """An excerpt of a piece on the grids of its beat and of what may be taken for it, the beat first, and their
    tempi."""
    bpm, period = piece.bpm, 60 * A_SECOND / piece.bpm
    least, most = (min(round(seconds * A_SECOND), len(piece.spectrum)) for seconds in (LEAST, MOST))
    count = int(rng.integers(least, most + 1))
    start = int(rng.integers(len(piece.spectrum) - count + 1)) if rng.random() < 0.5 else 0
    changes = changes_of(piece.chords) * A_SECOND / SLOW_A_SECOND - start
    sums = summed(piece.spectrum[start : start + count].astype(np.float32) / SCALE, misheard(changes, count, rng))
    taken = float(rng.choice(RELATED)) if rng.random() < 0.4 else 1.0
    rivals = {round(taken * ratio, 4) for ratio in (1.0, *RELATED)} - {2.0, 0.5}
    likely = [r for r in sorted(rivals) if abs(r - 1) > 0.01 and SLOWEST <= r * bpm <= FASTEST]
    others = rng.choice(likely, size=min(OTHERS, len(likely)), replace=False).tolist()
    ratios = [1.0, *(r for r in (2.0, 0.5) if SLOWEST <= r * bpm <= FASTEST), *others]
    grids, tempi = [], []
    for ratio in ratios:
        beat = float(piece.beats[0]) + period * int(rng.integers(64)) - start
        first = (beat + rng.normal(0, 0.6) + (rng.random() < 0.1) * 0.5 * period / ratio) % (period / ratio)
        grid = on_grid(sums, period / ratio, first)
        if len(grid) >= FEWEST or ratio == 1.0:
            grids.append(grid)
            tempi.append(bpm * ratio)
    return grids, tempi


def misheard(changes: NDArray[np.float64], frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Changes of chord as an ear hears them: some missed, some made up, none to the frame."""
    kept = changes[rng.random(len(changes)) > rng.uniform(0, MISSED)]
    made = rng.uniform(0, frames, rng.poisson(rng.uniform(0, MADE_UP) * frames / A_SECOND))
    return np.concatenate([kept + rng.normal(0, UNSURE, len(kept)), made])


def _moved(grids: Sequence[NDArray[np.float32]], generator: torch.Generator) -> list[Tensor]:
    """The pulses of a piece disguised alike: another gain and tilt, bands higher or lower, as if transposed, and
    noise."""
    bands = grids[0].shape[1] // 2
    gain, tilt = (1 + 0.15 * torch.randn(2, generator=generator)).tolist()
    scale = gain + (tilt - 1) * torch.linspace(-1, 1, bands)
    by = int(torch.randint(-1, 2, (), generator=generator))
    out = []
    for grid in map(torch.from_numpy, grids):
        both = grid[:, :-1].reshape(-1, 2, bands) * scale
        both = both + 0.02 * torch.randn(both.shape, generator=generator)
        out.append(torch.cat([functional.pad(both, (by, -by)).flatten(1), grid[:, -1:]], 1))
    return out


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


def _numpy(generator: torch.Generator) -> np.random.Generator:
    """Numpy's draws for this step."""
    return np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))


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
    """What the ear learns from: pieces by our synthesis, the font and the starter's player."""
    return [truth for count, played, seed in LESSONS for truth in truths(folder / "ear", "train", count, played, seed)]


def trials(folder: Path) -> list[Truth]:
    """What its constants are settled on: pieces that taught nothing."""
    return [truth for count, played, seed in TRIALS for truth in truths(folder / "ear", "train", count, played, seed)]


def train(folder: Path, minutes: float, only: str = "ear") -> bool:
    """Makes the pieces, trains, resumes where runs in `folder` stand; False where a run was stopped.

    `only` "beat", "harmony" or "tactus" trains that network alone, so that they can learn side by side.
    """
    torch.set_num_threads(1)
    pieces = lesson(folder)
    sketched = sketches(folder / "ear", SKETCHES) if only != "harmony" else []
    with torch.random.fork_rng():
        torch.manual_seed(5)
        made = untrained()
    steps: dict[str, tuple[nn.Module, Step]] = {
        "beat": (made.beat, beat_step(pieces, sketched)),
        "harmony": (made.harmony, harmony_step(pieces)),
        "tactus": (made.tactus, tactus_step(pieces, sketched)),
    }
    for name, (network, step) in steps.items():
        if only in ("ear", name):
            done = fit(
                folder / f"ear-{name}", network, step, steps=STEPS[name], minutes=PARTS[name] * minutes, lr=3e-3,
                warmup=30, ema=0.98,
            )  # fmt: skip
            if not done.finished:
                return False
    return True


def trained(folder: Path) -> Ear:
    """The averaged networks of the runs in `folder`, as they will be read: rounded to half precision, not yet settled.

    Raises MissingError while one of them has no run.
    """
    made = untrained()
    for name, network in networks_of(made).items():
        load_ema(folder / f"ear-{name}", network).half().float()
    return made


def networks_of(made: Ear) -> dict[str, nn.Module]:
    """An ear's networks by their names."""
    return {"beat": made.beat, "harmony": made.harmony, "tactus": made.tactus}


def settle(made: Ear, pieces: Sequence[Truth], log: Callable[[str], object] = print) -> Ear:
    """The ear with the constants by which it gets most of some pieces right, chosen one after another."""
    heard = [hears(made, piece) for piece in pieces]
    faintest = 0.5 * min(float(np.quantile(nearness(one.beats[:, 0]), 0.98)) for one in heard)
    made = made._replace(settled=replace(made.settled, faintest=round(faintest, 3)))
    known: dict[tuple[Settled, str], float] = {}
    for name, (values, right) in CHOICES.items():
        scores = []
        for value in values:
            tried = made._replace(settled=replace(made.settled, **{name: value}))
            key = tried.settled, right.__name__
            if key not in known:
                known[key] = float(
                    np.mean([right(replace(h, by=tried), p) for h, p in zip(heard, pieces, strict=True)])
                )
            scores.append(known[key])
        made = made._replace(settled=replace(made.settled, **{name: values[int(np.argmax(scores))]}))
        log(f"{name}: " + "  ".join(f"{v:g} {100 * s:.1f}%" for v, s in zip(values, scores, strict=True)))
    return made


def hears(made: Ear, piece: Truth) -> Heard:
    """What an ear makes of a piece."""
    return heard_by(made, piece.spectrum.astype(np.float32) / SCALE, piece.pitches.astype(np.float32) / SCALE)


def tempo_right(heard: Heard, piece: Truth) -> float:
    """1 when the beat is found, no octave off."""
    return float(agrees(tempo(heard), piece.bpm))


def chords_right(heard: Heard, piece: Truth) -> float:
    """The share of the frames with a triad that is heard."""
    known = piece.chords >= 0
    return float((chords_of(heard) == piece.chords)[known].mean()) if known.any() else 1.0


def key_right(heard: Heard, piece: Truth) -> float:
    """1 when tonic and gender are heard."""
    return float(int(np.argmax(heard.keys)) == piece.key)


# What is settled, in turn: values in order of preference, and the figure that they should raise.
CHOICES: dict[str, tuple[tuple[float, ...], Callable[[Heard, Truth], float]]] = {
    "trust": ((0.05, 0.0, 0.02, 0.1), tempo_right),
    "lean": ((2.0, 1.0, 3.0), tempo_right),
    "doubt": ((4.0, 3.0, 5.0), tempo_right),
    "change": ((8.0, 5.0, 6.5, 10.0, 12.0), chords_right),
}


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


def save(networks: Mapping[str, nn.Module], path: Path, numbers: Mapping[str, float] | None = None) -> None:
    """Writes networks as one float16 file, their names before their tensors' ("" for none), and `numbers` as they are,
    atomically."""
    tensors = {
        f"{name}.{key}" if name else key: tensor.half().contiguous()
        for name, network in networks.items() for key, tensor in network.state_dict().items()
    }  # fmt: skip
    tensors |= {name: torch.tensor(number) for name, number in (numbers or {}).items()}
    partial = path.with_name(f".{path.name}.partial")
    save_file(tensors, partial)
    partial.replace(path)


def ship(made: Ear, pieces: Sequence[Truth], path: Path = WEIGHTS) -> Ear:
    """Settles the ear, writes it, and says what it gets right of `pieces`."""
    made = settle(made, pieces)
    save(networks_of(made), path, {f"settled.{name}": number for name, number in asdict(made.settled).items()})
    heard = [hears(restored(load_file(path)), piece) for piece in pieces]
    for name, right in (("tempo", tempo_right), ("key", key_right), ("chords", chords_right)):
        print(f"{name}: {100 * np.mean([right(h, p) for h, p in zip(heard, pieces, strict=True)]):.1f}% of the trials")
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--starter", type=Path, default=STARTERS / "music")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", choices=("ear", "beat", "harmony", "tactus", "judge"), default="")
    parser.add_argument("--ship", action="store_true", help="settle and ship the ear that stands in the folder")
    given = parser.parse_args()
    if given.ship or given.only in ("", "ear"):
        if not given.ship and not train(given.folder, given.minutes):
            return
        ship(trained(given.folder), trials(given.folder))
    elif given.only in ("beat", "harmony", "tactus"):
        train(given.folder, given.minutes, given.only)
    if given.only in ("", "judge") and not given.ship:
        save(
            {"": train_judge(given.folder, given.minutes / 6, load_listener(given.starter, len(NAMES)))},
            given.starter / JUDGE,
        )


if __name__ == "__main__":
    main()
