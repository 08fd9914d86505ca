"""Whose voice speaks: one that the model knows by name, the one of a recording, or a mixture.

Notable: nobody's voice is taken without a word: `Voice.clone` asks for the statement of whoever it belongs to and keeps
it, and what is made with the voice carries it on. What was wrong with a recording and was mended stands in `notes`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from soundstage.errors import InputError, MissingError
from soundstage.media.audio import Audio
from soundstage.media.value import Value, restore_facts, store_facts

SHORTEST_REFERENCE = 0.5
EXAMPLE = "I am the speaker of this recording and agree to its cloning."


@dataclass(frozen=True)
class Voice(Value):
    """A voice: a `name` that the model knows, a `reference` recording to speak like, or a `blend`; one of the three.

    `text` is what the reference says, which some models must know; `consent` the statement of whoever the voice
    belongs to; `notes` what was done to the recording; `label` the name that it is saved under; `source` the SHA-256
    of the file that it came from. A `blend` is of voices with their shares, which sum to one.
    """

    kind: ClassVar[str] = "voice"
    name: str | None = None
    reference: Audio | None = None
    text: str = ""
    consent: str = ""
    notes: tuple[str, ...] = ()
    blend: tuple[tuple[Voice, float], ...] = ()
    label: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if (self.name is not None) + (self.reference is not None) + bool(self.blend) != 1:
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
    def clone(cls, reference: str | Path | Audio, text: str = "", *, consent: str = "") -> Voice:
        """The voice of a recording: a file, or an Audio; checked, and mended where it can be (`media.reference`).

        `consent` is what the speaker says to it, in a sentence. For me.wav, the words may stand in me.txt and the
        statement in me.consent.txt beside it. Raises MissingError for a file that does not exist, and InputError for a
        recording that nobody could be cloned from and for want of a statement.
        """
        from soundstage.media.reference import mended

        if isinstance(reference, Audio):
            audio, source = reference, ""
        else:
            path = Path(reference)
            text = text or _beside(path, ".txt")
            consent = consent or _beside(path, ".consent.txt")
            audio, source = _loaded(path)
        statement = stated(consent, "a recording" if isinstance(reference, Audio) else str(reference))
        good, notes = mended(audio, whole=bool(text))
        return cls(reference=good, text=text, consent=statement, notes=notes, source=source)

    @classmethod
    def saved(cls, name: str) -> Voice:
        """A voice that was saved by `soundstage voice`. Raises MissingError when there is none of that name."""
        from soundstage.media.voice_shelf import read

        return read(name)

    @classmethod
    def mixed(cls, parts: Sequence[tuple[Voice, float]]) -> Voice:
        """A mixture of voices by their weights, which need not sum to one; mixtures in it are taken apart.

        Raises InputError for fewer than two voices, and for weights that are not above 0.
        """
        flat: list[tuple[Voice, float]] = []
        for voice, weight in parts:
            flat += [(inner, weight * share) for inner, share in voice.blend] if voice.blend else [(voice, weight)]
        if len(flat) < 2:
            raise InputError("voices", "are fewer than two", "give at least two to mix")
        if any(not 0 < weight < float("inf") for _, weight in flat):
            raise InputError("weights", "must be above 0", "leave out a voice that is not to be heard")
        total = sum(weight for _, weight in flat)
        return cls(blend=tuple((voice, weight / total) for voice, weight in flat))

    @classmethod
    def parse(cls, text: str) -> Voice:
        """What a user wrote for a voice: a recording's file, else a saved voice, else a name that the model knows."""
        from soundstage.media.voice_shelf import holds, read

        if Path(text).is_file():
            return cls.clone(text)
        return read(text) if holds(text) else cls.named(text)

    @property
    def cloned(self) -> bool:
        """Whether a recording's voice is in it."""
        return self.reference is not None or any(part.cloned for part, _ in self.blend)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of consent to all that is cloned in it; an empty one where there is none."""
        own = (self.consent,) if self.reference is not None else ()
        return (*own, *(each for part, _ in self.blend for each in part.statements))

    @property
    def traits(self) -> dict[str, Any]:
        """What a result that speaks with it shall say of it, beside what the graph's document says."""
        if not self.cloned:
            return {}
        clones = [self] if self.reference is not None else [part for part, _ in self.blend if part.cloned]
        facts = {
            "voice": self.label or ("a clone" if self.reference is not None else "a mixture with a clone"),
            "consent": "; ".join(dict.fromkeys(each or "none was given" for each in self.statements)),
            "reference": ", ".join(dict.fromkeys(clone.source for clone in clones if clone.source)),
            "mended": "; ".join(dict.fromkeys(note for clone in clones for note in clone.notes)),
        }
        return {name: value for name, value in facts.items() if value}

    def literal(self) -> str:
        """What a document calls it by: its name. Raises InputError for one that is only in memory."""
        name = self.label or self.name
        if name is None:
            raise InputError(
                "voice",
                "a value in memory cannot be written in a document",
                "save it, and give the file's path or the name that it is saved under",
            )
        return name

    def store(self, folder: Path) -> None:
        """Writes voice.json, reference/ if there is one, and 0000/, 0001/… for what is mixed."""
        facts = {
            "name": self.name, "text": self.text, "consent": self.consent, "notes": list(self.notes),
            "label": self.label, "source": self.source, "shares": [share for _, share in self.blend],
        }  # fmt: skip
        store_facts(folder, "voice", facts)
        if self.reference is not None:
            self.reference.store(folder / "reference")
        for index, (voice, _) in enumerate(self.blend):
            voice.store(folder / f"{index:04d}")

    @classmethod
    def restore(cls, folder: Path) -> Voice:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "voice")
        shares = facts.get("shares", [])
        blend = tuple((cls.restore(folder / f"{index:04d}"), share) for index, share in enumerate(shares))
        reference = None if facts["name"] is not None or blend else Audio.restore(folder / "reference")
        return cls(
            facts["name"], reference, facts["text"], facts.get("consent", ""), tuple(facts.get("notes", ())), blend,
            facts.get("label", ""), facts.get("source", ""),
        )  # fmt: skip

    def __repr__(self) -> str:
        if self.label:
            return f"Voice({self.label!r}, saved)"
        if self.blend:
            return f"Voice({' + '.join(f'{share:.2f} {voice!r}' for voice, share in self.blend)})"
        return f"Voice({self.name!r})" if self.name is not None else f"Voice(like {self.reference!r})"


def stated(consent: str, what: str) -> str:
    """A statement of consent, its white space put in order.

    Raises InputError where there is none, or less than a sentence; the message says how to give it.
    """
    words = consent.split()
    if len(words) >= 3:
        return " ".join(words)
    problem = (
        f"{consent[:40]!r} is not a sentence" if words else f"cloning the voice of {what} needs its speaker's word"
    )
    remedy = f'say it: consent="{EXAMPLE}"'
    if Path(what).suffix:
        stem = Path(what).stem
        remedy += (
            f', or write it into {stem}.consent.txt, or: soundstage voice clone {what} --name {stem} --consent "…"'
        )
    raise InputError("consent", problem, remedy)


def _beside(path: Path, suffix: str) -> str:
    """What stands in a text file of the same name; nothing where there is none."""
    file = path.with_suffix(suffix)
    return file.read_text("utf-8", "replace").strip() if file.is_file() else ""


def _loaded(path: Path) -> tuple[Audio, str]:
    """The sound of a file, and the SHA-256 of its bytes."""
    from soundstage.media.paths import existing

    about = existing(path).stat()
    return _kept(path.absolute(), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=2)  # one call reads a reference several times: to check it, to use it, to write of it
def _kept(path: Path, changed: int, size: int) -> tuple[Audio, str]:
    audio = Audio.load(path)
    with path.open("rb") as file:
        return audio, hashlib.file_digest(file, "sha256").hexdigest()
