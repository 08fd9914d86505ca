"""Whose voice speaks: one that the model knows by name, or the one of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.value import Value, restore_facts, store_facts

SHORTEST_REFERENCE = 0.5


@dataclass(frozen=True)
class Voice(Value):
    """A voice: a `name` that the model knows, or a `reference` recording to speak like; exactly one of the two."""

    kind: ClassVar[str] = "voice"
    name: str | None = None
    reference: Audio | None = None

    def __post_init__(self) -> None:
        if (self.name is None) == (self.reference is None):
            raise InputError("voice", "needs a name or a reference, and only one", "use Voice.named or Voice.clone")
        if self.name is not None and not self.name.strip():
            raise InputError("name", "is empty", "give the name of a voice, such as 'ada'")
        if self.reference is not None and self.reference.seconds < SHORTEST_REFERENCE:
            problem = f"lasts {self.reference.seconds:.2f} s"
            raise InputError("reference", problem, f"give at least {SHORTEST_REFERENCE} s of speech; three are better")

    @classmethod
    def named(cls, name: str) -> Voice:
        """A voice that the model knows."""
        return cls(name=name)

    @classmethod
    def clone(cls, reference: str | Path | Audio) -> Voice:
        """The voice of a recording: a file, or an Audio. Raises MissingError for a file that does not exist."""
        return cls(reference=reference if isinstance(reference, Audio) else Audio.load(reference))

    def store(self, folder: Path) -> None:
        """Writes voice.json, and reference/ if there is one."""
        store_facts(folder, "voice", {"name": self.name})
        if self.reference is not None:
            self.reference.store(folder / "reference")

    @classmethod
    def restore(cls, folder: Path) -> Voice:
        """Reads what `store` wrote."""
        name = restore_facts(folder, "voice")["name"]
        return cls(name, None if name is not None else Audio.restore(folder / "reference"))

    def __repr__(self) -> str:
        return f"Voice({self.name!r})" if self.name is not None else f"Voice(like {self.reference!r})"
