"""`soundstage doctor`: what this machine can do, what is missing, and the remedy for each."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from soundstage.cli.cache import spell_bytes
from soundstage.cli.look import JSON
from soundstage.errors import MissingError, SoundstageError

EXTRAS = {
    "train": ("pyworld",),
    "evaluate": ("pocketsphinx", "resemblyzer", "librosa", "opencv-python-headless"),
    "adapters": ("transformers", "diffusers", "openai"),
}
CODECS = ("libx264", "aac", "libmp3lame", "libopus", "flac", "libvpx-vp9", "mov_text")
MARKS = {"good": "ok", "note": "--", "bad": "!!"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: "note" is something optional that is absent, "bad" something to mend."""

    name: str
    state: Literal["good", "note", "bad"]
    text: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, JSON] = False) -> None:
    """Tell what this machine can run, and what is missing. Exits with 3 when something needed is."""
    found = [*software(), *machine(), *starters(), *video(), *extras(), *codecs(), *places()]
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False))
    else:
        width = max(len(finding.name) for finding in found)
        for finding in found:
            remedy = f"  → {finding.remedy}" if finding.remedy else ""
            print(f"{MARKS[finding.state]}  {finding.name:<{width}}  {finding.text}{remedy}")
    bad = [finding for finding in found if finding.state == "bad"]
    if bad:
        raise MissingError(f"{len(bad)} of {len(found)} checks failed: {', '.join(f.name for f in bad)}", bad[0].remedy)


def software() -> Iterator[Finding]:
    """Python, this package, torch."""
    from soundstage.runtime.record import version

    supported = sys.version_info >= (3, 11)
    yield Finding(
        "python", "good" if supported else "bad", platform.python_version(), "" if supported else "use 3.11 or newer"
    )
    yield Finding("soundstage", "good", version())
    import torch

    number = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    tested = (2, 11) <= number <= (2, 13)
    yield Finding("torch", "good" if tested else "note", torch.__version__, "" if tested else "2.11 to 2.13 are tested")


def machine() -> Iterator[Finding]:
    """Devices, memory, cores."""
    import torch

    from soundstage.runtime.settings import cores, device_memory_mb, resolve_device

    chosen = resolve_device("auto")
    names = ["cpu"] + [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    names += ["mps"] if torch.backends.mps.is_available() else []
    yield Finding("devices", "good", f"{', '.join(names)}; auto is {chosen}, {device_memory_mb(chosen) / 1024:.1f} GB")
    count = cores()
    yield Finding(
        "cores", "good" if count > 1 else "note", f"{count} for this process", "" if count > 1 else "films take long"
    )


def starters() -> Iterator[Finding]:
    """The starters: there, whole, and within this machine's memory."""
    from soundstage.runtime import settings
    from soundstage.weights import card_of
    from soundstage.weights import starters as names
    from soundstage.weights.load import WEIGHTS, sha256
    from soundstage.weights.reference import STARTERS

    budget = settings().budget_mb
    for wanted in ("voice", "music", "video"):
        if wanted not in names():
            yield Finding(
                f"starter/{wanted}", "bad", "is not there", "reinstall soundstage, or train it with its recipe"
            )
    for name in names():
        try:
            card = card_of(f"starter/{name}")
        except SoundstageError as error:
            yield Finding(f"starter/{name}", "bad", str(error), "reinstall soundstage")
            continue
        weights = STARTERS / name / WEIGHTS
        if not weights.is_file() or sha256(weights) != card.sha256:
            problem = "its weights are not those of its card" if weights.is_file() else "has no weights"
            yield Finding(card.ref, "bad", problem, "reinstall soundstage, or train it with its recipe")
        elif card.memory_mb > budget:
            yield Finding(card.ref, "bad", f"needs {card.memory_mb:.0f} MB of {budget:.0f}", "free memory")
        else:
            size = f"{card.parameters / 1e6:.1f} M parameters, {card.size_mb:.1f} MB"
            yield Finding(card.ref, "good", f"{card.task}, {size}, runs in {card.memory_mb:.0f} MB; hash is right")


def video() -> Iterator[Finding]:
    """The public video checkpoints, and how they would fit this machine in bfloat16 and in int8, for their usual clips.

    What float8 takes is what int8 takes.
    """
    from soundstage.runtime import settings
    from soundstage.runtime.room import KNOWN
    from soundstage.runtime.settings import device_memory_mb
    from soundstage.tasks.shoot_estimate import need_of

    now = settings()
    device = now.resolved_device
    most = now.budget_mb if now.memory_mb is not None else 0.95 * device_memory_mb(device)
    for checkpoint in KNOWN:
        need = need_of(checkpoint, device)
        fit = need.fit("bfloat16", now.budget_mb)
        remedy, have = "", now.budget_mb
        if fit.way == "not at all":
            fit = need.fit("bfloat16", most)
            remedy, have = f"--memory {math.ceil(fit.needed_mb / 1024)}", most
        clip = f"{checkpoint.frames} frames of {checkpoint.size[0]}x{checkpoint.size[1]}"
        room = f"{fit.needed_mb / 1024:.1f} of {have / 1024:.1f} GB for {clip}"
        tiles = ", its autoencoder in tiles" if fit.tiles else ""
        if fit.way == "not at all":
            yield Finding(checkpoint.ref, "note", f"does not fit: {room}", "take a smaller model")
        elif fit.way == "with int8 weights":
            text = f"fits with int8 or fp8 weights, one part at a time{tiles}: {room}"
            yield Finding(checkpoint.ref, "good", text, f"--dtype int8 {remedy}".strip())
        else:
            least = need.peak_mb("int8", whole=fit.way == "whole", tiles=fit.tiles)
            text = f"fits {fit.way}{tiles}: {room}; {least / 1024:.1f} GB in int8 or fp8"
            yield Finding(checkpoint.ref, "good", text, f"--dtype bfloat16 {remedy}".strip() if remedy else "")


def extras() -> Iterator[Finding]:
    """What is optional."""
    for extra, packages in EXTRAS.items():
        absent = [package for package in packages if not _installed(package)]
        if absent:
            yield Finding(
                f"extra {extra}", "note", f"without {', '.join(absent)}", f"pip install 'soundstage[{extra}]'"
            )
        else:
            yield Finding(f"extra {extra}", "good", ", ".join(packages))


def codecs() -> Iterator[Finding]:
    """What PyAV's FFmpeg can write."""
    import av
    from av.codec import codecs_available

    absent = [codec for codec in CODECS if codec not in codecs_available]
    text = f"PyAV {av.__version__}: {', '.join(codec for codec in CODECS if codec not in absent)}"
    if absent:
        yield Finding("codecs", "bad", f"without {', '.join(absent)}", "pip install --force-reinstall av")
    else:
        yield Finding("codecs", "good", text)


def places() -> Iterator[Finding]:
    """The folder of the cache, and room for films."""
    from soundstage.runtime import cache_folder

    folder = cache_folder()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        yield Finding("cache", "bad", f"{folder} cannot be written", "set SOUNDSTAGE_CACHE to a folder that can")
        return
    free = shutil.disk_usage(there).free
    roomy = free > 2 * 2**30
    text = f"{folder}, {spell_bytes(free)} free on its disk"
    yield Finding("cache", "good" if roomy else "note", text, "" if roomy else "films need some GB of cache")


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
