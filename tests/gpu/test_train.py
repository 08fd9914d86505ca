"""The training loop and the decoding parts on a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from soundstage.flow import euler, flow_loss, linear
from soundstage.nn.unet import ResBlock
from soundstage.train import fit, load_ema

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]


class Net(nn.Module):
    """A velocity of pictures of one channel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block, self.head = nn.Conv2d(1, 16, 3, padding=1), ResBlock(16, 16, 1), nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.head(self.block(self.stem(x), t[:, None]))  # type: ignore[no-any-return]


def quiet(line: str) -> None: ...


def step(model: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float | Tensor]]:
    data = torch.rand(8, 1, 8, 8, generator=generator, device=generator.device).round()
    return flow_loss(model, data, generator), {}


def test_a_run_stopped_and_resumed_in_bfloat16_goes_on_learning(tmp_path: Path) -> None:
    net = Net()
    fit(tmp_path, net, step, steps=20, device="cuda", autocast=torch.bfloat16, log=quiet)
    report = fit(tmp_path, net, step, steps=40, device="cuda", autocast=torch.bfloat16, log=quiet)
    assert report.finished and report.step == 40
    average = load_ema(tmp_path, Net()).cuda()
    with torch.no_grad():
        out = euler(average, torch.zeros(2, 1, 8, 8, device="cuda"), linear(2))
    assert bool(out.isfinite().all())
