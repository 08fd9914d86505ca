"""Freed memory given back to the system, where the C library would keep it.

Notable: glibc keeps what was freed for the next time, in pieces that seldom fit, so a process that works long grows
though it holds no more. Whoever works through something long does so `lean`, and calls `trim` between two parts of it;
a call takes about ten milliseconds.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

MMAP_THRESHOLD = -3  # of glibc's malloc.h
LEAN, USUAL = 64 * 1024, 32 * 1024 * 1024
"""Bytes from which on a block is a mapping of its own, given back when freed; glibc lets its own bound rise to the
second."""


def trim() -> bool:
    """Gives freed memory back, and says whether there was any; does nothing where the C library is not glibc."""
    library = _glibc()
    return library is not None and bool(library.malloc_trim(ctypes.c_size_t(0)))


@contextmanager
def lean() -> Iterator[None]:
    """While it lasts, larger blocks go back to the system as soon as they are freed, and leave no holes behind."""
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(MMAP_THRESHOLD, LEAN)
    try:
        yield
    finally:
        library.mallopt(MMAP_THRESHOLD, USUAL)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc, looked for once."""
    try:
        if not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return None
        found = ctypes.CDLL(None)
        found.malloc_trim, found.mallopt  # noqa: B018 - both must be there
    except (AttributeError, ValueError, OSError):  # another system, or another C library
        return None
    return found
