"""Adapters (LoRA) for a clip: files and strengths as a user writes them, and engines that wear them.

Notable: to the runtime a model with adapters is another engine than the same model without, so that nothing that is
worn can show in a clip that did not ask for it, and the next clip that does finds it ready. A file counts by its
content, wherever it lies; of its licence is known what its header says.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from soundstage.errors import InputError, SoundstageError
from soundstage.media.paths import existing
from soundstage.media.sources import UNKNOWN, Source
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_latent import LatentShooter
from soundstage.tasks.shoot_scene import SceneEngine
from soundstage.weights import Loaded, card_of
from soundstage.weights.published import FREE

LICENCE = ("license", "modelspec.license", "licence")
"""What trainers name it in a file's header."""
FRESH = 2_000_000_000
"""Nanoseconds in which a file's time does not tell whether it is the same."""
Engine = SceneEngine | LatentShooter


@dataclass(frozen=True)
class Worn:
    """An adapter's file, its strength, and the hash of its content."""

    path: Path
    strength: float
    sha256: str


@runtime_checkable
class Wearer(Protocol):
    """An engine that can wear adapters."""

    def wear(self, worn: Sequence[tuple[Path | str, float]]) -> None:
        """Draw with adapters from now on."""


@dataclass(frozen=True)
class Wearing:
    """Makes an engine that wears adapters; two of the same kind and the same adapters are one to the pool."""

    kind: Callable[[Loaded], Engine]
    worn: tuple[Worn, ...]

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Those of the engine."""
        return tuple(self.kind.dtypes)  # type: ignore[attr-defined]

    def __call__(self, loaded: Loaded) -> Engine:
        """The engine, dressed. Raises InputError naming what in an adapter does not fit the model."""
        made = self.kind(loaded)
        assert isinstance(made, Wearer)
        made.wear([(each.path, each.strength) for each in self.worn])
        return made


def engines_for(model: str, worn: Sequence[Worn]) -> Mapping[str, Callable[[Loaded], Engine]]:
    """The engines that shoot, wearing adapters where there are any. Raises InputError for a model that takes none."""
    if not worn:
        return ENGINES
    wearers = {family: kind for family, kind in ENGINES.items() if hasattr(kind, "wear")}
    family = card_of(model).family
    if family in ENGINES and family not in wearers:
        raise InputError("lora", f"is nothing that {model} can wear", "leave it out, or take a Wan or CogVideoX folder")
    return {name: Wearing(kind, tuple(worn)) for name, kind in wearers.items()}


def adapters_of(lora: Sequence[str]) -> tuple[Worn, ...]:
    """Adapters of texts such as "style.safetensors:0.8"; a strength that is not said is 1.

    Raises InputError for a strength that is no finite number, MissingError for a file that is not there.
    """
    found = []
    for text in lora:
        name, colon, said = text.rpartition(":")
        if not colon or Path(text).is_file() or not name:
            name, said = text, "1"
        try:
            strength = float(said)
        except ValueError:
            strength = math.nan
        if not math.isfinite(strength):
            raise InputError("lora", f"{text!r} has the strength {said!r}", 'write such as "style.safetensors:0.8"')
        path = existing(Path(name))
        found.append(Worn(path, strength, _content(path)))
    return tuple(found)


def named(model: str, worn: Sequence[Worn]) -> str:
    """The model's name with what it wears: what latents are kept under until they are decoded."""
    return " ".join((model, *(f"{each.sha256}:{each.strength!r}" for each in worn)))


def worn_besides(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the adapters that a clip depends on besides their names, and under `sources` their licences.

    A file that is not there, or a strength that is none, is told of when the clip is shot.
    """
    lora = inputs.get("lora")
    if not isinstance(lora, list | tuple) or not lora:
        return {}
    try:
        worn = adapters_of(lora)
    except SoundstageError:
        return {}
    return {"lora": [each.sha256 for each in worn], "sources": [asdict(source_of(each)) for each in worn]}


def source_of(worn: Worn) -> Source:
    """An adapter as a source, by its header; a licence that it does not say is unknown."""
    told = _metadata(worn.path)
    licence = next((str(told[name]) for name in LICENCE if told.get(name)), UNKNOWN)
    return Source(name=worn.path.name, licence=licence, commercial=licence.lower() in FREE, kind="adapter")


def _content(path: Path) -> str:
    """The hash of a file's content; one changed just now is always read, for it may change in the same tick again."""
    stat = path.stat()
    asked = _sha256.__wrapped__ if time.time_ns() - stat.st_mtime_ns < FRESH else _sha256
    return asked(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed: int) -> str:
    """Of the file's content; asked again when its size or its time has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _metadata(path: Path) -> Mapping[str, Any]:
    """What a safetensors file says of itself; nothing for what is none."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= path.stat().st_size else {}
    except (OSError, ValueError):
        return {}
    told = header.get("__metadata__") if isinstance(header, dict) else None
    return told if isinstance(told, dict) else {}
