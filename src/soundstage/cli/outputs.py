"""Files that commands write: each kind's suffixes, checked before time is spent; results saved with provenance."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

from soundstage.errors import InputError
from soundstage.graph import Task
from soundstage.graph.literal import shorten
from soundstage.graph.types import bare

USUAL = {"speech": ".wav", "audio": ".wav", "music": ".wav", "video": ".mp4", "film": ".mp4", "image": ".png"}


def save(value: Any, output: Path, provenance: Any) -> None:
    """Save a result with its provenance, if it takes one. Raises InputError for a result that cannot be saved."""
    writer = getattr(value, "save", None)
    if writer is None:
        raise InputError(
            "output", f"a {type(value).__name__} cannot be saved", "use the task from Python or in a graph"
        )
    if "provenance" in inspect.signature(writer).parameters:
        writer(output, provenance=provenance)
    else:
        writer(output)


def kind_of(annotation: Any) -> str:
    """The kind of a type, such as "speech"; a class's own name in lower case where it is no kind."""
    inner = bare(annotation)
    return str(getattr(inner, "kind", getattr(inner, "__name__", "").lower()))


def suffixes(task: Task) -> tuple[str, ...]:
    """What a task's result can be saved as; empty when that is not known."""
    kind = kind_of(task.output)
    if kind in ("audio", "speech", "music"):
        from soundstage.media.audio_files import CODINGS

        return tuple(CODINGS)
    if kind == "image":
        from soundstage.media.image_files import SUFFIXES as STILLS

        return STILLS
    if kind == "video":
        from soundstage.media.video_files import SUFFIXES as MOVING

        return MOVING
    return (".mp4",) if kind == "film" else ()


def default_output(task: Task) -> str:
    """The file that a task writes unless told: its name with the usual suffix."""
    return f"{task.name}{USUAL.get(kind_of(task.output), '.wav')}"


def check_output(task: Task, output: Path) -> None:
    """Raises InputError for a place or a suffix that cannot be written, before any time is spent."""
    known = suffixes(task)
    if known and output.suffix.lower() not in known:
        raise InputError(
            "output", f"{shorten(output.name)} has no suffix that can be written", f"use {', '.join(known)}"
        )
    if output.is_dir():
        raise InputError("output", f"{output} is a folder", f"name a file, such as {output / default_output(task)}")
    if not os.access(output.absolute().parent, os.W_OK) and output.absolute().parent.is_dir():
        raise InputError("output", f"{output.absolute().parent} may not be written to", "choose another folder")
    if not output.absolute().parent.is_dir():
        raise InputError(
            "output", f"the folder {output.absolute().parent} does not exist", "make it, or choose another"
        )
