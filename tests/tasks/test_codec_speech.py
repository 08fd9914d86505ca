"""The speech codec as it is used: a line there and back, live as whole, and what it cannot code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.media import Audio
from soundstage.media.pitch import pitch
from soundstage.tasks.codec import decode, encode
from soundstage.tasks.codec_shared import CODECS
from soundstage.tasks.speak import speak

MODEL = "starter/speech-codec"


@pytest.fixture(scope="module")
def line() -> Audio:
    return speak("The old boat came home.", "ben").audio


def levels(sound: Audio) -> np.ndarray:
    """dB every 20 ms."""
    frames = sound.samples[0][: sound.length // 480 * 480].reshape(-1, 480)
    return 10 * np.log10((frames**2).mean(1) + 1e-7)


def test_melody_and_loudness_come_back(line: Audio) -> None:
    codes = encode(line, model=MODEL)
    assert codes.kbps == pytest.approx(2.0)
    back = decode(codes)
    assert (back.rate, back.length) == (line.rate, line.length)
    assert np.corrcoef(levels(line), levels(back))[0, 1] > 0.93
    true, made = (pitch(sound.samples[0], sound.rate).f0 for sound in (line, back))
    both = (true > 0) & (made > 0)
    assert both.sum() > 0.8 * (true > 0).sum()
    assert float(np.median(np.abs(np.log2(made[both] / true[both])))) < 0.5 / 12


def test_fewer_books_are_a_lower_rate(line: Audio) -> None:
    few, all_of_them = (encode(line, kbps=kbps, model=MODEL) for kbps in (0.5, 2.0))
    assert few.codes.shape[0] == 2
    assert (few.codes == all_of_them.codes[:2]).all()


def test_live_sound_is_the_whole_sound() -> None:
    with runtime.use(MODEL, CODECS) as codec:
        codes = torch.randint(0, 1024, (1, 4, 30), generator=torch.Generator().manual_seed(0))
        pieces = list(codec.pieces_of(codes))
        assert len(pieces) > 2
        assert (np.concatenate(pieces) == codec.sound_of(codes)).all()
        assert codec.sound_of(codes).shape == (30 * 960,)
        assert codec.sound_of(codes[..., :0]).shape == (0,)


def test_silence_stays_quiet() -> None:
    back = decode(encode(Audio(np.zeros((1, 24_000), np.float32), 24_000), model=MODEL))
    assert float(np.abs(back.samples).max()) < 0.01
