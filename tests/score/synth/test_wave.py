import numpy as np

from soundstage.score.synth.string import String, loop_filter, plucked
from soundstage.score.synth.wave import Wave, held

RATE = 32_000


def stray(wave: np.ndarray, hz: float) -> float:
    """dB of the strongest component that is no harmonic, below the strongest that is."""
    power = np.abs(np.fft.rfft(wave.astype(np.float64) * np.blackman(len(wave)) ** 2)) ** 2
    at = np.fft.rfftfreq(len(wave), 1 / RATE)
    beside = (np.abs(at - hz * np.round(at / hz)) > 40) & (at > 20)
    return float(10 * np.log10(power[beside].max() / power.max()))


def test_a_saw_of_three_kilohertz_does_not_alias():
    assert stray(held(Wave(shape="saw", cutoff=1e6), 3001.7, 0.0, RATE, RATE, 0)[RATE // 4 :], 3001.7) < -70


def test_an_overdriven_pulse_does_not_alias():
    assert stray(held(Wave(shape="pulse", drive=4.0), 1234.5, 0.0, RATE, RATE, 0)[RATE // 4 :], 1234.5) < -70


def test_the_beginning_of_a_long_tone_is_a_short_one():
    patch = Wave(sweep=2.0, vibrato=10, voices=3, detune=10, breath=-40)
    assert np.array_equal(held(patch, 220, 0.5, 9000, RATE, 3), held(patch, 220, 0.5, 30_000, RATE, 3)[:9000])


def test_a_string_dies_away_in_the_time_it_is_given():
    wave = plucked(String(decay=2.0, shorter=1.0, bright=0.5), 196.0, 0.0, 3 * RATE, RATE, 0)
    early, late = (np.mean(wave[round(t * RATE) : round((t + 0.1) * RATE)] ** 2) for t in (0.5, 1.5))
    assert abs(10 * np.log10(late / early) + 30) < 3


def test_the_loop_of_a_string_never_grows():
    for hz in (41.2, 196.0, 880.0, 1975.5):
        _, taps = loop_filter(RATE / hz, 8.0, 2.0, RATE)
        assert np.abs(np.fft.rfft(taps, 4096)).max() < 1
