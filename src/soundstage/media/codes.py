"""Sound as a codec's codes, and their file, which is as long as the bit rate says: a code takes the bits it needs.

Notable: a file is safetensors: the codes frame by frame, packed, the loudness of every chunk where the codec took it
out, and in its metadata the model, what pins the meaning of its codes, and the shape of the sound.

K codebooks · N frames · S chunks
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.paths import existing, known_suffix, written
from soundstage.media.provenance import Provenance
from soundstage.media.value import Value, read_only, restore_array, restore_facts, store_array, store_facts

SUFFIX = ".codes"
FORMAT = 1
KEY = "soundstage"
DAMAGED = "was it written by `soundstage codec encode`, and wholly copied?"


@dataclass(frozen=True, kw_only=True, eq=False)
class Codes(Value):
    """What a codec made of a sound: `codes` uint16 [K, N], each below `size`, of `length` samples at `rate`.

    `model` is the codec's reference and `books` the hash of its codebooks: another codec reads other sound from the
    same codes. `scale` float32 [S] is the loudness of every chunk, for codecs that take it out (EnCodec at 48 kHz).
    Raises InputError for codes that are not of that shape or not below `size`.
    """

    kind: ClassVar[str] = "codes"
    codes: NDArray[np.uint16]
    size: int
    rate: int
    channels: int
    length: int
    model: str
    books: str
    scale: NDArray[np.float32] | None = None
    provenance: Provenance | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        codes = np.asarray(self.codes)
        if codes.ndim != 2 or not np.issubdtype(codes.dtype, np.integer):
            raise InputError("codes", f"are {codes.dtype} of shape {codes.shape}", "give integers [codebooks, frames]")
        if codes.size and not 0 <= int(codes.min()) <= int(codes.max()) < self.size:
            raise InputError("codes", f"are not all from 0 to {self.size - 1}", "give the codes of one codec")
        if min(self.rate, self.channels, self.length) < 1 or not 2 <= self.size <= 65536:
            raise InputError("codes", "are of no sound", "give rate, channels, length and size of the codec's sound")
        object.__setattr__(self, "codes", read_only(codes.astype(np.uint16, copy=False)))
        if self.scale is not None:
            object.__setattr__(self, "scale", read_only(np.asarray(self.scale, np.float32)))

    @property
    def seconds(self) -> float:
        """Duration of the sound."""
        return self.length / self.rate

    @property
    def bits(self) -> int:
        """Of one code."""
        return math.ceil(math.log2(self.size))

    @property
    def kbps(self) -> float:
        """Bit rate of the codes, in kbit/s of sound; headers and scales are not counted."""
        return self.codes.size * self.bits / self.seconds / 1000

    def save(self, path: str | Path, provenance: Provenance | None = None) -> None:
        """Write a `.codes` file, atomically. Raises InputError for another suffix."""
        from safetensors.numpy import save

        path = Path(path)
        known_suffix(path, (SUFFIX,))
        tensors: dict[str, NDArray[Any]] = {"codes": packed(self.codes, self.bits)}
        if self.scale is not None:
            tensors["scale"] = np.array(self.scale)
        source = provenance or self.provenance
        metadata = {KEY: json.dumps({"codes": FORMAT, **self.facts()}, sort_keys=True)}
        metadata |= {"provenance": source.to_json()} if source is not None else {}
        data = save(tensors, metadata=metadata)
        with written(path) as part:
            part.write_bytes(data)

    @classmethod
    def load(cls, path: str | Path) -> Codes:
        """Read a `.codes` file. Raises MissingError for no file, InputError for one that is damaged or another kind."""
        from safetensors import SafetensorError, safe_open

        path = existing(Path(path))
        try:
            with safe_open(path, "numpy") as file:
                metadata = file.metadata() or {}
                facts = json.loads(metadata[KEY])
                data = file.get_tensor("codes")
                scale = file.get_tensor("scale") if "scale" in file.keys() else None  # noqa: SIM118
            if facts.pop("codes") > FORMAT:
                raise InputError("path", f"{path} is of a later version", "update Soundstage")
            count, frames = facts.pop("codebooks"), facts.pop("frames")
            codes = unpacked(data, math.ceil(math.log2(facts["size"])), count, frames)
            source = Provenance.from_json(metadata["provenance"]) if "provenance" in metadata else None
            return cls(codes=codes, scale=scale, provenance=source, **facts)
        except (SafetensorError, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise InputError("path", f"{path} is not a file of codes", DAMAGED) from error

    def facts(self) -> dict[str, Any]:
        """Everything but the codes and scales themselves, for JSON."""
        return {
            "model": self.model,
            "books": self.books,
            "rate": self.rate,
            "channels": self.channels,
            "length": self.length,
            "size": self.size,
            "codebooks": self.codes.shape[0],
            "frames": self.codes.shape[1],
        }

    def store(self, folder: Path) -> None:
        """Writes codes.npy, codes.json and, where there are scales, scale.npy."""
        store_array(folder, "codes", self.codes)
        store_facts(folder, "codes", {**self.facts(), "scaled": self.scale is not None})
        if self.scale is not None:
            store_array(folder, "scale", self.scale)

    @classmethod
    def restore(cls, folder: Path) -> Codes:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "codes")
        scale = restore_array(folder, "scale") if facts.pop("scaled") else None
        known = {name: value for name, value in facts.items() if name not in ("codebooks", "frames")}
        return cls(codes=restore_array(folder, "codes"), scale=scale, **known)

    def __eq__(self, other: object) -> bool:
        """The same codes of the same codec, and the same sound's shape."""
        if not isinstance(other, Codes) or self.facts() != other.facts():
            return False
        if (self.scale is None) != (other.scale is None):
            return False
        alike = self.scale is None or other.scale is None or np.array_equal(self.scale, other.scale)
        return alike and np.array_equal(self.codes, other.codes)

    def __hash__(self) -> int:
        """Cheap: the facts and a thin comb of the codes."""
        thin = self.codes[:, :: max(1, self.codes.shape[1] // 64)]
        return hash((json.dumps(self.facts(), sort_keys=True), thin.tobytes()))

    def __repr__(self) -> str:
        return f"Codes({self.seconds:.3f} s, {self.codes.shape[0]} books, {self.kbps:.2f} kbit/s, {self.model})"


def packed(codes_KN: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Codes frame by frame as a row of bits, the highest bit of each first; the last byte is filled with zeros."""
    flat = codes_KN.T.reshape(-1, 1)
    return np.packbits((flat >> np.arange(bits - 1, -1, -1, dtype=np.uint16)) & 1)


def unpacked(data: NDArray[np.uint8], bits: int, books: int, frames: int) -> NDArray[np.uint16]:
    """The inverse of `packed`, [books, frames]. Raises ValueError when there are fewer or more bits."""
    total = books * frames * bits
    if books < 1 or frames < 0 or len(data) != -(-total // 8):
        raise ValueError(f"{len(data)} bytes are not {books} books of {frames} frames")
    rows = np.unpackbits(data, count=total).reshape(-1, bits).astype(np.uint32)
    flat = rows @ (1 << np.arange(bits - 1, -1, -1, dtype=np.uint32))
    return np.ascontiguousarray(flat.astype(np.uint16).reshape(frames, books).T)
