"""Provenance in a file's own metadata: one compact JSON text, the `comment` of every container.

Notable: `comment` is the one key that all of them keep: wav (INFO ICMT), mp3 (ID3), flac, ogg and webm (Vorbis and
Matroska tags), mp4 (udta ©cmt), png (iTXt), jpg and webp (EXIF), gif (comment extension). Lossy sound adds its true
length and rate under `sound`, so that encoder padding and a codec's own rate do not show when it is loaded again.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from soundstage.errors import InputError
from soundstage.media.audio import MAX_RATE
from soundstage.media.paths import existing, opened
from soundstage.media.provenance import FORMAT, Provenance
from soundstage.media.video import frame_rate

KEY = "comment"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def tag_text(
    provenance: Provenance | None, *, sound: tuple[int, int] | None = None, fps: Fraction | None = None
) -> str | None:
    """The JSON text to write: provenance, (length, rate) of lossy sound, exact frame rate; None if there is none."""
    if provenance is None and sound is None and fps is None:
        return None
    facts: dict[str, Any] = {"soundstage": FORMAT} if provenance is None else json.loads(provenance.to_json())
    if sound is not None:
        facts["sound"] = list(sound)
    if fps is not None:
        facts["fps"] = str(fps)
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def parse_tag(text: str | None) -> dict[str, Any]:
    """The facts of a tag that we wrote; empty for any other text."""
    try:
        facts = json.loads(text or "")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) and "soundstage" in facts else {}


def provenance_of(facts: dict[str, Any]) -> Provenance | None:
    """The provenance in parsed facts, if they hold one."""
    known = {name: value for name, value in facts.items() if name not in ("sound", "fps")}
    try:
        return Provenance.from_json(json.dumps(known))
    except InputError:
        return None


def sound_of(facts: dict[str, Any]) -> tuple[int, int] | None:
    """The true (length, rate) in parsed facts, if they hold a sane one."""
    sound = facts.get("sound")
    if not (isinstance(sound, list) and len(sound) == 2 and all(isinstance(part, int) for part in sound)):
        return None
    length, rate = sound
    return (length, rate) if length > 0 and 1000 <= rate <= MAX_RATE else None


def rate_of(facts: dict[str, Any]) -> Fraction | None:
    """The exact frame rate in parsed facts, if they hold one."""
    try:
        return frame_rate(Fraction(facts["fps"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, InputError):
        return None


def container_tag(container: Any) -> dict[str, Any]:
    """The facts in an open PyAV container: its own comment, or that of a stream (ogg keeps it there)."""
    for metadata in (container.metadata, *(stream.metadata for stream in container.streams)):
        for key, text in metadata.items():
            if key.lower() == KEY and (facts := parse_tag(text)):
                return facts
    return {}


def read_tag(path: Path) -> dict[str, Any]:
    """The facts that a file carries; empty when it carries none of ours.

    A folder of numbered pictures carries those of its first. Raises MissingError for no file, and InputError for
    one that cannot be read.
    """
    existing(path)
    if path.is_dir():
        pictures = sorted(child for child in path.iterdir() if child.suffix.lower() in PICTURES)
        return read_tag(pictures[0]) if pictures else {}
    if path.suffix.lower() in PICTURES:
        from soundstage.media.image_files import read_picture_tag

        return parse_tag(read_picture_tag(path))
    with opened(path) as container:
        return container_tag(container)
