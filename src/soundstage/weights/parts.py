"""Checkpoints that lie in several folders, as diffusers saves them: a model of parts, each read when it is needed.

Notable: `model_index.json` says which pipeline a folder is, and each part has a folder with its own config and weights,
in one file or in shards. Loading checks every part's keys and shapes by the headers of its files, on the meta device,
and reads no weights: a text encoder may be read, used and put back before the network that draws is read at all. A part
is read tensor by tensor: each is changed by the adapters that are worn, then rounded to a byte a weight where that is
asked for, so that no more than one layer is ever wider than it will be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError
from soundstage.nn.narrow import Narrow, make_room, narrowed
from soundstage.weights.card import Card
from soundstage.weights.keys import Row, matches, plan, rename
from soundstage.weights.lora import Change
from soundstage.weights.published import CONFIG, INDEX, RESERVE, numbers, read_object
from soundstage.weights.stored import Stored

if TYPE_CHECKING:
    from soundstage.weights.load import Loaded

NAMES = ("diffusion_pytorch_model.safetensors", "model.safetensors")
DATA = ("*.json", "*.model", "*.txt")  # what lies beside weights: configs and tokenizers


@dataclass(frozen=True, kw_only=True)
class Part:
    """How a family reads one folder: its config and its key table.

    Of our names, those of `full` stay float32 in any dtype, and those of `narrow` are linear layers' that may be a byte
    a weight. `aliases` are other names that theirs go by.
    """

    build: Callable[[dict[str, Any]], nn.Module]
    from_config: Callable[[Mapping[str, Any]], Any]
    keys: Sequence[Row]
    ignored: Sequence[str] = ()
    full: Sequence[str] = ()
    narrow: Sequence[str] = ()
    aliases: Sequence[tuple[str, str]] = ()
    needed: bool = True


Changes = Mapping[str, Sequence[Change]]
Maker = Callable[[bool, Changes], nn.Module]
"""Makes a part asleep, or with its weights, which are changed by name while they are read."""


class Parts(nn.Module):
    """The parts by name: on the meta device until `wake` reads one, and again after `rest`."""

    def __init__(self, makers: Mapping[str, Maker], device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.device, self.dtype = device, dtype
        self._makers = dict(makers)
        self._changes: dict[str, dict[str, list[Change]]] = {name: {} for name in makers}
        self.parts = nn.ModuleDict({name: make(False, {}) for name, make in makers.items()})

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def wake(self, name: str) -> nn.Module:
        """The part, with its weights in memory on the asked device."""
        if not self.awake(name):
            self.parts[name] = self._makers[name](True, self._changes[name])
        return self.parts[name]

    def change(self, name: str, change: Callable[[nn.Module], Mapping[str, Change]]) -> None:
        """Change a part's tensors from now on: merge an adapter into it, say.

        `change` is given the part, awake or on the meta device, sees whether it fits, and says what becomes of which
        tensors. A part that is awake is read again.
        """
        for tensor, made in change(self.parts[name]).items():
            self._changes[name].setdefault(tensor, []).append(made)
        self.rest(name)

    def rest(self, name: str) -> None:
        """Give a part's memory back; it is read again when it is asked for."""
        if self.awake(name):
            self.parts[name] = self._makers[name](False, {})

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


@dataclass(frozen=True)
class Form:
    """What a part's numbers become: where they are, their dtype, and that of weights of a byte each, if any are."""

    device: torch.device
    dtype: torch.dtype
    narrow: torch.dtype | None = None


def load(
    card: Card,
    folder: Path,
    device: str | torch.device,
    dtype: torch.dtype,
    narrow: torch.dtype | None = None,
) -> Loaded:
    """The model in the folder, its parts checked and asleep; `files` has configs and tokenizers as `folder/name`.

    With `narrow` the weights of its blocks' linear layers are of that dtype, a byte each. Raises InputError naming
    every key of a part that is missing, left over or of another shape.
    """
    from soundstage.weights.load import Loaded, family_module

    parts: Mapping[str, Part] = family_module(card.family).PARTS
    form = Form(torch.device(device), dtype, narrow)
    makers = {
        name: partial(_make, parts[name], dict(card.config[name]), files_of(folder, name), form)
        for name in parts
        if name in card.config
    }
    files = {
        path.relative_to(folder).as_posix(): path
        for pattern in DATA
        for path in sorted((*folder.glob(pattern), *folder.glob(f"*/{pattern}")))
    }
    return Loaded(card, Parts(makers, form.device, dtype).eval(), files)


def _make(
    part: Part, config: dict[str, Any], paths: Sequence[Path], form: Form, real: bool, changes: Changes
) -> nn.Module:
    """Checked on the meta device by the headers of the files; then, if it is to be `real`, read."""
    from soundstage.weights.load import assemble

    stored = Stored(paths, part.aliases)
    ours = rename(stored.shapes(), part.keys, part.ignored)
    module = assemble(lambda: part.build(config), ours, form.dtype, full=part.full)
    if not real:
        return module
    if form.narrow is not None:
        make_room(module, (name for name in ours if matches(name, part.narrow)), form.narrow)
    module.load_state_dict(dict(_read(part, stored, form, changes)), strict=True, assign=True)
    return module.eval().requires_grad_(False).to(form.device)


def _read(part: Part, stored: Stored, form: Form, changes: Changes) -> Iterator[tuple[str, Tensor]]:
    """Our tensors by name, as they are to be; those in bytes are followed by their scales.

    What lies in the asked bytes already, and is not changed, is not rounded again.
    """
    for route in plan(stored, part.keys, part.ignored):
        first = route.ours[0]
        small = form.narrow is not None and matches(first, part.narrow)
        if small and form.narrow == torch.float8_e4m3fn and first not in changes:
            given = [pair for pair in (stored.narrow(name) for name in route.theirs) if pair is not None]
            if len(given) == len(route.theirs):
                (values,) = route.made(*(pair.values for pair in given))
                (scale,) = route.made(*(pair.scale.unsqueeze(1) for pair in given))
                yield from _spelled(first, Narrow(values.to(form.device), scale.squeeze(1).to(form.device)))
                continue
        for name, tensor in zip(route.ours, route.made(*(stored[name] for name in route.theirs)), strict=True):
            tensor = tensor.to(form.device)
            for change in changes.get(name, ()):
                tensor = change(tensor.float())
            if small and form.narrow is not None:
                yield from _spelled(name, narrowed(tensor, form.narrow))
            elif tensor.is_floating_point():
                yield name, tensor.to(torch.float32 if matches(name, part.full) else form.dtype)
            else:
                yield name, tensor


def _spelled(name: str, made: Narrow) -> Iterator[tuple[str, Tensor]]:
    if not bool(made.scale.isfinite().all()):
        raise InputError("weights", f"{name} is not finite", "fetch the files again")
    yield name, made.values
    yield f"{name.removesuffix('weight')}scale", made.scale


def _config(place: Path) -> Path:
    if not (place / CONFIG).is_file():
        raise MissingError(f"{place} has no {CONFIG}", "fetch the whole repository")
    return place / CONFIG
