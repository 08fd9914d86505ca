import numpy as np
import pytest

from soundstage.ops.dynamics import compression, tilted

RATE = 16_000


def swelling() -> np.ndarray:
    t = np.arange(4 * RATE) / RATE
    loud = np.where(t % 1 < 0.5, 0.05, 0.8)
    return np.stack([loud * np.sin(2 * np.pi * 440 * t)] * 2).astype(np.float32)


def test_loud_moments_lose_what_was_asked_and_soft_ones_less() -> None:
    gain = 20 * np.log10(compression(swelling(), RATE, 3.0))
    t = np.arange(gain.size) / RATE
    loud, soft = gain[(t > 3.8) & (t < 3.98)].mean(), gain[(t > 3.4) & (t < 3.48)].mean()
    assert loud == pytest.approx(-3.0, abs=0.6)
    assert soft > loud + 1.5
    assert gain.max() <= 0


def test_no_compression_is_no_change() -> None:
    assert np.array_equal(compression(swelling(), RATE, 0.0), np.ones(4 * RATE))


@pytest.mark.parametrize(("hertz", "decibels"), [(100, -2.0), (1000, 0.0), (6000, 1.56)])
def test_a_tilt_turns_about_one_kilohertz(hertz: float, decibels: float) -> None:
    sound = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)[None].astype(np.float32)
    made = tilted(sound, RATE, 4.0)
    assert made.shape == sound.shape
    inside = slice(RATE // 4, 3 * RATE // 4)
    change = 20 * np.log10(np.std(made[0, inside]) / np.std(sound[0, inside]))
    assert change == pytest.approx(decibels, abs=0.25)


def test_parts_that_are_tilted_sum_to_the_tilted_whole() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(0, 0.1, (2, RATE)).astype(np.float32) for _ in range(2))
    assert np.allclose(tilted(a, RATE, -3) + tilted(b, RATE, -3), tilted(a + b, RATE, -3), atol=1e-6)
