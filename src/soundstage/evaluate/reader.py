"""The reader: a small net that says what a clip shows — place, hour, weather, subject, colour, what the subject does
and where it goes, and what the camera does.

Notable: it first finds the subject (a map taught by the renderer's mask), then names it from a crop of
fixed size, so it reads the subject's colour and not the sky's. Motion is read from five frames stacked and from where
the subject was in each, and taught on clips run backwards too, so that legs and faces do not give it away. What it does
is read from crops of all five, among what whoever is seen there can do. Trained
only on the storybook's own renders by `recipes.storybook_reader`; its accuracy on held-out renders stands in
`reader.json`.

B batch · K = 5 frames of a clip · S = 128 pixels · M = 32 cells of a map · Q = 64 pixels of a crop
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError, RunError
from soundstage.render.scene import (
    ABILITIES,
    ACTIONS,
    COLOURS,
    DIRECTIONS,
    MOVES,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SIDE, FRAMES, CROP = 128, 5, 64
CELLS = SIDE // 4
WEIGHTS = Path(__file__).with_name("reader.safetensors")
SCENE: Mapping[str, tuple[str, ...]] = MappingProxyType({"place": PLACES, "time": TIMES, "weather": WEATHERS})
SUBJECT: Mapping[str, tuple[str, ...]] = MappingProxyType({"subject": SUBJECTS, "colour": COLOURS})
MOVED: Mapping[str, tuple[str, ...]] = MappingProxyType({"direction": DIRECTIONS, "camera": MOVES[:7]})
DONE: Mapping[str, tuple[str, ...]] = MappingProxyType({"action": ACTIONS})
ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType({**SCENE, **SUBJECT, **MOVED, **DONE})
"""What is read, and the words of each answer. A following camera is not told from a pan."""


def _block(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.GroupNorm(8, outputs), nn.SiLU())


class Looker(nn.Module):
    """What one frame shows around its subject: logits of SCENE, read at three quarters of the size."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.fine = nn.Sequential(_block(3, width, 2), _block(width, 2 * width, 2), _block(2 * width, 2 * width))
        self.middle = nn.Sequential(_block(2 * width, 3 * width, 2), _block(3 * width, 3 * width))
        self.coarse = nn.Sequential(_block(3 * width, 5 * width, 2), _block(5 * width, 5 * width))
        self.heads = nn.ModuleDict({name: nn.Linear(7 * width, len(words)) for name, words in SCENE.items()})

    def forward(self, x_BCSS: Tensor) -> dict[str, Tensor]:
        """Frames −1…1 to logits."""
        fine = self.fine(F.interpolate(x_BCSS, scale_factor=0.75, mode="bilinear", antialias=True))
        scene = torch.cat((self.coarse(self.middle(fine)).mean((2, 3)), fine.mean((2, 3))), 1)
        return {name: head(scene).float() for name, head in self.heads.items()}


class Finder(nn.Module):
    """Where the subject is: a U-net that gives one logit for each of M × M cells."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.near = nn.Sequential(_block(3, width, 2, 5), _block(width, 2 * width, 2), _block(2 * width, 2 * width))
        self.down = nn.ModuleList(
            nn.Sequential(_block(n * width, (n + 2) * width, 2), _block((n + 2) * width, (n + 2) * width))
            for n in (2, 4, 6)
        )
        self.up = nn.ModuleList(_block((2 * n + 2) * width, n * width) for n in (6, 4, 2))
        self.where = nn.Conv2d(2 * width, 1, 1)

    def forward(self, x_BCSS: Tensor) -> Tensor:
        """Frames −1…1 to [B, M, M]."""
        levels = [self.near(x_BCSS)]
        for down in self.down:
            levels.append(down(levels[-1]))
        h = levels.pop()
        for up in self.up:
            h = up(torch.cat((F.interpolate(h, scale_factor=2.0), levels.pop()), 1))
        score: Tensor = self.where(h)
        return score.squeeze(1).float()


class Namer(nn.Module):
    """Who it is, and of what colour: logits of SUBJECT from crops around the subject, all of one size."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _block(3, width, 2, 5),
            _block(width, 2 * width, 2),
            _block(2 * width, 3 * width),
            _block(3 * width, 4 * width, 2),
            _block(4 * width, 4 * width),
        )
        self.fold = nn.Conv2d(4 * width, 32, 1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(32 * (CROP // 8) ** 2 + 4 * width, len(words)) for name, words in SUBJECT.items()}
        )

    def forward(self, x_BCQQ: Tensor) -> dict[str, Tensor]:
        """Crops −1…1 to logits."""
        h = self.trunk(x_BCQQ)
        h = torch.cat((F.silu(self.fold(h)).flatten(1), h.mean((2, 3))), 1)
        return {name: head(h).float() for name, head in self.heads.items()}


class Sight(nn.Module):
    """What single frames show: looker, finder and namer together."""

    def __init__(self) -> None:
        super().__init__()
        self.looker, self.finder, self.namer = Looker(), Finder(), Namer()


class Watcher(nn.Module):
    """How things move: logits of MOVED from K frames stacked at half size."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _block(3 * FRAMES, width, 2, 5),
            _block(width, width),
            _block(width, 2 * width, 2),
            _block(2 * width, 2 * width),
            _block(2 * width, 3 * width, 2),
            _block(3 * width, 3 * width),
        )
        self.fold = nn.Conv2d(3 * width, 24, 1)
        self.way = nn.Sequential(nn.Linear(8 * FRAMES, 128), nn.SiLU())
        self.mixer = nn.Sequential(
            nn.Linear(24 * (SIDE // 16) ** 2 + 3 * width + 128, 256), nn.SiLU(), nn.Linear(256, 192), nn.SiLU()
        )
        self.heads = nn.ModuleDict({name: nn.Linear(192, len(words)) for name, words in MOVED.items()})

    def forward(self, x_BKCSS: Tensor, trail_BKF: Tensor) -> dict[str, Tensor]:
        """Clips [B, K, 3, S, S] −1…1 and where the subject is in them (`trail`) to logits."""
        h = self.trunk(F.avg_pool2d(x_BKCSS.flatten(1, 2), 2))
        way = self.way(trail_BKF.flatten(1))
        mixed = self.mixer(torch.cat((self.fold(h).flatten(1), h.mean((2, 3)), way.to(h.dtype)), 1))
        return {name: head(mixed).float() for name, head in self.heads.items()}


class Doer(nn.Module):
    """What the subject does: logits of DONE from crops of K frames, where it was in each, and who it seems to be."""

    able: Tensor

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _block(3, width, 2, 5),
            _block(width, 2 * width, 2),
            _block(2 * width, 3 * width, 2),
            _block(3 * width, 3 * width),
        )
        self.fold = nn.Sequential(
            nn.Conv2d(3 * width, 16, 1), nn.SiLU(), nn.Flatten(), nn.Linear(16 * (CROP // 8) ** 2, 96)
        )
        self.who = nn.Linear(len(SUBJECTS), 48, bias=False)
        self.mixer = nn.Sequential(nn.Linear(FRAMES * (96 + 8) + 48, 192), nn.SiLU(), nn.Linear(192, len(ACTIONS)))
        able = torch.tensor([[float(action in ABILITIES[subject]) for action in ACTIONS] for subject in SUBJECTS])
        self.register_buffer("able", able, persistent=False)

    def forward(self, x_BKCQQ: Tensor, trail_BKF: Tensor, who_BS: Tensor) -> dict[str, Tensor]:
        """Crops −1…1, the subject's way, and chances of each subject, to logits; what it cannot do is unlikely."""
        poses = self.fold(self.trunk(x_BKCQQ.flatten(0, 1))).view(len(x_BKCQQ), -1)
        mixed = self.mixer(torch.cat((poses, trail_BKF.flatten(1).to(poses), self.who(who_BS.to(poses))), 1))
        return {"action": mixed.float() + (who_BS.float() @ self.able).clamp_min(1e-4).log()}


def trail(attention_BKHW: Tensor) -> Tensor:
    """The subject's way through a clip from maps of where it is:

    [B, K, 8], middle and spread (x, y), and their change from the middle frame.
    """
    side = attention_BKHW.shape[-1]
    share = attention_BKHW + 1e-5
    share = share / share.sum((2, 3), keepdim=True)
    at = (torch.arange(side, device=share.device) + 0.5) / side * 2 - 1
    across, down = share.sum(2), share.sum(3)
    x, y = (across * at).sum(2), (down * at).sum(2)
    wide, tall = ((p * (at - m.unsqueeze(2)) ** 2).sum(2).clamp_min(1e-4).sqrt() for p, m in ((across, x), (down, y)))
    now = torch.stack((x, y, wide, tall), 2)
    change = now - now[:, now.shape[1] // 2 :][:, :1]
    return torch.cat((now, change * 4), 2)


def crops(x_BCSS: Tensor, trail_BF: Tensor) -> Tensor:
    """Square crops [B, 3, CROP, CROP] around the subject, about one and a half times its size, where its `trail` says
    it is.
    """
    half = (2.4 * trail_BF[:, 2:4].amax(1) + 0.03).clamp(0.15, 1.0)
    turn = torch.zeros(len(half), 2, 3, device=half.device)
    turn[:, 0, 0] = turn[:, 1, 1] = half
    turn[:, :, 2] = trail_BF[:, :2]
    grid = F.affine_grid(turn, [len(half), 3, CROP, CROP], align_corners=False)
    return F.grid_sample(x_BCSS, grid.to(x_BCSS.dtype), mode="bilinear", padding_mode="border", align_corners=False)


class Reader(nn.Module):
    """Sight, watcher and doer together."""

    def __init__(self) -> None:
        super().__init__()
        self.sight, self.watcher, self.doer = Sight(), Watcher(), Doer()

    def forward(self, x_BKCSS: Tensor) -> dict[str, Tensor]:
        """Log-probabilities of every attribute for clips [B, K, 3, S, S].

        The scene is averaged over the frames; the subject too, each frame counting as far as it is found in it.
        """
        batch, frames = x_BKCSS.shape[0], x_BKCSS.flatten(0, 1)
        found = torch.sigmoid(self.sight.finder(frames)).view(batch, FRAMES, CELLS, CELLS)
        way = trail(found.square())
        weights = found.flatten(2).topk(8).values.mean(2) + 1e-3
        seen = {name: (logits, torch.ones_like(weights)) for name, logits in self.sight.looker(frames).items()}
        cut = crops(frames, way.flatten(0, 1))
        named = self.sight.namer(cut)
        seen |= {name: (logits, weights) for name, logits in named.items()}
        out = {}
        for name, (logits, weight) in seen.items():
            each = logits.log_softmax(1).view(batch, FRAMES, -1)
            out[name] = ((each * weight.unsqueeze(2)).sum(1) / weight.sum(1, keepdim=True)).log_softmax(1)
        moved = self.watcher(x_BKCSS, way) | self.doer(
            cut.view(batch, FRAMES, 3, CROP, CROP), way, out["subject"].exp()
        )
        return out | {name: logits.log_softmax(1) for name, logits in moved.items()}


def prepare(frames: NDArray[np.uint8]) -> Tensor:
    """Five frames spread over a clip [T, H, W, 3], resampled to [K, 3, S, S] in −1…1.

    Frames that are not square are cut to their middle. Raises InputError for another shape.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise InputError(
            "frames", f"have shape {frames.shape} and type {frames.dtype}", "give uint8 [time, height, width, 3]"
        )
    chosen = frames[np.linspace(0, len(frames) - 1, FRAMES).round().astype(int)]
    side = min(chosen.shape[1:3])
    top, left = (chosen.shape[1] - side) // 2, (chosen.shape[2] - side) // 2
    x = (
        torch.from_numpy(np.ascontiguousarray(chosen[:, top : top + side, left : left + side]))
        .permute(0, 3, 1, 2)
        .float()
    )
    if side != SIDE:
        x = F.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    return x / 127.5 - 1


@lru_cache(maxsize=1)
def load_reader() -> Reader:
    """The trained reader. Raises MissingError when its weights are not installed, RunError when they are another's."""
    if not WEIGHTS.exists():
        raise MissingError(
            f"{WEIGHTS.name} is not installed", "train it: python -m soundstage.recipes.storybook_reader"
        )
    reader = Reader()
    try:
        reader.load_state_dict(unpacked(load_file(WEIGHTS)))
    except RuntimeError as error:
        raise RunError(
            f"{WEIGHTS.name} belongs to another version of the reader", "install the package anew"
        ) from error
    return reader.eval()


def packed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights for the file: matrices and kernels as int8 with a float16 scale for each output, the rest as float16."""
    out = {}
    for name, tensor in state.items():
        if tensor.ndim < 2:
            out[name] = tensor.half()
            continue
        scale = (tensor.flatten(1).abs().amax(1) / 127).clamp_min(1e-6).half()
        shaped = scale.float().view(-1, *[1] * (tensor.ndim - 1))
        out[name], out[f"{name}.scale"] = (tensor / shaped).round().clamp(-127, 127).to(torch.int8), scale
    return {name: tensor.contiguous() for name, tensor in out.items()}


def unpacked(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 weights of a packed file."""
    out = {}
    for name, tensor in stored.items():
        if name.endswith(".scale"):
            continue
        scale = stored.get(f"{name}.scale")
        full = tensor.float()
        out[name] = full if scale is None else full * scale.float().view(-1, *[1] * (full.ndim - 1))
    return out


def count_parameters(module: nn.Module) -> int:
    """Numbers that were learned."""
    return sum(p.numel() for p in module.parameters())
