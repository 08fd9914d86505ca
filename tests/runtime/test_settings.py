from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from soundstage import runtime
from soundstage.errors import InputError, MissingError
from soundstage.runtime.settings import Settings, cores, resolve_device, set_threads


def test_settings_are_ambient_and_come_back() -> None:
    before = runtime.settings()
    with runtime.using(device="cpu", licence="commercial", memory_mb=100) as inside:
        assert runtime.settings() is inside
        assert (inside.resolved_device, inside.licence, inside.budget_mb) == ("cpu", "commercial", 100)
        with runtime.using(dtype="bfloat16"):
            assert runtime.settings().torch_dtype is torch.bfloat16
            assert runtime.settings().licence == "commercial"
    assert runtime.settings() == before


@pytest.mark.parametrize(
    "change", [{"device": "tpu"}, {"dtype": "int4"}, {"licence": "mine"}, {"memory_mb": 0}, {"threads": 0}]
)
def test_what_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        Settings(**change)


def test_auto_is_a_device_that_works() -> None:
    assert torch.zeros(1, device=resolve_device("auto")).item() == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has one")
def test_a_device_that_is_not_there_is_missing() -> None:
    with pytest.raises(MissingError, match="has no cuda"):
        resolve_device("cuda:1")


def test_the_environment_names_what_changes_bits() -> None:
    with runtime.using(device="cpu", dtype="bfloat16"):
        facts = runtime.environment()
    assert facts["torch"] == torch.__version__ and facts["device"] == "cpu" and facts["dtype"] == "bfloat16"
    for threads in (1, 2):
        with runtime.using(device="cpu", threads=threads):
            assert runtime.environment()["threads"] == str(threads)


def test_threads_are_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    try:
        assert set_threads(1) == torch.get_num_threads() == 1
        assert set_threads() == min(8, cores())
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        assert set_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_the_same_seed_gives_the_same_numbers_and_moves_no_global_state() -> None:
    before = torch.random.get_rng_state()
    a, b = (torch.randn(4, generator=runtime.generator(7)) for _ in range(2))
    assert torch.equal(a, b)
    assert torch.equal(before, torch.random.get_rng_state())


def test_derived_seeds_are_stable_and_independent() -> None:
    assert runtime.derive(7, "shot", 3) == runtime.derive(7, "shot", 3)
    assert len({runtime.derive(seed, "shot", n) for seed in range(10) for n in range(10)}) == 100
    assert all(0 <= runtime.derive(seed, "x") < 2**63 for seed in range(50))


def test_importing_the_runtime_imports_no_torch() -> None:
    import subprocess

    code = "import sys, soundstage, soundstage.runtime, soundstage.weights; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.home())
    assert done.returncode == 0, done.stderr
