"""Freed memory given back to the system, where the C library would keep it.

Notable: glibc keeps what was freed for the next time, in pieces that seldom fit, so a process that works long grows
though it holds no more. Whoever works through something long calls `trim` between two parts of it; a call takes about
ten milliseconds.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache


def trim() -> bool:
    """Gives freed memory back, and says whether there was any; does nothing where the C library is not glibc."""
    give = _malloc_trim()
    return give is not None and bool(give(0))


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`, looked for once."""
    try:
        if not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return None
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, ValueError, OSError):  # another system, or another C library
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    give: Callable[[int], int] = found
    return give
