from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.runtime.engines import Pool
from soundstage.weights import Card, Loaded, save_starter


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


def use(pool: Pool, name: str, memory: float = 40.0, budget: float = 100.0) -> Thing:
    with pool.use((name, "cpu", "", None), memory, budget, lambda: Thing(name)) as engine:
        return engine


def test_an_engine_stays_resident() -> None:
    pool = Pool()
    assert use(pool, "a") is use(pool, "a")
    assert pool.resident() == ["a"]


def test_the_least_recently_used_goes_when_the_budget_is_full() -> None:
    pool = Pool()
    first = use(pool, "a")
    use(pool, "b")
    assert use(pool, "a") is first  # now b is the older one
    use(pool, "c")
    assert pool.resident() == ["a", "c"]


def test_an_engine_in_use_is_never_evicted() -> None:
    pool = Pool()
    with pool.use(("a", "cpu", "", None), 60, 100, lambda: Thing("a")) as engine:
        use(pool, "b", memory=60)
        assert "a" in pool.resident()
        assert use(pool, "a", memory=60) is engine
    pool.clear()
    assert pool.resident() == []


def test_an_engine_that_must_go_over_the_budget_says_so(caplog: pytest.LogCaptureFixture) -> None:
    pool = Pool()
    with pool.use(("a", "cpu", "", None), 60, 100, lambda: Thing("a")):
        use(pool, "b", memory=60)
    assert "b goes over the budget: 120 of 100 MB are in use" in caplog.text


def test_two_threads_that_load_at_once_do_not_share_the_same_room(caplog: pytest.LogCaptureFixture) -> None:
    pool, both = Pool(), threading.Barrier(2)
    use(pool, "old", memory=30)

    def load(name: str) -> None:
        def make() -> Thing:
            both.wait(10)
            return Thing(name)

        with pool.use((name, "cpu", "", None), 40, 100, make):
            pass

    threads = [threading.Thread(target=load, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pool.resident()) == ["a", "b"]  # 30 + 40 fits, 30 + 40 + 40 does not


def test_an_engine_over_the_budget_is_refused() -> None:
    with pytest.raises(InputError, match="a needs 200 MB, the budget is 100 MB"):
        use(Pool(), "a", memory=200)


def test_a_failed_load_leaves_nothing_behind() -> None:
    pool = Pool()
    with pytest.raises(RuntimeError, match="broken"), pool.use(("a", "", "", None), 1, 9, _broken):
        pass
    assert pool.resident() == []
    assert use(pool, "a").name == "a"


def _broken() -> Thing:
    raise RuntimeError("broken")


def test_threads_that_want_one_model_load_it_once() -> None:
    pool = Pool()
    made: list[int] = []

    def make() -> Thing:
        made.append(1)
        time.sleep(0.05)
        return Thing("a")

    def work() -> None:
        with pool.use(("a", "", "", None), 1, 9, make):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with a model of the family `tiny`, not for commercial use."""
    import sys
    from types import ModuleType

    from soundstage.weights.load import FAMILIES

    module = ModuleType("tiny_family")
    module.build = lambda config: Tiny()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tiny_family", module)
    monkeypatch.setitem(FAMILIES, "tiny", "tiny_family")
    facts: dict[str, Any] = {"ref": "tiny", "family": "tiny", "task": "toy", "licence": "CC-BY-NC-4.0", "data": "none"}
    save_starter(tmp_path, Tiny(), Card(**facts, commercial=False, size_mb=0, memory_mb=1, parameters=0))
    yield str(tmp_path)
    runtime.release()


class Engine:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded


def test_use_loads_the_model_once_on_the_ambient_device_and_dtype(tiny: str) -> None:
    with runtime.using(device="cpu", dtype="float32"):
        with runtime.use(tiny, {"tiny": Engine}) as first, runtime.use(tiny, {"tiny": Engine}) as second:
            assert first is second
            assert first.loaded.card.family == "tiny"
        with runtime.using(dtype="bfloat16"), runtime.use(tiny, {"tiny": Engine}) as third:
            assert next(third.loaded.module.parameters()).dtype is torch.bfloat16
    assert runtime.resident().count(tiny) == 2


def test_a_dtype_that_the_engine_does_not_work_in_is_refused(tiny: str) -> None:
    class Exact(Engine):
        dtypes = ("float32",)

    with runtime.using(device="cpu", dtype="bfloat16"), pytest.raises(InputError, match="does not work in bfloat16"):
        with runtime.use(tiny, {"tiny": Exact}):
            pass
    with runtime.using(device="cpu"), runtime.use(tiny, {"tiny": Exact}) as engine:
        assert isinstance(engine, Exact)


def test_a_family_that_the_task_cannot_use_is_refused(tiny: str) -> None:
    with pytest.raises(InputError, match="is of the family 'tiny' \\(toy\\); this task takes: voice"):
        with runtime.use(tiny, {"voice": Engine}):
            pass


def test_the_licence_policy_refuses_what_is_not_commercial(tiny: str) -> None:
    with runtime.using(licence="commercial"), pytest.raises(InputError, match="not for commercial use"):
        with runtime.use(tiny, {"tiny": Engine}):
            pass
