"""Peers that do not install beside our torch: entered from another environment's folder, where one is named.

Notable: `BENCH_PEERS` lists folders of packages, parted by colons, that are searched last; so torch stays ours and both
sides run in one process. torchaudio, which two of them import for resampling only, may be absent.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import math
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.pairs import Row, seconds


def enter(package: str) -> bool:
    """Whether a package is there, its folder put on the path."""
    for folder in os.environ.get("BENCH_PEERS", "").split(":"):
        if folder and folder not in sys.path:
            sys.path.append(folder)
    if importlib.util.find_spec(package) is None:
        return False
    for name in ("torchaudio", "torchaudio.functional", "torchaudio.transforms", "librosa", "librosa.filters"):
        try:
            importlib.import_module(name)
        except (ImportError, OSError):  # a build for another torch cannot load its compiled part
            empty = types.ModuleType(name)
            empty.__spec__ = importlib.machinery.ModuleSpec(name, None)
            empty.mel = None  # type: ignore[attr-defined]
            sys.modules[name] = empty
    if package == "f5_tts":  # its `model` imports its trainer; its parts do not need it
        found = importlib.util.find_spec("f5_tts")
        assert found is not None and found.submodule_search_locations
        entered = types.ModuleType("f5_tts.model")
        entered.__path__ = [str(Path(found.submodule_search_locations[0]) / "model")]
        sys.modules["f5_tts.model"] = entered
    return True


def absent(work: str, peer: str, unit: str, amount: float, ours: Callable[[], object], *, pairs: int = 3) -> Row:
    """Ours alone, where the peer is not installed; the row says so."""
    ours()
    own = median(seconds(ours) for _ in range(pairs))
    nothing = math.nan
    return Row(
        work=work, peer=peer, unit=unit, ours=amount / own, theirs=nothing, ratio=nothing, low=nothing, high=nothing,
        pairs=pairs, note=f"{peer} is not installed here: name its packages in BENCH_PEERS",
    )  # fmt: skip
