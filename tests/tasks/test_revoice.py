from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Speech, Voice
from soundstage.media.pitch import pitch
from soundstage.media.watermark import find
from soundstage.tasks.revoice import revoice
from soundstage.tasks.speak import speak

WORD = "This is a synthetic speaker of Soundstage's own narrator."


@pytest.fixture(scope="module")
def line() -> Speech:
    return speak("The captain looked at the harbour and said nothing at all.", Voice.named("ben"))


@pytest.fixture(scope="module")
def as_ada(line: Speech) -> Audio:
    return revoice(line.audio, Voice.named("ada"))


def loudness(audio: Audio) -> np.ndarray:
    power = audio.samples[0, : audio.length // 480 * 480].reshape(-1, 480).astype(np.float64) ** 2
    return np.asarray(np.log(power.mean(1) + 1e-7))


def test_it_lasts_as_long_and_swells_at_the_same_times(line: Speech, as_ada: Audio) -> None:
    assert as_ada.length == line.audio.length and as_ada.rate == line.audio.rate
    assert float(np.corrcoef(loudness(line.audio), loudness(as_ada))[0, 1]) > 0.8


def test_the_voice_is_as_high_as_the_others(line: Speech, as_ada: Audio) -> None:
    ada = speak(line.text, Voice.named("ada")).audio
    heights = [np.median(f0[f0 > 0]) for f0 in (pitch(a.samples[0], a.rate).f0 for a in (line.audio, as_ada, ada))]
    low, made, high = (12 * np.log2(height) for height in heights)
    assert high - low > 4
    assert abs(made - high) < 2


def test_the_same_seed_gives_the_same(line: Speech, as_ada: Audio) -> None:
    assert revoice(line.audio, Voice.named("ada")) == as_ada


def test_a_clone_is_marked_unless_it_is_not_wanted_and_needs_a_word(line: Speech) -> None:
    reference = speak("We walked along the old harbour wall this morning.", Voice.named("finn")).audio
    finn = Voice.clone(reference, consent=WORD)
    assert find(revoice(line.audio, finn)).marked
    assert not find(revoice(line.audio, finn, watermark=False)).marked
    with pytest.raises(InputError, match="consent"):
        revoice(line.audio, Voice(reference=reference))


def test_a_named_voice_is_not_marked(as_ada: Audio) -> None:
    assert not find(as_ada).marked


def test_a_mixture_lies_between_its_voices(line: Speech, as_ada: Audio) -> None:
    both = revoice(line.audio, Voice.mixed([(Voice.named("ada"), 1), (Voice.named("ben"), 1)]))
    f0 = [pitch(audio.samples[0], audio.rate).f0 for audio in (line.audio, both, as_ada)]
    ben, between, ada = (float(np.median(each[each > 0])) for each in f0)
    assert ben < between < ada


def test_a_telephones_band_is_filled(line: Speech) -> None:
    narrow = revoice(line.audio.resampled(8000), Voice.named("ada"))
    spectrum = np.abs(np.fft.rfft(narrow.samples[0])) ** 2
    above = spectrum[len(spectrum) * 5 // 12 :].sum() / spectrum.sum()
    assert above > 1e-5


def test_silence_and_strangers_are_refused(line: Speech) -> None:
    with pytest.raises(InputError, match="silent"):
        revoice(Audio.silence(1, 24_000), Voice.named("ada"))
    with pytest.raises(InputError, match="too short"):
        revoice(Audio.silence(0.01, 24_000), Voice.named("ada"))
    with pytest.raises(InputError, match="no voice 'zed'"):
        revoice(line.audio, Voice.named("zed"))
