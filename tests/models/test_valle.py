"""VALL-E on its own: the loop against the whole forward, prompts, the pointer, and a golden output of a tiny one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.decode import Sampler, greedy
from soundstage.errors import InputError
from soundstage.models.valle import (
    Line,
    Place,
    Stack,
    Valle,
    ValleConfig,
    ages,
    first_book,
    generate,
    other_books,
    paper,
    valle_starter,
)
from soundstage.models.valle.speech import LONGEST, Pointer
from soundstage.weights import valle as weights

STACK = Stack(width=16, depth=2, heads=2, hidden=32)
TINY = ValleConfig(symbols=20, ar=STACK, nar=STACK, books=3, codes=12, begin=True)
POINTED = replace(TINY, pointer=True)
GOLDEN = (
    [[5, 2, 4, 6, 6, 6], [4, 4, 4, 4, 4, 4], [7, 4, 7, 4, 4, 4]],
    [[3, 1, 3, 3, 6, 1], [3, 3, 3, 3, 2, 2], [4, 4, 4, 4, 1, 4]],
)  # without and with a pointer


def tiny(config: ValleConfig = TINY) -> Valle:
    model, generator = Valle(config), torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            size = 1.0 if "embed" in name or "head" in name or "last" in name else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * size)
    return model.eval()


def ids(high: int, *shape: int, seed: int = 1, low: int = 0) -> Tensor:
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(seed))


def line(config: ValleConfig = TINY, rows: int = 1, **changes: object) -> Line:
    place = torch.tensor([[0, 0, 1, 1, 1]] * rows) if config.pointer else None
    made = Line(phones_BP=ids(20, rows, 7, low=1), prompt_BKR=ids(12, rows, 3, 5), start=2, place_BR=place)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("config", [TINY, POINTED])
def test_the_golden_speech_of_the_tiny_model(config: ValleConfig) -> None:
    spoken = generate(tiny(config), line(config), greedy)
    assert spoken.codes_BKT[0, :, :6].tolist() == GOLDEN[config.pointer]


@torch.no_grad()
@pytest.mark.parametrize("config", [TINY, POINTED])
def test_the_cached_loop_is_the_whole_forward(config: ValleConfig) -> None:
    model, said = tiny(config), line(config)
    spoken = first_book(model, said, greedy)
    made = spoken.codes_BKT[0, 0]
    tokens = torch.cat((torch.tensor([config.end + 1]), said.prompt_BKR[0, 0], made))[None, :-1]
    place = None
    if spoken.place_BT is not None and said.place_BR is not None:
        phone = torch.cat((said.place_BR, spoken.place_BT + said.start), 1)
        place = Place(phone, ages(phone))
    found = model.ar(model.ar.read(said.phones_BP), tokens, place)
    behind = said.prompt_BKR.shape[-1]
    assert torch.equal(found.tokens_BTV[0, behind:, : config.codes].argmax(-1), made)


@torch.no_grad()
def test_a_frame_sees_the_whole_text_and_only_the_frames_before_it() -> None:
    model, phones, tokens = tiny(), ids(20, 1, 6, low=1), ids(12, 1, 8)
    before = model.ar(model.ar.read(phones), tokens).tokens_BTV
    other = tokens.clone()
    other[0, 5] = (other[0, 5] + 1) % 12
    changed = model.ar(model.ar.read(phones), other).tokens_BTV
    assert torch.allclose(before[:, :5], changed[:, :5], atol=1e-6)
    assert not torch.allclose(before[:, 5:], changed[:, 5:], atol=1e-3)
    phones[0, -1] = phones[0, -1] % 19 + 1
    assert not torch.allclose(before[:, :1], model.ar(model.ar.read(phones), tokens).tokens_BTV[:, :1], atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("config", [TINY, POINTED])
def test_padding_changes_nothing(config: ValleConfig) -> None:
    model, said = tiny(config), line(config)
    padded = replace(
        said,
        phones_BP=torch.nn.functional.pad(said.phones_BP, (0, 3), value=7),
        mask_BP=torch.arange(10)[None] < 7,
    )
    alone, beside = (generate(model, each, greedy, longest=12) for each in (said, padded))
    assert torch.equal(alone.codes_BKT, beside.codes_BKT)


@pytest.mark.parametrize("config", [TINY, POINTED])
def test_a_row_says_the_same_alone_and_in_a_batch(config: ValleConfig) -> None:
    model, said = tiny(config), line(config, rows=3)
    together = generate(model, said, greedy, longest=40)
    for row in range(3):
        place = None if said.place_BR is None else said.place_BR[row : row + 1]
        alone = generate(
            model,
            replace(
                said,
                phones_BP=said.phones_BP[row : row + 1],
                prompt_BKR=said.prompt_BKR[row : row + 1],
                place_BR=place,
            ),
            greedy,
            longest=40,
        )
        count = int(together.frames_B[row])
        assert alone.frames_B.tolist() == [count]
        assert torch.equal(alone.codes_BKT[0, :, :count], together.codes_BKT[row, :, :count])


def test_with_a_pointer_every_phone_is_spoken_once_in_order() -> None:
    model, said = tiny(POINTED), line(POINTED, rows=2)
    for seed in range(3):
        choose = Sampler(generator=torch.Generator().manual_seed(seed), temperature=2.0)
        spoken = first_book(model, said, choose)
        assert spoken.place_BT is not None
        for row, frames in enumerate(spoken.frames_B.tolist()):
            path = spoken.place_BT[row, :frames]
            assert path.unique_consecutive().tolist() == [0, 1, 2, 3, 4]
        assert spoken.codes_BKT.max() < 12


def test_the_pointer_moves_when_that_has_become_likelier_than_not() -> None:
    pointer = Pointer(torch.tensor([0, 0]), torch.tensor([2, 2]))
    likely, unlikely = torch.tensor([0.3, 0.6]).logit()
    for _ in range(2):
        pointer.advance(torch.stack((likely, unlikely)))
    # 0.7 · 0.7 is below one half after two frames; 0.4 after one.
    assert pointer.phone_B.tolist() == [1, 2]
    assert pointer.frames_B.tolist() == [2, 2]
    assert pointer.age_B.tolist() == [0, 0]
    assert not pointer.over
    pointer.advance(torch.tensor([9.0, 9.0]))
    assert pointer.over
    assert pointer.frames_B.tolist() == [3, 2]


def test_a_phone_never_lasts_for_ever() -> None:
    pointer = Pointer(torch.tensor([0]), torch.tensor([1]))
    for _ in range(LONGEST):
        assert not pointer.over
        pointer.advance(torch.tensor([-30.0]))
    assert pointer.over


def test_a_faster_clock_tells_a_greater_age() -> None:
    pointer = Pointer(torch.tensor([0]), torch.tensor([1]), pace=1.5)
    told = []
    for _ in range(4):
        told.append(int(pointer.age_B))
        pointer.advance(torch.tensor([-30.0]))
    assert told == [0, 1, 3, 4]


def test_ages_count_from_the_first_frame_of_each_phone() -> None:
    place = torch.tensor([[0, 0, 0, 1, 2, 2], [4, 5, 5, 5, 5, 6]])
    assert ages(place).tolist() == [[0, 1, 2, 0, 0, 1], [0, 0, 1, 2, 3, 0]]


def test_the_prompts_further_books_reach_only_the_further_books() -> None:
    model, said = tiny(POINTED), line(POINTED)
    changed = said.prompt_BKR.clone()
    changed[:, 2] = (changed[:, 2] + 1) % 12
    one, other = (generate(model, replace(said, prompt_BKR=p), greedy, longest=30) for p in (said.prompt_BKR, changed))
    assert torch.equal(one.codes_BKT[:, 0], other.codes_BKT[:, 0])
    assert not torch.equal(one.codes_BKT[:, 1:], other.codes_BKT[:, 1:])


@torch.no_grad()
def test_a_book_is_made_from_those_below_it_alone() -> None:
    model, codes = tiny(), ids(12, 1, 3, 6)
    text, stage = model.nar.read(ids(20, 1, 4, low=1)), torch.tensor([1])
    known = torch.ones(1, 6, dtype=torch.long)
    before = model.nar(text, codes, known, stage)
    codes[:, 1:] = (codes[:, 1:] + 1) % 12
    assert torch.equal(before, model.nar(text, codes, known, stage))
    assert not torch.allclose(before, model.nar(text, codes, known, stage + 1), atol=1e-3)


def test_without_a_prompt_a_start_token_is_enough() -> None:
    none = torch.zeros(1, 3, 0, dtype=torch.long)
    said = line(POINTED, start=0, prompt_BKR=none, place_BR=torch.zeros(1, 0, dtype=torch.long))
    spoken = generate(tiny(POINTED), said, greedy, longest=4)
    assert spoken.codes_BKT.shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"start": 7}, "phones"),
        ({"phones_BP": torch.full((1, 7), 20)}, "phones"),
        ({"prompt_BKR": torch.zeros(1, 2, 5, dtype=torch.long)}, "prompt"),
        ({"prompt_BKR": torch.zeros(2, 3, 5, dtype=torch.long)}, "prompt"),
        ({"prompt_BKR": torch.full((1, 3, 5), 12)}, "prompt"),
        ({"place_BR": torch.zeros(1, 5, dtype=torch.long)}, "place"),
    ],
)
def test_a_line_that_does_not_fit_is_named(changes: dict[str, object], name: str) -> None:
    with pytest.raises(InputError, match=name):
        generate(tiny(), line(**changes), greedy)  # type: ignore[arg-type]


def test_a_model_without_a_start_token_needs_a_prompt() -> None:
    bare = replace(TINY, begin=False)
    with pytest.raises(InputError, match="start token"):
        generate(tiny(bare), line(prompt_BKR=torch.zeros(1, 3, 0, dtype=torch.long)), greedy)
    with pytest.raises(InputError, match="begin"):
        replace(bare, pointer=True)


def test_the_second_network_fills_in_what_the_first_gave() -> None:
    model, said = tiny(), line()
    first = first_book(model, said, greedy, longest=9)
    spoken = other_books(model, said, first)
    assert torch.equal(spoken.codes_BKT[:, :1], first.codes_BKT)


def test_a_folded_adaptive_norm_is_the_two_it_was_made_of() -> None:
    generator = torch.Generator().manual_seed(3)
    x, stage, gain, offset = (torch.randn(8, generator=generator) for _ in range(4))
    weight, bias = torch.randn(16, 8, generator=generator), torch.randn(16, generator=generator)
    plain = torch.nn.functional.layer_norm(x, (8,))
    scale, shift = (weight @ stage + bias).chunk(2)
    ours_weight, ours_bias = weights.fold_adaptive(weight, bias, gain, offset)
    ours_shift, ours_scale = (ours_weight @ stage + ours_bias).chunk(2)
    assert torch.allclose(plain * (1 + ours_scale) + ours_shift, scale * (plain * gain + offset) + shift, atol=1e-5)


def test_the_presets_have_the_published_and_the_shipped_sizes() -> None:
    with torch.device("meta"):
        whole, small = Valle(paper()), Valle(valle_starter(337))
    for stack in (whole.ar, whole.nar):
        parts = [part for block in stack.blocks for part in (block.attention, block.feed)]
        blocks = sum(parameter.numel() for part in parts for parameter in part.parameters())  # type: ignore[union-attr]
        assert blocks == pytest.approx(12 * 12 * 1024**2, rel=2e-3)
    assert 2 * sum(p.numel() for p in small.parameters()) < 18e6  # bytes in float16
    assert ValleConfig.of({**whole.config.plain(), "names": []}) == whole.config
