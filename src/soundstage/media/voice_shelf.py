"""Voices that a user has saved: a folder a voice, with its recording, what it says, who agreed to it and when.

Notable: a voice stands there whole or not at all (written beside, then renamed). What is mixed of clones holds copies
of their recordings, so that it outlives them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from soundstage.errors import InputError, MissingError
from soundstage.media.audio import Audio
from soundstage.media.paths import discard, neighbour, publish, unwritable
from soundstage.media.voice import Voice

FORMAT = 1
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def folder() -> Path:
    """Where voices are saved: `$SOUNDSTAGE_VOICES`, or `~/.local/share/soundstage/voices`."""
    return Path(os.environ.get("SOUNDSTAGE_VOICES") or "~/.local/share/soundstage/voices").expanduser()


def holds(name: str) -> bool:
    """Whether a voice of that name is saved."""
    return bool(NAME.fullmatch(name)) and (folder() / name / "voice.json").is_file()


def names() -> list[str]:
    """The names of all saved voices, in order."""
    place = folder()
    return sorted(child.name for child in place.iterdir() if holds(child.name)) if place.is_dir() else []


def facts(name: str) -> dict[str, Any]:
    """What voice.json says. Raises MissingError without such a voice, and InputError for one that is damaged."""
    if not holds(name):
        known = ", ".join(names()) or "none"
        raise MissingError(f"no voice {name[:60]!r} is saved", f"saved: {known}; save one with: soundstage voice clone")
    path = folder() / name / "voice.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["soundstage_voice"] > FORMAT:
            raise InputError("voice", f"{path} was written by a later version", "update soundstage")
        return dict(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("voice", f"{path} is damaged", f"save it again: soundstage voice delete {name}") from error


def read(name: str) -> Voice:
    """A saved voice. Raises MissingError without one, and InputError for one that is damaged."""
    found = facts(name)
    return replace(_voice(found, folder() / name), label=name)


def write(voice: Voice, name: str, about: Mapping[str, Any], *, over: bool = False) -> Path:
    """Saves a voice under a name, with facts `about` it beside those of its own.

    Raises InputError for a name that cannot be one or is taken, and for a place that cannot be written to.
    """
    if not NAME.fullmatch(name):
        raise InputError("name", f"{name[:60]!r} cannot be a voice's", "use up to 40 of a-z, 0-9, - and _")
    place = folder() / name
    if place.exists() and not over:
        raise InputError("name", f"a voice {name!r} is saved already", "choose another, or delete that one first")
    part = neighbour(place)
    try:
        part.mkdir(parents=True)
        whole = {"soundstage_voice": FORMAT, "name": name, **about, **_written(voice, part, "reference")}
        text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
        (part / "voice.json").write_text(text + "\n", "utf-8")
        publish(part, place)
    except OSError as error:
        raise unwritable(place, error) from error
    finally:
        discard(part)
    return place


def delete(name: str) -> None:
    """Removes a saved voice with all its files. Raises MissingError when there is none of that name."""
    if not holds(name):
        facts(name)
    place = folder() / name
    gone = neighbour(place)
    place.rename(gone)  # at once for whoever reads; then file by file
    shutil.rmtree(gone)


def _written(voice: Voice, place: Path, stem: str) -> dict[str, Any]:
    """A voice as JSON holds it; its recordings become files in `place`."""
    if voice.blend:
        parts = [
            {**_written(part, place, f"part-{index}"), "share": share}
            for index, (part, share) in enumerate(voice.blend)
        ]
        return {"blend": parts}
    if voice.reference is None:
        return {"voice": voice.name}
    voice.reference.save(place / f"{stem}.flac", bits=24)
    return {
        "recording": f"{stem}.flac", "text": voice.text, "consent": voice.consent, "source": voice.source,
        "notes": list(voice.notes), "label": voice.label,
    }  # fmt: skip


def _voice(found: Mapping[str, Any], place: Path) -> Voice:
    try:
        if "blend" in found:
            return Voice(blend=tuple((_voice(part, place), float(part["share"])) for part in found["blend"]))
        if "voice" in found:
            return Voice.named(found["voice"])
        return Voice(
            reference=Audio.load(place / Path(found["recording"]).name), text=found["text"], consent=found["consent"],
            notes=tuple(found["notes"]), source=found["source"], label=found["label"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("voice", f"{place / 'voice.json'} is damaged", "save the voice again") from error
