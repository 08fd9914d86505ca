"""Plain functions as tasks, and a kind that stores itself: what the engine is tested with."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, OneOf, Says, Seed, Unit, task

CALLS: Counter[str] = Counter()
_lock = threading.Lock()


def called(name: str) -> None:
    with _lock:
        CALLS[name] += 1


@dataclass(frozen=True)
class Blob:
    """A kind: some bytes at a rate."""

    kind: ClassVar[str] = "blob"
    data: bytes
    rate: int = 100

    @property
    def seconds(self) -> float:
        return len(self.data) / self.rate

    @classmethod
    def parse(cls, text: str) -> Blob:
        return cls(text.encode())

    def store(self, folder: Path) -> None:
        (folder / "data.bin").write_bytes(self.data)
        (folder / "facts.json").write_text(json.dumps({"rate": self.rate}))

    @classmethod
    def restore(cls, folder: Path) -> Blob:
        return cls((folder / "data.bin").read_bytes(), json.loads((folder / "facts.json").read_text())["rate"])


@dataclass(frozen=True)
class Said:
    """A kind with parts: a blob, words, and a mapping of blobs."""

    kind: ClassVar[str] = "said"
    blob: Blob
    words: tuple[str, ...]
    stems: Mapping[str, Blob]

    @property
    def seconds(self) -> float:
        return self.blob.seconds

    def store(self, folder: Path) -> None:
        for name, blob in {"blob": self.blob, **{f"stem-{name}": stem for name, stem in self.stems.items()}}.items():
            (folder / name).mkdir()
            blob.store(folder / name)
        (folder / "said.json").write_text(json.dumps([self.words, list(self.stems)]))

    @classmethod
    def restore(cls, folder: Path) -> Said:
        words, stems = json.loads((folder / "said.json").read_text())
        found = {name: Blob.restore(folder / f"stem-{name}") for name in stems}
        return cls(Blob.restore(folder / "blob"), tuple(words), found)


@task(version=1, name="toy.number")
def number(value: int) -> int:
    """A number."""
    called(f"number {value}")
    return value


@task(version=1, name="toy.add")
def add(a: int, b: int = 1) -> int:
    """A sum."""
    called(f"add {a} {b}")
    return a + b


@task(version=1, name="toy.parity")
def parity(a: int) -> int:
    """0 or 1."""
    called(f"parity {a}")
    return a % 2


@task(version=1, name="toy.say")
def say(
    text: Annotated[str, Says("What to say.")],
    *,
    model: ModelRef = "toy/voice",
    speed: Annotated[float, Between(0.25, 4)] = 1.0,
    mood: Literal["calm", "wild"] | None = None,
    size: Annotated[int, OneOf(1, 2, 4)] = 1,
    seed: Seed = 0,
) -> Said:
    """Says a text.

    Raises InputError for an empty text.
    """
    called(f"say {text}")
    if not text:
        raise InputError("text", "is empty", "say something")
    blob = Blob(text.encode() * size)
    return Said(blob, tuple(text.split()), {"low": blob, "high": Blob(text.upper().encode())})


@task(version=1, name="toy.cut")
def cut(seconds: float, frames: int = 4) -> Blob:
    """As long as it is told."""
    called(f"cut {seconds}")
    return Blob(bytes(round(seconds * 100)))


@task(version=1, name="toy.mix")
def mix(blobs: list[Blob], over: Blob | None = None, titles: Mapping[str, str] | None = None) -> Blob:
    """Joins blobs."""
    called(f"mix {len(blobs)}")
    return Blob(b"".join(blob.data for blob in blobs) + (over.data if over else b""))


@task(version=1, name="toy.fast")
def fast(blob: Annotated[Blob, Unit(rate=200)]) -> Annotated[Blob, Unit(rate=200)]:
    """Wants its blob at 200."""
    return blob


@task(version=1, name="toy.slow")
def slow(text: str) -> Annotated[Blob, Unit(rate=100)]:
    """Gives a blob at 100."""
    return Blob(text.encode(), 100)


@task(version=1, name="toy.several")
def several(count: int) -> list[Blob]:
    """A list of blobs."""
    called(f"several {count}")
    return [Blob(bytes([index]) * 10) for index in range(count)]


@task(version=1, name="toy.facts")
def facts(text: str) -> dict[str, Any]:
    """Plain data with a tuple in it."""
    return {"pair": (1, 2), "text": text}


@task(version=1, name="toy.bad")
def bad(value: int) -> Any:
    """Fails: 0 with a bug, 1 with a result that cannot be kept, 2 with NaN, else with an InputError."""
    called("bad")
    if value == 0:
        return 1 // 0
    if value == 1:
        return object()
    if value == 2:
        return float("nan")
    raise InputError("value", "is odd", "give another")
