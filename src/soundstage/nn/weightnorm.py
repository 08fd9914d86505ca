"""Weights as direction and size, for training (Salimans and Kingma, 2016); models are kept with plain ones."""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

M = TypeVar("M", bound=nn.Module)
LAYERS = (nn.Conv1d, nn.ConvTranspose1d, nn.Conv2d)


def weight_normed(module: M) -> M:
    """The module itself, its convolutions split into direction and size. What it computes does not change.

    A layer with a filter of zeros (one that starts by doing nothing) stays plain: zeros have no direction.
    """
    for layer in module.modules():
        if not isinstance(layer, LAYERS) or is_parametrized(layer, "weight"):
            continue
        if bool(layer.weight.detach().flatten(1).any(1).all()):
            weight_norm(layer)
    return module


def folded(module: M) -> M:
    """The module itself with plain weights again, as checkpoints are kept and as it runs fastest."""
    for layer in list(module.modules()):
        if isinstance(layer, LAYERS) and is_parametrized(layer, "weight"):
            remove_parametrizations(layer, "weight")
    return module
