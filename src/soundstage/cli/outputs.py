"""Files that commands write: each kind's suffixes, checked before time is spent; results saved with provenance."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundstage.errors import InputError
from soundstage.graph import Task
from soundstage.graph.literal import shorten
from soundstage.graph.types import bare

if TYPE_CHECKING:
    from soundstage.media.sources import Source

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


def licence_facts(output: Path, made_with: Iterable[Source] = ()) -> dict[str, Any]:
    """What a written file says it was made with, as a command reports it; `made_with` where no file can say it."""
    from soundstage.media.sources import strictest
    from soundstage.runtime.licences import sources_of_file

    listed = list((sources_of_file(output) if output.is_file() else ()) or made_with)
    if not listed:
        return {}
    told = {"licence": strictest(listed), "commercial": all(source.commercial for source in listed)}
    return told | {"sources": [asdict(source) for source in listed]}


def spelled_licence(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same for people: the licence in a line, and who asked for it where there are several."""
    told = {name: value for name, value in facts.items() if name not in ("commercial", "sources")}
    if "commercial" in facts:
        told["licence"] = f"{facts['licence']}; commercial use: {'yes' if facts['commercial'] else 'no'}"
        told["made with"] = ", ".join(f"{source['name']} ({source['licence']})" for source in facts["sources"])
    return told


def kind_of(annotation: Any) -> str:
    """The kind of a type, such as "speech"; a class's own name in lower case where it is no kind."""
    inner = bare(annotation)
    return str(getattr(inner, "kind", getattr(inner, "__name__", "").lower()))


def suffixes(task: Task) -> tuple[str, ...]:
    """What a task's result can be saved as; empty when that is not known."""
    kind = kind_of(task.output)
    if kind in ("audio", "speech", "music"):
        from soundstage.media.audio_files import CODINGS
        from soundstage.media.project import SOUNDS, SUFFIX

        return (*CODINGS, SUFFIX, SOUNDS) if kind == "music" else tuple(CODINGS)
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


def to_pipe(task: Task, output: Path) -> bool:
    """Whether a sound is to go to standard output as it is made."""
    return str(output) == "-" and kind_of(task.output) == "speech"


def check_subtitles(path: str) -> None:
    """Raises InputError for a file of subtitles that cannot be written."""
    from soundstage.media.paths import known_suffix
    from soundstage.media.subtitles import WRITTEN

    known_suffix(Path(path), WRITTEN)
    _check_folder("subtitles", Path(path))


def save_parts(parts: Iterator[Any], output: Path, subtitles: str, provenance: Any) -> float:
    """Write a speech as it is made, a sentence at a time in memory, to a sound file; returns its seconds.

    The parts are those of `tasks.speak_parts`: a rate, and samples with the times of their words.
    """
    from soundstage.media.audio_blocks import write_blocks
    from soundstage.media.cues import cues_of
    from soundstage.media.speech import Word
    from soundstage.media.subtitles import write_subtitles

    words: list[Word] = []
    lengths: list[int] = []
    rate, first = next(parts)

    def samples() -> Iterator[Any]:
        for _, part in chain([(rate, first)], parts):
            words.extend(part.words)
            lengths.append(len(part.samples))
            yield part.samples[None]

    write_blocks(output, samples(), rate=rate, channels=1, length=None, provenance=provenance)
    if subtitles:
        write_subtitles(cues_of(words), subtitles)
    return float(sum(lengths) / rate)


def pipe(pieces: Iterator[Any]) -> dict[str, Any]:
    """Write pieces of sound to standard output as they come: 16 bit little-endian samples without a header."""
    import numpy as np

    count, rate = 0, 0
    for piece in pieces:
        rate = piece.rate
        data = np.clip(np.rint(piece.samples.T * 32768.0), -32768, 32767).astype("<i2").tobytes()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        count += piece.length
    return {"format": f"s16le, {rate} Hz, mono", "length": f"{count / max(rate, 1):.2f} s"}


def check_output(task: Task, output: Path) -> None:
    """Raises InputError for a place or a suffix that cannot be written, before any time is spent."""
    known = suffixes(task)
    if to_pipe(task, output):
        return
    if known and output.suffix.lower() not in known:
        raise InputError(
            "output", f"{shorten(output.name)} has no suffix that can be written", f"use {', '.join(known)}"
        )
    if output.is_dir():
        raise InputError("output", f"{output} is a folder", f"name a file, such as {output / default_output(task)}")
    _check_folder("output", output)


def _check_folder(field: str, path: Path) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(field, f"the folder {folder} does not exist", "make it, or choose another")
    if not os.access(folder, os.W_OK):
        raise InputError(field, f"{folder} may not be written to", "choose another folder")
