"""Freed memory is given back where the C library can, and nothing is tried elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.runtime import lean, memory, trim


@pytest.fixture(autouse=True)
def looked_for_anew() -> Iterator[None]:
    memory._glibc.cache_clear()
    yield
    memory._glibc.cache_clear()


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(memory._glibc() is None, reason="the C library is not glibc")
def test_freed_memory_is_given_back() -> None:
    blocks = [bytearray(50_000) for _ in range(4000)]  # 190 MB in blocks that the allocator keeps
    last = [blocks[index] for index in range(0, len(blocks), 50)]  # which hold its heap open
    del blocks
    before = resident_mb()
    assert trim()
    assert resident_mb() < before - 100
    assert len(last) == 80


@pytest.mark.parametrize("version", ["musl 1.2", None])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    monkeypatch.setattr(os, "confstr", lambda _: version, raising=False)
    assert trim() is False
    with lean():
        pass


def test_a_system_without_confstr_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "confstr", raising=False)
    assert trim() is False
    with lean():
        pass


ALONE = """
import os
from contextlib import nullcontext
from soundstage.runtime.memory import lean

def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

for how in (lean, nullcontext):
    before = resident_mb()
    with how():
        blocks = [bytearray(100_000) for _ in range(2000)]
        last = [blocks[index] for index in range(0, len(blocks), 50)]
        del blocks
        print(resident_mb() - before)
"""


@pytest.mark.skipif(memory._glibc() is None, reason="the C library is not glibc")
def test_a_lean_stretch_leaves_no_holes() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    with_it, without = map(float, done.stdout.split())
    assert with_it < 30
    assert without > 100
