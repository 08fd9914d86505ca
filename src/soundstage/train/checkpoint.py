"""Checkpoints of a training run: one safetensors file, scalars as JSON in its header.

Notable: tensors and scalars travel in the same file, and the file is replaced by rename; there is no moment at which a
killed run could leave weights of one step beside the counters of another. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError


def save(path: Path, tensors: Mapping[str, Tensor], scalars: Mapping[str, Any]) -> None:
    """Write atomically: a temporary file beside `path`, flushed to the disk, then renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    # Each tensor gets storage of its own: tied weights share memory, which safetensors refuses.
    own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    save_file(own, unfinished, metadata={"scalars": json.dumps(scalars, sort_keys=True)})
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def load(path: Path, device: torch.device | str = "cpu") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the scalars of `save`. Raises MissingError when there is no such file."""
    if not path.is_file():
        raise MissingError(f"no checkpoint at {path}", "train first, or name the folder of a run")
    with safe_open(path, framework="pt", device=str(device)) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        scalars: dict[str, Any] = json.loads((file.metadata() or {}).get("scalars", "{}"))
    return tensors, scalars


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries below `prefix.`, without it."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")}


def assign(module: nn.Module, tensors: Mapping[str, Tensor], source: Path) -> None:
    """Load strictly. Raises InputError naming every key that is missing, left over or of another shape."""
    wanted = module.state_dict()
    faults = [f"missing {name}" for name in wanted if name not in tensors]
    faults += [f"left over {name}" for name in tensors if name not in wanted]
    faults += [
        f"{name} is {tuple(tensors[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in tensors and tensors[name].shape != tensor.shape
    ]
    if faults:
        raise InputError(
            "folder", f"{source} does not fit this module ({', '.join(faults)})", "train into a new folder"
        )
    module.load_state_dict(dict(tensors))
