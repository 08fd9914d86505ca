"""Where a step's time goes, and how near it comes to what the machine can multiply: ours beside a peer's.

Notable: the peak is one large float32 product of the model's own shapes, timed before every step, on the same clock.
Operations are counted call by call, so that each side is measured by what itself multiplies: what it need not multiply
speeds it up without bringing it nearer to the peak. Where the time goes is torch's profiler's, kernel by kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from bench.pairs import markdown, seconds

Work = Callable[[], object]
KINDS: Mapping[str, tuple[str, ...]] = {
    "products": ("mm", "addmm", "bmm", "baddbmm", "linear", "_linear_pointwise", "mkldnn_convolution", "convolution"),
    "attention": ("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu"),
    "copies": ("copy_", "cat", "clone", "contiguous", "constant_pad_nd", "fill_", "zero_", "repeat_interleave",
               "index_select", "upsample_nearest2d", "_upsample_nearest_exact2d"),
    "calls": ("view", "_unsafe_view", "reshape", "slice", "select", "transpose", "permute", "as_strided", "expand",
              "empty", "empty_like", "empty_strided", "unsqueeze", "squeeze", "chunk", "split", "unbind", "flatten",
              "resolve_conj", "alias", "narrow", "t", "detach_", "detach", "movedim", "unflatten", "resize_"),
}  # fmt: skip
REST = "norms, pointwise"
HEAD = ("work", "whose", "10⁹ operations", "of the peak", "products", "attention", REST, "copies", "calls")


@dataclass(frozen=True, kw_only=True)
class Share:
    """Operations of one run, which part of the peak they reach, and which part of the time each kind takes."""

    operations: float
    reached: float
    kinds: Mapping[str, float]


def share(work: Work, rows: int, width: int, *, tries: int = 5) -> Share:
    """Of one run, by products of [rows, width] and [width, 4 · width]."""
    made = counted(work)
    a, b = torch.randn(rows, width), torch.randn(width, 4 * width)
    out = torch.empty(rows, 4 * width)
    times = max(1, math.ceil(2e9 / (8 * rows * width * width)))  # long enough for the clock
    product = times * 8.0 * rows * width * width

    def peak() -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)

    peak()
    found = [(product / seconds(peak), made / seconds(work)) for _ in range(tries)]
    return Share(operations=made, reached=median(own / most for most, own in found), kinds=kinds(work))


def counted(work: Work) -> float:
    """Operations of the products of one run; a multiplication and an addition are two."""
    mapping: dict[Any, Any] = {
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
        torch.ops.mkldnn._linear_pointwise: _linear,
    }
    with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        work()
    return float(counter.get_total_flops())


def kinds(work: Work) -> dict[str, float]:
    """Parts of the time that kernels of each kind take, by torch's profiler; they add up to one."""
    known = {name: kind for kind, names in KINDS.items() for name in names}
    spent = dict.fromkeys((*KINDS, REST), 0.0)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        work()
    for event in profiler.key_averages():
        spent[known.get(event.key.partition("::")[2], REST)] += event.self_cpu_time_total
    whole = sum(spent.values()) or 1.0
    return {kind: time / whole for kind, time in spent.items()}


def table(shares: Sequence[tuple[str, str, Share]]) -> str:
    """As Markdown: what was done, whose it is, and its share."""
    cells = [
        (work, whose, f"{found.operations / 1e9:.1f}", f"{found.reached:.0%}",
         *(f"{found.kinds[kind]:.0%}" for kind in HEAD[4:]))
        for work, whose, found in shares
    ]  # fmt: skip
    return markdown(HEAD, cells)


def _attention(q: Sequence[int], k: Sequence[int], v: Sequence[int], *_: Any, out_shape: Any = None, **__: Any) -> int:
    return 2 * math.prod(q[:-1]) * k[-2] * (q[-1] + v[-1])


def _linear(x: Sequence[int], weight: Sequence[int], *_: Any, out_shape: Any = None, **__: Any) -> int:
    return 2 * math.prod(x) * weight[0]
