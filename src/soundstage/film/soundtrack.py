"""The film's sound as a value: the master and its stems, all of one length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from soundstage.media.audio import Audio
from soundstage.media.value import Value, restore_facts, store_facts


@dataclass(frozen=True)
class Soundtrack(Value):
    """`master` is what the film plays; `stems` (speech, music) are what it was made of, at their level in it."""

    kind: ClassVar[str] = "soundtrack"
    master: Audio
    stems: Mapping[str, Audio] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stems", MappingProxyType(dict(self.stems)))

    def store(self, folder: Path) -> None:
        """Writes master/, stems/0/ … and soundtrack.json."""
        self.master.store(folder / "master")
        for index, stem in enumerate(self.stems.values()):
            stem.store(folder / "stems" / str(index))
        store_facts(folder, "soundtrack", {"stems": list(self.stems)})

    @classmethod
    def restore(cls, folder: Path) -> Soundtrack:
        """Reads what `store` wrote."""
        names = restore_facts(folder, "soundtrack")["stems"]
        stems = {name: Audio.restore(folder / "stems" / str(index)) for index, name in enumerate(names)}
        return cls(Audio.restore(folder / "master"), stems)
