"""Losses that several recipes share: masked distances, spectra at several resolutions, adversaries.

Notable: a mask divides by what it keeps, so padding changes neither a loss nor its gradient.

B batch · T time · F bins · N frames
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops.mel import log_mel
from soundstage.ops.stft import stft

RESOLUTIONS = ((2048, 512), (1024, 256), (512, 128), (256, 64))  # STFT size and hop


def masked_mean(value: Tensor, mask: Tensor | None) -> Tensor:
    """The mean of `value` where `mask` (broadcast to it, ones and zeros or weights) is set."""
    if mask is None:
        return value.mean()
    weight = mask.to(value).expand_as(value)
    return (value * weight).sum() / weight.sum().clamp_min(1e-8)


def masked_l1(guess: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean absolute error, a scalar."""
    return masked_mean((guess - truth).abs(), mask)


def masked_l2(guess: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean squared error, a scalar."""
    return masked_mean((guess - truth).square(), mask)


def spectral_loss(
    guess_BT: Tensor, truth_BT: Tensor, resolutions: Sequence[tuple[int, int]] = RESOLUTIONS, *, floor: float = 1e-5
) -> Tensor:
    """Multi-resolution STFT loss (Yamamoto et al., 2020): spectral convergence plus L1 of log magnitudes, averaged.

    Convergence weighs what is loud, the logarithm what is quiet; several windows leave no resolution to hide in.
    """
    total = guess_BT.new_zeros(())
    for size, hop in resolutions:
        guess, truth = (_magnitude(x, size, hop, floor) for x in (guess_BT, truth_BT))
        convergence = (truth - guess).norm(dim=(-2, -1)) / truth.norm(dim=(-2, -1)).clamp_min(floor)
        total = total + convergence.mean() + (guess.log() - truth.log()).abs().mean()
    return total / len(resolutions)


def mel_loss(
    guess_BT: Tensor,
    truth_BT: Tensor,
    rate: int,
    *,
    bands: int = 80,
    sizes: Sequence[int] = (512, 1024, 2048),
    floor: float = 1e-5,
) -> Tensor:
    """L1 between log-mel spectrograms at several window sizes (hop a quarter), averaged."""
    parts = [
        (
            log_mel(guess_BT, rate, size, size // 4, bands, floor=floor)
            - log_mel(truth_BT, rate, size, size // 4, bands, floor=floor)
        )
        .abs()
        .mean()
        for size in sizes
    ]
    return torch.stack(parts).mean()


def gaussian_kl(mean: Tensor, log_variance: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean KL divergence of N(mean, exp(log_variance)) from the unit normal, per element, in nats."""
    return masked_mean(0.5 * (mean.square() + log_variance.exp() - 1 - log_variance), mask)


def judge_loss(real: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Hinge loss of discriminators whose scores for real and made input these are; averaged over discriminators."""
    parts = [F.relu(1 - r).mean() + F.relu(1 + m).mean() for r, m in zip(real, made, strict=True)]
    return torch.stack(parts).mean()


def fool_loss(made: Sequence[Tensor]) -> Tensor:
    """Hinge loss of the generator."""
    return torch.stack([-m.mean() for m in made]).mean()


def square_judge_loss(real: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Least squares (Mao et al., 2017): real towards 1, made towards 0; summed over discriminators."""
    return torch.stack([(1 - r).square().mean() + m.square().mean() for r, m in zip(real, made, strict=True)]).sum()


def square_fool_loss(made: Sequence[Tensor]) -> Tensor:
    """Least squares of the generator: made towards 1, summed over discriminators."""
    return torch.stack([(1 - m).square().mean() for m in made]).sum()


def feature_distance(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Tensor:
    """Twice the mean absolute difference, summed over layers and discriminators (HiFi-GAN's matching)."""
    pairs = [pair for rs, ms in zip(real, made, strict=True) for pair in zip(rs, ms, strict=True)]
    return 2 * torch.stack([(m - r.detach()).abs().mean() for r, m in pairs]).sum()


def drawn_kl(
    latent: Tensor, log_deviation: Tensor, prior_mean: Tensor, prior_log_deviation: Tensor, mask_B1T: Tensor
) -> Tensor:
    """KL divergence [nats a frame] of the posterior from the prior, at one draw carried to the prior's space (VITS).

    All [B, L, T]; the posterior's own term enters with its expectation, 1 / 2 a channel.
    """
    away = 0.5 * (latent - prior_mean).square() * (-2 * prior_log_deviation).exp()
    return ((prior_log_deviation - log_deviation - 0.5 + away) * mask_B1T).sum() / mask_B1T.sum()


def feature_loss(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Tensor:
    """L1 between a discriminator's inner features of real and made input, relative to the real ones' size."""
    parts = [
        (m - r.detach()).abs().mean() / r.detach().abs().mean().clamp_min(1e-5)
        for rs, ms in zip(real, made, strict=True)
        for r, m in zip(rs, ms, strict=True)
    ]
    return torch.stack(parts).mean()


def _magnitude(x_BT: Tensor, size: int, hop: int, floor: float) -> Tensor:
    # The root of a power clamped from below has a gradient at silence; a plain abs() has none to speak of.
    spectrum = stft(x_BT, size, hop)
    return (spectrum.real.square() + spectrum.imag.square()).clamp_min(floor**2).sqrt()
