"""Lettering: inside the safe area, legible, fading, never too wide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError
from soundstage.film.titles import (
    SAFE,
    Layer,
    card,
    end_card,
    joined,
    note_layer,
    paper,
    softened,
    subtitle_layer,
    title_card,
    title_layer,
)

WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=11), min_size=1, max_size=12).map(" ".join)


def box(layer: Layer, threshold: int = 200) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is opaque, in shares of the frame."""
    rows, columns = np.nonzero(layer.cover > threshold)
    height, width = layer.cover.shape
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, st.sampled_from([(512, 512), (640, 360), (288, 512)]))
def test_titles_stay_in_the_safe_area_and_in_the_middle(title: str, subtitle: str, size: tuple[int, int]) -> None:
    left, top, right, bottom = box(title_layer(title, subtitle, width=size[0], height=size[1]))
    assert SAFE - 0.01 <= left < right <= 1 - SAFE + 0.01
    assert 0.1 <= top < bottom <= 0.9
    assert (left + right) / 2 == pytest.approx(0.5, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(WORDS)
def test_subtitles_stand_at_the_bottom_and_leave_the_picture_free(text: str) -> None:
    left, top, right, bottom = box(subtitle_layer(text, width=512, height=512, speaker="Ada"))
    assert SAFE - 0.02 <= left < right <= 1 - SAFE + 0.02
    assert 0.62 <= top < bottom <= 0.97


def test_subtitles_are_legible_on_white_and_on_black() -> None:
    layer = subtitle_layer("Whale", width=512, height=512)
    for shade in (0, 255):
        frame = layer.over(np.full((512, 512, 3), shade, np.uint8)).astype(int)
        letters = frame[layer.cover > 220].mean(axis=1)
        assert letters.max() > 245
        assert letters.min() < 60


def test_fewer_lines_are_preferred_to_slightly_larger_letters() -> None:
    layer = title_layer("The Keeper's Cat and the Whale", width=512, height=512)
    rows = (layer.cover > 128).any(axis=1)
    assert int((np.diff(rows.astype(int)) == 1).sum()) <= 3  # two lines of letters and the ornament


def test_over_blends_only_where_the_layer_covers() -> None:
    frame = np.full((64, 64, 3), 100, np.uint8)
    cover = np.zeros((64, 64), np.uint8)
    cover[10:20, 5:15] = 255
    layer = Layer(np.full((64, 64, 3), 200, np.uint8), cover)
    half = layer.over(frame, 0.5)
    assert (half[10:20, 5:15] == 150).all()
    assert (half[cover == 0] == 100).all()
    assert (layer.over(frame)[10:20, 5:15] == 200).all()
    assert np.array_equal(layer.over(frame, 0), frame)
    assert (frame == 100).all()
    with pytest.raises(InputError, match="frame"):
        layer.over(np.zeros((32, 64, 3), np.uint8))


def test_joined_layers_look_as_if_laid_one_after_the_other() -> None:
    frame = paper(128, 128)
    one, two = title_layer("One", width=128, height=128), note_layer("two three", width=128, height=128, outline=True)
    both = joined(one, two).over(frame).astype(int)
    assert np.abs(both - two.over(one.over(frame))).max() <= 3


def test_a_card_fades_in_and_out() -> None:
    layer = title_layer("Whale", width=128, height=128)
    plain = paper(128, 128)
    frames = list(card(plain, layer, 30, rise=8, fall=6))
    ink = [float(np.abs(frame.astype(int) - plain).mean()) for frame in frames]
    assert len(frames) == 30
    assert ink[0] < 0.1 * max(ink)
    assert ink[-1] < 0.2 * max(ink)
    assert np.diff(ink[:9]).min() > 0
    assert np.ptp(ink[9:23]) == 0


def test_a_card_over_moving_pictures_moves_and_needs_enough_of_them() -> None:
    layer = title_layer("Whale", width=64, height=64)
    moving = [np.full((64, 64, 3), shade, np.uint8) for shade in range(10)]
    assert [int(frame[0, 0, 0]) for frame in card(moving, layer, 10)] == list(range(10))
    with pytest.raises(InputError, match="ends after 10 of 11"):
        list(card(moving, layer, 11))


@pytest.mark.parametrize("background", [None, np.full((96, 128, 3), 180, np.uint8)])
def test_title_and_end_cards_have_their_size_and_length(background: np.ndarray | None) -> None:
    title = list(title_card("Whale", "a tale", width=128, height=96, count=20, background=background))
    end = list(end_card("The End", "Draft", width=128, height=96, count=12, background=background))
    assert [frame.shape for frame in title] == [(96, 128, 3)] * 20
    assert [frame.shape for frame in end] == [(96, 128, 3)] * 12
    assert all(frame.dtype == np.uint8 for frame in title + end)
    assert (end[-1] != end[0]).any()


def test_drawing_is_the_same_every_time() -> None:
    assert np.array_equal(paper(96, 96), paper(96, 96))
    one, two = (title_layer("Whale", "a tale", width=96, height=96) for _ in range(2))
    assert np.array_equal(one.cover, two.cover)


def test_softening_takes_detail_away_and_darkens_the_middle() -> None:
    generator = np.random.default_rng(0)
    frame = generator.integers(60, 200, (96, 96, 3), np.uint8)
    soft = softened(frame)
    assert soft.std() < 0.4 * frame.std()
    assert soft[44:52, 44:52].mean() < soft[:8, :8].mean()
