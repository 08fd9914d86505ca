"""Scores in files, by suffix: MIDI, MusicXML, ABC, chord charts, LRC (written only) and the score's own JSON.

Notable: what a format can hold comes back equal; what it cannot is said in its file. Formats are imported when used.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from soundstage.errors import InputError
from soundstage.media.paths import existing, known_suffix, written
from soundstage.media.score import Score

FORMATS = {
    ".mid": "midi",
    ".midi": "midi",
    ".musicxml": "musicxml",
    ".xml": "musicxml",
    ".mxl": "musicxml",
    ".abc": "abc",
    ".chords": "chart",
    ".cho": "chart",
    ".txt": "chart",
    ".lrc": "lrc",
}
WRITTEN = (*(suffix for suffix in FORMATS if suffix not in (".xml", ".cho")), ".json")
READ = (*(suffix for suffix in FORMATS if suffix != ".lrc"), ".json")


def save(score: Score, path: str | Path) -> Path:
    """Writes a score to a file, atomically. Raises InputError for a suffix that is not in `WRITTEN`."""
    path = Path(path)
    suffix = known_suffix(path, WRITTEN)
    if suffix == ".json":
        with written(path) as part:
            part.write_text(json.dumps(score.facts(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path
    saved: Path = import_module(f"{__name__}.{FORMATS[suffix]}").save(score, path)
    return saved


def load(path: str | Path) -> Score:
    """Reads a score. Raises MissingError for no file, InputError for a broken one or a suffix that is not in `READ`."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in READ:
        raise InputError("score", f"{path.name!r} has no suffix that can be read", f"give {', '.join(READ)}")
    existing(path)
    if suffix != ".json":
        loaded: Score = import_module(f"{__name__}.{FORMATS[suffix]}").load(path)
        return loaded
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("score", f"{path.name} is no JSON ({error})", "give a score's JSON") from error
    if not isinstance(facts, dict):
        raise InputError("score", f"{path.name} does not hold an object", "give a score's JSON")
    return Score.of_facts(facts)
