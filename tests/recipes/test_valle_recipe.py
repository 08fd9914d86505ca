"""The pairs that VALL-E's starter learns from, and that both losses fall on a handful of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.data import narrator
from soundstage.data.narrator import Recording, Speaker
from soundstage.errors import MissingError
from soundstage.models.valle import FirstBook, OtherBooks, Stack, ValleConfig
from soundstage.recipes.valle import first_loss, other_loss
from soundstage.recipes.valle_pairs import Corpus, corpus, draw, encode_shards, frames_of, joined, prompt_for, stretch
from soundstage.tasks.speak_valle import PHONES, SYMBOLS, UNSAID

CODES = 16
STACK = Stack(width=32, depth=1, heads=2, hidden=64)
CONFIG = ValleConfig(symbols=SYMBOLS, ar=STACK, nar=STACK, books=6, codes=CODES, begin=True, pointer=True)


def recording(seed: int, phones: int = 12) -> Recording:
    rng = np.random.default_rng(seed)
    durations = rng.integers(1, 20, phones).astype(np.uint16)
    frames = int(durations.sum())
    spoken = rng.integers(1, PHONES, phones).astype(np.uint8)
    loud = np.sqrt((spoken % CODES + 0.5) / 1e4).astype(np.float32)  # so that a frame tells its phone
    return Recording(
        "word", np.repeat(loud, 240 * durations.astype(int)), np.zeros(frames, np.float32),
        np.zeros((frames, 100), np.float32), spoken, np.full(phones, 2, np.uint8), durations, (("word", 0.0, 0.1),),
    )  # fmt: skip


def encode(recording: Recording) -> np.ndarray:
    """A codec of 50 frames a second, whose codes are the loudness of each frame and the book."""
    samples = recording.samples
    frames = np.pad(samples, (0, -len(samples) % 480)).reshape(-1, 480)
    loud = (frames**2).mean(1) * 1e4
    return np.stack([(loud + book).astype(np.int64) % CODES for book in range(6)])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    shards, codes = (tmp_path_factory.mktemp(name) for name in ("shards", "codes"))
    for index, base in enumerate(("slt", "awb", "kal16")):
        speaker = Speaker(name=f"s{index}", base=base)
        narrator.save(shards / f"s{index}.npz", speaker, [recording(10 * index + each) for each in range(4)])
    said: list[object] = []
    encode_shards(shards, codes, encode, "one", log=said.append)
    encode_shards(shards, codes, encode, "one", log=said.append)
    assert len(said) == 2  # the second time all was there, and kal16 is not for training
    encode_shards(shards, codes, encode, "two", log=said.append)
    assert len(said) == 4  # another codec, other codes
    return corpus(codes)


def test_every_phone_has_a_frame_and_their_sum_is_the_sentence() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        durations = rng.choice([1, 1, 2, 3, 5, 9, 30], rng.integers(4, 40))
        frames = max(len(durations), -(-int(durations.sum()) // 2))
        made = frames_of(durations, frames)
        assert made.sum() == frames
        assert made.min() >= 1
    assert frames_of(np.array([4, 6, 10]), 10).tolist() == [2, 3, 5]
    assert frames_of(np.array([1, 1, 1, 1, 8]), 6).tolist() == [1, 1, 1, 1, 2]


def test_a_sentence_is_found_again_in_the_corpus(found: Corpus) -> None:
    codes, phones, durations = found.of(5)
    real = recording(11)
    # Of the samples, 16 bits are kept, so a frame now and then has another loudness.
    assert (codes == encode(real)).mean() > 0.9
    assert phones.tolist() == (real.phones + PHONES * real.flags.astype(int)).tolist()
    assert durations.sum() == codes.shape[1]


def test_a_stretch_is_whole_phones_and_not_longer_than_asked(found: Corpus) -> None:
    codes, phones, durations = found.of(0)
    for chance in range(20):
        part, spoken, lasting = stretch(codes, phones, durations, 30, chance)
        assert part.shape[1] == lasting.sum() <= 30
        place = next(at for at in range(len(phones)) if phones[at : at + len(spoken)].tolist() == spoken.tolist())
        before = int(durations[:place].sum())
        assert np.array_equal(part, codes[:, before : before + part.shape[1]])
    whole, _, _ = stretch(codes, phones, durations, 10_000, 3)
    assert whole.shape == codes.shape


def test_a_prompt_is_another_sentence_of_the_speaker(found: Corpus) -> None:
    generator = torch.Generator().manual_seed(0)
    kinds = set()
    for _ in range(40):
        codes, phones, durations = prompt_for(found, 5, generator)
        kinds.add(len(phones) == 1 and phones[0] == UNSAID)
        assert durations.sum() == codes.shape[1]
        own = [found.of(sentence)[0] for sentence in (4, 6, 7)]
        size = codes.shape[1]
        assert any(
            np.array_equal(codes, each[:, at : at + size]) for each in own for at in range(each.shape[1] - size + 1)
        )
    assert kinds == {True, False}


def test_a_batch_lays_each_sentence_behind_its_prompt(found: Corpus) -> None:
    (a, b), c = (found.of(0), found.of(1)), found.of(2)
    unsaid = (b[0], np.array([UNSAID], np.int16), np.array([b[0].shape[1]], np.int16))
    batch = joined([(*a, *c), (*unsaid, *c)])
    frames, phones = a[0].shape[1] + c[0].shape[1], len(a[1]) + len(c[1])
    assert int(batch.frames_real[0].sum()) == frames
    assert int(batch.phones_real[0].sum()) == phones
    assert batch.last[0].sum() == phones
    assert (batch.place[0, :frames].diff() == batch.last[0, : frames - 1]).all()
    behind = b[0].shape[1]
    assert batch.prompt[1].sum() == behind
    assert (batch.told[1] == batch.frames_real[1].float() - batch.prompt[1]).all()
    assert batch.phones[1, 0] == UNSAID
    assert torch.equal(batch.codes[1, :, behind : behind + c[0].shape[1]], torch.from_numpy(c[0]).long())


def test_both_networks_learn_a_handful_of_sentences(found: Corpus) -> None:
    batch = draw(found, torch.Generator().manual_seed(0), 500)
    for network, loss in ((FirstBook(CONFIG), first_loss), (OtherBooks(CONFIG), other_loss)):
        optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
        values = []
        for _ in range(15):
            value, _ = loss(network, batch, torch.Generator().manual_seed(0))  # type: ignore[operator]
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            values.append(float(value.detach()))
        assert values[-1] < 0.7 * values[0]


def test_without_codes_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"recipes\.valle data"):
        corpus(tmp_path)
    with pytest.raises(MissingError, match=r"recipes\.voice data"):
        encode_shards(tmp_path, tmp_path / "codes", encode, "one")
