"""Low-rank adapters (LoRA; Hu et al., 2021) from their files, merged into a model's weights as it has them, fused too.

Notable: an adapter is read by the names of its tensors, whoever wrote it: peft and diffusers (`lora_A`, `lora_B`),
kohya (`lora_down`, `lora_up`, `alpha`), and plain differences (`diff`, `diff_b`). Names become those of the checkpoint
that the family's key table reads, and the table says where in our weights they lie. Everything is checked before a
number is changed: an adapter fits wholly, or is refused with the names that do not. Several are summed, then rounded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError
from soundstage.nn.narrow import LARGEST
from soundstage.weights.keys import Route, Row, filled, routes
from soundstage.weights.load import read

PREFIXES = ("base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "unet.")
HALVES = re.compile(r"(.+?)\.(lora_A|lora_down|lora\.down|lora_B|lora_up|lora\.up)(?:\.default)?\.weight")
DOWN = ("lora_A", "lora_down", "lora.down")
METADATA = "lora_adapter_metadata"
Change = Callable[[Tensor], Tensor]  # of a whole tensor in float32


@dataclass(frozen=True)
class Delta:
    """What is added to one tensor of a checkpoint: a plain difference, or scale · up · down."""

    up: Tensor
    down: Tensor | None = None
    scale: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor that it is added to."""
        return tuple(self.up.shape) if self.down is None else (self.up.shape[0], *self.down.shape[1:])

    def tensor(self, device: torch.device) -> Tensor:
        """The difference, in float32."""
        up = self.up.to(device, torch.float32)
        if self.down is None:
            return up * self.scale
        down = self.down.to(device, torch.float32)
        return (up.flatten(1) @ down.flatten(1)).reshape(self.shape) * self.scale


@dataclass(frozen=True)
class Adapter:
    """The differences of one adapter, by the names of the tensors that they belong to, and where it came from."""

    name: str
    deltas: Mapping[str, Delta]


@dataclass(frozen=True)
class _Change:
    """Differences of some tensors of theirs (None where an adapter has none) to some of ours."""

    theirs: tuple[Delta | None, ...]
    route: Route
    scale: float

    def tensors(self, device: torch.device) -> tuple[Tensor, ...]:
        """To be added to ours. What an adapter leaves alone is as large as what it does not."""
        shape = next(delta.shape for delta in self.theirs if delta is not None)
        parts = [
            torch.zeros(shape, device=device)
            if delta is None
            else torch.empty(delta.shape, device=device)
            if device.type == "meta"
            else delta.tensor(device)
            for delta in self.theirs
        ]
        return self.route.made(*parts)


def load(path: Path | str) -> Adapter:
    """The adapter in a file. Raises MissingError for none, InputError for a pickle and for what is no adapter."""
    from safetensors import safe_open

    path = Path(path).expanduser()
    if not path.is_file():
        raise MissingError(f"the adapter {path} is not there", "check the name")
    tensors = read((path,))
    with safe_open(path, framework="pt") as file:
        told = (file.metadata() or {}).get(METADATA)
    return parse(path.name, tensors, {} if told is None else dict(json.loads(told)))


def parse(name: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any] | None = None) -> Adapter:
    """An adapter of its tensors; `metadata` is what peft says of ranks, for files that hold no `alpha`."""
    told = _plain(metadata or {})
    ups: dict[str, Tensor] = {}
    downs: dict[str, Tensor] = {}
    alphas: dict[str, float] = {}
    deltas: dict[str, Delta] = {}
    strange: list[str] = []
    for key, tensor in tensors.items():
        bare = _bare(key)
        if (half := HALVES.fullmatch(bare)) is not None:
            (downs if half[2] in DOWN else ups)[half[1]] = tensor
        elif bare.endswith(".alpha"):
            alphas[bare.removesuffix(".alpha")] = float(tensor)
        elif bare.endswith(".diff"):
            deltas[f"{bare.removesuffix('.diff')}.weight"] = Delta(tensor)
        elif bare.endswith(".diff_b"):
            deltas[f"{bare.removesuffix('.diff_b')}.bias"] = Delta(tensor)
        else:
            strange.append(key)
    strange += sorted(downs.keys() ^ ups.keys()) + sorted(alphas.keys() - ups.keys())
    if strange or told.get("use_dora"):
        raise InputError(
            "lora", f"{name} has {', '.join(strange) or 'magnitudes (DoRA)'}", "give pairs of low-rank weights"
        )
    for module, up in ups.items():
        down = downs[module]
        rank = down.shape[0]
        if up.shape[1] != rank:
            raise InputError("lora", f"{name}: {module} has ranks {rank} and {up.shape[1]}", "fetch the file again")
        alpha = alphas.get(module, _alpha(module, told, rank))
        scale = alpha / (math.sqrt(rank) if told.get("use_rslora") else rank)
        deltas[f"{module}.weight"] = Delta(up, down, scale)
    return Adapter(name, deltas)


def merge(
    module: nn.Module,
    worn: Sequence[tuple[Adapter, float]],
    table: Sequence[Row],
    aliases: Sequence[tuple[str, str]] = (),
) -> None:
    """Add adapters, each with a strength, to a module whose checkpoints `table` reads.

    `aliases` are patterns of other names for the checkpoint's modules. A module on the meta device is only checked.
    Raises InputError naming every tensor that has no place or another shape, and changes nothing then.
    """
    apply(module, changes(module, worn, table, aliases))


def changes(
    module: nn.Module,
    worn: Sequence[tuple[Adapter, float]],
    table: Sequence[Row],
    aliases: Sequence[tuple[str, str]] = (),
) -> dict[str, Change]:
    """What becomes of a module's tensors, by name, before they are rounded to anything. Raises as `merge` does."""
    slots = dict(module.named_parameters())
    planned = [change for adapter, scale in worn for change in _planned(slots, adapter, scale, table, aliases)]
    named = dict.fromkeys(name for change in planned for name in change.route.ours)
    return {name: partial(_added, name, [change for change in planned if name in change.route.ours]) for name in named}


def apply(module: nn.Module, changes: Mapping[str, Change]) -> None:
    """Change a module's tensors in place; on the meta device there is nothing to change.

    Raises InputError for weights in bytes, which have been rounded already.
    """
    slots = dict(module.named_parameters())
    rounded = [name for name in changes if slots[name].dtype in LARGEST]
    if rounded:
        raise InputError("lora", f"{', '.join(rounded)} are in bytes", "merge it before weights are rounded")
    with torch.no_grad():
        for name, change in changes.items():
            if not slots[name].is_meta:
                slots[name].data.copy_(change(slots[name].data.float()))


def _added(name: str, planned: Sequence[_Change], weight: Tensor) -> Tensor:
    for change in planned:
        weight = weight + change.scale * change.tensors(weight.device)[change.route.ours.index(name)]
    return weight


def _planned(
    slots: Mapping[str, nn.Parameter],
    adapter: Adapter,
    scale: float,
    table: Sequence[Row],
    aliases: Sequence[tuple[str, str]],
) -> list[_Change]:
    deltas = {filled(name, _tensors(aliases)): delta for name, delta in adapter.deltas.items()}
    found, left, wrong = [], set(deltas), []
    for route in routes(deltas, table):
        theirs, ours, _ = route
        left -= set(theirs)
        change = _Change(tuple(deltas.get(name) for name in theirs), route, scale)
        try:
            made = change.tensors(torch.device("meta"))
        except RuntimeError as error:  # parts of a fused weight that do not go together
            wrong.append(f"{', '.join(theirs)} ({str(error).splitlines()[0]})")
            continue
        for name, tensor in zip(ours, made, strict=True):
            if name not in slots:
                wrong.append(f"{', '.join(theirs)} (this model has none)")
            elif slots[name].shape != tensor.shape:
                wrong.append(f"{', '.join(theirs)} is {tuple(tensor.shape)}, not {tuple(slots[name].shape)}")
        found.append(change)
    wrong += [f"{name} (no such weight)" for name in sorted(left)]
    if wrong or not found:
        raise InputError(
            "lora", f"{adapter.name} does not fit: {'; '.join(wrong) or 'it is empty'}", "take one made for this model"
        )
    return found


def _tensors(aliases: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Patterns of modules as patterns of their tensors."""
    return [(f"{theirs}.{kind}", f"{ours}.{kind}") for theirs, ours in aliases for kind in ("weight", "bias")]


def _bare(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What peft says, without the name of the part that it says it of."""
    return {_bare(name): value for name, value in metadata.items()}


def _alpha(module: str, told: Mapping[str, Any], rank: int) -> float:
    patterns: Mapping[str, float] = told.get("alpha_pattern") or {}
    found = next((alpha for name, alpha in patterns.items() if module == name or module.endswith(f".{name}")), None)
    return float(found if found is not None else told.get("lora_alpha") or rank)
