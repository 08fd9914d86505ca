"""Convolutions over time, with a path for few frames: what a live codec asks for at every step.

Notable: for a handful of frames through a wide layer, libraries pick kernels that repack or stride through the weights,
and take up to fourteen times as long as reading them once. As one product of rows (a row a frame, all it sees or all it
makes) they cost what the reading costs.

B batch · C channels · O channels out · T time · K kernel
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FEW, SOME, WIDE = 8, 64, 2**19  # rows; rows of a layer with so many weights


def conv1d(
    x_BCT: Tensor,
    weight_OCK: Tensor,
    bias: Tensor | None = None,
    *,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    """`F.conv1d` without padding; equal to it up to rounding."""
    reach = (weight_OCK.shape[2] - 1) * dilation + 1
    frames = (x_BCT.shape[-1] - reach) // stride + 1
    if groups != 1 or not _pays(x_BCT, frames, weight_OCK):
        return F.conv1d(x_BCT, weight_OCK, bias, stride, dilation=dilation, groups=groups)
    seen_BTCK = x_BCT.unfold(-1, reach, stride)[..., ::dilation].transpose(1, 2)
    rows = seen_BTCK.reshape(*seen_BTCK.shape[:2], -1)
    return F.linear(rows, weight_OCK.flatten(1), bias).transpose(1, 2)


def conv_transpose1d(
    x_BCT: Tensor, weight_COK: Tensor, bias: Tensor | None = None, *, stride: int, groups: int = 1
) -> Tensor:
    """`F.conv_transpose1d` with all overhang, [B, O, (T - 1) · stride + K]; equal to it up to rounding."""
    (batch, width, frames), (_, out, kernel) = x_BCT.shape, weight_COK.shape
    if groups != 1 or kernel % stride or not _pays(x_BCT, frames, weight_COK):
        return F.conv_transpose1d(x_BCT, weight_COK, bias, stride, groups=groups)
    parts = kernel // stride
    made = x_BCT.transpose(1, 2).reshape(-1, width) @ weight_COK.flatten(1)
    made = made.view(batch, frames, out, parts, stride).permute(3, 0, 2, 1, 4)
    start = x_BCT.new_zeros(()) if bias is None else bias[:, None, None]
    y = start.expand(batch, out, frames + parts - 1, stride).contiguous()
    for part in range(parts):
        y[:, :, part : part + frames] += made[part]
    return y.flatten(2)


def _pays(x_BCT: Tensor, frames: int, weight: Tensor) -> bool:
    """Measured on an EPYC core with MKL and oneDNN; gradients take torch's own way."""
    rows = len(x_BCT) * frames
    few = 0 < rows <= FEW or (FEW < rows <= SOME and weight.numel() >= WIDE)
    return few and x_BCT.device.type == "cpu" and not torch.is_grad_enabled()
