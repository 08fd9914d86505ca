"""Decoding by the video autoencoders of Wan 2.1 and CogVideoX beside diffusers': the same weights, and peak memory.

Notable: both have their published widths, and small pictures, at which bringing the kernels to the points of our fast
convolution (`ops.conv3d`), once a call, weighs more than in a real clip. Memory is measured apart, each
side in a process of its own: the most that lay in memory while it decoded, less what lay there before, as Linux counts
them (VmHWM, reset when the weights are there, and VmRSS). The whole video is kept by both.
"""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from soundstage.models import cogvideox, wan
from soundstage.runtime import trim
from soundstage.weights.cogvideox import keys
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble
from soundstage.weights.wan import vae as wan_weights

LATENTS: Mapping[str, tuple[int, int, int]] = {"Wan": (3, 16, 24), "CogVideoX": (3, 8, 12)}
"""Frames, height, width, each an eighth of the picture's: 9 frames of 128 × 192 and of 64 × 96 pixels."""
WHOLE: Mapping[str, tuple[int, int, int]] = {"Wan": (2, 40, 64), "CogVideoX": (3, 20, 32)}
"""Those whose memory is measured, so large that it is their frames' and not the libraries'."""
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def rows(pairs: int = 5) -> list[Row]:
    """Of each family, the time beside diffusers', with the peak of both in the note."""
    return [_row(family, pairs) for family in LATENTS]


@torch.inference_mode()
def _row(family: str, pairs: int) -> Row:
    reference = _theirs(family)
    ours, theirs = _decoding(family, _ours(family, reference)), _decoding(family, reference)
    z = torch.randn(1, 16, *LATENTS[family], generator=torch.Generator().manual_seed(1))
    made, truth = ours(z), theirs(z)
    error = float((made - truth).abs().max())
    note = f"largest difference {error:.0e}, their spread {float(truth.std()):.2g}; {_peaks(family)}"
    frames, height, width = made.shape[2:]
    return compare(
        f"{family} decoding, {height} × {width}, {frames} frames", "diffusers", "frames/s", frames, lambda: ours(z),
        lambda: theirs(z), pairs=pairs, note=note,
    )  # fmt: skip


def peak_mb(family: str, whose: str) -> float:
    """Megabytes that decoding `WHOLE` takes besides the weights, in this process."""
    decode = _decoding(family, _theirs(family) if whose == "theirs" else _ours(family))
    with torch.inference_mode():
        z = torch.randn(1, 16, *WHOLE[family])
        decode(z[..., :2, :2])  # what the libraries keep from then on is no part of it
        return grown_mb(lambda: decode(z))


def grown_mb(work: Callable[[], object]) -> float:
    """Megabytes that lay in memory at the worst moment, beyond those before; NaN where Linux does not count them."""
    if not RESET.exists():
        return math.nan
    trim()  # what was freed would be taken first, and not count
    RESET.write_text("5")
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _peaks(family: str) -> str:
    found = []
    for whose in ("ours", "theirs"):
        command = [sys.executable, "-m", "bench.vae_decode", family, whose]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(float(said.splitlines()[-1]))
    _, height, width = WHOLE[family]
    return f"at {8 * height} × {8 * width} {found[0]:.0f} MB besides the weights, theirs {found[1]:.0f} MB"


def _theirs(family: str) -> torch.nn.Module:
    import diffusers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = diffusers.AutoencoderKLWan() if family == "Wan" else diffusers.AutoencoderKLCogVideoX()
    return cast(torch.nn.Module, made.eval())


def _ours(family: str, reference: torch.nn.Module | None = None) -> torch.nn.Module:
    """With the weights of a reference, or with any."""

    def build() -> torch.nn.Module:
        if family == "Wan":
            return wan.WanVae(wan.WanVaeConfig())
        return cogvideox.Vae(cogvideox.VaeConfig())

    if reference is None:
        return build().eval()
    tensors = reference.state_dict()
    renamed = rename(tensors, wan_weights.KEYS, wan_weights.IGNORED) if family == "Wan" else rename(tensors, keys.VAE)
    return assemble(build, renamed, torch.float32)


def _decoding(family: str, model: Any) -> Callable[[Tensor], Tensor]:
    """Latents as the transformer draws them to a whole video, as each side does it for a clip."""
    if isinstance(model, wan.WanVae | cogvideox.Vae):
        return lambda z: torch.cat(list(model.decode_stream(z)), 2)
    if family == "CogVideoX":
        return lambda z: cast(Tensor, model.decode(z).sample)
    config = model.config
    mean, spread = (torch.tensor(values).view(-1, 1, 1, 1) for values in (config.latents_mean, config.latents_std))
    return lambda z: cast(Tensor, model.decode(z * spread + mean).sample)


def _status(name: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(peak_mb(sys.argv[1], sys.argv[2]))
    else:
        main()
