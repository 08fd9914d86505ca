"""The training loop and the decoding parts on a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from soundstage.flow import euler, flow_loss, linear
from soundstage.nn.unet import UNet
from soundstage.train import fit, load_ema

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]


def quiet(line: str) -> None: ...


def step(model: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float | Tensor]]:
    data = torch.rand(8, 1, 8, 8, generator=generator, device=generator.device).round()
    return flow_loss(model, data, generator), {}


def test_a_run_stopped_and_resumed_in_bfloat16_goes_on_learning(tmp_path: Path) -> None:
    net = UNet(1, 1, widths=(8, 16), blocks=1, embed=16)
    fit(tmp_path, net, step, steps=20, device="cuda", autocast=torch.bfloat16, log=quiet)
    report = fit(tmp_path, net, step, steps=40, device="cuda", autocast=torch.bfloat16, log=quiet)
    assert report.finished and report.step == 40
    average = load_ema(tmp_path, UNet(1, 1, widths=(8, 16), blocks=1, embed=16)).cuda()
    with torch.no_grad():
        out = euler(average, torch.zeros(2, 1, 8, 8, device="cuda"), linear(2))
    assert bool(out.isfinite().all())
