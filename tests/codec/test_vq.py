"""Quantisers: nearest codes, dead codes that come back, books that each take some of what is left."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from soundstage.codec.rvq import ResidualQuantiser
from soundstage.codec.vq import VectorQuantiser, perplexity
from soundstage.errors import InputError


def clusters(count: int, seed: int = 0) -> Tensor:
    """[1, 2, count]: points near eight places on a circle."""
    generator = torch.Generator().manual_seed(seed)
    angle = torch.randint(8, (count,), generator=generator) * (2 * torch.pi / 8)
    points = torch.stack((angle.cos(), angle.sin())) + 0.02 * torch.randn(2, count, generator=generator)
    return points[None]


def test_the_code_is_the_nearest() -> None:
    quantiser = VectorQuantiser(3, 16).eval()
    quantiser.codebook.copy_(torch.randn(16, 3, generator=torch.Generator().manual_seed(1)))
    x = torch.randn(2, 3, 20, generator=torch.Generator().manual_seed(2))
    by_hand = torch.cdist(x.transpose(1, 2), quantiser.codebook).argmin(-1)
    assert torch.equal(quantiser.encode(x), by_hand)
    assert torch.allclose(quantiser.decode(by_hand), quantiser(x).value, atol=1e-6)


def test_gradients_pass_straight_through() -> None:
    quantiser = VectorQuantiser(2, 4).eval()
    x = torch.ones(1, 2, 3, requires_grad=True)
    quantiser(x).value.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, torch.ones(1, 2, 3))


def test_dead_codes_are_restarted_and_the_clusters_found() -> None:
    quantiser = VectorQuantiser(2, 8, decay=0.9)
    generator = torch.Generator().manual_seed(3)
    quantiser(clusters(256), generator)
    quantiser.codebook.fill_(50.0)  # far from everything: all but one code die
    quantiser.codebook[0] = 0.0
    quantiser.sums.copy_(quantiser.codebook * quantiser.uses[:, None])
    for step in range(200):
        last = quantiser(clusters(256, step), generator)
    assert float(quantiser.codebook.norm(dim=1).max()) < 2
    assert float(last.commitment) < 0.05
    assert float(perplexity(last.codes, 8)) > 5


def test_training_needs_a_generator_and_repeats_with_its_seed() -> None:
    with pytest.raises(ValueError, match="generator"):
        VectorQuantiser(2, 8)(clusters(8))
    books = []
    for _ in range(2):
        quantiser, generator = VectorQuantiser(2, 8), torch.Generator().manual_seed(4)
        for step in range(5):
            quantiser(clusters(64, step), generator)
        books.append(quantiser.codebook.clone())
    assert torch.equal(books[0], books[1])


def test_a_quantiser_at_rest_learns_nothing() -> None:
    quantiser = VectorQuantiser(2, 8)
    quantiser(clusters(64), torch.Generator().manual_seed(5))
    before = {name: tensor.clone() for name, tensor in quantiser.state_dict().items()}
    quantiser.eval()(clusters(64, 1))
    assert all(torch.equal(before[name], tensor) for name, tensor in quantiser.state_dict().items())


def trained(code_width: int | None = None) -> tuple[ResidualQuantiser, Tensor]:
    quantiser = ResidualQuantiser(4, 4, 16, code_width=code_width, decay=0.9, dropout=0.5)
    generator = torch.Generator().manual_seed(6)
    for _ in range(60):
        quantiser(torch.randn(4, 4, 64, generator=generator), generator)
    return quantiser.eval(), torch.randn(2, 4, 50, generator=generator)


def test_each_book_takes_some_of_what_is_left() -> None:
    quantiser, x = trained()
    errors = [float((quantiser(x, books=n).value - x).square().mean()) for n in (1, 2, 3, 4)]
    assert all(later < 0.8 * earlier for earlier, later in pairwise(errors))


@pytest.mark.parametrize("code_width", [None, 2])
def test_codes_decode_to_the_forward_value(code_width: int | None) -> None:
    quantiser, x = trained(code_width)
    codes = quantiser.encode(x)
    assert codes.shape == (2, 4, 50)
    assert torch.allclose(quantiser.decode(codes), quantiser(x).value, atol=1e-5)
    assert torch.equal(quantiser.encode(x, books=2), codes[:, :2])


def test_dropout_uses_fewer_books_now_and_then_in_training_only() -> None:
    quantiser = ResidualQuantiser(2, 4, 4, dropout=0.5)
    generator = torch.Generator().manual_seed(7)
    counts = {quantiser(clusters(32), generator).codes.shape[1] for _ in range(40)}
    assert 4 in counts and len(counts) >= 3
    quantiser.eval()
    assert {quantiser(clusters(32), generator).codes.shape[1] for _ in range(10)} == {4}


def test_more_books_than_there_are_is_an_error() -> None:
    quantiser, x = trained()
    with pytest.raises(InputError, match="5 of 4"):
        quantiser.encode(x, books=5)
