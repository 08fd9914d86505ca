import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Music
from soundstage.ops.loudness import decibels, limit, true_peak
from soundstage.score.mix import loudness, unlike
from soundstage.tasks.master import master

RATE = 24_000


def parts() -> dict[str, np.ndarray]:
    t = np.arange(4 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 330 * t) * (1 + 0.5 * np.sin(2 * np.pi * 0.5 * t))
    clicks = np.random.default_rng(0).normal(0, 1, t.size) * np.exp(-(t % 0.5) / 0.01)
    return {
        "piano": np.stack([tone, 0.7 * tone]).astype(np.float32),
        "drums": np.stack([clicks] * 2).astype(np.float32),
    }


@pytest.fixture(scope="module")
def music() -> Music:
    stems = parts()
    mix = limit(np.asarray(sum(stems.values()), np.float32), RATE, ceiling=-3.0)
    return Music(Audio(mix, RATE), {name: Audio(stem, RATE) for name, stem in stems.items()})


@pytest.mark.parametrize(("target", "ceiling"), [(-14.0, -1.0), (-23.0, -1.0), (-16.0, -2.0)])
def test_a_master_has_its_loudness_and_its_ceiling(music: Music, target: float, ceiling: float) -> None:
    made = master(music, loudness=target, ceiling=ceiling)
    assert loudness(made.mix.samples, RATE) == pytest.approx(target, abs=0.5)
    assert decibels(true_peak(made.mix.samples)) <= ceiling + 0.02
    assert made.mix.length == music.mix.length


def test_stems_follow_all_that_is_done_and_still_sum_to_the_mix(music: Music) -> None:
    made = master(music, compression=2.0, tilt=2.0)
    assert unlike([stem.samples for stem in made.stems.values()], made.mix.samples) < -40
    assert "tilt +2 dB" in made.remarks[0] and "compressor up to" in made.remarks[0]


def test_a_mix_is_made_anew_from_stems_that_sum_to_it(music: Music) -> None:
    whole = master(music, strategy="peak", ceiling=0.0)
    total = np.asarray(sum(stem.samples for stem in music.stems.values()))
    ratio = whole.mix.samples / np.where(np.abs(total) > 0.05, total, np.inf)
    gains = ratio[np.abs(total) > 0.05]
    assert np.ptp(np.quantile(gains, (0.01, 0.99))) < 0.02  # one gain: what the former limiter took is back


@pytest.mark.parametrize("strategy", ["peak", "rms", "clip"])
def test_other_strategies_keep_the_ceiling_too(music: Music, strategy: str) -> None:
    made = master(music.mix, strategy=strategy, headroom=3.0)
    assert decibels(true_peak(made.mix.samples)) <= -0.98
    assert made.remarks[0].count("LUFS") == 2


@pytest.mark.parametrize(("rate", "channels", "seconds"), [(8000, 1, 2.0), (48_000, 2, 0.2)])
def test_any_rate_channels_and_length_will_do(rate: int, channels: int, seconds: float) -> None:
    sound = np.random.default_rng(1).normal(0, 0.05, (channels, round(seconds * rate))).astype(np.float32)
    made = master(Audio(sound, rate), tilt=-1.0, compression=1.0)
    assert made.mix.samples.shape == sound.shape and made.mix.rate == rate


def test_silence_and_a_headroom_without_use_are_refused(music: Music) -> None:
    with pytest.raises(InputError, match="music: is silent"):
        master(Audio.silence(1.0, 8000))
    with pytest.raises(InputError, match="headroom: is not for loudness"):
        master(music, headroom=3.0)
