import numpy as np
import pytest

from soundstage.ops.separation import separated

RATE = 22_050


@pytest.fixture(scope="module")
def sounds() -> dict[str, np.ndarray]:
    """Four seconds of a kind each, at their places."""
    t = np.arange(4 * RATE) / RATE
    rng = np.random.default_rng(1)
    strokes = rng.normal(0, 1, t.size) * np.exp(-(t % 0.5) / 0.015) * 0.4
    bass = 0.3 * np.sin(2 * np.pi * 82.4 * t)
    middle = 0.2 * np.sin(2 * np.pi * 660 * t)
    side = 0.2 * np.sin(2 * np.pi * 990 * t)
    return {
        "percussion": np.stack([strokes, strokes]), "bass": np.stack([bass, bass]),
        "middle": np.stack([middle, middle]), "sides": np.stack([side, 0 * side]),
    }  # fmt: skip


def fidelity(true: np.ndarray, made: np.ndarray) -> float:
    """dB of the true sound over what is made instead."""
    return float(10 * np.log10(np.square(true).sum() / np.square(true - made).sum()))


def test_what_differs_in_kind_and_place_is_told_apart(sounds: dict[str, np.ndarray]) -> None:
    found = separated(np.asarray(sum(sounds.values()), np.float32), RATE)
    for name, sound in sounds.items():
        assert fidelity(sound, found[name]) > 6, name
    assert list(found) == ["percussion", "bass", "middle", "sides", "other"]


@pytest.mark.parametrize(("channels", "length"), [(1, 2000), (2, 777), (2, RATE), (1, 1)])
def test_parts_always_sum_to_the_sound(channels: int, length: int) -> None:
    sound = np.random.default_rng(length).normal(0, 0.2, (channels, length)).astype(np.float32)
    total = np.asarray(sum(separated(sound, RATE).values()))
    assert total.shape == sound.shape
    assert np.abs(total - sound).max() < 1e-6


def test_a_mono_sound_has_no_middle(sounds: dict[str, np.ndarray]) -> None:
    assert list(separated(sounds["bass"][:1], RATE)) == ["percussion", "bass", "harmony", "other"]
