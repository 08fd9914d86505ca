"""Where files go and come from: atomic writes, known suffixes, and one clear error for each thing that can be wrong.

Notable: nobody ever sees a half-written file. Writers get a temporary neighbour of the target that is renamed over
it when all went well and removed when not.
"""

from __future__ import annotations

import os
import secrets
import shutil
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from soundstage.errors import InputError, MissingError

PICTURE_ERRORS = (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, EOFError, struct.error)
"""What Pillow's readers raise when they meet nonsense."""


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yields a temporary path of the same suffix in the same folder (made if missing); renames it to `path` at the end.

    An exception inside leaves `path` as it was. Raises InputError when the place cannot be written to.
    """
    part = neighbour(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        publish(part, path)
    except OSError as error:
        if _about(error, path.parent) or (error.filename is None and not part.exists()):
            raise unwritable(path, error) from error
        raise
    finally:
        discard(part)


def neighbour(path: Path) -> Path:
    """A new hidden name beside `path`, with its suffix."""
    return path.with_name(f".{path.stem[:80]}-{secrets.token_hex(6)}{path.suffix}")


def publish(part: Path, path: Path) -> None:
    """Renames `part` to `path`; a folder replaces a folder."""
    if part.is_dir() and path.is_dir():
        old = neighbour(path)
        path.rename(old)
        part.rename(path)
        shutil.rmtree(old)
    else:
        part.replace(path)


def discard(part: Path) -> None:
    """Removes a temporary file or folder that is still there."""
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        with suppress(OSError):
            part.unlink()


def existing(path: Path) -> Path:
    """`path`, when it is there. Raises MissingError when it is not."""
    if not path.exists():
        raise MissingError(f"{path} is not there", "check the name and the folder")
    return path


def known_suffix(path: Path, known: Iterable[str]) -> str:
    """The suffix in lower case. Raises InputError, listing the known ones, for any other."""
    suffix, names = path.suffix.lower(), list(known)
    if suffix not in names:
        raise InputError("path", f"{path.name!r} has no suffix that can be written here", f"use {', '.join(names)}")
    return suffix


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Opens a file with PyAV, for reading. Raises MissingError, and InputError for all that goes wrong inside."""
    import av

    existing(path)
    try:
        with av.open(str(path)) as container:
            yield container
    except (av.FFmpegError, OSError, ValueError) as error:
        raise damaged(path, error) from error


def decodable(streams: Iterable[Any]) -> list[Any]:
    """The PyAV streams that there is a decoder for: a damaged header may name a codec that does not exist."""
    return [stream for stream in streams if stream.codec_context is not None]


@contextmanager
def pictured(path: Path) -> Iterator[Any]:
    """Opens a file with Pillow, for reading. Raises MissingError, and InputError for all that goes wrong inside."""
    import PIL.Image

    existing(path)
    try:
        with PIL.Image.open(path) as picture:
            yield picture
    except PICTURE_ERRORS as error:
        raise damaged(path, error) from error
    except PIL.Image.DecompressionBombError as error:
        raise damaged(path, "it claims to be larger than any picture") from error


def damaged(path: Path, why: object) -> InputError:
    """The one error for a file that cannot be read."""
    reason = getattr(why, "strerror", None) or why
    return InputError("path", f"{path} cannot be read ({reason})", "is it damaged, or not a media file?")


def unwritable(path: Path, error: OSError) -> InputError:
    """The one error for a place that cannot be written to."""
    problem = f"{path} cannot be written ({error.strerror or error})"
    return InputError("path", problem, "choose a folder that you may write to, on a disk with room")


def _about(error: OSError, folder: Path) -> bool:
    """Whether an error came from the file system at `folder` rather than from reading something else."""
    return error.filename is not None and os.fspath(error.filename).startswith(os.fspath(folder))
