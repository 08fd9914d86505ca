"""The static key-value cache: memory taken once, filled in place, given to attention as views.

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
