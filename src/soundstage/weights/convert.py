"""Pickled weights to safetensors: the one place that opens a pickle, and only for tensors.

Notable: torch's restricted unpickler builds tensors and plain containers and refuses everything else, so nothing that a
file says is ever called. Where a publisher's config objects lie beside the tensors (Coqui's), an inert class stands in
for theirs and drops what it is given. Tensors are written under the names they have, each with storage of its own.
Audiocraft's MusicGen becomes a folder that loads: the codec that lies beside it goes into the same file, and its config
is kept.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundstage.errors import InputError, MissingError
from soundstage.weights import audiocraft

if TYPE_CHECKING:
    from torch import Tensor

WITHIN = ("state_dict", "model", "model_state_dict", "ema_model_state_dict", "generator", "best_state")
"""Where checkpoints keep their tensors when they hold more than those."""

CONFIGS = re.compile(r"(TTS|trainer|coqpit)(\.\w+)+")
"""Classes of configs that are known to lie beside tensors; of them nothing is read, imported or called."""


class _Inert:
    """Stands in for a config: takes any state and keeps none."""

    def __setstate__(self, state: object) -> None:
        pass


def default_output(source: Path) -> Path:
    """Where a pickle's tensors belong: `model.safetensors` beside it, but under its own name when it is only a part."""
    part = "speakers" in source.stem or source.name == audiocraft.CODEC_FILE
    return source.with_suffix(".safetensors") if part else source.with_name("model.safetensors")


def convert(source: Path, target: Path, key: str | None = None) -> dict[str, Any]:
    """Write the tensors of a pickle (.bin, .pt, .pth, .ckpt) as safetensors, atomically; returns what was written.

    `key` says under which entry they lie, such as "model" or "model.generator"; where it is not given, the usual ones
    are tried. Raises MissingError for no file, InputError for one that holds anything but tensors and plain data, or
    no tensors.
    """
    from safetensors.torch import save_file

    if not source.is_file():
        raise MissingError(f"{source} is not there", "check the name")
    if target.suffix != ".safetensors":
        raise InputError("output", f"{target.name} is no .safetensors", "name it so")
    found, config = _opened(source), None
    if key is None and audiocraft.is_language_model(found):
        beside = source.with_name(audiocraft.CODEC_FILE)
        codec = _opened(beside) if beside.is_file() else None
        held, config = audiocraft.joined(found, codec if audiocraft.is_codec(codec) else None)
    else:
        held = _tensors(found, key)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in held.items()}
    if not tensors:
        raise InputError(
            "key", f"{source.name} holds no tensors {f'under {key}' if key else 'at its top'}", _keys(found)
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        save_file(tensors, partial, metadata={"format": "pt"})
        partial.replace(target)
        if config is not None:
            partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
            partial.replace(target.with_name("config.json"))
    finally:
        partial.unlink(missing_ok=True)
    return {
        "output": str(target),
        "tensors": len(tensors),
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "bytes": target.stat().st_size,
    }


def _opened(source: Path) -> Any:
    """What a pickle holds: tensors, plain data, and inert objects in the place of configs."""
    import torch

    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(source) if zipfile.is_zipfile(source) else []
        known: list[Any] = [(_Inert, name) for name in names if CONFIGS.fullmatch(name)]
        with torch.serialization.safe_globals(known if len(known) == len(names) else []):
            return torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # the unpickler's own kind of error is named in a module that we do not import
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            "source", f"{source.name} is not plain tensors ({reason})", "it is refused: opening it could run code"
        ) from None


def _tensors(found: Any, key: str | None) -> dict[str, Tensor]:
    """The tensors by name at a key, nested names joined by points."""
    if key is not None:
        for step in key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                raise InputError("key", f"there is no {step!r}", _keys(found))
            found = found[step]
    elif isinstance(found, Mapping) and not any(_is_tensor(value) for value in found.values()):
        found = next((found[name] for name in WITHIN if isinstance(found.get(name), Mapping)), found)
    return dict(_walk("", found)) if isinstance(found, Mapping) else {}


def _walk(prefix: str, found: Mapping[Any, Any]) -> list[tuple[str, Tensor]]:
    out: list[tuple[str, Tensor]] = []
    for name, value in found.items():
        if _is_tensor(value):
            out.append((f"{prefix}{name}", value))
        elif isinstance(value, Mapping):
            out += _walk(f"{prefix}{name}.", value)
    return out


def _is_tensor(value: object) -> bool:
    from torch import Tensor

    return isinstance(value, Tensor)


def _keys(found: Any) -> str:
    names = [str(name) for name in found][:12] if isinstance(found, Mapping) else []
    return f"it holds: {', '.join(names)}" if names else "it holds no entries"
