"""How time and memory of a clip grow with its frames and pixels: measured small, then told for large models and GPUs.

Notable: the upper panels measure a small Wan on this processor, each size in turn, and lay over them what
`tasks.shoot_estimate` counts: its operations at one speed for all sizes (the median of the measured), and its memory as
it stands. The lower ones are that estimate alone, for published checkpoints in bfloat16 with 50 guided steps: no such
GPU was at hand. A GPU's speed is half of its data sheet's (bfloat16, dense), which is what the estimate assumes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import torch

from bench.chart import Panel, Series, draw
from bench.pairs import markdown, seconds
from bench.vae_decode import grown_mb
from soundstage.models.wan import Wan, WanConfig, WanVae, WanVaeConfig
from soundstage.runtime.room import KNOWN, Fit
from soundstage.tasks.shoot_estimate import SHARE, decoded, look, need, tokens

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "video-growth.png"
SMALL = WanConfig(width=256, depth=4, heads=4, hidden=1024, text=64)
SMALL_VAE = WanVaeConfig(width=32, decoder_width=32)
SIZES = ((5, 128, 128), (5, 192, 256), (9, 192, 256), (17, 192, 256), (17, 256, 384), (33, 256, 384))
"""Frames, height, width in pixels of what is measured."""
FULL = {"480p": (480, 832), "720p": (720, 1280)}
LENGTHS = (17, 33, 49, 65, 81)  # frames; 81 are five seconds at 16 a second
STEPS = 50
GPUS: Mapping[str, tuple[float, float]] = {
    "24 GB (RTX 4090)": (24, 165e12), "80 GB (A100)": (80, 312e12), "141 GB (H200)": (141, 989e12),
}  # fmt: skip
"""Gigabytes, and operations a second by the data sheet."""
NAMES = ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "Wan-AI/Wan2.1-T2V-14B-Diffusers", "zai-org/CogVideoX-5b")
Told = tuple[Fit, float]


def measured(tries: int = 3) -> dict[str, list[tuple[float, float, float, float]]]:
    """Of every size, of a step and of the decoding: seconds, MB, and the operations and MB that the estimate says."""
    generator = torch.Generator().manual_seed(0)
    model, vae = Wan(SMALL).eval(), WanVae(SMALL_VAE).eval()
    found: dict[str, list[tuple[float, float, float, float]]] = {"step": [], "decoding": []}
    with torch.inference_mode():
        text = model.read(torch.randn(1, 48, SMALL.text, generator=generator), 464)
        for frames, height, width in SIZES:
            x = torch.randn(1, 16, 1 + (frames - 1) // 4, height // 8, width // 8, generator=generator)
            needs = need(SMALL, {}, frames, height, width, "cpu")
            planes = SMALL_VAE.decoder_width / WanVaeConfig().decoder_width

            def step(x: torch.Tensor = x) -> object:
                return model(x, torch.tensor([500.0]), text)

            def decoding(x: torch.Tensor = x) -> object:
                return [piece.shape for piece in vae.decode_stream(x)]

            shape = json.dumps(asdict(SMALL_VAE), sort_keys=True)
            told = {
                "step": (float(look(SMALL, frames, height, width)), needs.numbers["transformer"] * 4 / 2**20),
                "decoding": (decoded("wan", shape, frames, height, width), needs.work_mb["vae"] * planes),
            }
            for name, work in (("step", step), ("decoding", decoding)):
                found[name].append((*_run(work, tries), *told[name]))
    return found


def _run(work: Callable[[], object], tries: int) -> tuple[float, float]:
    work()
    return min(seconds(work) for _ in range(tries)), max(1.0, grown_mb(work))  # small sizes fit what is there


@cache
def told(checkpoint: str, size: str, frames: int, gpu: str) -> Told:
    """How a clip fits a GPU, and the seconds that it takes there."""
    known = next(one for one in KNOWN if one.ref == checkpoint)
    memory, speed = GPUS[gpu]
    height, width = FULL[size]
    fit = need(known.transformer, known.sizes, frames, height, width, "cuda").fit("bfloat16", memory * 1024)
    drawing = STEPS * 2.0 * look(known.transformer, frames, height, width)
    return fit, (drawing + _decoding(known.family, frames) * height * width) / (SHARE * speed)


@cache
def _decoding(family: str, frames: int) -> float:
    """Operations a pixel of the picture, to which those of all but one small attention are proportional."""
    height, width = 96, 160
    return decoded(family, json.dumps({}), frames, height, width) / (height * width)


def panels(found: Mapping[str, Sequence[tuple[float, float, float, float]]]) -> list[Panel]:
    """Two of what was measured, two of what is told."""
    counts = [tokens(SMALL, *size) for size in SIZES]
    pixels = [frames * height * width / 1e6 for frames, height, width in SIZES]
    made = []
    time, memory = [], []
    for colour, (name, across) in enumerate((("step", pixels), ("decoding", pixels))):
        speed = median(operations / spent for spent, _, operations, _ in found[name])
        spent = sorted(zip(across, (row[0] for row in found[name]), strict=True))
        said = sorted(zip(across, (row[2] / speed for row in found[name]), strict=True))
        held = sorted(zip(across, (row[1] for row in found[name]), strict=True))
        bound = sorted(zip(across, (row[3] for row in found[name]), strict=True))
        time += [Series(points=spent, colour=colour, label=f"{name}, measured", line=False, dots=True),
                 Series(points=said, colour=colour, label=f"{name}, estimate at {speed / 1e9:.0f} billion operations/s",
                        dashed=True)]  # fmt: skip
        memory += [Series(points=held, colour=colour, label=f"{name}, measured", line=False, dots=True),
                   Series(points=bound, colour=colour, label=f"{name}, estimate", dashed=True)]  # fmt: skip
    across_name = f"frames times pixels, millions ({min(counts):,} to {max(counts):,} tokens)"
    made.append(Panel(title="Time, small Wan on one core", across=across_name, up="seconds", series=time))
    made.append(Panel(title="Memory besides the weights", across=across_name, up="megabytes", series=memory))
    return made + _large()


def _large() -> list[Panel]:
    """Minutes on each GPU of Wan 14B, and gigabytes whole of three checkpoints, by the seconds of a clip."""
    lengths = [(frames - 1) / 16 for frames in LENGTHS]
    minutes = [
        Series(
            points=[(s, told(NAMES[1], size, f, gpu)[1] / 60) for s, f in zip(lengths, LENGTHS, strict=True)],
            colour=colour, label=f"{size}, {gpu}", dots=True, dashed=size == "480p",
        )
        for colour, gpu in enumerate(GPUS) for size in FULL
    ]  # fmt: skip
    memory = []
    for colour, name in enumerate(NAMES):
        for size in FULL:
            held = []
            for s, frames in zip(lengths, LENGTHS, strict=True):
                known = next(one for one in KNOWN if one.ref == name)
                needs = need(known.transformer, known.sizes, frames, *FULL[size], "cuda")
                held.append((s, needs.peak_mb("bfloat16", whole=False) / 1024))
            memory.append(Series(points=held, colour=colour, label=f"{name.partition('/')[2]}, {size}", dots=True,
                                 dashed=size == "480p"))  # fmt: skip
    levels = [(float(memory_gb), gpu) for gpu, (memory_gb, _) in GPUS.items()]
    return [
        Panel(title=f"Told: Wan 2.1 14B, {STEPS} guided steps", across="seconds of clip", up="minutes", series=minutes,
              ticks=(1, 2, 3, 4, 5)),
        Panel(title="Told: memory, one network at a time, bfloat16", across="seconds of clip", up="gigabytes",
              series=memory, levels=levels, ticks=(1, 2, 3, 4, 5)),
    ]  # fmt: skip


def table() -> str:
    """Five seconds at 720p: minutes, gigabytes and the way, of each checkpoint on each GPU."""
    cells = []
    for name in NAMES:
        row = [name.partition("/")[2]]
        for gpu in GPUS:
            fit, spent = told(name, "720p", LENGTHS[-1], gpu)
            way = fit.way + (", tiles" if fit.tiles else "")
            row.append(f"{spent / 60:.0f} min, {fit.needed_mb / 1024:.0f} GB, {way}")
        cells.append(row)
    return markdown(("81 frames of 720p, 50 guided steps", *GPUS), cells)


def main() -> None:
    """Measure, draw, and print the table."""
    found: Any = measured()
    head = ("what", "frames × height × width", "seconds", "MB", "10⁹ operations", "10⁹/s", "MB told")
    cells = [
        (name, " × ".join(map(str, size)), f"{spent:.2f}", f"{held:.0f}", f"{operations / 1e9:.1f}",
         f"{operations / spent / 1e9:.1f}", f"{bound:.0f}")
        for name, rows in found.items() for size, (spent, held, operations, bound) in zip(SIZES, rows, strict=True)
    ]  # fmt: skip
    print(markdown(head, cells), flush=True)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(panels(found), 2).save(PICTURE, optimize=True)
    print(f"\n{table()}\n\ndrawn to {PICTURE.name}")


if __name__ == "__main__":
    main()
