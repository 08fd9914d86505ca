"""Convolutions: live equals offline, causal ones do not see the future, lengths come out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from soundstage.nn.conv import Conv1d, ConvNeXtBlock, ConvTranspose1d, ResidualUnit, Stream


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def live(layer: nn.Module, x: Tensor, chunks: Sequence[int], **more: Any) -> Tensor:
    stream = Stream()
    with torch.no_grad():
        return torch.cat([layer(part, stream=stream, **more) for part in x.split(list(chunks), -1)], -1)


@pytest.mark.parametrize("chunks", [(32,), (1,) * 32, (5, 7, 1, 19), (16, 16)])
@pytest.mark.parametrize("padding", ["constant", "replicate"])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (3, 1, 4), (8, 4, 1), (4, 2, 1), (2, 2, 1)])
def test_a_live_convolution_is_the_offline_one(
    kernel: int, stride: int, dilation: int, padding: Any, chunks: Sequence[int]
) -> None:
    layer = Conv1d(3, 5, kernel, stride=stride, dilation=dilation, padding=padding, normed=True)
    x = draw(2, 3, 32)
    with torch.no_grad():
        offline = layer(x)
    assert offline.shape[-1] == 32 // stride
    assert torch.allclose(live(layer, x, chunks), offline, atol=1e-6)


@pytest.mark.parametrize("chunks", [(12,), (1,) * 12, (5, 7)])
@pytest.mark.parametrize(
    ("kernel", "stride", "bias"), [(8, 4, True), (4, 4, True), (5, 2, True), (6, 2, False), (9, 2, True)]
)
def test_a_live_transposed_convolution_is_the_offline_one(
    kernel: int, stride: int, bias: bool, chunks: Sequence[int]
) -> None:
    layer = ConvTranspose1d(3, 5, kernel, stride=stride, bias=bias)
    x = draw(2, 3, 12)
    with torch.no_grad():
        offline = layer(x)
    assert offline.shape[-1] == 12 * stride
    assert torch.allclose(live(layer, x, chunks), offline, atol=1e-6)


def ended(layer: nn.Module, x: Tensor, chunks: Sequence[int]) -> Tensor:
    """A whole live signal: the last chunk is announced as the last."""
    stream, parts = Stream(), list(x.split(list(chunks), -1))
    with torch.no_grad():
        out = [layer(part, stream) for part in parts[:-1]]
        stream.ending = True
        return torch.cat([*out, layer(parts[-1], stream)], -1)


@pytest.mark.parametrize("chunks", [(31,), (1,) * 31, (5, 7, 1, 18), (16, 15), (31, 0), (0, 2, 29)])
@pytest.mark.parametrize("padding", ["constant", "replicate", "reflect"])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (3, 1, 4), (8, 4, 1), (4, 2, 1)])
def test_a_live_convolution_that_is_told_the_end_pads_it_too(
    kernel: int, stride: int, dilation: int, padding: Any, chunks: Sequence[int]
) -> None:
    layer = Conv1d(3, 5, kernel, stride=stride, dilation=dilation, padding=padding)
    x = draw(2, 3, 31)
    with torch.no_grad():
        offline = layer(x)
    assert torch.allclose(ended(layer, x, chunks), offline, atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 5, 6])
def test_a_live_signal_too_short_to_reflect_ends_like_the_offline_one(length: int) -> None:
    layer, x = Conv1d(2, 3, 7, padding="reflect"), draw(1, 2, length)
    with torch.no_grad():
        assert torch.allclose(ended(layer, x, (1,) * length), layer(x), atol=1e-6)


def test_reflection_waits_until_there_is_something_to_reflect() -> None:
    layer, stream, x = Conv1d(1, 1, 7, padding="reflect"), Stream(), draw(1, 1, 9)
    assert [layer(part, stream).shape[-1] for part in x.split(1, -1)] == [0] * 6 + [7, 1, 1]


def test_live_blocks_are_the_offline_ones() -> None:
    x, condition = draw(2, 8, 24), draw(2, 4)
    block = ConvNeXtBlock(8, condition=4, causal=True)
    nn.init.normal_(block.norm.project.weight, generator=torch.Generator().manual_seed(1))  # type: ignore[union-attr, arg-type]
    unit = ResidualUnit(8, dilation=3, skip=True)
    with torch.no_grad():
        assert torch.allclose(live(block, x, (5, 1, 18), condition=condition), block(x, condition), atol=1e-6)
        assert torch.allclose(live(unit, x, (5, 1, 18)), unit(x), atol=1e-6)
        for skip in (True, False):
            unit = ResidualUnit(8, kernel=5, dilation=2, padding="reflect", skip=skip)
            for chunks in ((1,) * 24, (9, 0, 15), (24,)):
                assert torch.allclose(ended(unit, x, chunks), unit(x), atol=1e-6)


def test_a_grouped_convolution_normalises_and_refuses_to_stream() -> None:
    x = draw(2, 3, 40)
    for layer in (
        Conv1d(3, 6, 3, causal=False, grouped=True),
        ConvTranspose1d(3, 6, 4, stride=2, causal=False, grouped=True),
    ):
        y = layer(3 * x)
        assert torch.allclose(y.mean((1, 2)), torch.zeros(2), atol=0.05) and torch.allclose(
            y.square().mean((1, 2)), torch.ones(2), atol=0.1
        )
        with pytest.raises(ValueError, match="sees the future"):
            layer(x, Stream())


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 30])
@pytest.mark.parametrize("causal", [True, False])
def test_a_stride_gives_the_ceiling_of_the_quotient(length: int, causal: bool) -> None:
    layer = Conv1d(1, 1, 8, stride=4, causal=causal, padding="reflect")
    assert layer(draw(1, 1, length)).shape[-1] == -(-length // 4)


def test_a_causal_convolution_does_not_see_the_future() -> None:
    layer = Conv1d(1, 1, 5, dilation=2)
    x = draw(1, 1, 20)
    before = layer(x)
    x[..., 12] += 1
    after = layer(x)
    assert torch.equal(before[..., :12], after[..., :12]) and not torch.equal(before[..., 12:], after[..., 12:])


def test_a_reset_stream_starts_anew() -> None:
    layer, stream, x = Conv1d(2, 2, 5), Stream(), draw(1, 2, 9)
    first = layer(x, stream)
    assert not torch.equal(layer(x, stream), first)
    stream.reset()
    assert torch.equal(layer(x, stream), first)


def test_a_centred_convolution_refuses_to_stream() -> None:
    with pytest.raises(ValueError, match="sees the future"):
        Conv1d(1, 1, 3, causal=False)(draw(1, 1, 4), Stream())
    with pytest.raises(ValueError, match="sees the future"):
        ConvTranspose1d(1, 1, 4, stride=2, causal=False)(draw(1, 1, 4), Stream())


def test_padding_behind_a_mask_does_not_reach_the_frames() -> None:
    block = ConvNeXtBlock(6)
    x = draw(1, 6, 20)
    mask = (torch.arange(20) < 12).float()[None, None]
    other = torch.where(mask.bool(), x, draw(1, 6, 20, seed=4))
    assert torch.equal(block(x, mask=mask)[..., :12], block(other, mask=mask)[..., :12])
    assert torch.allclose(block(x, mask=mask)[..., :12], block(x[..., :12]), atol=1e-6)
