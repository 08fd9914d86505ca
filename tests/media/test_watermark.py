from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from soundstage.media import Audio
from soundstage.media.watermark import CHIPS, EDGES, HOLD, RARE, STEP, Marker, find, mark, signs

RATE = 24_000
Samples = NDArray[np.float32]


def test_the_pattern_is_the_same_for_ever() -> None:
    assert signs().shape == (CHIPS, len(EDGES) - 1)
    assert set(np.unique(signs())) == {-1.0, 1.0}
    assert abs(float(signs().mean())) < 0.05
    assert signs()[0, :12].astype(int).tolist() == GOLDEN


GOLDEN = [-1, 1, 1, 1, -1, 1, 1, -1, 1, -1, -1, 1]


def test_a_mark_is_found_and_none_where_there_is_none(babble: Samples) -> None:
    clean = Audio(babble[None], RATE)
    assert find(mark(clean)).marked
    assert find(mark(clean)).score > 12
    assert not find(clean).marked
    assert find(clean).chance > 1e-3


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.5), (0.777, 2.3), (1.5, 3.0)])
def test_any_second_and_a_half_is_enough(babble: Samples, start: float, end: float) -> None:
    found = find(mark(Audio(babble[None], RATE)).cut(start, end))
    assert found.marked and found.chance < RARE


def test_it_outlives_resampling_softness_noise_and_a_lossy_file(babble: Samples, tmp_path: Path) -> None:
    marked = mark(Audio(babble[None], RATE)).cut(0.31, 2.9)
    assert find(marked.resampled(16_000).resampled(44_100)).marked
    assert find(marked.resampled(8_000)).marked
    assert find(Audio(marked.samples * np.float32(0.05), RATE)).marked
    noise = np.random.default_rng(0).standard_normal(marked.length).astype(np.float32)
    assert find(Audio(marked.samples + 0.003 * noise, RATE)).marked
    marked.save(tmp_path / "a.mp3")
    assert find(Audio.load(tmp_path / "a.mp3")).marked


def test_pieces_joined_are_the_whole_sample_for_sample(babble: Samples) -> None:
    marker = Marker(RATE)
    whole = marker.whole(babble)
    cuts = np.cumsum(np.random.default_rng(1).integers(0, 5000, 40))
    pieces = [marker.piece(part) for part in np.split(babble, cuts[cuts < len(babble)])]
    joined = np.concatenate((*pieces, marker.end()))
    assert joined.shape == whole.shape == babble.shape
    np.testing.assert_allclose(joined, whole, atol=1e-6)
    np.testing.assert_allclose(marker.whole(babble), whole, atol=1e-6)  # the end begins anew
    np.testing.assert_allclose(np.concatenate(list(marker.pieces(np.array_split(babble, 9)))), whole, atol=1e-6)
    lag = len(babble[:6000]) - len(Marker(RATE).piece(babble[:6000]))
    assert 0 < lag <= 0.045 * RATE


def test_no_depth_is_no_change(babble: Samples) -> None:
    np.testing.assert_allclose(Marker(RATE, 0.0).whole(babble), babble, atol=1e-6)


def test_a_softer_sound_is_marked_softer_and_silence_not_at_all(babble: Samples) -> None:
    np.testing.assert_allclose(Marker(RATE).whole(babble) / 4, Marker(RATE).whole(babble / 4), atol=1e-6)
    assert not Marker(RATE).whole(np.zeros(9000, np.float32)).any()


def test_the_difference_is_small_and_the_level_stays(babble: Samples) -> None:
    marked = Marker(RATE).whole(babble)
    ratio = float((babble**2).sum() / ((marked - babble) ** 2).sum())
    assert 10 * np.log10(ratio) > 20
    assert float((marked**2).sum() / (babble**2).sum()) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_every_rate_can_be_marked(babble: Samples, rate: int) -> None:
    sound = Audio(babble[None], RATE).resampled(rate)
    marked = mark(sound)
    assert marked.length == sound.length and marked.rate == rate
    assert find(marked).marked


def test_channels_are_marked_alike(babble: Samples) -> None:
    both = mark(Audio(np.stack((babble, 0.5 * babble)), RATE))
    np.testing.assert_allclose(both.samples[1], 0.5 * both.samples[0], atol=1e-6)


def test_one_marked_stretch_is_found_in_a_long_sound(babble: Samples) -> None:
    rng = np.random.default_rng(2)
    other = (0.05 * rng.standard_normal(14 * RATE)).astype(np.float32)
    long = np.concatenate((other, Marker(RATE).whole(babble), other))
    found = find(Audio(long[None], RATE))
    assert found.marked and found.start <= 14.5 and found.end >= 16.5
    assert found.end - found.start < 10
    assert not find(Audio(other[None], RATE)).marked


def test_too_little_sound_tells_nothing() -> None:
    for seconds in (0.0, 0.2):
        found = find(Audio.silence(seconds, RATE))
        assert not found.marked and found.chance == 1
    assert not find(Audio.silence(3, RATE)).marked


def test_a_period_is_five_seconds() -> None:
    assert abs(CHIPS * HOLD * STEP - 5.12) < 1e-9
