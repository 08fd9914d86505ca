"""Scaling, dissolves and fades of frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError
from soundstage.film.frame import crossfaded, dissolve, faded, fitted, scaled, smooth


def disc(size: int) -> np.ndarray:
    """A dark disc on a light ground, drawn with smooth edges (sixteen samples a pixel)."""
    fine = size * 4
    down, across = np.mgrid[0:fine, 0:fine] + 0.5
    inside = (down - fine / 2) ** 2 + (across - fine / 2) ** 2 < (fine * 0.3) ** 2
    share = inside.reshape(size, 4, size, 4).mean(axis=(1, 3))[..., None]
    return np.asarray(share * (30, 40, 60) + (1 - share) * (240, 200, 150) + 0.5, np.uint8)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_a_plain_frame_stays_plain_at_any_size(width: int, height: int, shade: int) -> None:
    result = scaled(np.full((16, 24, 3), shade, np.uint8), width, height)
    assert result.shape == (height, width, 3)
    assert (result == shade).all()


def test_an_even_ramp_stays_even() -> None:
    ramp = np.broadcast_to(np.arange(0, 128, 4, dtype=np.uint8)[None, :, None], (32, 32, 3)).copy()
    row = scaled(ramp, 128, 128)[64, 8:-8, 0].astype(int)
    assert np.abs(row - (np.arange(8, 120) + 0.5 - 2)).max() <= 1.5


def test_edges_of_an_enlarged_drawing_are_nearer_to_the_truth_than_lanczos() -> None:
    truth = disc(256).astype(int)
    plain = scaled(disc(64), 256, 256, crisp=1)
    crisp = scaled(disc(64), 256, 256)
    assert np.abs(crisp - truth).mean() < 0.7 * np.abs(plain - truth).mean()


def test_no_halos_beyond_the_colours_of_the_source() -> None:
    source = disc(64)
    result = scaled(source, 256, 256)
    assert result.min(axis=(0, 1)).tolist() >= source.min(axis=(0, 1)).tolist()
    assert result.max(axis=(0, 1)).tolist() <= source.max(axis=(0, 1)).tolist()


def test_the_same_size_is_the_same_frame_and_no_size_is_refused() -> None:
    assert scaled(disc(16), 16, 16) is not None
    assert np.array_equal(scaled(disc(16), 16, 16), disc(16))
    with pytest.raises(InputError, match="size"):
        scaled(disc(16), 0, 16)


def test_fitting_keeps_circles_round_and_the_middle_in_the_middle() -> None:
    dark = fitted(disc(64), 320, 180)[..., 0] < 128
    rows, columns = np.nonzero(dark)
    assert np.ptp(columns) == pytest.approx(0.6 * 320, abs=4)
    assert (rows.mean(), columns.mean()) == pytest.approx((89.5, 159.5), abs=1)
    assert fitted(disc(64), 90, 160).shape == (160, 90, 3)


@given(st.floats(0, 1))
def test_dissolves_and_fades_end_where_they_should(share: float) -> None:
    one, two = np.full((2, 2, 3), 30, np.uint8), np.full((2, 2, 3), 200, np.uint8)
    assert 30 <= int(dissolve(one, two, share)[0, 0, 0]) <= 200
    assert np.array_equal(dissolve(one, two, 0), one)
    assert np.array_equal(dissolve(one, two, 1), two)
    assert int(faded(two, share)[0, 0, 0]) == pytest.approx(200 * (1 - share), abs=1)
    assert (faded(two, 1, (10, 20, 30)) == (10, 20, 30)).all()
    assert 0 <= smooth(share) <= 1


def test_a_crossfade_goes_steadily_from_one_to_the_other() -> None:
    one = [np.full((2, 2, 3), 20, np.uint8)] * 12
    two = [np.full((2, 2, 3), 220, np.uint8)] * 12
    shades = [int(frame[0, 0, 0]) for frame in crossfaded(one, two, 12)]
    assert len(shades) == 12
    assert shades == sorted(shades)
    assert shades[0] < 60
    assert shades[-1] > 200
