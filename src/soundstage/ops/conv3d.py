"""Convolutions over video whose kernel sees 3 × 3 pixels and one or three frames, with a quarter of the products.

Notable: Winograd's F(4 × 4, 3 × 3) makes sixteen pixels of 36 products where the plain way takes 144 (Lavin & Gray,
2015). Its points are 0, ±√½, ±√2 and infinity, which halve the rounding of the usual ±1 and ±2; it is about four times
a plain convolution's. A picture passes in blocks of tiles that stay in the processor's cache and are padded there, so
that there is no padded copy of a clip, and none joined to what stands before it.

B batch · C channels · O channels out · T frames · K frames of the kernel · H, W pixels · 36 a tile's 6 × 6 values
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

NEAR, FAR = sqrt(0.5), sqrt(2.0)  # the points; NEAR · FAR = 1
TILE, SEEN = 4, 6  # a tile's side, and the side of what it sees
ROWS = 256  # of one product: tiles times frames
WIDE, FEW = 16, 1024  # channels, and pixels, from which the fewer products repay what is done around them


def conv3d(x_BCTHW: Tensor, weight: Tensor, bias: Tensor | None = None, past: Tensor | None = None) -> Tensor:
    """[B, C, T, H, W] to [B, O, T, H, W]: zeros stand around a picture, and before the first frame where nothing does.

    `weight` is [O, C, K, R, S], R and S odd, `past` at most the K − 1 frames before. Where the fast way pays, the
    result lies in memory with its channels last, and equals `conv3d_plain` up to rounding.
    """
    if pays(x_BCTHW, weight):
        return conv3d_fast(x_BCTHW, weight, bias, past)
    return conv3d_plain(x_BCTHW, weight, bias, past)


def conv3d_plain(x_BCTHW: Tensor, weight: Tensor, bias: Tensor | None = None, past: Tensor | None = None) -> Tensor:
    """The twin of `conv3d`: what stands before is joined or padded, and torch convolves."""
    if past is not None:
        x_BCTHW = torch.cat((past, x_BCTHW), 2)
    nothing = weight.shape[2] - 1 - (0 if past is None else past.shape[2])
    if nothing:
        x_BCTHW = F.pad(x_BCTHW, (0, 0, 0, 0, nothing, 0))
    return F.conv3d(x_BCTHW, weight, bias, padding=(0, weight.shape[3] // 2, weight.shape[4] // 2))


def conv2d_doubled(x_BCTHW: Tensor, weight_OCRS: Tensor, bias: Tensor | None = None) -> Tensor:
    """Every frame's pixels doubled along both sides (nearest), then convolved: [B, C, T, H, W] to [B, O, T, 2H, 2W].

    The fast way never lays the doubled frames down; it equals `conv2d_doubled_plain` up to rounding.
    """
    if pays(x_BCTHW, weight_OCRS.unsqueeze(2)):
        return conv3d_fast(x_BCTHW, weight_OCRS.unsqueeze(2), bias, times=2)
    return conv2d_doubled_plain(x_BCTHW, weight_OCRS, bias)


def conv2d_doubled_plain(x_BCTHW: Tensor, weight_OCRS: Tensor, bias: Tensor | None = None) -> Tensor:
    """The twin of `conv2d_doubled`, frame by frame in torch's words."""
    frames = F.interpolate(x_BCTHW.transpose(1, 2).flatten(0, 1), scale_factor=2.0, mode="nearest-exact")
    made = F.conv2d(frames, weight_OCRS, bias, padding=weight_OCRS.shape[2] // 2)
    return made.unflatten(0, (len(x_BCTHW), -1)).transpose(1, 2)  # type: ignore[no-any-return, no-untyped-call]


def pays(x_BCTHW: Tensor, weight: Tensor) -> bool:
    """Whether the fast way is open (float32 on a processor, nothing to learn) and quicker."""
    batch, channels, frames, height, width = x_BCTHW.shape
    return (
        x_BCTHW.device.type == "cpu"
        and x_BCTHW.dtype == weight.dtype == torch.float32
        and not torch.is_grad_enabled()
        and tuple(weight.shape[3:]) == (3, 3)
        and min(channels, len(weight)) >= WIDE
        and batch * frames * height * width >= FEW
    )


def conv3d_fast(
    x_BCTHW: Tensor, weight: Tensor, bias: Tensor | None = None, past: Tensor | None = None, *, times: int = 1
) -> Tensor:
    """`conv3d` by Winograd's way, whether or not it pays; each pixel is seen `times` along both sides."""
    batch, _, frames, *sides = x_BCTHW.shape
    height, width = (times * side for side in sides)
    out = x_BCTHW.new_empty(batch, frames, height, width, len(weight))
    side = max(1, round(sqrt(ROWS / max(1, frames))))
    tall, wide = _even(-(-height // TILE), side), _even(-(-width // TILE), side)
    before = 0 if past is None else past.shape[2]
    block = _Block(_kernels(weight), frames, before, tall, wide)
    for row in range(batch):
        x_THWC, made = x_BCTHW[row].permute(1, 2, 3, 0), out[row]
        past_THWC = x_THWC[:0] if past is None else past[row].permute(1, 2, 3, 0)
        for top in range(0, height, TILE * tall):
            for left in range(0, width, TILE * wide):
                block.take(past_THWC, x_THWC, top, left, times)
                block.give(made, bias, top, left)
    return out.permute(0, 4, 1, 2, 3)


class _Block:
    """The buffers of a block of `tall` by `wide` tiles, and its way through them; frames before it are seen only."""

    def __init__(self, kernels_KPCO: Tensor, frames: int, before: int, tall: int, wide: int) -> None:
        channels, out = kernels_KPCO.shape[2:]
        deep = frames + before
        self.kernels, self.frames, self.before = kernels_KPCO, frames, before
        new = kernels_KPCO.new_empty
        self.seen = kernels_KPCO.new_zeros(deep, TILE * tall + 2, TILE * wide + 2, channels)
        self.rows = new(SEEN, deep, tall, TILE * wide + 2, channels)
        self.values = new(SEEN, SEEN, deep, tall, wide, channels)
        self.products = new(SEEN * SEEN, frames * tall * wide, out)
        self.half = new(TILE, SEEN, frames, tall, wide, out)
        self.made = new(frames, tall, TILE, wide, TILE, out)
        self.spare = new(max(self.rows[0].numel(), self.values[0].numel(), self.products.numel() // SEEN))
        self.tall, self.wide = tall, wide

    def take(self, past_THWC: Tensor, x_THWC: Tensor, top: int, left: int, times: int) -> None:
        """Copy what the block sees, zeros beyond the picture, and multiply it."""
        height, width = times * x_THWC.shape[1], times * x_THWC.shape[2]
        first, last = max(0, top - 1), min(height, top + TILE * self.tall + 1)
        start, stop = max(0, left - 1), min(width, left + TILE * self.wide + 1)
        y, x = first - (top - 1), start - (left - 1)
        tall, wide = last - first, stop - start
        within = self.seen[:, y : y + tall, x : x + wide]
        if self.before:
            within[: self.before] = past_THWC[:, first:last, start:stop]
        if times == 1:
            within[self.before :] = x_THWC[:, first:last, start:stop]
        else:
            near = x_THWC[:, first // times : -(-last // times), start // times : -(-stop // times)]
            near = near.repeat_interleave(times, 1).repeat_interleave(times, 2)
            within[self.before :] = near[:, first % times :, start % times :][:, :tall, :wide]
        for beyond in (self.seen[:, :y], self.seen[:, y + tall :], self.seen[:, :, :x], self.seen[:, :, x + wide :]):
            beyond.zero_()  # another block may have left something there
        _spread(list(_every(self.seen, 1, self.tall)), list(self.rows), self.spare)
        _spread(list(_every(self.rows, 3, self.wide)), [self.values[:, i] for i in range(SEEN)], self.spare)
        self._multiply()

    def _multiply(self) -> None:
        """Each frame with the kernel's last frame first, then with those before it, where anything stands there."""
        span, tiles = len(self.kernels), self.tall * self.wide
        values = self.values.flatten(0, 1).flatten(1, 3)
        torch.bmm(values[:, self.before * tiles :], self.kernels[-1], out=self.products)
        for back in range(1, min(span, self.frames + self.before)):
            none = max(0, back - self.before)  # first frames that have nothing so far before them
            start, stop = self.before - back + none, self.before - back + self.frames
            seen = values[:, start * tiles : stop * tiles]
            self.products[:, none * tiles :].baddbmm_(seen, self.kernels[span - 1 - back])

    def give(self, out_THWO: Tensor, bias: Tensor | None, top: int, left: int) -> None:
        """What the products make, into its place."""
        products = self.products.view(SEEN, SEEN, self.frames, self.tall, self.wide, -1)
        _gather(list(products), list(self.half), self.spare)
        half = self.half.permute(1, 2, 3, 0, 4, 5)  # 6, frames, tall, 4, wide, O
        _gather(list(half), [self.made[:, :, :, :, i] for i in range(TILE)], self.spare)
        place = out_THWO[:, top : top + TILE * self.tall, left : left + TILE * self.wide]
        made = self.made.view(self.frames, TILE * self.tall, TILE * self.wide, -1)
        made = made[:, : place.shape[1], : place.shape[2]]
        if bias is None:
            place.copy_(made)
        else:
            torch.add(made, bias, out=place)


def _spread(seen: Sequence[Tensor], values: Sequence[Tensor], spare: Tensor) -> None:
    """Six values of six pixels in a line: the pixels as a polynomial's coefficients, less what the point divides."""
    zero, one, two, three, four, five = seen
    torch.add(zero, four, out=values[0]).add_(two, alpha=-2.5)
    torch.add(one, five, out=values[5]).add_(three, alpha=-2.5)
    odd = _like(spare, zero)
    for point, plus, minus in ((NEAR, values[1], values[2]), (FAR, values[3], values[4])):
        other = -1 / point**2  # the square of the other point, for their product is one
        torch.add(four, two, alpha=other, out=plus)
        torch.add(three, one, alpha=other, out=odd)
        torch.add(plus, odd, alpha=-point, out=minus)
        plus.add_(odd, alpha=point)


def _gather(products: Sequence[Tensor], made: Sequence[Tensor], spare: Tensor) -> None:
    """Four pixels of six products in a line, which are spent."""
    zero, near, near_minus, far, far_minus, five = products
    near_sum = torch.add(near, near_minus, out=_like(spare, near))
    near_odd = near.sub_(near_minus)
    far_sum, far_odd = torch.add(far, far_minus, out=near_minus), far.sub_(far_minus)
    torch.add(zero, near_sum, alpha=2, out=made[0]).add_(far_sum, alpha=NEAR)
    torch.add(far_odd, near_odd, alpha=FAR, out=made[1])
    torch.add(near_sum, far_sum, alpha=FAR, out=made[2])
    torch.add(five, near_odd, alpha=NEAR, out=made[3]).add_(far_odd, alpha=2)


def _kernels(weight_OCKRS: Tensor) -> Tensor:
    """[K, 36, C, O]: each kernel at the points, scaled so that `_gather` has least to do."""
    near, far = 0.5 / (2 * 0.5 * (0.5 - 2)), FAR / (2 * 2 * (2 - 0.5))
    points = torch.tensor(
        [[1, 0, 0]]
        + [[scale, point * scale, point**2 * scale] for scale, at in ((near, NEAR), (far, FAR)) for point in (at, -at)]
        + [[0, 0, 1]],
        dtype=torch.float64,
    )
    out, channels, span = weight_OCKRS.shape[:3]
    taps = weight_OCKRS.reshape(out * channels, -1).t().contiguous().view(span, 9, -1)
    made = torch.kron(points, points).float() @ taps
    return made.view(span, SEEN * SEEN, out, channels).transpose(-1, -2)


def _every(x: Tensor, axis: int, count: int) -> Iterator[Tensor]:
    """Views of the first to sixth of every tile's six, along an axis."""
    for start in range(SEEN):
        index = [slice(None)] * axis + [slice(start, start + TILE * (count - 1) + 1, TILE)]
        yield x[tuple(index)]


def _like(spare: Tensor, x: Tensor) -> Tensor:
    return spare[: x.numel()].view(x.shape)


def _even(tiles: int, most: int) -> int:
    """The side of blocks of about `most` tiles that are as alike as can be."""
    return -(-tiles // max(1, round(tiles / most)))
