"""Requests: what cannot be is told by its field, pictures are fitted, text is mended."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.tasks.shoot_latent import Request, eight_bits, fitted, latents_in, mended, pixels_of


def test_a_request_needs_words_and_a_first_picture_before_a_last() -> None:
    with pytest.raises(InputError, match="prompt: is empty"):
        Request(prompt=" ")
    with pytest.raises(InputError, match="last_image: stands alone"):
        Request(prompt="a dog", last_image=Image(np.zeros((4, 4, 3), np.uint8)))


def test_pictures_come_back_as_they_went_in() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
    x = fitted(Image(pixels), 6, 10)
    assert x.shape == (3, 6, 10) and x.dtype == np.float32 and float(x.min()) >= -1 and float(x.max()) <= 1
    assert np.array_equal(eight_bits(torch.from_numpy(x)[None, :, None])[0], pixels)
    assert fitted(Image(pixels), 12, 4).shape == (3, 12, 4)


def test_text_is_mended_where_it_is_broken_and_left_alone_elsewhere() -> None:
    assert mended("‘a’ “b”\r\nc\x00\x1b[1m e\u0301") == "'a' \"b\"\nc é"
    assert mended("Ein Ölgemälde, 一只狗 — naïve") == "Ein Ölgemälde, 一只狗 — naïve"


def test_a_latent_has_to_do_with_every_pixel_and_frame_that_it_is_made_of() -> None:
    where = np.zeros((9, 16, 8), np.bool_)
    where[0, 15, 7] = where[8, 0, 0] = True
    assert latents_in(where, 9, 4, 8)[:, :, 0].tolist() == [[0, 1], [0, 0], [1, 0]]
    assert latents_in(where[8:], 9, 4, 8)[:, :, 0].tolist() == [[1, 0]] * 3
    assert latents_in(where[:1], 1, 4, 8).shape == (1, 2, 1)


def test_a_clip_of_pixels_is_a_video_of_one() -> None:
    clip = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    assert np.array_equal(eight_bits(pixels_of(clip, torch.device("cpu"))), clip)
