"""The static key-value caches: memory taken once, filled in place, given to attention as views.

B batch · K key heads · N capacity in tokens · D head width
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError


@dataclass
class LayerCache:
    """Keys and values [B, K, N, D] of one layer, of which the first `length` tokens are set."""

    k: Tensor
    v: Tensor
    length: int = 0

    def append(self, k_BKTD: Tensor, v_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        """Write T tokens behind the last and return all of them, [B, K, length, D], without a copy."""
        start, self.length = self.length, self.length + k_BKTD.shape[2]
        if self.length > self.k.shape[2]:
            raise InputError(
                "length", f"{self.length} tokens do not fit a cache of {self.k.shape[2]}", "make it larger"
            )
        self.k[:, :, start : self.length] = k_BKTD
        self.v[:, :, start : self.length] = v_BKTD
        return self.k[:, :, : self.length], self.v[:, :, : self.length]


@dataclass
class WindowCache:
    """Keys and values of one layer that sees only the last `window` tokens: steady memory for a signal without end.

    Written in place; when the memory is full, what is still seen moves to its front, once in many steps.
    """

    window: int
    length: int = 0  # tokens so far, also those forgotten
    _memory: Tensor | None = None  # keys and values, [2, B, K, N, D]
    _stop: int = 0  # where in memory the last token ends

    def seen(self, tokens: int) -> int:
        """How many keys the next `tokens` tokens are given: their own, and those of the window before the first."""
        return min(self.length, self.window - 1) + tokens

    def append(self, k_BKTD: Tensor, v_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        """Write T tokens; return theirs and those of the window before them, without a copy."""
        new = k_BKTD.shape[2]
        keys = self.seen(new)
        memory = self._memory
        if memory is None or self._stop + new > memory.shape[3]:
            memory = self._with_room(memory, keys - new, k_BKTD)
        self.length, self._stop, self._memory = self.length + new, self._stop + new, memory
        memory[0, :, :, self._stop - new : self._stop] = k_BKTD
        memory[1, :, :, self._stop - new : self._stop] = v_BKTD
        return memory[0, :, :, self._stop - keys : self._stop], memory[1, :, :, self._stop - keys : self._stop]

    def _with_room(self, memory: Tensor | None, kept: int, k_BKTD: Tensor) -> Tensor:
        """The last `kept` tokens at the front of a memory that takes the new ones too."""
        batch, heads, new, width = k_BKTD.shape
        last = None if memory is None else memory[..., self._stop - kept : self._stop, :].clone()
        if memory is None or kept + new > memory.shape[3]:
            memory = k_BKTD.new_zeros(2, batch, heads, 2 * self.window + new, width)
        if last is not None:
            memory[..., :kept, :] = last
        self._stop = kept
        return memory


@dataclass
class KVCache:
    """One `LayerCache` a layer."""

    layers: list[LayerCache]

    @classmethod
    def empty(
        cls,
        layers: int,
        batch: int,
        heads: int,
        capacity: int,
        width: int,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> KVCache:
        """Room for `capacity` tokens in each layer, `heads` key heads of `width`."""
        shape = (batch, heads, capacity, width)
        return cls(
            [
                LayerCache(
                    torch.zeros(shape, device=device, dtype=dtype), torch.zeros(shape, device=device, dtype=dtype)
                )
                for _ in range(layers)
            ]
        )

    @property
    def length(self) -> int:
        """Tokens held."""
        return self.layers[0].length

    def rewind(self, length: int = 0) -> None:
        """Keep only the first `length` tokens."""
        for layer in self.layers:
            layer.length = min(layer.length, length)
