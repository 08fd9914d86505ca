"""The recipe of starter/vits: its batches are the narrator's, and a few steps teach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.codec.vocoder import VocoderConfig
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import HOP
from soundstage.errors import MissingError
from soundstage.models.vits import DurationConfig, Vits, VitsConfig, WavenetConfig
from soundstage.recipes.vits import FLAGS, SIZE, Corpus, batch, corpus, names, symbol, vocabulary, warm_loss
from soundstage.text.symbols import IDS, STRESSED, SYMBOLS

SMALL = VitsConfig(
    symbols=len(SYMBOLS) * FLAGS, rate=24_000, bins=SIZE // 2 + 1, width=16, hidden=16, depth=1, flows=1,
    decoder=VocoderConfig(latent=8, width=16, depth=1, size=480, hop=HOP, condition=4),
    flow=WavenetConfig(layers=1), posterior=WavenetConfig(layers=1), duration=DurationConfig(stochastic=False, width=8),
    speakers=2, speaker_width=4,
)  # fmt: skip


def toy(seed: int) -> Recording:
    rng = np.random.default_rng(seed)
    durations = rng.integers(4, 9, 12).astype(np.uint16)
    frames = int(durations.sum())
    tone = 0.2 * np.sin(np.arange(frames * HOP) * 0.05)
    return Recording(
        "toy", tone.astype(np.float32), np.full(frames, 120, np.float32), np.zeros((frames, 100), np.float32),
        rng.integers(1, 40, 12).astype(np.uint8), rng.integers(0, 8, 12).astype(np.uint8), durations, (),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Corpus:
    recordings = sorted((toy(seed) for seed in range(20)), key=lambda each: len(each.f0))
    return Corpus(recordings, [index % 2 for index in range(20)])


def test_a_batch_holds_every_phone_with_its_flags_and_its_frames(found: Corpus) -> None:
    rows = batch(found, torch.Generator().manual_seed(0), 200)
    assert rows["durations"].sum(1).tolist() == rows["frames"].tolist()
    assert rows["samples"].shape[1] == int(rows["frames"].max()) * HOP
    assert int(rows["ids"].max()) < len(SYMBOLS) * FLAGS


def test_the_vocabulary_names_a_phone_as_the_engine_does() -> None:
    assert vocabulary()[f"aa.{STRESSED}"] == symbol(IDS["aa"], STRESSED)
    assert len(set(vocabulary().values())) == len(SYMBOLS) * FLAGS


def test_a_few_steps_lower_the_loss(found: Corpus) -> None:
    torch.manual_seed(0)
    model, totals = Vits(SMALL), []
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    rows = batch(found, torch.Generator().manual_seed(0), 120)
    for _ in range(8):
        loss, parts = warm_loss(model, rows, torch.Generator().manual_seed(1))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        totals.append(float(loss.detach()))
    assert totals[-1] < 0.9 * totals[0]
    assert set(parts) == {"mel", "spectrum", "kl", "duration"}


def test_without_data_the_error_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="voice data"):
        corpus(tmp_path)
    assert len(names()) == 9
