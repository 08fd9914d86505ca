"""Autoregressive decoding: token sampling, the static key-value cache, codebook patterns, the one loop, guidance.

Everything takes the network as a callable; nothing here knows one.
"""

from soundstage.decode.cache import KVCache, LayerCache, WindowCache
from soundstage.decode.ending import Ending
from soundstage.decode.guidance import doubly_guided_step, guided_apart, guided_step
from soundstage.decode.loop import fill, generate
from soundstage.decode.patterns import CoarseFirst, Delays, Flattened, Pattern, flatten, unflatten
from soundstage.decode.sample import Central, Sampler, greedy, of_book, rowwise, sample, within

__all__ = [
    "Central",
    "CoarseFirst",
    "Delays",
    "Ending",
    "Flattened",
    "KVCache",
    "LayerCache",
    "Pattern",
    "Sampler",
    "WindowCache",
    "doubly_guided_step",
    "fill",
    "flatten",
    "generate",
    "greedy",
    "guided_apart",
    "guided_step",
    "of_book",
    "rowwise",
    "sample",
    "unflatten",
    "within",
]
