"""What the stages of the starter learn from is laid out as they will be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, HOP
from soundstage.data.paralinguistics import EVENT_IDS
from soundstage.errors import MissingError
from soundstage.evaluate.paralinguistics import CLASSES
from soundstage.models.bark import Bark
from soundstage.models.bark.tokeniser import Tokeniser, TokeniserConfig
from soundstage.recipes import bark_stages as stages
from soundstage.recipes import bark_tokeniser
from soundstage.recipes.bark_corpus import CLASSES as SYMBOL_CLASSES
from soundstage.recipes.bark_corpus import Line, beginnings, line, lines, text_ids
from soundstage.recipes.bark_listener import labels, spoiled
from soundstage.text.symbols import CONTENT, IDS, PAUSE, STRESSED

CONFIG = stages.bark_starter()


def recording(seed: int, phones: int = 20) -> Recording:
    generator = np.random.default_rng(seed)
    durations = generator.integers(2, 12, phones).astype(np.uint16)
    frames = int(durations.sum())
    f0 = np.where(generator.random(frames) < 0.6, 120 + 20 * generator.random(frames), 0).astype(np.float32)
    symbols = generator.integers(2, 40, phones).astype(np.uint8)
    symbols[[0, 2, -1]] = IDS[PAUSE]
    symbols[1] = EVENT_IDS["laughs"]
    return Recording(
        "toy", 0.1 * generator.standard_normal(frames * HOP).astype(np.float32), f0,
        np.zeros((frames, BANDS), np.float32), symbols, generator.integers(0, 8, phones).astype(np.uint8),
        durations, (),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> list[Line]:
    made = [line(recording(seed, 15 + seed % 5), seed % 3) for seed in range(24)]
    generator = np.random.default_rng(0)
    for each in made:
        each.tokens = generator.integers(0, stages.UNITS, each.length) + stages.UNITS * each.begun()
        each.codes = generator.integers(0, stages.CODES, (stages.BOOKS, each.length))
    return made


@pytest.fixture(scope="module")
def model() -> Bark:
    return stages.untrained()


def of(found: list[Line]) -> list[np.ndarray]:
    speakers = np.array([each.speaker for each in found])
    return [np.flatnonzero(speakers == speaker) for speaker in range(3)]


def draws(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_line_lasts_whole_tokens_and_every_symbol_begins_in_order(found: list[Line]) -> None:
    for each in found:
        assert len(each.samples) == 960 * each.length
        assert each.begun().sum() == len(each.text)
        assert each.begun().max() <= 2
        assert (np.diff(each.begins) >= 0).all()
        assert each.begins[0] == 0


def test_three_short_symbols_in_a_row_wait_for_each_other() -> None:
    assert beginnings(np.array([8, 1, 1, 1, 9], np.uint16), 5).tolist() == [0, 2, 2, 3, 3]


def test_stress_and_weight_are_part_of_a_symbol() -> None:
    ids = text_ids(np.array([5, 5, 5], np.uint8), np.array([0, STRESSED, STRESSED + CONTENT], np.uint8))
    assert ids.tolist() == [5, 5 + SYMBOL_CLASSES, 5 + 3 * SYMBOL_CLASSES]


def test_a_unit_is_taught_what_stands_at_its_time(found: list[Line]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ear = Tokeniser(TokeniserConfig(symbols=SYMBOL_CLASSES, width=16))
    old, bark_tokeniser.CROP = bark_tokeniser.CROP, 16
    try:
        mel, truth = bark_tokeniser.stretches(ear, found, 3, draws())
    finally:
        bark_tokeniser.CROP = old
    assert mel.shape == (3, 64, 64)
    assert truth["symbols"].shape == (3, 16, 2)
    loss, values = bark_tokeniser.loss(ear, mel, truth, draws())
    loss.backward()  # type: ignore[no-untyped-call]
    assert set(values) >= {"symbol", "tone", "rough", "begin"}
    assert all(weight.grad is not None for name, weight in ear.named_parameters() if "rise" in name)


def test_the_semantic_loss_leaves_the_padding_out(found: list[Line], model: Bark) -> None:
    order = np.argsort([each.length for each in found], kind="stable")
    batch = stages.semantic_batch(CONFIG, found, order, of(found), 200, draws())
    assert (batch["made"] == CONFIG.semantic_codes).any()
    loss, _ = stages.semantic_loss(CONFIG, model.semantic, batch)
    longer = {
        name: nn.functional.pad(value, (0, 6), value=CONFIG.semantic_codes) if name == "made" else value
        for name, value in batch.items()
    }
    padded, _ = stages.semantic_loss(CONFIG, model.semantic, longer)
    assert torch.allclose(loss, padded, atol=1e-4)


def test_the_coarse_batch_holds_codes_at_the_rate_of_its_tokens(found: list[Line], model: Bark) -> None:
    batch = stages.coarse_batch(CONFIG, found, of(found), 3, draws())
    assert batch["codes"].shape[2] == batch["semantic"].shape[1] == batch["symbols"].shape[1]
    assert batch["codes"].shape[2] * 2 < CONFIG.coarse.context
    loss, values = stages.coarse_loss(CONFIG, model.coarse, batch)
    assert abs(float(loss.detach()) - np.log(stages.CODES)) < 0.3  # it knows nothing yet
    assert "book 2" in values


@torch.no_grad()
def test_codes_that_sound_alike_begin_alike() -> None:
    codebooks = torch.randn(stages.BOOKS, stages.CODES, 8, generator=draws())
    codebooks[:, 1] = codebooks[:, 0] + 0.01
    model = stages.informed(stages.untrained(), codebooks)
    codes = model.coarse.head.weight[CONFIG.coarse_first :]
    near, far = (torch.cosine_similarity(codes[0], codes[other], dim=0) for other in (1, 2))
    assert near > 0.99 > far
    summed = sum(table.weight[3] for table in model.fine.embed)  # type: ignore[union-attr, misc]
    latent = (codebooks - codebooks.mean(1, keepdim=True))[:, 3].sum(0)
    other = sum(table.weight[4] for table in model.fine.embed)  # type: ignore[union-attr, misc]
    away = (codebooks - codebooks.mean(1, keepdim=True))[:, 4].sum(0)
    assert torch.allclose((summed @ other) / summed.norm() ** 2, (latent @ away) / latent.norm() ** 2, atol=1e-4)


def test_a_book_is_learned_only_where_it_is_not_known(found: list[Line], model: Bark) -> None:
    codes = stages.fine_batch(CONFIG, found, of(found), 2, draws())
    assert codes.shape == (2, stages.BOOKS, CONFIG.fine_window)
    changed = codes.clone()
    changed[:, 4:] = (changed[:, 4:] + 7).clamp(max=stages.CODES)  # books behind the one that is learned
    first, _ = stages.fine_loss(CONFIG, model.fine, codes, 1, draws(2))
    second, _ = stages.fine_loss(CONFIG, model.fine, changed, 1, draws(2))
    assert torch.equal(first, second)


def test_the_listener_is_told_the_event_and_nothing_else() -> None:
    toy = recording(3)
    known = labels(toy)
    first, last = int(toy.durations[0]), int(toy.durations[:2].sum())
    assert (known[-(-first // 2) : last // 2] == CLASSES.index("laughs")).all()
    assert (known == CLASSES.index("laughs")).sum() <= (last - first) // 2 + 1


def test_spoiling_draws_from_its_generator_alone() -> None:
    mel = torch.zeros(4, 48, 30) - 2
    assert torch.equal(spoiled(mel, draws(5)), spoiled(mel, draws(5)))
    assert not torch.equal(spoiled(mel, draws(5)), spoiled(mel, draws(6)))


def test_without_data_the_error_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"recipes\.bark data"):
        lines(tmp_path)
