"""Autoregressive decoding: token sampling, the static key-value cache, codebook patterns, the one loop.

Everything takes the network as a callable; nothing here knows one.
"""

from soundstage.decode.cache import KVCache, LayerCache, WindowCache
from soundstage.decode.ending import Ending
from soundstage.decode.loop import generate, guided_step
from soundstage.decode.patterns import Delays, flatten, unflatten
from soundstage.decode.sample import Sampler, greedy, sample, within

__all__ = [
    "Delays",
    "Ending",
    "KVCache",
    "LayerCache",
    "Sampler",
    "WindowCache",
    "flatten",
    "generate",
    "greedy",
    "guided_step",
    "sample",
    "unflatten",
    "within",
]
