"""The speech codec: books that leave less and less, a mender that begins as nothing, and a golden output."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.folding import QUIET, whole_frames
from soundstage.codec.kmeans import averages, fit_books, nearest
from soundstage.errors import InputError
from soundstage.models.speech_codec import SpeechCodec, speech_codec_starter

TINY = replace(speech_codec_starter(), bands=6, stack=2, components=8, books=3, codes=8, width=12, depth=1)


GOLDEN = [[3, 3, 0, 7], [4, 4, 4, 4], [6, 1, 7, 6]]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def frames(count: int, seed: int = 1) -> Tensor:
    """Frames that drift, half of them voiced."""
    envelope = torch.randn(count, TINY.bands, generator=draws(seed)).cumsum(0) * 0.3 - 5
    f0 = torch.where(torch.arange(count) % 20 < 10, 110 + torch.arange(count) % 7, 0)
    return whole_frames(envelope, f0, TINY.stack)


@pytest.fixture(scope="module")
def codec() -> SpeechCodec:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = SpeechCodec(TINY).eval()
    made.folding.fit(frames(600)[0])
    fit_books(made.quantiser, made.latents(frames(600))[0].T, rounds=6, generator=draws())
    return made


def test_each_book_leaves_less_than_the_one_before(codec: SpeechCodec) -> None:
    known = frames(200, seed=2)
    true = codec.latents(known)
    left = [float((codec.quantiser.decode(codec.encode(known, books)) - true).square().sum()) for books in (1, 2, 3)]
    assert left[0] > left[1] > left[2]
    assert left[0] < 0.7 * float(true.square().sum())


def test_an_untrained_mender_changes_nothing(codec: SpeechCodec) -> None:
    codes = codec.encode(frames(40))
    plain = codec.folding.unfold(codec.quantiser.decode(codes).transpose(1, 2) / codec.folding.spread)
    for made, expected in zip(codec.decode(codes), plain, strict=True):
        torch.testing.assert_close(made, expected)


def test_the_golden_codes_of_the_tiny_codec(codec: SpeechCodec) -> None:
    assert codec.encode(frames(8, seed=3))[0].tolist() == GOLDEN


def test_gaps_of_pitch_are_bridged_and_the_last_frame_fills_a_token() -> None:
    made = whole_frames(torch.full((3, 4), -40.0), torch.tensor([100.0, 0.0, 400.0]), 4)
    assert made.shape == (1, 4, 6)
    assert made[0, :, 5].tolist() == [1, -1, 1, 1]
    assert made[0, 1, 4].exp() == pytest.approx(200, rel=1e-4)
    assert (made[..., :4] == QUIET).all()


def test_without_codes_there_is_no_frame(codec: SpeechCodec) -> None:
    envelope, f0, voiced = codec.decode(torch.zeros(1, 3, 0, dtype=torch.long))
    assert envelope.shape == (1, 0, TINY.bands)
    assert f0.shape == voiced.shape == (1, 0)


@pytest.mark.parametrize(("codes", "problem"), [(torch.full((1, 3, 2), 8), "codes"), (torch.zeros(1, 4, 2), "books")])
def test_codes_of_another_codec_are_refused(codec: SpeechCodec, codes: Tensor, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        codec.decode(codes.long())


def test_a_centre_that_nobody_chose_starts_again() -> None:
    points = torch.cat((torch.zeros(50, 2), torch.ones(50, 2), torch.full((50, 2), 5.0)))
    centres = averages(points, 3, 20, draws(4))
    assert sorted(centres[:, 0].tolist()) == [0, 1, 5]
    assert (nearest(points, centres, at_once=7) == nearest(points, centres)).all()
