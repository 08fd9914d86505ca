"""VITS learns: a tiny one, its jury beside it, comes to say an utterance that it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from soundstage.codec.hifigan import HifiganConfig
from soundstage.models.vits import DurationConfig, Vits, VitsConfig, WavenetConfig, speak, spectrogram
from soundstage.nn.weightnorm import folded, weight_normed
from soundstage.ops.mel import log_mel
from soundstage.train import fit, load_ema
from soundstage.train.discriminators import vits_jury
from soundstage.train.vits import cut, held_still, losses

RATE, SIZE, HOP = 8000, 256, 64
SHAPE = VitsConfig(
    symbols=5, rate=RATE, bins=SIZE // 2 + 1, width=32, hidden=64, depth=2, heads=2, flows=2,
    decoder=HifiganConfig(
        latent=16, width=64, ratios=(8, 8), ratio_kernels=(16, 16), kernels=(3, 7), dilations=((1, 3), (1, 3))
    ),
    flow=WavenetConfig(layers=2), posterior=WavenetConfig(layers=3), duration=DurationConfig(width=16, flows=2),
)  # fmt: skip
IDS = torch.tensor([[1, 2, 3, 4]])


class Duel(nn.Module):
    """Who speaks and who judges, so that one optimiser trains both."""

    def __init__(self) -> None:
        super().__init__()
        self.speaker = Vits(SHAPE)
        self.jury = vits_jury(2)


def fresh() -> Duel:
    """Untrained, with the weights split into direction and size."""
    duel = Duel()
    weight_normed(duel.speaker)
    return duel


def utterance() -> Tensor:
    """Four vowels of a buzzing voice, [1, samples]: each its own pitch, formant and length."""
    time = torch.arange(2560) / RATE
    lengths, pitches, formants = (512, 768, 384, 896), (110.0, 160.0, 130.0, 200.0), (700.0, 1200.0, 400.0, 1900.0)
    hz = torch.cat([torch.full((n,), p) for n, p in zip(lengths, pitches, strict=True)])
    peak = torch.cat([torch.full((n,), p) for n, p in zip(lengths, formants, strict=True)])
    phase = 2 * torch.pi * (hz / RATE).cumsum(0)
    parts = [torch.sin(k * phase) / (1 + ((k * hz - peak) / 150) ** 2) for k in range(1, 19)]
    breath = torch.randn(2560, generator=torch.Generator().manual_seed(0))
    return (0.4 * torch.stack(parts).sum(0) * (1 - (-time * 200).exp()) + 0.01 * breath)[None]


def distance(made: Tensor, truth: Tensor) -> float:
    """Mean difference of the log mels; made sound may be longer or shorter by frames."""
    a, b = (log_mel(x, RATE, SIZE, HOP, 40) for x in (made, truth))
    frames = min(a.shape[-1], b.shape[-1])
    return float((a[..., :frames] - b[..., :frames]).abs().mean())


def test_it_comes_to_say_the_utterance_it_is_shown() -> None:
    torch.manual_seed(0)  # the layers' own initial weights
    duel, truth = fresh(), utterance()
    speaker = duel.speaker
    spectrum = spectrogram(truth, SIZE, HOP)
    symbols, frames = torch.tensor([4]), torch.tensor([spectrum.shape[-1]])
    optimizer = torch.optim.AdamW(duel.parameters(), 5e-3, betas=(0.8, 0.99))
    history = []
    for index in range(28):
        made = speaker(IDS, symbols, spectrum, frames, segment=30, generator=torch.Generator().manual_seed(index))
        if index == 0:
            before = say(speaker, made.durations, truth)
        loss, parts = losses(made, truth, duel.jury, rate=RATE, size=SIZE, hop=HOP, bands=40)
        assert int(made.durations.sum()) == int(frames) and int(made.durations.min()) >= 1
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        history.append({name: float(part) for name, part in parts.items()})
    first, last = history[0], {name: sum(h[name] for h in history[-5:]) / 5 for name in history[0]}
    assert last["mel"] < 0.5 * first["mel"] and last["kl"] < 0.4 * first["kl"]
    assert last["duration"] < 0.7 * first["duration"]
    assert last["judge"] < 0.5 * first["judge"] and last["features"] > 0
    after = say(speaker, made.durations, truth)
    assert after < 0.6 * before
    assert say(folded(speaker), made.durations, truth) == pytest.approx(after, abs=1e-3)


def say(speaker: Vits, durations: Tensor, truth: Tensor) -> float:
    """How far the utterance is from what the model says of the text alone."""
    return distance(speak(speaker, IDS, noise=0.0, durations=durations).samples, truth)


def test_a_jury_held_still_teaches_and_does_not_learn() -> None:
    jury = weight_normed(vits_jury(1))
    made = torch.randn(2, 300, generator=torch.Generator().manual_seed(1)).requires_grad_()
    verdicts = held_still(jury, made)
    assert all(torch.equal(a.score, b.score) for a, b in zip(verdicts, jury(made), strict=True))
    torch.stack([verdict.score.sum() for verdict in verdicts]).sum().backward()
    assert made.grad is not None and float(made.grad.abs().max()) > 0
    assert all(parameter.grad is None for parameter in jury.parameters())


def test_segments_are_cut_where_they_start_and_end_in_zeros() -> None:
    samples = torch.arange(1.0, 13.0).view(2, 6)
    assert cut(samples, torch.tensor([1, 4]), 3).tolist() == [[2.0, 3.0, 4.0], [11.0, 12.0, 0.0]]


def test_rows_of_a_training_batch_may_differ_in_length_and_padding_is_not_learned_from() -> None:
    torch.manual_seed(1)  # the layers' own initial weights
    speaker = Vits(SHAPE)
    ids, symbols, frames = torch.tensor([[1, 2, 3, 4], [2, 3, 0, 0]]), torch.tensor([4, 2]), torch.tensor([12, 7])
    spectrum = torch.rand(2, SHAPE.bins, 12, generator=torch.Generator().manual_seed(2))
    other_ids, other_spectrum = ids.clone(), spectrum.clone()
    other_ids[1, 2:], other_spectrum[1, :, 7:] = 4, 9.0
    runs = [
        speaker(a, symbols, b, frames, segment=5, generator=torch.Generator().manual_seed(3))
        for a, b in ((ids, spectrum), (other_ids, other_spectrum))
    ]
    for name in ("made", "durations", "duration_loss"):
        torch.testing.assert_close(getattr(runs[0], name), getattr(runs[1], name))
    for name in ("latent", "log_deviation", "prior_mean"):
        a, b = (getattr(run, name) * run.frame_mask for run in runs)
        torch.testing.assert_close(a, b)
    assert runs[0].made.shape == (2, 5 * HOP) and bool((runs[0].starts + 5 <= frames).all())


def test_the_one_loop_trains_both_at_once(tmp_path: Path) -> None:
    torch.manual_seed(2)  # the layers' own initial weights
    duel, truth = fresh(), utterance()
    before = {name: parameter.detach().clone() for name, parameter in duel.named_parameters()}
    spectrum = spectrogram(truth, SIZE, HOP)
    symbols, frames = torch.tensor([4]), torch.tensor([spectrum.shape[-1]])

    def step(pair: Duel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        made = pair.speaker(IDS, symbols, spectrum, frames, segment=8, generator=generator)
        return losses(made, truth, pair.jury, rate=RATE, size=SIZE, hop=HOP, bands=40)

    report = fit(tmp_path, duel, step, steps=2, warmup=1, betas=(0.8, 0.99), log=lambda _: None)
    assert report.finished
    moved = {
        name.split(".")[0] for name, parameter in duel.named_parameters() if not torch.equal(parameter, before[name])
    }
    assert moved == {"speaker", "jury"}
    assert isinstance(load_ema(tmp_path, fresh()), Duel)
