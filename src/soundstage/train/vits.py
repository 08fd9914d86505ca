"""The losses of VITS, of the speaking network and of its jury at once (Kim et al., 2021).

Notable: one backward pass and one optimiser train both, so the loop is `fit`'s. The jury judges detached sound; the
speaker is judged by a jury whose weights are held still for that call. Loss weights are the paper's.

    class Duel(nn.Module): speaker, jury
    def step(duel, index, generator):
        made = duel.speaker(ids, symbols, spectrogram, frames, segment=32, generator=generator)
        return losses(made, samples, duel.jury, rate=22_050)

B batch · T frames · N samples
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call

from soundstage.ops.mel import log_mel
from soundstage.train.discriminators import Verdict, features, scores
from soundstage.train.losses import drawn_kl, feature_distance, masked_l1, square_fool_loss, square_judge_loss

WEIGHTS: Mapping[str, float] = {"judge": 1, "fool": 1, "features": 1, "mel": 45, "kl": 1, "duration": 1}


class Made(Protocol):
    """What a training pass of the speaker gives; shapes as in `models.vits.Trained`."""

    @property
    def made(self) -> Tensor: ...  # noqa: D102
    @property
    def starts(self) -> Tensor: ...  # noqa: D102
    @property
    def latent(self) -> Tensor: ...  # noqa: D102
    @property
    def log_deviation(self) -> Tensor: ...  # noqa: D102
    @property
    def prior_mean(self) -> Tensor: ...  # noqa: D102
    @property
    def prior_log_deviation(self) -> Tensor: ...  # noqa: D102
    @property
    def frame_mask(self) -> Tensor: ...  # noqa: D102
    @property
    def duration_loss(self) -> Tensor: ...  # noqa: D102


def losses(
    made: Made,
    samples_BN: Tensor,
    jury: nn.Module,
    *,
    rate: int,
    size: int = 1024,
    hop: int = 256,
    bands: int = 80,
    weights: Mapping[str, float] = WEIGHTS,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of the six losses, and each by its name, unweighted and detached."""
    real_BN = cut(samples_BN, made.starts * hop, made.made.shape[-1])
    truth: list[Verdict] = jury(real_BN)
    verdicts = held_still(jury, made.made)
    parts = {
        "judge": square_judge_loss(scores(truth), scores(jury(made.made.detach()))),
        "fool": square_fool_loss(scores(verdicts)),
        "features": feature_distance(features(truth), features(verdicts)),
        "mel": masked_l1(_mel(made.made, rate, size, hop, bands), _mel(real_BN, rate, size, hop, bands)),
        "kl": drawn_kl(made.latent, made.log_deviation, made.prior_mean, made.prior_log_deviation, made.frame_mask),
        "duration": made.duration_loss,
    }
    total = torch.stack([weights[name] * part for name, part in parts.items()]).sum()
    return total, {name: part.detach() for name, part in parts.items()}


def held_still(module: nn.Module, *inputs: Any) -> Any:
    """The module's answer, through which gradients reach the inputs but not the module's own weights."""
    still = {name: parameter.detach() for name, parameter in module.named_parameters()}
    return functional_call(module, still, inputs)


def cut(samples_BN: Tensor, starts_B: Tensor, length: int) -> Tensor:
    """`length` samples of each row from its own start, [B, length]; zeros behind the end."""
    at = starts_B.unsqueeze(1) + torch.arange(length, device=samples_BN.device)
    inside = at < samples_BN.shape[-1]
    return samples_BN.gather(1, at.clamp_max(samples_BN.shape[-1] - 1)) * inside


def _mel(samples_BN: Tensor, rate: int, size: int, hop: int, bands: int) -> Tensor:
    return log_mel(samples_BN, rate, size, hop, bands)
