"""Notes heard in one voice: tones made here, so that what is right is known."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio
from soundstage.media.hummed import hummed

TUNE = [(60, 0.0, 0.4), (64, 0.4, 0.3), (67, 0.7, 0.3), (67, 1.1, 0.35), (65, 1.5, 0.7)]  # one struck again, one rest


def sung(notes, rate=24_000, *, octave=0, cents=0.0, pure=False, vibrato=0.0, noise=0.0) -> Audio:
    """A voice of eight harmonics, or a whistle of one, that slides between notes and swells into each."""
    end = max(start + length for _, start, length in notes) + 0.2
    t = np.arange(round(end * rate)) / rate
    height, level = np.zeros_like(t), np.zeros_like(t)
    for pitch, start, length in notes:
        inside = (t >= start) & (t < start + length)
        height[t >= start] = pitch + octave + cents / 100
        level[inside] = np.minimum(
            np.minimum((t[inside] - start) / 0.03 + 0.05, 1), (start + length - t[inside]) / 0.03
        )
    height[height == 0] = notes[0][0] + octave
    smooth = np.convolve(np.pad(height, 400, mode="edge"), np.full(801, 1 / 801), "valid")
    smooth = smooth + vibrato / 100 * np.sin(2 * np.pi * 5.5 * t)
    turns = np.cumsum(440 * 2 ** ((smooth - 69) / 12)) / rate
    orders = (1,) if pure else range(1, 9)
    sound = sum(np.sin(2 * np.pi * k * turns) / k for k in orders) * level * 0.2
    sound = sound + np.random.default_rng(0).normal(0, noise, t.size)
    return Audio(sound[None].astype(np.float32), rate)


@pytest.mark.parametrize(
    ("octave", "more"),
    [(0, {}), (-12, {"vibrato": 40}), (12, {"cents": 30}), (30, {"pure": True}), (0, {"rate": 8000, "noise": 0.002})],
)
def test_notes_of_voices_and_whistles_are_heard_where_they_are(octave, more):
    heard = hummed(sung(TUNE, octave=octave, **more))
    assert [tone.pitch - octave for tone in heard.tones] == [pitch for pitch, _, _ in TUNE]
    assert max(abs(tone.start - start) for tone, (_, start, _) in zip(heard.tones, TUNE, strict=True)) < 0.06
    assert heard.tuning == pytest.approx(more.get("cents", 0) / 100, abs=0.1)


def test_stereo_is_heard_as_mono_is():
    mono = sung(TUNE)
    assert hummed(mono.stereo()) == hummed(mono)


def noise() -> Audio:
    return Audio(np.random.default_rng(0).normal(0, 0.1, (1, 32_000)).astype(np.float32), 16_000)


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (Audio.silence(1.0, 16_000), "melody: is silent"),
        (Audio(np.zeros((1, 0), np.float32), 8000), "melody: is silent"),
        (noise(), "melody: holds no melody"),
        (sung([(60, 0.0, 1.0)]), "melody: holds a single note"),
    ],
)
def test_what_is_no_melody_is_refused(audio, message):
    with pytest.raises(InputError, match=message):
        hummed(audio, "melody")
