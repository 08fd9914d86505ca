"""Diffusion in discrete steps: how much of the data is left at each, and what a network may predict (Ho et al., 2020).

Notable: everything is said by ᾱ, the share of the data's power that is left: x = √ᾱ · data + √(1 − ᾱ) · noise. A
network may predict the noise, the data, or the velocity √ᾱ · noise − √(1 − ᾱ) · data (Salimans and Ho, 2022); each is
told from x and another. Velocity is defined even where no data is left, at a terminal signal-to-noise ratio of zero.

t  timestep [B], whole, 0 = almost data, steps − 1 = noise: the other way round than the time of flows
x  any shape, batch first
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.path import like

Predicts = Literal["velocity", "noise", "data"]
Network = Callable[[Tensor, Tensor], Tensor]  # x and t to a prediction


def linear_betas(low: float, high: float, steps: int = 1000) -> Tensor:
    """ᾱ [steps] of noise whose variance grows linearly (Ho et al., 2020)."""
    return (1 - torch.linspace(low, high, steps, dtype=torch.float64)).cumprod(0)


def scaled_linear(low: float = 0.00085, high: float = 0.012, steps: int = 1000) -> Tensor:
    """ᾱ [steps] of noise whose standard deviation grows linearly (latent diffusion: Rombach et al., 2022)."""
    return (1 - torch.linspace(low**0.5, high**0.5, steps, dtype=torch.float64).square()).cumprod(0)


def snr_shifted(alphas: Tensor, shift: float) -> Tensor:
    """The signal-to-noise ratio divided by `shift` everywhere: more noise for larger pictures. 1 changes nothing."""
    if shift <= 0:
        raise InputError("shift", f"{shift} is not positive", "1 leaves the noise as it is, CogVideoX-2b uses 3")
    return alphas / (shift + (1 - shift) * alphas)


def zero_terminal(alphas: Tensor) -> Tensor:
    """√ᾱ stretched so that the last step holds no data and the first as much as before (Lin et al., 2024)."""
    root = alphas.sqrt()
    return ((root - root[-1]) * (root[0] / (root[0] - root[-1]))).square()


def noised(data: Tensor, noise: Tensor, alpha: Tensor) -> Tensor:
    """x at ᾱ, a scalar or [B]."""
    keep, add = _roots(alpha, data)
    return keep * data + add * noise


def velocity_of(data: Tensor, noise: Tensor, alpha: Tensor) -> Tensor:
    """The velocity of this path, which a network of that kind learns."""
    keep, add = _roots(alpha, data)
    return keep * noise - add * data


def target(predicts: Predicts, data: Tensor, noise: Tensor, alpha: Tensor) -> Tensor:
    """What a network that predicts so should say."""
    if predicts == "velocity":
        return velocity_of(data, noise, alpha)
    return noise if predicts == "noise" else data


def to_data(predicts: Predicts, said: Tensor, x: Tensor, alpha: Tensor) -> Tensor:
    """The data, by a prediction of any kind; by one of noise it is not told where ᾱ is 0."""
    keep, add = _roots(alpha, x)
    if predicts == "velocity":
        return keep * x - add * said
    return (x - add * said) / keep if predicts == "noise" else said


def to_noise(predicts: Predicts, said: Tensor, x: Tensor, alpha: Tensor) -> Tensor:
    """The noise, likewise; by one of data it is not told where ᾱ is 1."""
    keep, add = _roots(alpha, x)
    if predicts == "velocity":
        return keep * said + add * x
    return said if predicts == "noise" else (x - keep * said) / add


def to_velocity(predicts: Predicts, said: Tensor, x: Tensor, alpha: Tensor) -> Tensor:
    """The velocity, likewise."""
    if predicts == "velocity":
        return said
    keep, add = _roots(alpha, x)
    return (said - add * x) / keep if predicts == "noise" else (keep * x - said) / add


def denoiser(network: Network, alphas: Tensor, predicts: Predicts) -> Network:
    """The network as a function of x and t to the data."""

    def data(x: Tensor, t_B: Tensor) -> Tensor:
        return to_data(predicts, network(x, t_B), x, alphas.to(x.device)[t_B])

    return data


def keeping(denoise: Network, data: Tensor, where: Tensor) -> Network:
    """A denoiser where `where`, which broadcasts to x, is 1; where it is 0 it says `data`, and that comes out there."""
    return lambda x, t_B: torch.lerp(data, denoise(x, t_B), where)


def diffusion_loss(
    network: Network, data: Tensor, alphas: Tensor, predicts: Predicts, generator: torch.Generator
) -> Tensor:
    """Mean squared error of the prediction at random timesteps, one in each of B equal strata; a scalar."""
    place = torch.rand(len(data), generator=generator, device=generator.device)
    order = torch.randperm(len(data), generator=generator, device=generator.device)
    t_B = ((order + place) / len(data) * len(alphas)).long().clamp(max=len(alphas) - 1).to(data.device)
    noise = torch.randn(data.shape, generator=generator, device=generator.device).to(data)
    alpha = alphas.to(data.device)[t_B]
    said = network(noised(data, noise, alpha), t_B)
    return (said - target(predicts, data, noise, alpha)).float().square().mean()


def rising(scale: float, *, power: float = 5.0, steps: int = 1000) -> Callable[[float], float]:
    """Guidance by timestep that rises with the looks, 1 at first and 1 + scale at last, as a cosine of their power."""
    return lambda t: 1 + scale * (1 - math.cos(math.pi * ((steps - 1 - t) / steps) ** power)) / 2


def rising_as_diffusers(scale: float, looks: int, *, power: float = 5.0) -> Callable[[float], float]:
    """The same as diffusers reckons it, which takes the timestep for the number of a look: not monotone, to match."""
    return lambda t: 1 + scale * (1 - math.cos(math.pi * ((looks - t) / looks) ** power)) / 2


def _roots(alpha: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """√ᾱ and √(1 − ᾱ), of float64 until here, shaped and typed to multiply x."""
    keep, add = alpha.sqrt(), (1 - alpha).sqrt()
    return (keep.to(x), add.to(x)) if alpha.ndim == 0 else (like(keep, x).to(x), like(add, x).to(x))
