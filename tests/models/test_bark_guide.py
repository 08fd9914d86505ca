"""A small Bark is led through its text: nothing is left out, and each coarse token knows the unit of its time."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.decode import Sampler, greedy
from soundstage.errors import InputError
from soundstage.models.bark import (
    Bark,
    BarkConfig,
    Guide,
    Tokeniser,
    TokeniserConfig,
    TransformerConfig,
    VoicePrompt,
    coarse,
    coarse_guides,
    generate,
    semantic,
    semantic_guides,
    symbol_starts,
    symbols_at,
    wave,
)
from soundstage.models.bark.guide import Pointer, begun
from soundstage.models.bark.tokeniser import centred
from soundstage.weights.bark import build

GUIDE = Guide(units=6, waits=4, patience=5)
TEXT = 9  # ids of text; the padding is one more


def stage(ids: int, out: int, beside: tuple[int, ...]) -> TransformerConfig:
    return TransformerConfig(width=16, depth=2, heads=2, ids=ids, out=out, context=40, beside=beside)


LED = BarkConfig(
    semantic=stage(31, 19, (TEXT + 1,) * 3 + (4,)), coarse=stage(26, 24, (7,) * 3 + (4,)), fine=stage(13, 13, ()),
    codec=None, guide=GUIDE, tokeniser=None, books=3, codes=12, semantic_codes=18, text_offset=19, text_padding=28,
    semantic_start=29, text_tokens=8, semantic_tokens=30, coarse_padding=24, coarse_start=25, coarse_reads=0,
    coarse_history=24, coarse_step=8, fine_window=16, fine_step=8, semantic_rate=25.0, frame_rate=50.0,
)  # fmt: skip


def led() -> Bark:
    model, generator = Bark(LED), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return model.eval()


def drawn(high: int, *shape: int, seed: int = 1) -> Tensor:
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(seed))


def chance(seed: int = 3) -> Sampler:
    return Sampler(generator=torch.Generator().manual_seed(seed))


def test_every_symbol_begins_once_and_the_end_comes_behind_the_last() -> None:
    text = drawn(TEXT, 3, 6)
    mask = torch.arange(6) < torch.tensor([6, 4, 2])[:, None]
    made = semantic(led(), text, chance(), mask_BS=mask)
    assert begun(LED, made).sum(1).tolist() == [6, 4, 2]
    assert (made[:, 0] >= GUIDE.units).all()  # something begins at once


def test_a_symbol_that_lasts_too_long_gives_way() -> None:
    made = semantic(led(), drawn(TEXT, 1, 5), chance(), min_eos_p=None)[0]
    starts = [index for index, count in enumerate(begun(LED, made).tolist()) if count]
    assert max(b - a for a, b in pairwise(starts)) <= GUIDE.patience + 1


def test_the_pointer_is_its_twin_step_by_step() -> None:
    text, made = drawn(TEXT, 2, 6), semantic(led(), drawn(TEXT, 2, 6), chance())
    pointer, whole = Pointer(LED, text), semantic_guides(LED, text, made)
    shown = [pointer.ids()]
    for column in made.T:
        pointer.take(column)
        shown.append(pointer.ids())
    said = functional.pad(made != LED.semantic_codes, (1, 0), value=True)
    assert torch.equal(torch.cat(shown, 1)[said], whole[said])


@torch.no_grad()
def test_the_led_loop_is_the_full_forward() -> None:
    model, text = led(), drawn(TEXT, 1, 6)
    past = VoicePrompt(semantic_S=drawn(18, 7), coarse_KT=drawn(12, 2, 14), fine_KT=drawn(12, 3, 14))
    made = semantic(model, text, greedy, voice=past, min_eos_p=None)
    room, count = 7, made.shape[1]
    beside = functional.pad(text + LED.text_offset, (0, 1), value=LED.text_padding)
    places = torch.cat((torch.arange(room), torch.arange(LED.text_tokens, LED.text_tokens + count)))
    seen = torch.cat((past.semantic_S[None], torch.tensor([[LED.semantic_start]]), made[:, :-1]), 1)
    logits = model.semantic(
        seen, beside_BS=beside, guides_BTJ=semantic_guides(LED, text, made[:, :-1]), places_T=places, since=room
    )
    pointer = Pointer(LED, text)
    for index in range(count):
        assert pointer.allowed(logits[:, index : index + 1]).argmax() == made[0, index]
        pointer.take(made[:, index])


@torch.no_grad()
@pytest.mark.parametrize("with_voice", [False, True])
def test_the_led_coarse_loop_is_the_full_forward_across_windows(with_voice: bool) -> None:
    model, tokens = led(), drawn(18, 1, 11)
    voice = VoicePrompt(semantic_S=drawn(18, 6, seed=4), coarse_KT=drawn(12, 2, 12, seed=5), fine_KT=drawn(12, 3, 12))
    made = coarse(model, tokens, greedy, voice=voice if with_voice else None)[0]
    said = torch.cat((voice.semantic_S[None], tokens), 1) if with_voice else tokens
    known = torch.cat((voice.coarse_KT, made), 1) if with_voice else made
    behind = 24 if with_voice else 0
    flat = (known + 12 * torch.arange(2)[:, None]).T.flatten()
    guides = coarse_guides(LED, said, len(flat))
    assert len(flat) == behind + 44
    for index in range(behind, len(flat)):
        window = behind + (index - behind) // LED.coarse_step * LED.coarse_step
        kept = max(0, window - LED.coarse_history)
        seen = torch.cat((torch.tensor([LED.coarse_start]), flat[kept:index]))[None]
        logits = model.coarse(seen, guides_BTJ=guides[:, kept : index + 1], since=-1)[0, 0]
        first = 12 * (index % 2)
        assert first + int(logits[first : first + 12].argmax()) == flat[index]


def test_a_coarse_token_is_told_the_units_around_its_time() -> None:
    guides = coarse_guides(LED, torch.tensor([[2, 9, 17]]), 12)[0]
    assert guides[:, 1].tolist() == [2] * 4 + [3] * 4 + [5] * 4
    assert guides[:, 0].tolist() == [6] * 4 + [2] * 4 + [3] * 4
    assert guides[:, 3].tolist() == [0, 1, 2, 3] * 3


def test_of_two_symbols_that_begin_with_one_token_the_second_has_its_second_half() -> None:
    assert symbol_starts(LED, torch.tensor([6, 0, 13, 3, 8])) == [0.0, 2.0, 2.5, 4.0]


def test_all_stages_follow_each_other_without_a_codec() -> None:
    model = led()
    spoken = generate(model, drawn(TEXT, 1, 4), chance(), acoustic=greedy)
    assert spoken.fine_BKT.shape == (1, 3, 2 * int(spoken.tokens_B[0]))
    with pytest.raises(InputError, match="codec"):
        wave(model, spoken)


def test_tables_that_are_not_the_guides_are_refused() -> None:
    with pytest.raises(InputError, match=r"coarse\.beside"):
        replace(LED, coarse=replace(LED.coarse, beside=(7,)))


def test_a_card_builds_the_same_shape() -> None:
    config = {**asdict(replace(LED, tokeniser=TokeniserConfig(symbols=5))), "names": ["ada"], "text": "phones"}
    model = build(config)
    assert isinstance(model, Bark)
    assert model.config.guide == GUIDE
    assert model.tokeniser is not None


def tokeniser() -> Tokeniser:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = Tokeniser(TokeniserConfig(symbols=5, width=16)).eval()
        made.units.codebook.copy_(torch.randn(made.units.codebook.shape))
    return made


def test_a_token_lasts_forty_milliseconds_and_tells_its_symbols() -> None:
    ear = tokeniser()
    sound = torch.randn(2, 24_000 + 10, generator=torch.Generator().manual_seed(1)) * 0.1
    tokens = ear.encode(sound)
    assert tokens.shape == (2, 26)
    assert int(tokens.max()) < 512 * 3
    told = ear.read(tokens % 512)
    assert told.symbols.shape == (2, 26, 2, 5)
    assert told.tones.shape == (2, 26, 2, 8)
    with pytest.raises(InputError, match="shorter than a token"):
        ear.encode(sound[:, :900])


def test_neither_level_nor_colour_is_heard() -> None:
    mel = torch.randn(1, 64, 40, generator=torch.Generator().manual_seed(2))
    colour = torch.linspace(-1, 1, 64)[None, :, None]
    assert torch.allclose(centred(mel), centred(mel + 3), atol=1e-5)
    assert torch.allclose(centred(mel), centred(mel + colour - colour.mean()), atol=1e-4)


TOLD = replace(LED, guide=replace(GUIDE, told=True), coarse=stage(26, 24, (7,) * 3 + (4,) + (TEXT + 1,) * 3))


def test_a_token_is_told_its_symbol_and_those_around_but_none_of_a_voice() -> None:
    text, said = torch.tensor([[4, 5, 6, 7]]), torch.tensor([[8, 14, 8, 3, 14, 7]])  # 1, 2, 1, 0, 2, 1 begin
    assert symbols_at(TOLD, said, text, behind=2)[0].tolist() == [
        [9, 9, 9], [9, 9, 9], [9, 4, 5], [9, 4, 5], [5, 6, 7], [6, 7, 9],
    ]  # fmt: skip


def test_the_symbols_reach_the_coarse_stage() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Bark(TOLD).eval()
    torch.nn.init.normal_(model.coarse.head.weight)
    said = torch.tensor([[8, 3, 14, 7]])
    one, other = (coarse(model, said, greedy, text_BS=torch.tensor([ids])) for ids in ([4, 5, 6, 7], [4, 5, 1, 7]))
    assert one.shape == other.shape == (1, 2, 8)
    assert torch.equal(one[..., :2], other[..., :2])  # the first token sees no further than the next symbol
    assert not torch.equal(one, other)
