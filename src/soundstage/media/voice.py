"""Whose voice speaks: one that the model knows by name, or the one of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from soundstage.errors import InputError, MissingError
from soundstage.media.audio import Audio
from soundstage.media.value import Value, restore_facts, store_facts

SHORTEST_REFERENCE = 0.5


@dataclass(frozen=True)
class Voice(Value):
    """A voice: a `name` that the model knows, or a `reference` recording to speak like; exactly one of the two.

    `text` is what the reference says, which some models must know.
    """

    kind: ClassVar[str] = "voice"
    name: str | None = None
    reference: Audio | None = None
    text: str = ""

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
        """A voice that the model knows. Raises MissingError for the name of a sound file, for then there is none."""
        from soundstage.media.audio_files import CODINGS

        if Path(name).suffix.lower() in CODINGS:
            raise MissingError(f"{name} is not there", "check the name and the folder, or give the name of a voice")
        return cls(name=name)

    @classmethod
    def clone(cls, reference: str | Path | Audio, text: str = "") -> Voice:
        """The voice of a recording: a file, or an Audio. A file's words may stand in a .txt of its name beside it.

        Raises MissingError for a file that does not exist.
        """
        if isinstance(reference, Audio):
            return cls(reference=reference, text=text)
        words = Path(reference).with_suffix(".txt")
        if not text and words.is_file():
            text = words.read_text("utf-8").strip()
        return cls(reference=Audio.load(reference), text=text)

    def store(self, folder: Path) -> None:
        """Writes voice.json, and reference/ if there is one."""
        store_facts(folder, "voice", {"name": self.name, "text": self.text})
        if self.reference is not None:
            self.reference.store(folder / "reference")

    @classmethod
    def restore(cls, folder: Path) -> Voice:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "voice")
        reference = None if facts["name"] is not None else Audio.restore(folder / "reference")
        return cls(facts["name"], reference, facts["text"])

    def __repr__(self) -> str:
        return f"Voice({self.name!r})" if self.name is not None else f"Voice(like {self.reference!r})"
