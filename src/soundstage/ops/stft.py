"""Short-time Fourier transform and its inverse, with lengths that come out exactly.

Notable: the inverse is an overlap-add of its own, so that it also serves heads that pad "same" (Vocos): `centre=False`
trims nothing but the caller's choice. Round trip: istft(stft(x), length=len(x)) is x.

T samples · F bins = size / 2 + 1 · N frames
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def stft(
    x: Tensor, size: int, hop: int, *, window: Tensor | None = None, centre: bool = True, pad: str = "reflect"
) -> Tensor:
    """Complex [..., F, N] from samples [..., T]. N is 1 + T // hop when centred, else 1 + (T − size) // hop."""
    flat = x.reshape(-1, 1, x.shape[-1])
    if centre:
        flat = F.pad(flat, (size // 2, size // 2), mode=pad)
    frames = flat[:, 0].unfold(-1, size, hop) * _window(window, size, x)
    spectrum: Tensor = torch.fft.rfft(frames).transpose(-1, -2)
    return spectrum.reshape(*x.shape[:-1], size // 2 + 1, -1)


def istft(
    spectrum: Tensor,
    size: int,
    hop: int,
    *,
    window: Tensor | None = None,
    centre: bool = True,
    length: int | None = None,
) -> Tensor:
    """Samples [..., T] from complex [..., F, N], least squares over the overlapping frames.

    Centred: half a window is cut at both ends. `length` cuts, or fills with zeros, at the end. Samples that no window
    covers come out as zero.
    """
    lead, count = spectrum.shape[:-2], spectrum.shape[-1]
    flat = spectrum.reshape(-1, *spectrum.shape[-2:])
    real = torch.zeros((), dtype=flat.real.dtype, device=flat.device)
    shape_S = _window(window, size, real)
    frames = torch.fft.irfft(flat, n=size, dim=1) * shape_S[:, None]
    total = size + hop * (count - 1)
    out = overlap_add(frames, hop)
    weight = overlap_add(shape_S.square()[None, :, None].expand(1, size, count), hop)
    out = torch.where(weight > 1e-8, out / weight.clamp_min(1e-8), 0.0)
    start = size // 2 if centre else 0
    stop = total - start if length is None else start + length
    out = F.pad(out[:, start : min(stop, total)], (0, max(0, stop - total)))
    return out.reshape(*lead, -1)


def overlap_add(frames_BSN: Tensor, hop: int) -> Tensor:
    """Frames [B, size, N], each `hop` after the last, summed to [B, size + hop · (N − 1)]."""
    size, count = frames_BSN.shape[1:]
    total = size + hop * (count - 1)
    folded = F.fold(frames_BSN, output_size=(1, total), kernel_size=(1, size), stride=(1, hop))
    return folded.reshape(len(frames_BSN), total)


def _window(window: Tensor | None, size: int, like: Tensor) -> Tensor:
    if window is None:
        return torch.hann_window(size, dtype=like.dtype, device=like.device)
    return window.to(like)
