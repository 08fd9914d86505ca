"""F5-TTS's sampling: a reference's mel goes in, and the frames after it, or in its gaps, come out as speech.

Notable: guidance is the paper's, `made + (made − null) · guidance`, as a batch of two; texts of one call run as one
batch, each row with its own length and its own draws, so that it comes out as it would alone.

B batch · T mel frames · R reference frames · M mel bands · S text tokens · N samples
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow import Velocity, batched, euler, flow_loss, linear, pruned, swayed
from soundstage.flow.solve import OnStep, ignore
from soundstage.models.f5.model import F5, Read
from soundstage.ops.mel import log_mel

RATE, SIZE, HOP, BANDS = 24_000, 1024, 256, 100
LEVEL = 0.1  # a reference's root mean square


def listen(samples_BN: Tensor, *, bands: int = BANDS) -> Tensor:
    """The mel [B, 1 + N // 256, M] of samples at 24 kHz, natural log of amplitude, as public checkpoints have it."""
    mel_BMT = log_mel(samples_BN, RATE, SIZE, HOP, bands, scale="htk", area=False, floor=1e-5)
    return mel_BMT.transpose(-1, -2)


def levelled(samples_BN: Tensor) -> tuple[Tensor, Tensor]:
    """A reference raised to the level that F5 was trained for, and the gain [B, 1] by which to divide what it says.

    One that is loud enough stays as it is; silence too.
    """
    level = samples_BN.square().mean(-1, keepdim=True).sqrt()
    gain = torch.where((level > 0) & (level < LEVEL), LEVEL / level.clamp_min(1e-8), 1.0)
    return samples_BN * gain, gain


def generate(
    model: F5,
    text_BS: Tensor,
    reference_BRM: Tensor,
    frames: int | Tensor,
    *,
    generator: torch.Generator | Sequence[torch.Generator],
    known: Tensor | None = None,
    steps: int = 32,
    guidance: float = 2.0,
    sway: float = -1.0,
    prune: bool = True,
    on_step: OnStep = ignore,
) -> Tensor:
    """Mel [B, T, M], log amplitude: the reference where it is known, speech elsewhere; zeros behind a shorter row.

    `text_BS`: the reference's text and what is to be said after it, ids filled up with −1. `frames`: all frames, the
    reference's too, one number or one for each row [B]. `known`: reference frames for each row [B], or which frames to
    keep, bool [B, R] (to say something else in the middle of a recording); all when not given. `generator`: one for
    each row, or one that draws row after row. `guidance` 0 runs without. `prune` thins 5, 6, 7, 10, 12 and 16 steps
    by their tables. Raises InputError for frames that leave nothing to say, or are fewer than the text's tokens.
    """
    batch, longest, bands = reference_BRM.shape
    device = reference_BRM.device
    frames_B = torch.as_tensor(frames, device=device).expand(batch)
    total = int(frames_B.max())
    real_BT = torch.arange(total, device=device) < frames_B[:, None]
    kept_BT = _fitted(_kept(known, batch, longest, device), total) & real_BT
    if bool((kept_BT.sum(1) >= frames_B).any()):
        raise InputError("frames", f"{int(frames_B.min())} frames leave none to say", "ask for more than the reference")
    kept_BT1, reference_BTM = kept_BT.unsqueeze(-1), _fitted(reference_BRM, total)
    given_BTM = torch.where(kept_BT1, reference_BTM, 0)
    noise = _noise(frames_B.tolist(), bands, generator).to(reference_BRM)
    times = swayed(pruned(steps) if prune else linear(steps), sway)
    with torch.inference_mode():
        read = model.read(text_BS, given_BTM, frames_B)
        if guidance == 0:
            mel = euler(_velocity(model, read), noise, times, on_step)
        else:
            both = read.beside(model.read(text_BS, given_BTM, frames_B, null=True))
            mel = euler(batched(_velocity(model, both), 1 + guidance), noise, times, on_step)
        mel = torch.where(kept_BT1, reference_BTM, mel)
        return mel if read.real is None else mel * read.real


def infill_loss(
    model: F5,
    text_BS: Tensor,
    mel_BTM: Tensor,
    generator: torch.Generator,
    *,
    frames_B: Tensor | None = None,
    span: tuple[float, float] = (0.7, 1.0),
    drop_reference: float = 0.3,
    drop_both: float = 0.2,
) -> Tensor:
    """What F5 is trained on: the flow loss inside a random span, whose frames the network is not shown, a scalar.

    The span is a part of each row's frames, from `span[0]` to `span[1]`. A batch loses its reference, or reference and
    text, with the given chances, so that guidance has a null to move away from.
    """
    batch, total, _ = mel_BTM.shape
    frames_B = torch.full((batch,), total, device=mel_BTM.device) if frames_B is None else frames_B
    lost, part_B, place_B = torch.rand((3, batch), generator=generator, device=generator.device).to(mel_BTM)
    length_B = ((span[0] + (span[1] - span[0]) * part_B) * frames_B).long()
    start_B = ((frames_B - length_B) * place_B).long()
    at = torch.arange(total, device=mel_BTM.device)
    hidden_BT1 = ((at >= start_B[:, None]) & (at < (start_B + length_B)[:, None])).unsqueeze(-1)
    null = float(lost[0]) < drop_both
    given_BTM = mel_BTM.masked_fill(hidden_BT1, 0.0)
    if float(lost[0]) >= 1 - drop_reference * (1 - drop_both):
        given_BTM = torch.zeros_like(mel_BTM)
    read = model.read(text_BS, given_BTM, frames_B, null=null)
    return flow_loss(lambda x, t_B: model(x, t_B, read), mel_BTM, generator, hidden_BT1)


def _velocity(model: F5, read: Read) -> Velocity:
    def at(x: Tensor, t_B: Tensor) -> Tensor:
        return model(x, t_B[:1], read)  # type: ignore[no-any-return]  # a solver's batch shares its time

    return at


def _fitted(x_BR: Tensor, frames: int) -> Tensor:
    """The second axis cut, or filled with zeros, to `frames`."""
    x_BR = x_BR[:, :frames]
    return F.pad(x_BR, (0, 0) * (x_BR.ndim - 2) + (0, frames - x_BR.shape[1]))


def _kept(known: Tensor | None, batch: int, longest: int, device: torch.device) -> Tensor:
    if known is None:
        return torch.ones(batch, longest, dtype=torch.bool, device=device)
    if known.dtype == torch.bool:
        return known
    return torch.arange(longest, device=device) < known[:, None]


def _noise(frames: list[int], bands: int, generator: torch.Generator | Sequence[torch.Generator]) -> Tensor:
    """[B, T, M], each row drawn for its own length, zeros behind it."""
    each = [generator] * len(frames) if isinstance(generator, torch.Generator) else generator
    rows = [torch.randn(count, bands, generator=g, device=g.device) for count, g in zip(frames, each, strict=True)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
