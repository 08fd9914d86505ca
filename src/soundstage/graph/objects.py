"""Values as folders of files, named by the hash of what is in them.

Notable: files are written in a temporary folder, synced, and renamed to their address, so that a process killed at any
moment leaves whole objects or none; equal values are kept once.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from soundstage.graph.values import SHAPE, canonical, lay_out

ORPHAN_AGE = 3600.0


class Objects:
    """The folders `objects/` and `tmp/` of a cache. Without `durable` nothing waits for the disk."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.shelves, self.desk, self.durable = folder / "objects", folder / "tmp", durable
        for place in (self.shelves, self.desk):
            place.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def place(self, address: str) -> Path:
        """Where an object lies, if it is there."""
        return self.shelves / address[:2] / address

    @contextmanager
    def laid_out(self, value: Any, annotation: Any) -> Iterator[tuple[dict[str, Any], Path | None]]:
        """A value's shape, and the temporary folder of its files if it has any; what is not kept is removed."""
        folder = self._new()
        try:
            shape = lay_out(value, annotation, folder)
            yield shape, folder if folder.exists() else None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, shape: dict[str, Any], folder: Path | None, address: str) -> int:
        """Move a laid-out value to its address, durably; returns its bytes."""
        if folder is None:
            folder = self._new()
            folder.mkdir()
        files = [path for path in folder.rglob("*") if path.is_file()]
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
        (folder / SHAPE).write_bytes(canonical({"shape": shape, "sizes": sizes}))
        self._sync(*files, folder / SHAPE, *(path for path in folder.rglob("*") if path.is_dir()), folder)
        target = self.place(address)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:  # already there: from another run or process
            if not self.intact(address):
                self.remove(address)
                folder.rename(target)
            shutil.rmtree(folder, ignore_errors=True)
        self._sync(target.parent)
        return sum(sizes.values()) + (target / SHAPE).stat().st_size

    def shape(self, address: str) -> dict[str, Any]:
        """The shape of an object. Raises OSError, ValueError, KeyError or TypeError when it is not whole."""
        found: dict[str, Any] = json.loads((self.place(address) / SHAPE).read_text("utf-8"))["shape"]
        return found

    def intact(self, address: str) -> bool:
        """Whether an object's files are all there with the sizes that they had."""
        folder = self.place(address)
        try:
            sizes = json.loads((folder / SHAPE).read_text("utf-8"))["sizes"]
            return all((folder / name).stat().st_size == size for name, size in sizes.items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def remove(self, address: str) -> None:
        """Delete an object; renamed first, so that no half of it is ever found at its address."""
        grave = self._new()
        try:
            self.place(address).rename(grave)
        except OSError:
            return
        shutil.rmtree(grave, ignore_errors=True)

    def remove_orphans(self, known: Collection[str]) -> None:
        """Delete what no result names, unless it is so new that its name may still be on the way."""
        for path in self.shelves.glob("*/*"):
            if path.name not in known and time.time() - path.stat().st_mtime > ORPHAN_AGE:
                self.remove(path.name)

    def clear(self) -> None:
        """Delete every object."""
        for shelf in self.shelves.iterdir():
            shutil.rmtree(shelf, ignore_errors=True)

    def _new(self) -> Path:
        return self.desk / f"{os.getpid()}-{uuid.uuid4().hex}"

    def _sync(self, *paths: Path) -> None:
        """Wait until files and folders are on the disk."""
        for path in paths if self.durable else ():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _sweep(self) -> None:
        """Remove what processes that are gone left half-written."""
        for path in self.desk.iterdir():
            owner = path.name.partition("-")[0]
            if owner.isdigit() and int(owner) != os.getpid() and not _alive(int(owner)):
                shutil.rmtree(path, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
