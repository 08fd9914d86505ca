import numpy as np
import pytest

from soundstage.score.mix import LOUDNESS, loudness, mastered, pan_gains, staged

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
