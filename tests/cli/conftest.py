from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from soundstage import cli, tasks

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Two toy tasks in the table of tasks, an empty cache, and an empty folder to work in."""
    if "toy_cli" not in sys.modules:
        spec = importlib.util.spec_from_file_location("toy_cli", Path(__file__).with_name("toy_cli.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["toy_cli"] = module
        spec.loader.exec_module(module)
    for name in ("shout", "words"):
        monkeypatch.setitem(tasks.TABLE, name, f"toy_cli:{name}")
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("SOUNDSTAGE_DEBUG", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    sys.modules["toy_cli"].SEEN.clear()
    return sys.modules["toy_cli"]


@pytest.fixture
def soundstage(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run
