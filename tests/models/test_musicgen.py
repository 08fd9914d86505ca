"""MusicGen's decoder on its own: cached loops, guidance, prompts, and a golden output of a tiny one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.decode import Sampler, greedy
from soundstage.errors import InputError
from soundstage.models.musicgen import Musicgen, MusicgenConfig, generate, musicgen_small

TINY = MusicgenConfig(width=16, depth=2, heads=2, hidden=32, books=3, codes=9, delays=(0, 1, 2), context=8)

GOLDEN = [[[8, 8, 8, 8, 8, 8], [6, 2, 4, 8, 8, 8], [4, 2, 8, 8, 8, 8]]]


def tiny() -> Musicgen:
    model, generator = Musicgen(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2.0 if "embed" in name else 0.4))
    return model.eval()


def text(tokens: int = 5) -> Tensor:
    return torch.randn(1, tokens, 8, generator=torch.Generator().manual_seed(1))


def test_the_golden_song_of_the_tiny_model() -> None:
    assert generate(tiny(), text(), 6, greedy).tolist() == GOLDEN


def test_the_cached_loop_is_the_full_forward() -> None:
    model = tiny()
    codes = generate(model, text(), 7, greedy, guidance=1.0)
    from soundstage.decode import Delays

    laid = torch.cat((torch.full((1, 3, 1), 9), Delays(TINY.delays).lay(codes, 9)), -1)
    with torch.no_grad():
        best = model(laid, text()).argmax(-1)
    for book, late in enumerate(TINY.delays):
        assert torch.equal(best[:, book, late : late + 7], codes[:, book])


def test_guidance_moves_the_choice_and_a_null_text_moves_nothing() -> None:
    model = tiny()
    plain, guided = (generate(model, text(), 12, greedy, guidance=scale) for scale in (1.0, 4.0))
    assert not torch.equal(plain, guided)
    nothing = torch.zeros(1, 5, 8)
    model.read.bias.data.zero_()  # type: ignore[union-attr]
    assert torch.equal(
        generate(model, nothing, 12, greedy, guidance=4.0), generate(model, nothing, 12, greedy, guidance=1.0)
    )


def test_a_prompt_is_kept_and_continued_as_if_it_had_been_chosen() -> None:
    model = tiny()
    whole = generate(model, text(), 10, greedy)
    assert torch.equal(generate(model, text(), 10, greedy, prompt_BKT=whole[..., :4]), whole)


def test_padding_text_behind_a_mask_changes_nothing() -> None:
    model = tiny()
    padded = torch.cat((text(), torch.ones(1, 3, 8)), 1)
    mask = torch.tensor([[True] * 5 + [False] * 3])
    choose = [Sampler(generator=torch.Generator().manual_seed(4), top_k=5) for _ in range(2)]
    assert torch.equal(generate(model, padded, 9, choose[0], text_mask=mask), generate(model, text(), 9, choose[1]))


def test_no_frames_are_refused() -> None:
    with pytest.raises(InputError, match="no music"):
        generate(tiny(), text(), 0, greedy)


def test_the_small_preset_has_the_published_size() -> None:
    with torch.device("meta"):
        decoder = Musicgen(musicgen_small())
    assert sum(p.numel() for p in decoder.blocks.parameters()) == pytest.approx(24 * 16 * 1024**2, rel=1e-3)
