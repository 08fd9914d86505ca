"""Laughs, sighs and hums measure like what they are, and stand where and as long as they are said to."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import find_peaks

from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, FFT, HOP, RATE
from soundstage.data.paralinguistics import EVENT_IDS, KINDS, Event, Timbre, perform, places, season, tagged
from soundstage.errors import InputError
from soundstage.text.symbols import IDS, PAUSE

pytest.importorskip("pyworld")
PITCH = 120.0
FREQUENCY = np.fft.rfftfreq(FFT, 1 / RATE)


def resonances(*peaks: float) -> NDArray[np.float64]:
    """A power envelope with some formants over a falling floor."""
    bumps = sum(np.exp(-(((FREQUENCY - peak) / 120) ** 2)) for peak in peaks)
    return 1e-3 * (bumps + 0.02) / (1 + (FREQUENCY / 800) ** 2)


TIMBRE = Timbre(
    MappingProxyType(
        {
            "aa": resonances(730, 1090, 2440), "ah": resonances(640, 1190, 2390), "eh": resonances(530, 1840, 2480),
            "ow": resonances(480, 900, 2300), "m": resonances(250),
        }
    ),
    PITCH,
)  # fmt: skip


def made(kind: str, count: int = 12) -> list[Event]:
    generator = np.random.default_rng(1)
    return [perform(TIMBRE, kind, generator) for _ in range(count)]


def loudness(event: Event) -> NDArray[np.float64]:
    """Root mean square of every 10 ms, smoothed over five."""
    frames = np.sqrt((event.samples.reshape(-1, HOP).astype(np.float64) ** 2).mean(1))
    return np.convolve(frames, np.ones(5) / 5, "same")


def high_share(event: Event, edge: float = 600.0) -> float:
    """Share of the energy above `edge` Hz."""
    power = np.abs(np.fft.rfft(event.samples)) ** 2
    return float(power[np.fft.rfftfreq(len(event.samples), 1 / RATE) > edge].sum() / power.sum())


def test_a_laugh_is_four_to_six_bursts_a_second_that_fall_in_pitch() -> None:
    for laugh in made("laughs"):
        level = loudness(laugh)
        peaks, _ = find_peaks(level, prominence=0.25 * level.max(), distance=10)
        assert len(peaks) >= 3
        assert 3.5 < 100 / np.diff(peaks).mean() < 6.5
        first, last = (np.median(laugh.f0[max(0, at - 5) : at + 6]) for at in (peaks[0], peaks[-1]))
        assert last < first


def test_a_sigh_is_a_breath_that_fades() -> None:
    for sigh in made("sighs"):
        level = loudness(sigh)
        out = level[np.argmax(level) :]
        assert 0.3 < len(sigh.f0) / 100 < 2.0
        assert out[-len(out) // 4 :].mean() < 0.35 * out[: len(out) // 4].mean()
        assert (sigh.f0[-len(sigh.f0) // 3 :] == 0).all()


def test_a_hum_is_steady_and_nasal() -> None:
    for hum in made("hums"):
        assert (hum.f0 > 0).all()
        assert high_share(hum) < 0.15
        assert np.abs(np.diff(np.log2(hum.f0))).max() * 12 < 2.0


def test_a_gasp_swells_and_stops_short() -> None:
    for gasp in made("gasps"):
        assert np.argmax(loudness(gasp)) > 0.6 * len(gasp.f0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_are_alike_and_one_seed_gives_one(kind: str) -> None:
    first, second = made(kind, 2)
    assert len(first.samples) != len(second.samples) or not np.array_equal(first.samples, second.samples)
    assert np.array_equal(first.samples, made(kind, 1)[0].samples)
    assert len(first.samples) == HOP * len(first.f0)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="laughs, sighs"):
        perform(TIMBRE, "cheers", np.random.default_rng(0))


def sentence() -> Recording:
    """Two words with a comma between them: pau w1 pau w2 pau."""
    phones = [IDS[PAUSE], IDS["aa"], IDS[PAUSE], IDS["iy"], IDS[PAUSE]]
    durations = [8, 30, 20, 30, 12]
    frames = sum(durations)
    samples = np.random.default_rng(0).standard_normal(frames * HOP).astype(np.float32) * 0.05
    return Recording(
        "Ah, ee.", samples, np.full(frames, 110, np.float32), np.zeros((frames, BANDS), np.float32),
        np.array(phones, np.uint8), np.zeros(5, np.uint8), np.array(durations, np.uint16),
        (("ah", 0.08, 0.38), ("ee", 0.58, 0.88)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "text", "moved"),
    [(0, "[hums] Ah, ee.", (True, True)), (2, "Ah, [hums] ee.", (False, True)), (4, "Ah, ee. [hums]", (False, False))],
)
def test_an_event_stands_in_its_pause_with_exact_times(place: int, text: str, moved: tuple[bool, bool]) -> None:
    plain, event = sentence(), made("hums", 1)[0]
    whole = tagged(plain, event, place, np.random.default_rng(2))
    assert whole.text == text
    assert whole.durations.sum() == len(whole.f0) == len(whole.envelope) == len(whole.samples) // HOP
    at = whole.phones.tolist().index(EVENT_IDS["hums"])
    assert whole.phones[at - 1] == whole.phones[at + 1] == IDS[PAUSE]
    start = int(whole.durations[:at].sum())
    assert np.array_equal(whole.samples[start * HOP :][: len(event.samples)], event.samples)
    for (_, old, _), (_, new, end), later in zip(plain.words, whole.words, moved, strict=True):
        assert (new > old) == later
        assert np.array_equal(
            whole.samples[round(new * RATE) : round(end * RATE)],
            plain.samples[round(old * RATE) :][: round(0.3 * RATE)],
        )


def test_no_event_stands_inside_a_word() -> None:
    assert places(sentence()) == [0, 2, 4]
    with pytest.raises(InputError, match="no pause"):
        tagged(sentence(), made("hums", 1)[0], 1, np.random.default_rng(0))


def test_about_half_of_the_recordings_are_seasoned() -> None:
    out = season([sentence()] * 60, TIMBRE, np.random.default_rng(4))
    eventful = [each for each in out if each.phones.max() >= min(EVENT_IDS.values())]
    assert 18 <= len(eventful) <= 42
    assert len({int(each.phones.max()) for each in eventful}) == len(KINDS)
