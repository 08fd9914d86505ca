"""Music that can be worked on: mix, stems, score and beats in one file, bit for bit (`.music`).

Notable: a ZIP archive of what `Music.store` writes, without compression or dates, so the same music is the same file;
what a sound file would lose (the stems, the score) is what `inpaint`, `extend` and the like work on.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from soundstage.errors import InputError
from soundstage.media.paths import written
from soundstage.media.provenance import Provenance

if TYPE_CHECKING:
    from soundstage.media.music import Music

SUFFIX, SOUNDS = ".music", ".zip"
PROVENANCE = "provenance.json"
_DATE = (1980, 1, 1, 0, 0, 0)


def save_project(music: Music, path: Path, provenance: Provenance | None = None) -> None:
    """Write a project; atomically."""
    with tempfile.TemporaryDirectory() as temporary, written(path) as part:
        folder = Path(temporary)
        music.store(folder)
        if provenance is not None:
            provenance.store(folder)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                archive.writestr(zipfile.ZipInfo(file.relative_to(folder).as_posix(), _DATE), file.read_bytes())


def save_sounds(music: Music, path: Path, provenance: Provenance | None = None) -> None:
    """Write mix and stems as sound files in one archive, mix.wav and stems/NAME.wav, for other programs; atomically."""
    with tempfile.TemporaryDirectory() as temporary, written(path) as part:
        folder = Path(temporary)
        music.mix.save(folder / "mix.wav", provenance, bits=32)
        (folder / "stems").mkdir()
        music.save_stems(folder / "stems", provenance, bits=32)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _DATE)
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def load_project(path: Path) -> Music:
    """Read a project. Raises InputError for a file that is none."""
    from soundstage.media.music import Music

    try:
        with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(path) as archive:
            folder = Path(temporary)
            archive.extractall(folder)  # which never leaves the folder
            return Music.restore(folder)
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise _no_project(path, error) from None


def project_provenance(path: Path) -> Provenance | None:
    """What a project says of its making, or None. Raises InputError for a file that is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return Provenance.from_json(archive.read(PROVENANCE).decode())
    except KeyError:
        return None
    except (zipfile.BadZipFile, OSError) as error:
        raise _no_project(path, error) from None


def _no_project(path: Path, error: Exception) -> InputError:
    return InputError("music", f"{path} is not a project ({error})", f"give a {SUFFIX} file")
