"""Train the note player of `starter/music` on single notes rendered by FluidSynth: about 20 minutes on a core.

    python -m soundstage.recipes.music_player --folder runs/music --minutes 20

Notable: crops of a quarter of a second, a third of them at the onset. The loss compares magnitudes at three window
lengths
(log and linear), each note scaled to its own peak, so that soft notes count as much as loud ones.

N notes · T samples
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data.composer_partials import BARS, SILENT_HZ, harmonic_cents, strongest_peaks
from soundstage.data.composer_render import RATE, Shot, note_bank
from soundstage.models.ensemble import EnsembleConfig, build_player, ensemble_starter
from soundstage.models.ensemble.player import NotePlayer, concert_pitch
from soundstage.score.instruments import VOICES
from soundstage.train.loop import fit, load_ema

FRAMES = 65
WINDOWS = (2048, 512, 128)
FLOOR = 3e-4


def measure_partials(player: NotePlayer, bank: list[Shot], sound: NDArray[np.int16]) -> None:
    """Fills the player's table of frequencies from the longest take of every pitch and the hardest hit of every
    drum."""
    best: dict[tuple[int, int], Shot] = {}
    for shot in bank:
        key = (shot.voice, shot.pitch)
        if key not in best or (shot.held, shot.velocity) > (best[key].held, best[key].velocity):
            best[key] = shot
    for (voice, pitch), shot in best.items():
        wave = sound[shot.start : shot.start + shot.length].astype(np.float32) / np.float32(32768)
        f0 = float(concert_pitch(torch.tensor(float(pitch))))
        order = np.arange(1, player.partials + 1)
        if voice >= player.pitched:
            peaks = strongest_peaks(wave[: int(0.5 * RATE)], player.partials, RATE)
            player.modes_DK[voice - player.pitched] = torch.from_numpy(np.log2(peaks / 20)).float()
            continue
        held = wave[int(0.04 * RATE) : int(1.9 * RATE)]
        if VOICES[voice][0] in BARS:
            peaks = strongest_peaks(held, player.partials, RATE, low=0.4 * f0, apart_hz=30.0)
            cents = 1200 * np.log2(np.where(peaks < SILENT_HZ, peaks, 4 * SILENT_HZ) / (order * f0))
        else:
            cents = harmonic_cents(held, f0, player.partials, RATE)
        player.stretch_VPK[voice, pitch] = torch.from_numpy(cents).float()


def spectral_loss(made_NT: Tensor, true_NT: Tensor) -> Tensor:
    """Multi-resolution distance of magnitudes: L1 of logs plus L1 of square roots."""
    total = made_NT.new_zeros(())
    for size in WINDOWS:
        window = torch.hann_window(size)
        spectra = [
            torch.stft(x, size, size // 4, window=window, center=False, return_complex=True).abs() / (size / 4)
            for x in (made_NT, true_NT)
        ]
        logs = [(s + FLOOR).log() for s in spectra]
        total = (
            total
            + (logs[0] - logs[1]).abs().mean()
            + 4 * ((spectra[0] + 1e-6).sqrt() - (spectra[1] + 1e-6).sqrt()).abs().mean()
        )
    return total / len(WINDOWS)


def crop_step(
    bank: list[Shot], sound: NDArray[np.int16], batch: int
) -> Callable[[NotePlayer, int, torch.Generator], tuple[Tensor, Mapping[str, float | Tensor]]]:
    """A training step on `batch` random crops of the bank."""
    facts = torch.tensor([[s.voice, s.pitch, s.velocity] for s in bank])
    held = torch.tensor([s.held for s in bank])
    waves = [sound[s.start : s.start + s.length] for s in bank]
    peaks = torch.tensor([max(float(np.abs(w).max()) / 32768, 2e-3) for w in waves])
    # Every voice is drawn equally often: a drum has 5 notes, a piano 200.
    weights = 1 / torch.bincount(facts[:, 0])[facts[:, 0]].float() ** 0.75

    def step(player: NotePlayer, index: int, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        hop, size = player.hop, (FRAMES - 1) * player.hop
        chosen = torch.multinomial(weights, batch, replacement=True, generator=generator)
        where = torch.rand(batch, 2, generator=generator)
        last = torch.tensor([len(waves[i]) // hop - FRAMES for i in chosen.tolist()])
        release = (held[chosen] * player.rate / hop).long() - 16
        first = (where[:, 1] * last).long()
        first = torch.where(where[:, 0] < 0.35, torch.zeros_like(first), first)
        first = torch.where(where[:, 0] > 0.85, release.clamp(min=0), first).minimum(last)
        crops = [waves[i][a * hop : a * hop + size] for i, a in zip(chosen.tolist(), first.tolist(), strict=True)]
        true = torch.from_numpy(np.stack(crops).astype(np.float32)) / 32768
        voice, pitch, velocity = facts[chosen].unbind(1)
        made = player(voice, pitch, velocity, held[chosen], first, frames=FRAMES, generator=generator)
        scale = (0.5 / peaks[chosen])[:, None]
        return spectral_loss(made * scale, true * scale), {}

    return step


def train(folder: Path, minutes: float, config: EnsembleConfig | None = None, batch: int = 32) -> NotePlayer:
    """Measures, trains, resumes where a run in `folder` stands; returns the averaged player."""
    bank, sound = note_bank(folder / "bank")
    torch.set_num_threads(1)
    player = build_player(config or ensemble_starter())
    measure_partials(player, bank, sound)
    steps = 40_000
    fit(folder / "player", player, crop_step(bank, sound, batch), steps=steps, minutes=minutes, lr=2e-3, warmup=100)
    trained = load_ema(folder / "player", player)
    assert isinstance(trained, NotePlayer)
    return trained


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/music"))
    parser.add_argument("--minutes", type=float, default=20.0)
    given = parser.parse_args()
    train(given.folder, given.minutes)


if __name__ == "__main__":
    main()
