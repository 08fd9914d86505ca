"""The recipe of starter/f5 on toy recordings: what a batch lines up, what is kept, and that a little training helps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.codec.folding import Folding
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, HOP
from soundstage.errors import InputError, MissingError
from soundstage.recipes.f5 import reference_of
from soundstage.recipes.f5_batches import Corpus, batch, clipped, corpus, frames, joined, load, prepared, save

UNKNOWN = 42


def recording(seed: int, phones: int = 24) -> Recording:
    generator = np.random.default_rng(seed)
    durations = generator.integers(4, 12, phones).astype(np.uint16)
    count = int(durations.sum())
    f0 = np.where(generator.random(count) < 0.6, 120 + 20 * generator.random(count), 0).astype(np.float32)
    return Recording(
        "toy", 0.1 * generator.standard_normal(count * HOP).astype(np.float32), f0,
        generator.standard_normal((count, BANDS)).astype(np.float32) - 6,
        generator.integers(1, 40, phones).astype(np.uint8), generator.integers(0, 8, phones).astype(np.uint8),
        durations, (("toy", 0.0, 1.0),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folding() -> Folding:
    made = Folding(BANDS, 4, 16)
    made.fit(torch.cat([frames(recording(seed), 4)[0] for seed in range(4)]))
    return made


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, folding: Folding) -> Corpus:
    folder = tmp_path_factory.mktemp("features")
    for speaker in range(4):
        save(folder / f"{speaker}.npz", [prepared(recording(10 * speaker + each), folding) for each in range(12)])
    return corpus(folder)


def test_what_is_prepared_fills_whole_tokens(folding: Folding) -> None:
    for seed in range(4):
        made = prepared(recording(seed), folding)
        assert len(made.heard) == len(made.tokens)
        assert int(made.durations.sum()) == 4 * len(made.tokens)


def test_what_is_saved_comes_back(tmp_path: Path, folding: Folding) -> None:
    made = [prepared(recording(seed), folding) for seed in range(3)]
    save(tmp_path / "x.npz", made)
    for a, b in zip(made, load(tmp_path / "x.npz"), strict=True):
        assert all(np.array_equal(getattr(a, name), getattr(b, name)) for name in vars(a))


def test_a_batch_has_rows_of_one_length_and_asks_only_behind_the_reference(found: Corpus) -> None:
    for seed in range(5):
        drawn = batch(found, torch.Generator().manual_seed(seed), tokens=500, unknown=UNKNOWN)
        line = drawn.line
        assert (line.durations.sum(1) == 4 * line.heard.shape[1]).all()
        begins = line.durations.cumsum(1) - line.durations
        assert torch.equal(drawn.asked > 0, (begins >= 4 * line.known.sum(1, keepdim=True)) & (line.durations > 0))
        assert float(line.heard[~line.known].abs().sum()) == 0
        assert float(line.heard[line.known].abs().sum()) > 0


def test_references_come_with_their_phones_and_without(found: Corpus) -> None:
    firsts = torch.cat(
        [batch(found, torch.Generator().manual_seed(seed), unknown=UNKNOWN).line.phones[:, 0] for seed in range(6)]
    )
    assert 0.2 < float((firsts == UNKNOWN).float().mean()) < 0.8


def test_the_same_generator_draws_the_same_batch(found: Corpus) -> None:
    a, b = (batch(found, torch.Generator().manual_seed(7), unknown=UNKNOWN) for _ in range(2))
    assert torch.equal(a.tokens, b.tokens) and torch.equal(a.line.heard, b.line.heard)


def test_a_clip_keeps_the_phones_that_lie_in_it(folding: Folding) -> None:
    whole = prepared(recording(1), folding)
    clip = clipped(whole, 3, 10, 4, None)
    owner = np.repeat(whole.phones, whole.durations)[12:52]
    assert np.array_equal(np.repeat(clip.phones, clip.durations), owner)
    assert np.array_equal(clip.tokens, whole.tokens[3:13])


def test_a_clip_longer_than_its_recording_begins_again(folding: Folding) -> None:
    whole = prepared(recording(1, phones=5), folding)
    clip = clipped(whole, 0, len(whole.tokens) + 4, 4, UNKNOWN)
    assert np.array_equal(clip.heard[-4:], whole.heard[:4])
    assert clip.durations.tolist() == [4 * len(clip.tokens)] and clip.phones.tolist() == [UNKNOWN]


def test_joined_recordings_hide_the_second(folding: Folding) -> None:
    first, second = (prepared(recording(seed), folding) for seed in (1, 2))
    both = joined(first, second)
    assert float(np.abs(both.heard[len(first.heard) :]).sum()) == 0
    assert np.array_equal(both.tokens[len(first.tokens) :], second.tokens)


def test_a_named_reference_needs_a_sentence_that_is_long_enough(folding: Folding) -> None:
    short, long = prepared(recording(1, phones=5), folding), prepared(recording(2, phones=60), folding)
    assert reference_of([short, long], 40).shape == (40, long.heard.shape[1])
    with pytest.raises(InputError, match="nothing of 4000 tokens"):
        reference_of([short, long], 4000)


def test_no_features_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no features"):
        corpus(tmp_path)
