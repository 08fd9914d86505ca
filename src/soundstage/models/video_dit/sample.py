"""Draws clips of any length: in windows of latent frames, each begun with the end of the one before.

Notable: a latent that is given (a first picture, a last one, the window before) is put back after every step, so it
stays to the bit; all the rest is drawn. Neighbouring windows share noise with nobody, yet join without a seam, for what
they share they are given.

D latent channels · T latent frames · H, W cells of a frame
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from soundstage import flow
from soundstage.flow import diffusion, diffusion_solve
from soundstage.flow.reuse import Reuse
from soundstage.flow.solve import OnStep, Velocity
from soundstage.models.video_dit.model import Dit, VideoDit
from soundstage.models.video_dit.told import Told

OVERLAP = 2  # latent frames that a window is given of the one before
LEVELS = diffusion.zero_terminal(diffusion.scaled_linear())
"""What diffusion that learns velocities leaves of the data, step by step; the last leaves nothing."""
SHIFT = 2.0  # steps are closer where there is more noise: there it is decided what is drawn


def windows(total: int, size: int) -> list[tuple[int, int]]:
    """First and one behind the last latent frame of each window; all but the first overlap the one before."""
    spans = [(0, min(size, total))]
    while spans[-1][1] < total:
        stop = min(total, spans[-1][1] + size - OVERLAP)
        spans.append((max(0, stop - size), stop))
    return spans


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How often and how the network is looked at: `guidance` 1 is none; `reuse` is the relative change that may be
    guessed (`flow.reuse`), of flows only.
    """

    steps: int
    guidance: float = 1.0
    reuse: float = 0.0


@torch.inference_mode()
def draw(
    model: VideoDit,
    told: Told,
    noise_DTHW: Tensor,
    how: Drawing,
    *,
    given: Tensor | None = None,
    known: Tensor | None = None,
    each: Callable[[], object] = lambda: None,
) -> Tensor:
    """Latents [D, T, H, W] of one scene (`told` with a batch of one); `each` is called after each step of a window.

    `known` [T] marks latent frames that are `given` [D, T, H, W].
    """
    total = noise_DTHW.shape[1]
    z = torch.zeros_like(noise_DTHW) if given is None else given.clone()
    settled = torch.zeros(total, dtype=torch.bool, device=z.device) if known is None else known.clone()
    drawn = _flowed if model.config.learns == "flow" else _denoised
    for start, stop in windows(total, model.config.window):
        span = slice(start, stop)
        window = Window(
            dit=model.dit,
            told=told.window(start, stop - start, model.config.vae.time),
            noise=noise_DTHW[None, :, span],
            given=z[None, :, span],
            known=settled[None, span],
            alone=start == 0,
        )
        made = drawn(window, how, lambda step, x: each())
        z[:, span] = torch.where(window.kept, window.given, made)[0]
        settled[span] = True
    return z


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is drawn together: latent frames [1, D, T, H, W], of which some are given."""

    dit: Dit
    told: Told
    noise: Tensor
    given: Tensor
    known: Tensor
    alone: bool

    @property
    def kept(self) -> Tensor:
        """Where latents are given, to broadcast over them."""
        return self.known[:, None, :, None, None]

    def said(self, x: Tensor, t_B: Tensor, *, silent: bool = False) -> Tensor:
        """What the network says, told the place's words or none of them."""
        words = torch.tensor([self.dit.unsaid], device=x.device)
        told = replace(self.told, hour=words) if silent else self.told
        return self.dit(x, t_B, told, self.given, self.known, self.alone)  # type: ignore[no-any-return]


def _flowed(window: Window, how: Drawing, on_step: OnStep) -> Tensor:
    def velocity(silent: bool) -> Velocity:
        def at(x: Tensor, t_B: Tensor) -> Tensor:
            x = torch.where(window.kept, flow.interpolate(window.noise, window.given, t_B), x)
            made = torch.where(window.kept, window.given, window.said(x, t_B, silent=silent))
            return (made - x) / (1 - t_B).clamp_min(1e-3).view(-1, 1, 1, 1, 1)

        return at

    guided = flow.guided(velocity(silent=False), velocity(silent=True), how.guidance)
    spared = Reuse(guided, threshold=how.reuse) if how.reuse else guided
    return flow.euler(spared, window.noise, flow.shifted(how.steps, SHIFT), on_step)


def _denoised(window: Window, how: Drawing, on_step: OnStep) -> Tensor:
    def said(silent: bool) -> Velocity:
        return lambda x, share: window.said(x, share, silent=silent)

    def data(x: Tensor, t_B: Tensor) -> Tensor:
        alpha, share = LEVELS[t_B], 1 - t_B / (len(LEVELS) - 1)
        x = torch.where(window.kept, diffusion.noised(window.given, window.noise, alpha), x)
        velocity = flow.guided(said(silent=False), said(silent=True), how.guidance)(x, share)
        return torch.where(window.kept, window.given, diffusion.to_data("velocity", velocity, x, alpha))

    return diffusion_solve.ddim(data, window.noise, diffusion_solve.ladder(LEVELS, how.steps), on_step)
