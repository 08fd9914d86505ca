from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, HOP
from soundstage.errors import MissingError
from soundstage.models.voice import VoiceModel, relieved, voice_tiny
from soundstage.recipes.voice import acoustic_loss, drawn_apart, spectral_loss
from soundstage.recipes.voice_batches import Corpus, acoustic_batch, corpus, full_pitch, vocoder_batch


def recording(seed: int, phones: int = 20) -> Recording:
    generator = np.random.default_rng(seed)
    durations = generator.integers(4, 12, phones).astype(np.uint16)
    frames = int(durations.sum())
    f0 = np.where(generator.random(frames) < 0.6, 120 + 20 * generator.random(frames), 0).astype(np.float32)
    return Recording(
        "toy", 0.1 * generator.standard_normal(frames * HOP).astype(np.float32), f0,
        generator.standard_normal((frames, BANDS)).astype(np.float32) - 6, generator.integers(1, 40,
        phones).astype(np.uint8),
        generator.integers(0, 8, phones).astype(np.uint8), durations, (("toy", 0.0, 1.0),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Corpus:
    recordings = [recording(seed) for seed in range(80)]
    owner = np.arange(80) % 4
    order = np.argsort([len(each.f0) for each in recordings])
    return Corpus(recordings, owner, order, [np.flatnonzero(owner == speaker) for speaker in range(4)])


def test_a_batch_lines_up_phones_frames_and_a_reference(found: Corpus) -> None:
    batch = acoustic_batch(found, torch.Generator().manual_seed(0), frames=600)
    assert batch["durations"].sum(1).tolist() == batch["mask"].sum(1).tolist()
    assert batch["envelope"].shape[1] % 2 == 0
    assert batch["reference"].abs().sum() > 0


def test_the_same_generator_draws_the_same_batch(found: Corpus) -> None:
    a, b = (acoustic_batch(found, torch.Generator().manual_seed(7)) for _ in range(2))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_few_steps_lower_both_losses(found: Corpus) -> None:
    torch.manual_seed(0)
    model = VoiceModel(voice_tiny(42))
    parts = nn.ModuleDict({"speaker": model.speaker, "acoustic": model.acoustic})
    batch = acoustic_batch(found, torch.Generator().manual_seed(0), frames=600)
    heard = vocoder_batch(found.recordings, torch.Generator().manual_seed(0), count=2, frames=20)
    optimizer = torch.optim.Adam([*parts.parameters(), *model.vocoder.parameters()], 1e-2)
    losses = []
    for _ in range(8):
        one, values = acoustic_loss(model, parts, batch)
        noise = torch.randn(heard["samples"].shape, generator=torch.Generator().manual_seed(1))
        two = spectral_loss(model.sound(heard["envelope"], heard["f0"], heard["voiced"], noise), heard["samples"])
        optimizer.zero_grad()
        (one + two).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append((float(one.detach()), float(two.detach())))
    assert losses[-1][0] < 0.9 * losses[0][0]
    assert losses[-1][1] < losses[0][1]
    assert set(values) == {"envelope", "pitch", "voicing", "duration"}


def test_what_regression_smoothed_over_is_measured(found: Corpus) -> None:
    torch.manual_seed(0)
    model = VoiceModel(voice_tiny(42)).eval()
    asked = drawn_apart(model, found, count=6)
    x, y = zip(*asked["knots"], strict=True)
    assert list(x) == sorted(set(x))
    assert list(y) == sorted(y)
    assert 0 <= asked["relief"] <= 0.5
    apart = relieved(torch.linspace(x[1], x[-2], 50).view(1, 1, 50).expand(1, 2, 50), 0.0, asked["knots"])
    assert float(apart[0, 0, 0]) == pytest.approx(y[1], abs=1e-3)
    assert float(apart[0, 0, -1]) == pytest.approx(y[-2], abs=1e-3)


def test_pitch_is_bridged_where_there_is_no_voice() -> None:
    assert full_pitch(np.array([0, 100, 0, 400, 0], np.float32)).tolist() == pytest.approx([100, 100, 200, 400, 400])
    assert full_pitch(np.zeros(3, np.float32)).tolist() == [120, 120, 120]


def test_without_data_the_error_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="voice data"):
        corpus(tmp_path)
