from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from soundstage.graph import Cache


def _toys() -> ModuleType:
    if "toy_tasks" not in sys.modules:
        spec = importlib.util.spec_from_file_location("toy_tasks", Path(__file__).with_name("toy_tasks.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["toy_tasks"] = module
        spec.loader.exec_module(module)
    return sys.modules["toy_tasks"]


@pytest.fixture
def toys() -> ModuleType:
    """The toy tasks, with their counts of calls at zero."""
    module = _toys()
    module.CALLS.clear()
    return module


@pytest.fixture
def cache(tmp_path: Path):
    opened = Cache(tmp_path / "cache")
    yield opened
    opened.close()
