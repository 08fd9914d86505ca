"""Checkpoints that lie in several folders, as diffusers saves them: a model of parts, each read when it is needed.

Notable: `model_index.json` says which pipeline a folder is, and each part has a folder with its own config and weights,
in one file or in shards. Loading checks every part's keys and shapes by the headers of its files, on the meta device,
and reads no weights: a text encoder may be read, used and put back before the network that draws is read at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import Card
from soundstage.weights.keys import Row, rename
from soundstage.weights.published import CONFIG, INDEX, RESERVE, numbers, read_object

if TYPE_CHECKING:
    from soundstage.weights.load import Loaded

NAMES = ("diffusion_pytorch_model.safetensors", "model.safetensors")
DATA = ("*.json", "*.model", "*.txt")  # what lies beside weights: configs and tokenizers


@dataclass(frozen=True, kw_only=True)
class Part:
    """How a family reads one folder: its config, its key table, and which of our names stay float32 in any dtype."""

    build: Callable[[dict[str, Any]], nn.Module]
    from_config: Callable[[Mapping[str, Any]], Any]
    keys: Sequence[Row]
    ignored: Sequence[str] = ()
    full: Sequence[str] = ()
    needed: bool = True


class Parts(nn.Module):
    """The parts by name: on the meta device until `wake` reads one, and again after `rest`."""

    def __init__(
        self, makers: Mapping[str, Callable[[bool], nn.Module]], device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.device, self.dtype = device, dtype
        self._makers = dict(makers)
        self._changes: dict[str, list[Callable[[nn.Module], object]]] = {}
        self.parts = nn.ModuleDict({name: make(False) for name, make in makers.items()})

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def wake(self, name: str) -> nn.Module:
        """The part, with its weights in memory on the asked device."""
        if not self.awake(name):
            self.parts[name] = self._makers[name](True)
            for change in self._changes.get(name, ()):
                change(self.parts[name])
        return self.parts[name]

    def change(self, name: str, change: Callable[[nn.Module], object]) -> None:
        """Do something to a part, now and whenever it is read: merge an adapter into it, say.

        A part that sleeps is on the meta device, where `change` can only see whether it fits.
        """
        change(self.parts[name])
        self._changes.setdefault(name, []).append(change)

    def rest(self, name: str) -> None:
        """Give a part's memory back; it is read again when it is asked for."""
        if self.awake(name):
            self.parts[name] = self._makers[name](False)

    def awake(self, name: str) -> bool:
        """Whether a part is in memory."""
        return not next(self.parts[name].parameters()).is_meta


def card_in(folder: Path, ref: str, families: Mapping[str, tuple[str, str]]) -> Card:
    """The card of a pipeline's folder; `families` says which family and task a class of pipeline is.

    Raises InputError for a pipeline that no family reads, MissingError for a part that is not there.
    """
    index = read_object(folder / INDEX)
    kind = str(index.get("_class_name"))
    if kind not in families:
        known = ", ".join(sorted(families))
        raise InputError("model", f"{folder / INDEX} is of the kind {kind}", f"kinds that Soundstage reads: {known}")
    family, task = families[kind]
    found = {name: files_of(folder, name) for name in part_names(family, folder)}
    sizes = [sum(path.stat().st_size for path in paths) for paths in found.values()]
    return Card(
        ref=ref,
        family=family,
        task=task,
        licence="unknown: see where it was published",
        commercial=False,
        data="not told in its folder",
        size_mb=round(sum(sizes) / 2**20, 2),
        memory_mb=round(RESERVE * max(sizes) / 2**20, 1),
        parameters=sum(numbers(path) for paths in found.values() for path in paths),
        config=config_in(family, folder, index),
        layout="public",
        notes="Read from the folder as it was published. The memory is that of its largest part.",
    )


def config_in(family: str, folder: Path, index: Mapping[str, Any]) -> dict[str, Any]:
    """The configs of all parts by name, and under `pipeline` what the family keeps of the index and its scheduler."""
    from soundstage.weights.load import family_module

    module = family_module(family)
    config: dict[str, Any] = {
        name: asdict(module.PARTS[name].from_config(read_object(_config(folder / name))))
        for name in part_names(family, folder)
    }
    scheduler = folder / "scheduler" / "scheduler_config.json"
    config["pipeline"] = module.pipeline(index, read_object(scheduler) if scheduler.is_file() else {})
    return config


def patterns(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a hub's repository that a pipeline needs, by its index. Raises InputError for an unknown kind."""
    from soundstage.weights.load import family_module
    from soundstage.weights.published import PIPELINES

    kind = str(index.get("_class_name"))
    if kind not in PIPELINES:
        raise InputError(
            "model", f"is a pipeline {kind}", f"kinds that Soundstage reads: {', '.join(sorted(PIPELINES))}"
        )
    parts: Mapping[str, Part] = family_module(PIPELINES[kind][0]).PARTS
    beside = [f"{name}/{pattern}" for name in ("tokenizer", "scheduler", "image_processor") for pattern in DATA]
    return (INDEX, *(f"{name}/{pattern}" for name in parts for pattern in ("*.json", "*.safetensors")), *beside)


def part_names(family: str, folder: Path) -> tuple[str, ...]:
    """The family's parts that a folder has. Raises MissingError naming one that it needs and that is not there."""
    from soundstage.weights.load import family_module

    parts: Mapping[str, Part] = family_module(family).PARTS
    for name, part in parts.items():
        if part.needed and not (folder / name).is_dir():
            raise MissingError(f"{folder} has no {name}/", "fetch the whole repository")
    return tuple(name for name in parts if (folder / name).is_dir())


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors of all parts."""
    from soundstage.weights.published import PIPELINES

    family, _ = PIPELINES[str(read_object(folder / INDEX).get("_class_name"))]
    return tuple(path for name in part_names(family, folder) for path in files_of(folder, name))


def files_of(folder: Path, name: str) -> tuple[Path, ...]:
    """The safetensors of one part: the shards that its index lists, or its one file.

    Raises MissingError naming what is not there, and says so where there are only pickles.
    """
    from soundstage.weights.load import PICKLES, refuse_pickle

    place = folder / name
    listed = [place / f"{known}.index.json" for known in NAMES]
    index = next((path for path in listed if path.is_file()), None)
    if index is not None:
        shards = sorted({str(file) for file in dict(read_object(index).get("weight_map") or {}).values()})
        absent = [shard for shard in shards if not (place / shard).is_file()]
        if absent or not shards:
            raise MissingError(f"{place} has no {', '.join(absent) or 'shards'}", "fetch the whole repository")
        return tuple(place / shard for shard in shards)
    named = [place / known for known in NAMES if (place / known).is_file()]
    found = tuple(named[:1]) or tuple(sorted(place.glob("*.safetensors")))
    if not found:
        pickled = sorted(path for path in place.iterdir() if path.suffix in PICKLES)
        if pickled:
            raise refuse_pickle(pickled[0])
        raise MissingError(f"{place} has no {NAMES[0]}", "fetch the whole repository")
    return found


def load(card: Card, folder: Path, device: str | torch.device, dtype: torch.dtype) -> Loaded:
    """The model in the folder, its parts checked and asleep; `files` has configs and tokenizers as `folder/name`.

    Raises InputError naming every key of a part that is missing, left over or of another shape.
    """
    from soundstage.weights.load import Loaded, family_module

    parts: Mapping[str, Part] = family_module(card.family).PARTS
    where = torch.device(device)
    makers = {
        name: partial(_make, parts[name], dict(card.config[name]), files_of(folder, name), where, dtype)
        for name in parts
        if name in card.config
    }
    files = {
        path.relative_to(folder).as_posix(): path
        for pattern in DATA
        for path in sorted((*folder.glob(pattern), *folder.glob(f"*/{pattern}")))
    }
    return Loaded(card, Parts(makers, where, dtype).eval(), files)


def _make(
    part: Part, config: dict[str, Any], paths: Sequence[Path], device: torch.device, dtype: torch.dtype, real: bool
) -> nn.Module:
    from soundstage.weights.load import assemble, read

    given = read(paths) if real else _shapes(paths)
    tensors = rename(given, part.keys, part.ignored)
    module = assemble(lambda: part.build(config), tensors, dtype, full=part.full)
    return module.to(device) if real else module


def _shapes(paths: Sequence[Path]) -> dict[str, Tensor]:
    """Tensors of the right shapes on the meta device, by the headers of the files."""
    found: dict[str, Tensor] = {}
    for path in paths:
        numbers(path)  # refuses a file that is cut off
        with path.open("rb") as file:
            header = cast(dict[str, Any], json.loads(file.read(int.from_bytes(file.read(8), "little"))))
        header.pop("__metadata__", None)
        found |= {name: torch.empty(entry["shape"], device="meta") for name, entry in header.items()}
    return found


def _config(place: Path) -> Path:
    if not (place / CONFIG).is_file():
        raise MissingError(f"{place} has no {CONFIG}", "fetch the whole repository")
    return place / CONFIG
