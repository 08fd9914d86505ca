"""A checkpoint's folder as its publisher laid it out: which family reads its `config.json`, and the card we give it.

Notable: the family is what `model_type` says, never guessed from names or keys. What a folder does not tell, its
licence above all, the card says is unknown, and an unknown licence is no commercial one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import CARD, Card

FREE = frozenset(
    {"apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "unlicense", "isc"}
)
"""Licences that allow commercial use, as the front matter of a README names them."""
UNKNOWN = "unknown: see where it was published"
CONFIG = "config.json"
INDEX = "model_index.json"
BESIDE = {"bark": "generation_config.json", "musicgen": "generation_config.json", "xtts": "vocab.json"}
"""What else a family's config is read from."""
FAMILY_TASKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "vits": ("vits", "speak"),
        "xtts": ("xtts", "speak"),
        "bark": ("bark", "speak"),
        "encodec": ("encodec", "codec"),
        "mimi": ("mimi", "codec"),
        "musicgen": ("musicgen", "compose"),
        "musicgen_melody": ("musicgen", "compose"),
        "audiocraft": ("musicgen", "compose"),
        "t5": ("t5", "read"),
        "umt5": ("t5", "read"),
    }
)
"""`model_type` of transformers, or `model` of Coqui: our family and its task."""
PIPELINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "WanPipeline": ("wan", "shoot"),
        "WanImageToVideoPipeline": ("wan", "shoot"),
        "WanVideoToVideoPipeline": ("wan", "shoot"),
        "CogVideoXPipeline": ("cogvideox", "shoot"),
        "CogVideoXImageToVideoPipeline": ("cogvideox", "shoot"),
        "CogVideoXVideoToVideoPipeline": ("cogvideox", "shoot"),
    }
)
"""`_class_name` of diffusers' pipelines, whose parts lie in folders of their own (`weights.parts`)."""
COQUI = ("vits", "xtts")
RESERVE = 1.5  # memory at work over the size of the file


def card_in(folder: Path, ref: str) -> Card:
    """The card that stands in a folder, or one made from its `config.json` or `model_index.json`.

    Raises MissingError when it has none, InputError for a kind of model that no family of ours reads.
    """
    if (folder / INDEX).is_file() and not (folder / CARD).is_file():
        from soundstage.weights import parts

        return parts.card_in(folder, ref, PIPELINES)
    if (folder / CARD).is_file() or not (folder / CONFIG).is_file():
        return Card.load(folder)
    theirs = read_object(folder / CONFIG)
    coqui = "model_args" in theirs and theirs.get("model") in COQUI
    kind = str(theirs["model"] if coqui else theirs.get("model_type"))
    if kind not in FAMILY_TASKS:
        known = ", ".join(sorted(FAMILY_TASKS))
        raise InputError("model", f"{folder / CONFIG} is of the kind {kind}", f"kinds that Soundstage reads: {known}")
    family, task = FAMILY_TASKS[kind]
    files = sorted(folder.glob("*.safetensors"))
    size = sum(path.stat().st_size for path in files)
    return Card(
        ref=ref,
        family=family,
        task=task,
        licence="unknown: see where it was published",
        commercial=False,
        data="not told in its folder",
        size_mb=round(size / 2**20, 2),
        memory_mb=round(RESERVE * size / 2**20, 1),
        parameters=sum(numbers(path) for path in files),
        config=_config(family, theirs, folder),
        layout="public",
        notes="Read from the folder as it was published.",
    )


def _config(family: str, theirs: dict[str, Any], folder: Path) -> dict[str, Any]:
    from soundstage.weights.load import family_module

    read = family_module(family).from_config
    more = folder / BESIDE[family] if family in BESIDE else None
    return asdict(read(theirs, read_object(more)) if more is not None and more.is_file() else read(theirs))


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises InputError for a broken one."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise InputError("model", f"{path} cannot be read ({error})", "fetch the file again") from None
    if not isinstance(found, dict):
        raise InputError("model", f"{path} holds no object", "fetch the file again")
    return found


def numbers(path: Path) -> int:
    """How many numbers a safetensors file holds, by its header."""
    from math import prod

    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise MissingError(f"{path} is cut off", "fetch the file again")
        header = json.loads(file.read(length))
    return sum(prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


def licence_of(readme: Path) -> str:
    """What the front matter of a README calls its licence; empty where it says nothing."""
    if not readme.is_file():
        return ""
    head, _, rest = readme.read_text("utf-8", errors="replace").partition("---\n")
    front = rest.partition("\n---")[0] if not head.strip() else ""
    facts = dict(line.split(":", 1) for line in front.splitlines() if ":" in line and not line.startswith((" ", "-")))
    name = facts.get("license", "").strip().strip("'\"").lower()
    return facts.get("license_name", name).strip().strip("'\"").lower() if name == "other" else name


def first_line(error: Exception) -> str:
    """What an error of a library says, in a line."""
    return str(error).strip().partition("\n")[0][:160] or type(error).__name__
