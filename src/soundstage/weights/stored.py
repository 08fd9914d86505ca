"""Tensors as they lie in safetensors files: named by their headers, and read one by one when they are asked for.

Notable: weights in float8 are read as they are, or widened. Their scales, where they have any, stand beside them under
one of two names (ComfyUI's `scale_weight`, later and diffusers' `weight_scale`), one for the whole tensor or one a row;
the weight is float8 · scale. A scale of a layer's inputs is a hint for products in float8, which we do not make, and is
left unread. Scales of blocks, and other kinds of bytes, are refused by name: read wrongly they would only look wrong.
Source: ComfyUI's QUANTIZATION.md, and the headers of its Wan and UMT5 checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.nn.narrow import Narrow
from soundstage.weights.keys import filled
from soundstage.weights.published import numbers

SCALES = (".scale_weight", ".weight_scale")
UNREAD = (".scale_input", ".input_scale")
TOLD = ".comfy_quant"  # what a layer is, as JSON in bytes
MARK = "scaled_fp8"  # that the file has scales
SPELLED = "float8_e4m3fn"
FLOAT8 = ("F8_E4M3", "F8_E5M2")


@dataclass(frozen=True)
class _Entry:
    """Where a tensor is, its name there, and the name of its scale."""

    path: Path
    name: str
    kind: str
    shape: tuple[int, ...]
    scale: str | None = None


class Stored(Mapping[str, Tensor]):
    """The tensors of some files by name, on the CPU; those in float8 are widened to float32.

    `aliases` are patterns of other names, whose tensors go by the second name of each pair. Raises InputError for
    pickles, broken files, a tensor that stands in two files, and bytes that it does not know how to read.
    """

    def __init__(self, paths: Sequence[Path], aliases: Sequence[tuple[str, str]] = ()) -> None:
        self._open: dict[Path, Any] = {}
        raw: dict[str, _Entry] = {}
        for path in paths:
            found = _entries(path)
            if doubled := sorted(raw.keys() & found.keys()):
                raise InputError("model", f"{', '.join(doubled)} stand in two files", "keep one of them")
            raw |= found
        self._raw = raw
        self._entries: dict[str, _Entry] = {}
        for name, entry in self._paired().items():
            ours = filled(name, aliases)
            if ours in self._entries:
                raise InputError("model", f"{name} stands there as {ours} too", "keep one of them")
            self._entries[ours] = entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, name: str) -> Tensor:
        entry = self._entries[name]
        tensor = self._tensor(entry)
        if entry.kind not in FLOAT8:
            return tensor
        return tensor.float() if entry.scale is None else Narrow(tensor, self._scale(entry)).wide()

    def shapes(self) -> dict[str, Tensor]:
        """Tensors of the right shapes on the meta device; nothing is read for them."""
        return {name: torch.empty(entry.shape, device="meta") for name, entry in self._entries.items()}

    def narrow(self, name: str) -> Narrow | None:
        """A matrix as its bytes, and the scale of its rows; None for one that is not in float8 of four bits' exponent.

        A tensor without a scale has the scale 1.
        """
        entry = self._entries[name]
        if entry.kind != "F8_E4M3" or len(entry.shape) != 2:
            return None
        return Narrow(self._tensor(entry), self._scale(entry))

    def _scale(self, entry: _Entry) -> Tensor:
        if entry.scale is None:
            return torch.ones(entry.shape[0])
        return self._tensor(self._raw[entry.scale]).float().reshape(-1).expand(entry.shape[0]).contiguous()

    def _tensor(self, entry: _Entry) -> Tensor:
        from safetensors import SafetensorError, safe_open

        try:
            if entry.path not in self._open:
                self._open[entry.path] = safe_open(entry.path, framework="pt")
            return cast(Tensor, self._open[entry.path].get_tensor(entry.name))
        except (SafetensorError, OSError) as error:
            raise InputError(
                "model", f"{entry.path} cannot be read ({error})", "fetch or make the file again"
            ) from None

    def _paired(self) -> dict[str, _Entry]:
        """The tensors with their scales, without what stands beside them."""
        found: dict[str, _Entry] = {}
        scales: dict[str, str] = {}
        for name, entry in self._raw.items():
            suffix = next((suffix for suffix in SCALES if name.endswith(suffix)), None)
            if suffix is not None:
                weight = f"{name.removesuffix(suffix)}.weight"
                self._check(name, entry, weight)
                if weight in scales:
                    raise InputError("weights", f"{weight} has two scales", "fetch the file again")
                scales[weight] = name
            elif name.endswith(TOLD):
                self._check_told(name, entry)
            elif name != MARK and not name.endswith(UNREAD):
                found[name] = entry
        return {name: _Entry(e.path, e.name, e.kind, e.shape, scales.get(name)) for name, e in found.items()}

    def _check(self, name: str, entry: _Entry, weight: str) -> None:
        """Whether a scale has a weight in float8, and is one for all of it or one a row."""
        whole = self._raw.get(weight)
        if whole is None:
            raise InputError("weights", f"{name} is the scale of {weight}, which is not there", "fetch the file again")
        if whole.kind not in FLOAT8 or len(whole.shape) != 2:
            raise InputError("weights", f"{weight} is {whole.kind} with a scale", "take one in float8, or a plain one")
        rows = whole.shape[0]
        if entry.shape not in ((), (1,), (1, 1), (rows,), (rows, 1)) or entry.kind not in ("F32", "F16", "BF16"):
            raise InputError(
                "weights", f"{name} is {entry.kind} {list(entry.shape)}, for {rows} rows", "take one with a scale a row"
            )

    def _check_told(self, name: str, entry: _Entry) -> None:
        told = bytes(self._tensor(entry).to(torch.uint8).tolist())
        try:
            kind = str(json.loads(told)["format"])
        except (ValueError, KeyError, TypeError):
            raise InputError("weights", f"{name} cannot be read", "fetch the file again") from None
        if kind != SPELLED:
            raise InputError("weights", f"{name} says {kind}", f"take a checkpoint in {SPELLED}, or a plain one")


def _entries(path: Path) -> dict[str, _Entry]:
    """The header of a file. Raises InputError for a pickle and a broken file, MissingError for one that is cut off."""
    from soundstage.weights.load import PICKLES, refuse_pickle

    if path.suffix in PICKLES:
        raise refuse_pickle(path)
    try:
        numbers(path)  # refuses a file that is cut off
        with path.open("rb") as file:
            header = cast(dict[str, Any], json.loads(file.read(int.from_bytes(file.read(8), "little"))))
    except (OSError, ValueError) as error:
        raise InputError("model", f"{path} cannot be read ({error})", "fetch or make the file again") from None
    header.pop("__metadata__", None)
    return {name: _Entry(path, name, entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}
