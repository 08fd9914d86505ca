"""What every media value can do: be stored in a folder and restored from it, bit for bit.

Notable: stored bytes are deterministic (raw `.npy` arrays and canonical JSON), so the hash of a folder is the hash of
the value, and a cache can keep values without knowing what they are. Values are immutable; their arrays are read-only.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError


class Value(ABC):
    """A media value: immutable, storable, restorable."""

    kind: ClassVar[str]

    @abstractmethod
    def store(self, folder: Path) -> None:
        """Writes the value into `folder` (made if missing): lossless, and the same bytes for the same value."""

    @classmethod
    @abstractmethod
    def restore(cls, folder: Path) -> Self:
        """Reads what `store` wrote. Raises InputError when the folder does not hold such a value."""


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """`array` as one that nobody can write to: itself when it already is, else a copy."""
    if not array.flags.writeable and array.flags.c_contiguous:
        return array
    frozen = np.array(array, order="C", copy=True)
    frozen.flags.writeable = False
    return frozen


def store_array(folder: Path, name: str, array: NDArray[Any]) -> None:
    """Writes `folder/name.npy`."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


def restore_array(folder: Path, name: str) -> NDArray[Any]:
    """Reads `folder/name.npy`, read-only; never a pickle."""
    path = folder / f"{name}.npy"
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError("folder", f"{path} is missing or is not an array", "store the value again") from error
    array.flags.writeable = False
    return array


def store_facts(folder: Path, name: str, facts: dict[str, Any]) -> None:
    """Writes `folder/name.json`, canonical: sorted keys, no spaces, no NaN."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def restore_facts(folder: Path, name: str) -> dict[str, Any]:
    """Reads `folder/name.json`."""
    path = folder / f"{name}.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("folder", f"{path} is missing or is not JSON", "store the value again") from error
    if not isinstance(facts, dict):
        raise InputError("folder", f"{path} does not hold an object", "store the value again")
    return facts
