import numpy as np
import pytest

from soundstage.ops.loudness import decibels, limit, true_peak
from soundstage.score.mix import LOUDNESS, brought, loudness, mastered, pan_gains, staged, unlike

RATE = 16_000


def tones(hz: float, level: float) -> np.ndarray:
    t = np.arange(3 * RATE) / RATE
    return np.stack([level * np.sin(2 * np.pi * hz * t)] * 2).astype(np.float32)


@pytest.fixture(scope="module")
def mixed():
    stems = staged(
        {"piano": tones(440, 0.3), "electric bass": tones(110, 0.01)}, {"piano": "lead", "electric bass": "bass"}, RATE
    )
    return mastered(stems, RATE, fade=0.5)


def test_stems_sum_to_the_mix_where_nothing_is_limited(mixed):
    mix, stems = mixed
    assert np.allclose(mix, sum(stems.values()), atol=1e-6)


def test_the_master_has_its_loudness_and_ends_in_silence(mixed):
    mix, _ = mixed
    assert loudness(mix[:, : 2 * RATE], RATE) == pytest.approx(LOUDNESS, abs=1.0)
    assert np.abs(mix[:, -1]).max() == 0
    assert np.abs(mix[:, 0]).max() == 0


def test_a_quiet_player_is_brought_to_the_level_of_its_role(mixed):
    _, stems = mixed
    difference = loudness(stems["piano"], RATE) - loudness(stems["electric bass"], RATE)
    assert abs(difference) < 3


def test_panning_keeps_the_power():
    for pan in (-1, -0.3, 0, 0.8):
        left, right = pan_gains(pan)
        assert left**2 + right**2 == pytest.approx(1)


def test_peaks_stay_under_the_ceiling():
    loud = tones(300, 0.01)
    loud[:, 8000:8100] = 0.9
    mix, _ = mastered({"piano": loud}, RATE, fade=0.1)
    assert np.abs(mix).max() <= 10 ** (-1.5 / 20) + 1e-4


@pytest.mark.parametrize("target", [-14.0, -23.0])
def test_a_sum_is_brought_to_a_loudness_that_the_limiter_does_not_take_away(target):
    sound = tones(300, 0.05)
    sound[:, ::4000] += 0.8
    mix, gain = brought(sound, RATE, target=target)
    assert loudness(mix, RATE) == pytest.approx(target, abs=0.5)
    assert decibels(true_peak(mix)) <= -0.99
    assert unlike([sound * np.float32(10 ** (gain / 20))], mix) < -40


def test_silence_is_brought_nowhere():
    mix, gain = brought(np.zeros((2, RATE), np.float32), RATE)
    assert gain == 0 and not mix.any()


def test_stems_of_a_limited_mix_are_told_from_others():
    a, b = tones(440, 0.5), tones(110, 0.6)
    assert unlike([a, b], limit(a + b, RATE, ceiling=-6.0)) < -50
    assert unlike([a, -b], limit(a + b, RATE, ceiling=-6.0)) > -20
