"""Playing many notes: those that are the same are played once, notes of like pitch and length go through the player
together.

Notable: the sum over notes is exact in samples; a note's own sound does not depend on what else is played, only on
the seed.

N notes · T samples
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from soundstage.models.ensemble.player import NotePlayer

FRAME_BUDGET = 6_000  # frames of all notes of one batch


class Tone(NamedTuple):
    """A note for the player: voice, MIDI pitch, velocity, seconds held, seconds it may ring on, vibrato in cents."""

    voice: int
    pitch: int
    velocity: int
    held: float
    tail: float
    vibrato: float


def batches(tones: Sequence[Tone], frame_seconds: float) -> list[list[Tone]]:
    """Tones grouped for the player: by pitch, then by length, at most `FRAME_BUDGET` frames a group."""
    groups: list[list[Tone]] = []
    longest = 0.0
    for tone in sorted(set(tones), key=lambda t: (t.pitch // 12, t.held + t.tail, t)):
        seconds = tone.held + tone.tail
        if not groups or (len(groups[-1]) + 1) * max(longest, seconds) / frame_seconds > FRAME_BUDGET:
            groups.append([])
            longest = 0.0
        groups[-1].append(tone)
        longest = max(longest, seconds)
    return groups


@torch.inference_mode()
def play(
    player: NotePlayer,
    tones: Sequence[Tone],
    *,
    seed: int,
    on_batch: Callable[[int], object] | None = None,
) -> dict[Tone, Tensor]:
    """The sound [T] of every different tone, faded over its last 12 ms, on the CPU; `on_batch` hears how many are
    new."""
    device = player.head.weight.device
    frame = player.hop / player.rate
    out: dict[Tone, Tensor] = {}
    generator = torch.Generator(device).manual_seed(seed)
    for group in batches(tones, frame):
        count = max(round((t.held + t.tail) / frame) for t in group) + 1
        voice, pitch, velocity = (torch.tensor(column, device=device) for column in list(zip(*group, strict=True))[:3])
        held, vibrato = (torch.tensor([t[i] for t in group], device=device) for i in (3, 5))
        first = torch.zeros(len(group), dtype=torch.long, device=device)
        bent = vibrato if bool((vibrato > 0).any()) else None
        sound = player(voice, pitch, velocity, held, first, frames=count, generator=generator, vibrato_N=bent).cpu()
        fade = torch.linspace(1, 0, int(0.012 * player.rate))
        for row, tone in zip(sound, group, strict=True):
            kept = row[: round((tone.held + tone.tail) / frame) * player.hop].clone()
            kept[-len(fade) :] *= fade[-len(kept) :]
            out[tone] = kept
        if on_batch is not None:
            on_batch(len(group))
    return out
