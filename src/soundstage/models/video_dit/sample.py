"""Draws clips of any length: in windows of latent frames, each begun with the end of the one before.

Notable: a latent that is given (a first picture, a last one, the window before) is put back after every step, so it
stays to the bit; all the rest is drawn. Neighbouring windows share noise with nobody, yet join without a seam, for what
they share they are given.

D latent channels · T latent frames · H, W cells of a frame
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from soundstage import flow
from soundstage.flow import diffusion, diffusion_solve
from soundstage.flow.solve import Velocity
from soundstage.models.video_dit.model import VideoDit
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


@torch.inference_mode()
def draw(
    model: VideoDit,
    told: Told,
    noise_DTHW: Tensor,
    *,
    steps: int,
    guidance: float = 1.0,
    given: Tensor | None = None,
    known: Tensor | None = None,
    each: Callable[[], object] = lambda: None,
) -> Tensor:
    """Latents [D, T, H, W] of one scene (`told` with a batch of one); `each` is called after each look.

    `known` [T] marks latent frames that are `given` [D, T, H, W].
    """
    total = noise_DTHW.shape[1]
    z = torch.zeros_like(noise_DTHW) if given is None else given.clone()
    settled = torch.zeros(total, dtype=torch.bool, device=z.device) if known is None else known.clone()
    for start, stop in windows(total, model.config.window):
        span = slice(start, stop)
        z[:, span] = _window(
            model, told.window(start, stop - start, model.config.vae.time), noise_DTHW[None, :, span],
            z[None, :, span], settled[None, span], start == 0, steps, guidance, each,
        )[0]  # fmt: skip
        settled[span] = True
    return z


def _window(
    model: VideoDit, told: Told, noise: Tensor, given: Tensor, known: Tensor, alone: bool, steps: int, guidance: float,
    each: Callable[[], object],
) -> Tensor:  # fmt: skip
    dit, kept = model.dit, known[:, None, :, None, None]
    silent = replace(told, hour=torch.tensor([dit.unsaid], device=noise.device))

    def says(words: Told) -> Velocity:
        return lambda x, t: dit(x, t, words, given, known, alone)

    def looked(step: int, x: Tensor) -> None:
        each()

    if model.config.learns == "flow":

        def velocity(words: Told) -> Velocity:
            def at(x: Tensor, t_B: Tensor) -> Tensor:
                x = torch.where(kept, flow.interpolate(noise, given, t_B), x)
                made = torch.where(kept, given, says(words)(x, t_B))
                return (made - x) / (1 - t_B).clamp_min(1e-3).view(-1, 1, 1, 1, 1)

            return at

        times = flow.shifted(steps, SHIFT)
        x = flow.euler(flow.guided(velocity(told), velocity(silent), guidance), noise, times, looked)
    else:

        def data(x: Tensor, t_B: Tensor) -> Tensor:
            alpha = LEVELS[t_B]
            x = torch.where(kept, diffusion.noised(given, noise, alpha), x)
            share = 1 - t_B / (len(LEVELS) - 1)
            said = flow.guided(says(told), says(silent), guidance)(x, share)
            return torch.where(kept, given, diffusion.to_data("velocity", said, x, alpha))

        x = diffusion_solve.ddim(data, noise, diffusion_solve.ladder(LEVELS, steps), looked)
    return torch.where(kept, given, x)
