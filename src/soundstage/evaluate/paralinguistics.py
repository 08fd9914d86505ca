"""Whether laughs, sighs and hums are heard where a text asks for them, and nowhere else.

Notable: the judge (`Listener`) is a small net over log mel that names every 20 ms. `recipes.bark_listener` trained it
on the makers' sounds, spoiled so that a generated sound is judged by what it is and not by how clean it is. Its figures
on speakers that it never heard stand in `paralinguistics.json`.

B batch · M mel bands · T frames of 20 ms · K classes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from soundstage.data.paralinguistics import KINDS
from soundstage.errors import InputError, MissingError, RunError
from soundstage.media import Audio
from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.mel import log_mel

RATE, SIZE, HOP, BANDS, HIGH = 24_000, 1024, 480, 48, 7600.0
CLASSES = ("quiet", "speech", *KINDS)
WEIGHTS = Path(__file__).with_name("paralinguistics.safetensors")
SPAN = 12
"""Frames over which an event must be heard."""
FLOOR = -8.0  # natural log of amplitude under the loudest frame
ASKED = KINDS[:3]
"""What `evaluate` asks for: laughs, sighs, hums."""


class Listener(nn.Module):
    """Log mel to logits of a class every 20 ms; it sees 0.8 s on either side."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.rise = nn.Conv1d(BANDS, width, 5, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width, dilation=dilation) for dilation in (1, 2, 4, 6))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, len(CLASSES))

    def forward(self, mel_BMT: Tensor) -> Tensor:
        """[B, T, K]."""
        x = functional.gelu(self.rise(mel_BMT))
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x.transpose(1, 2)))  # type: ignore[no-any-return]


def features(samples_BN: Tensor) -> Tensor:
    """Log mel [B, M, T] at 24 kHz, from the loudest frame down to silence."""
    mel = log_mel(samples_BN, RATE, SIZE, HOP, BANDS, high=HIGH)
    loudest = mel.mean(1, keepdim=True).amax(-1, keepdim=True)
    return (torch.maximum(mel, loudest + FLOOR) - loudest) / 2


@lru_cache(maxsize=1)
def load_listener() -> Listener:
    """The trained judge. Raises MissingError when its weights are not installed, RunError when they are another's."""
    if not WEIGHTS.exists():
        raise MissingError(f"{WEIGHTS.name} is not installed", "train it: python -m soundstage.recipes.bark_listener")
    listener = Listener()
    try:
        listener.load_state_dict({name: tensor.float() for name, tensor in load_file(WEIGHTS).items()})
    except RuntimeError as error:
        raise RunError(f"{WEIGHTS.name} belongs to another version of the judge", "install the package anew") from error
    return listener.eval()


@torch.inference_mode()
def heard(audio: Audio, listener: Listener | None = None) -> dict[str, float]:
    """How sure the judge is of each kind, 0…1: its mean over the best quarter of a second.

    Raises InputError for a sound shorter than that.
    """
    samples = torch.tensor(audio.mono().resampled(RATE).samples)
    if samples.shape[-1] < SPAN * HOP:
        raise InputError("audio", f"lasts {audio.seconds:.2f} s", f"give at least {SPAN * HOP / RATE:.2f} s")
    probability = (listener or load_listener())(features(samples))[0].softmax(-1)
    best = functional.avg_pool1d(probability.T[None], SPAN, 1)[0].amax(-1)
    return {kind: float(best[CLASSES.index(kind)]) for kind in KINDS}


THRESHOLD = 0.5
"""Of `heard`; on speakers that the judge never heard, hits and false alarms at it stand in its card."""


def named(audio: Audio, listener: Listener | None = None) -> str | None:
    """The kind of which the judge is surest, or None when it hears no more than speech."""
    sure = heard(audio, listener)
    best = max(sure, key=lambda kind: sure[kind])
    return best if sure[best] >= THRESHOLD else None


@dataclass(frozen=True, kw_only=True)
class Count:
    """Sounds judged: `right` of `asked` were named as they should be; `alarms` of `plain` were named something."""

    right: int
    asked: int
    alarms: int
    plain: int
    by_kind: Mapping[str, tuple[int, int]]

    @property
    def hits(self) -> float:
        """Share of events heard as what they are."""
        return self.right / max(1, self.asked)

    @property
    def false(self) -> float:
        """Share of plain sentences in which an event was heard."""
        return self.alarms / max(1, self.plain)


def judge(sounds: Sequence[tuple[Audio, str | None]], listener: Listener | None = None) -> Count:
    """Judge sounds with the kind that each should hold, or None."""
    found = [(kind, named(audio, listener)) for audio, kind in sounds]
    asked = [(kind, got) for kind, got in found if kind is not None]
    plain = [got for kind, got in found if kind is None]
    kinds = sorted({kind for kind, _ in asked})
    return Count(
        right=sum(kind == got for kind, got in asked),
        asked=len(asked),
        alarms=sum(got is not None for got in plain),
        plain=len(plain),
        by_kind={kind: (sum(k == kind == got for k, got in asked), sum(k == kind for k, _ in asked)) for kind in kinds},
    )


def with_tag(text: str, kind: str, place: int) -> str:
    """A sentence with a tag before it (place 0), behind it (1), or at its comma where it has one (2)."""
    tag = f"[{kind}]"
    if place == 2 and text.count(",") == 1:
        first, second = text.split(",")
        return f"{first}, {tag} {second.lstrip()}"
    return f"{tag} {text}" if place == 0 else f"{text} {tag}"


def sentences(texts: Sequence[str], count: int, seed: int = 0) -> list[tuple[str, str | None]]:
    """`count` sentences with a tag of the three kinds in turn, and as many without, with what should be heard."""
    rng = np.random.default_rng((seed, 23))
    order: NDArray[np.int64] = rng.permutation(len(texts))
    asked = [(texts[order[index % len(texts)]], ASKED[index % len(ASKED)]) for index in range(count)]
    tagged = [(with_tag(text, kind, int(rng.integers(3))), kind) for text, kind in asked]
    return [*tagged, *((texts[order[-1 - index % len(texts)]], None) for index in range(count))]


def measure(
    say: Callable[[str], Audio], texts: Sequence[str], count: int = 50, seed: int = 0
) -> tuple[Count, list[tuple[str, Audio]]]:
    """Let `say` speak tagged and untagged sentences, judge them; what was said comes back too."""
    asked = sentences(texts, count, seed)
    spoken = [(text, say(text)) for text, _ in asked]
    return judge([(audio, kind) for (_, audio), (_, kind) in zip(spoken, asked, strict=True)]), spoken
