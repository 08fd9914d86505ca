"""Alignments of symbols to frames that only move forward: found by search, or spread from known durations.

Notable: the search is a dynamic program over frames whose step treats all symbols and all rows of a batch at once. It
runs on the CPU in NumPy, wherever its scores are: a step is far too little work for a device to start a kernel for.

B batch · S symbols · T frames
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from soundstage.errors import InputError


def monotonic_durations(score_BST: Tensor, symbols_B: Tensor, frames_B: Tensor) -> Tensor:
    """Frames of each symbol [B, S] on the path of the highest total score (Kim et al., 2020).

    A path starts at the first symbol and ends at the last, stays or moves on by one with each frame, and so gives each
    symbol at least one. Rows use their first `symbols_B` × `frames_B` scores; symbols behind them get nothing. Of equal
    paths, the one that moves on earliest is taken. Raises InputError for a row with fewer frames than symbols.
    """
    if bool((frames_B < symbols_B).any()) or bool((symbols_B < 1).any()):
        raise InputError("frames", "a row has fewer frames than symbols, or none", "give every symbol at least a frame")
    score_TBS = score_BST.detach().float().permute(2, 0, 1).contiguous().cpu().numpy()
    frames, rows, symbols = score_TBS.shape
    best = np.full((rows, symbols + 1), -np.inf, np.float32)  # the first column stands before the first symbol
    best[:, 1] = score_TBS[0, :, 0]
    moved = np.zeros((frames, rows, symbols), bool)
    for frame in range(1, frames):
        np.greater(best[:, :-1], best[:, 1:], out=moved[frame])
        best[:, 1:] = np.maximum(best[:, :-1], best[:, 1:]) + score_TBS[frame]
    at, row = symbols_B.cpu().numpy() - 1, np.arange(rows)
    last = frames_B.cpu().numpy() - 1
    durations = np.zeros((rows, symbols), np.int64)
    for frame in range(frames - 1, -1, -1):
        inside = frame <= last
        durations[row, at] += inside
        at = at - (inside & moved[frame, row, at])
    return torch.from_numpy(durations).to(score_BST.device)


def monotonic_durations_plain(score_BST: Tensor, symbols_B: Tensor, frames_B: Tensor) -> Tensor:
    """The twin of `monotonic_durations`: cell by cell."""
    durations = torch.zeros(score_BST.shape[:2], dtype=torch.long)
    for row, (symbols, frames) in enumerate(zip(symbols_B.tolist(), frames_B.tolist(), strict=True)):
        score = score_BST[row].tolist()
        best = {(-1, -1): 0.0}  # (symbol, frame) -> score of the best path that ends there
        for frame in range(frames):
            for symbol in range(min(symbols, frame + 1)):
                before = [best[cell] for cell in ((symbol, frame - 1), (symbol - 1, frame - 1)) if cell in best]
                best[symbol, frame] = max(before) + score[symbol][frame]
        symbol = symbols - 1
        for frame in range(frames - 1, -1, -1):
            durations[row, symbol] += 1
            stay, move = (best.get((s, frame - 1), -float("inf")) for s in (symbol, symbol - 1))
            symbol -= int(move > stay)
    return durations.to(score_BST.device)


def symbol_of_frame(durations_BS: Tensor, frames: int | None = None) -> Tensor:
    """Which symbol each frame belongs to, [B, T]; frames behind a row's last symbol belong to that one.

    `frames` is T; None takes the longest row's.
    """
    ends_BS = durations_BS.cumsum(-1)
    if frames is None:
        frames = int(ends_BS[:, -1].max())
    at_BT = torch.arange(frames, device=durations_BS.device).expand(len(durations_BS), -1)
    return torch.searchsorted(ends_BS, at_BT.contiguous(), right=True).clamp_max(durations_BS.shape[-1] - 1)


def spread(values_BSD: Tensor, symbol_BT: Tensor) -> Tensor:
    """Each frame's symbol's values, [B, T, D]: what a product with the 0-1 matrix of the alignment gives."""
    return values_BSD.gather(1, symbol_BT.unsqueeze(-1).expand(-1, -1, values_BSD.shape[-1]))


def place_in_symbol(durations_BS: Tensor, symbol_BT: Tensor) -> Tensor:
    """Where each frame lies in its symbol, [B, T, 4]: the share that is gone, and half the logarithms of the frames
    gone, the frames left and all of them.
    """
    ends_BS = durations_BS.cumsum(1)
    time_BT = torch.arange(symbol_BT.shape[1], device=symbol_BT.device).expand(len(symbol_BT), -1)
    long = durations_BS.gather(1, symbol_BT).float().clamp(min=1)
    gone = ((time_BT - ends_BS.gather(1, symbol_BT)).float() + long + 0.5).clamp(0.5, 200)
    left = (long - gone).clamp(0.5, 200)
    return torch.stack((gone / long, gone.log() / 2, left.log() / 2, long.log() / 2), -1)
