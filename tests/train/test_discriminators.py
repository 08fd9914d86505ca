"""The jury tells sounds apart, and teaches through its gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from soundstage.train.discriminators import (
    Jury,
    PeriodJudge,
    SpectrumJudge,
    features,
    hifigan_jury,
    scores,
    vits_jury,
)
from soundstage.train.losses import feature_loss, fool_loss, judge_loss


@pytest.mark.parametrize("length", [512, 513, 700])
def test_any_length_gets_a_verdict_from_each_judge(length: int) -> None:
    verdicts = Jury((2, 3), (64,), width=4)(torch.zeros(2, length))
    assert len(verdicts) == 3
    assert all(len(verdict.score) == 2 and len(verdict.features) == 4 for verdict in verdicts)


def test_a_period_judge_does_not_mix_phases() -> None:
    judge = PeriodJudge(3, 4)
    x = torch.randn(1, 300, generator=torch.Generator().manual_seed(1))
    before = judge(x).score
    x[0, 1::3] += 1  # the second column of the folded signal
    moved = (judge(x).score != before).any(2).flatten()
    assert moved.tolist() == [False, True, False]


def test_it_learns_to_tell_noise_from_tones() -> None:
    torch.manual_seed(2)  # the layers' own initial weights
    generator = torch.Generator().manual_seed(2)
    jury = nn.ModuleList([PeriodJudge(2, 4), SpectrumJudge(64, 4)])
    optimizer = torch.optim.Adam(jury.parameters(), 1e-2)
    time = torch.arange(512) / 8000

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        hz = 200 + 800 * torch.rand(8, 1, generator=generator)
        return torch.sin(2 * torch.pi * hz * time), torch.randn(8, 512, generator=generator)

    for _ in range(30):
        real, made = batch()
        optimizer.zero_grad()
        judge_loss(scores([j(real) for j in jury]), scores([j(made) for j in jury])).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    real, made = batch()
    with torch.no_grad():
        for judge in jury:
            assert float(judge(real).score.mean()) > float(judge(made).score.mean()) + 0.5


def test_the_generator_feels_both_losses() -> None:
    jury = Jury((2,), (64,), width=4)
    made = torch.randn(1, 256, generator=torch.Generator().manual_seed(3)).requires_grad_()
    verdicts, real = jury(made), jury(torch.zeros(1, 256))
    loss = fool_loss(scores(verdicts)) + feature_loss([v.features for v in real], [v.features for v in verdicts])
    loss.backward()  # type: ignore[no-untyped-call]
    assert made.grad is not None and float(made.grad.abs().max()) > 0


def test_the_published_juries_have_their_sizes() -> None:
    with torch.device("meta"):
        sizes = [sum(p.numel() for p in jury().parameters()) for jury in (vits_jury, hifigan_jury)]
    # Coqui's own count of the first; its second has one number fewer a filter in the spectrally normed scale.
    assert sizes == [46_747_132, 70_724_591 + 128 + 128 + 256 + 512 + 3 * 1024 + 1]


@pytest.mark.parametrize("jury", [vits_jury, hifigan_jury])
def test_a_narrow_jury_of_either_kind_hears_any_length(jury: Any) -> None:
    for length in (300, 401):
        verdicts = jury(2)(torch.zeros(2, length))
        assert len(verdicts) == (6 if jury is vits_jury else 8)
        assert [len(inner) for inner in features(verdicts)] == [len(v.features) + 1 for v in verdicts]
