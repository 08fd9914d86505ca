"""The loop: a killed run, resumed, is the uninterrupted run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError, RunError
from soundstage.train import Ema, fit, load_ema

RUN = """
import sys, time, torch
from torch import nn
from soundstage.train import fit
torch.set_num_threads(1)
pause = float(sys.argv[2])
model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.GELU(), nn.Linear(16, 1))
first = torch.Generator().manual_seed(3)
with torch.no_grad():
    for p in model.parameters():
        p.copy_(torch.randn(p.shape, generator=first) * 0.3)
def step(model, index, generator):
    time.sleep(pause)
    x = torch.randn(8, 4, generator=generator)
    return (model(x) - x.sum(-1, keepdim=True)).square().mean(), {}
fit(sys.argv[1], model, step, steps=120, lr=1e-2, warmup=10, seed=5, checkpoint_s=0.15, log_s=0.1)
"""


def linear() -> nn.Linear:
    model = nn.Linear(2, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return model


def to_one(model: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    x = torch.randn(16, 2, generator=generator)
    return (model(x) - x.sum(-1, keepdim=True)).square().mean(), {"seen": 16.0}


def quiet(line: str) -> None: ...


@contextmanager
def started(folder: Path, pause: float) -> Iterator[subprocess.Popen[str]]:
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN, str(folder), str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        yield process


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_run_killed_and_resumed_equals_an_uninterrupted_run_bit_for_bit(tmp_path: Path) -> None:
    with started(tmp_path / "killed", 0.01) as process:
        wait_for(tmp_path / "killed" / "checkpoint.safetensors")
        process.kill()
    with started(tmp_path / "killed", 0.0) as process:
        assert "going on from step" in process.communicate(timeout=60)[0]
    with started(tmp_path / "whole", 0.0) as process:
        process.communicate(timeout=60)
    resumed, whole = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("killed", "whole"))
    assert resumed.keys() == whole.keys()
    assert len(whole) > 20
    for name, tensor in whole.items():
        assert torch.equal(resumed[name], tensor), name


def test_sigterm_writes_a_checkpoint_and_ends_well(tmp_path: Path) -> None:
    with started(tmp_path / "run", 0.05) as process:
        wait_for(tmp_path / "run" / "log.jsonl")
        process.terminate()
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_it_learns_and_the_average_follows(tmp_path: Path) -> None:
    model = linear()
    report = fit(tmp_path, model, to_one, steps=300, lr=0.05, warmup=5, ema=0.95, weight_decay=0.0, log=quiet)
    assert report.finished and report.step == 300 and report.loss < 0.5
    average = load_ema(tmp_path, linear())
    assert torch.allclose(average.weight, torch.ones(1, 2), atol=1e-2)  # type: ignore[arg-type]


def test_the_log_holds_no_step_twice(tmp_path: Path) -> None:
    fit(tmp_path, linear(), to_one, steps=20, log=quiet, log_s=0.0)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 99, "loss": 1}\n{"step": 1')
    fit(tmp_path, linear(), to_one, steps=25, log=quiet, log_s=0.0)
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(set(steps)) and steps[-1] == 25


def test_a_finished_run_does_not_train_again(tmp_path: Path) -> None:
    fit(tmp_path, linear(), to_one, steps=10, log=quiet)
    before = load_file(tmp_path / "checkpoint.safetensors")
    assert fit(tmp_path, linear(), to_one, steps=10, log=quiet).step == 10
    assert torch.equal(before["module.weight"], load_file(tmp_path / "checkpoint.safetensors")["module.weight"])


def test_minutes_end_a_run_before_its_steps(tmp_path: Path) -> None:
    report = fit(tmp_path, linear(), to_one, steps=10**9, minutes=0.005, log=quiet)
    assert report.finished and 0.3 <= report.seconds < 3


def test_a_loss_that_is_not_finite_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    fit(tmp_path, linear(), to_one, steps=5, log=quiet)
    good = (tmp_path / "checkpoint.safetensors").read_bytes()

    def broken(model: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        loss, values = to_one(model, index, generator)
        return loss * float("nan"), values

    with pytest.raises(RunError, match="not finite"):
        fit(tmp_path, linear(), broken, steps=50, log=quiet)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == good


def test_another_module_or_seed_is_refused_by_name(tmp_path: Path) -> None:
    fit(tmp_path, linear(), to_one, steps=3, log=quiet)
    with pytest.raises(InputError, match="weight is \\(1, 2\\), not \\(1, 3\\)"):
        fit(tmp_path, nn.Linear(3, 1), to_one, steps=3, log=quiet)
    with pytest.raises(InputError, match="seed"):
        fit(tmp_path, linear(), to_one, steps=3, seed=1, log=quiet)
    with pytest.raises(InputError, match="lerning"):
        fit(tmp_path, linear(), to_one, steps=3, log=quiet, lerning=1)  # type: ignore[call-arg]
    with pytest.raises(MissingError):
        load_ema(tmp_path / "nowhere", linear())


def test_samples_come_from_the_average_and_at_the_end(tmp_path: Path) -> None:
    seen: list[tuple[bool, int]] = []
    fit(tmp_path, linear(), to_one, steps=4, log=quiet, on_sample=lambda m, i: seen.append((m.training, i)))
    assert seen == [(False, 4)]


def test_the_average_of_a_constant_is_the_constant() -> None:
    model = nn.Linear(3, 3)
    average = Ema(model, 0.9)
    for count in range(5):
        average.update(model, count)
    assert torch.equal(average.module.weight, model.weight)  # type: ignore[arg-type]
