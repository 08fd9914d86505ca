"""The codec's recipe: what is measured of a crop stands at the right place, and what is right costs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from soundstage.models.codec import Codec, Said, codec_starter
from soundstage.recipes import codec as recipe
from soundstage.recipes.codec import sound_loss, told_loss
from soundstage.recipes.codec_batches import COUNT, FRAMES, Corpus, _at_fine, band_power, batch


def corpus(seconds: int = 6) -> Corpus:
    frames = 100 * seconds
    rng = np.random.default_rng(0)
    ramp = np.arange(frames, dtype=np.float32)
    return Corpus(
        samples=rng.integers(-9000, 9000, 240 * frames).astype(np.int16),
        pitch=(4.5 + ramp / 1000).astype(np.float32),
        voiced=ramp % 50 < 25,
        envelope=np.repeat(-ramp[:, None] / 100, 100, axis=1).astype(np.float16),
        music=[rng.integers(-9000, 9000, 72_000).astype(np.int16)],
    )


def test_fine_frames_lie_on_a_line_between_the_measurements() -> None:
    measured = torch.arange(5.0)[None, :, None]
    assert _at_fine(measured, 0.0)[0, :, 0].tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    assert _at_fine(measured, 0.5)[0, :, 0].tolist() == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]


def test_a_batch_is_the_same_for_the_same_generator_and_holds_speech_and_music() -> None:
    found = corpus()
    one, two = (batch(found, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one.samples, two.samples) and one.samples.shape == (COUNT, FRAMES * 480)
    assert one.envelope.shape == (COUNT, FRAMES * 4, 100) and one.pitch.shape == one.voiced.shape == (COUNT, FRAMES * 4)
    assert 0 < float(one.spoken.sum()) < COUNT
    rise = one.pitch[one.spoken[:, 0] > 0].diff(dim=1)
    assert torch.allclose(rise, torch.full_like(rise, 0.0005), atol=1e-5)


def test_white_noise_has_the_power_that_the_narrator_would_measure() -> None:
    noise = torch.randn(1, 48_000, generator=torch.Generator().manual_seed(0))
    assert float(band_power(noise, 100)[0, 3:-3].exp().mean().log()) == pytest.approx(0.0, abs=0.1)


def test_what_is_right_costs_nothing() -> None:
    true = batch(corpus(), torch.Generator().manual_seed(3))
    sure = 20 * (2 * true.voiced - 1)
    said = Said(true.envelope, true.envelope, true.pitch, sure, true.envelope, true.envelope)
    model = Codec(replace(codec_starter(), width=8, hidden=8, codes=4, listen_depth=0, speak_depth=0))
    loss, values = told_loss(said, true, model)
    assert float(loss) == pytest.approx(0, abs=1e-5) and float(values["semitones"]) == 0
    worse = said._replace(pitch=true.pitch + np.log(2) / 12)
    assert float(told_loss(worse, true, model)[1]["semitones"]) == pytest.approx(1, rel=0.1)
    generator = torch.Generator().manual_seed(0)
    assert float(sound_loss(true.samples, true.samples, generator)[0]) == 0
    assert float(sound_loss(true.samples, 2 * true.samples, generator)[0]) > 0.5


def test_a_fresh_codec_knows_centre_and_scale_of_what_it_will_say() -> None:
    teller = recipe.fresh(corpus()).teller
    assert 4.5 < float(cast(Tensor, teller.pitch_centre)) < 5.1
    assert bool((cast(Tensor, teller.scale) > 0.1).all())
