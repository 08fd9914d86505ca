"""MusicGen on its own: cached loops, guidance, prompts, long forms, and a golden output of a tiny one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.codec.encodec import EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.decode import CoarseFirst, Delays, Flattened, Pattern, Sampler, greedy
from soundstage.errors import InputError
from soundstage.models.musicgen import (
    Decoder,
    DecoderConfig,
    Guidance,
    Heard,
    Musicgen,
    MusicgenConfig,
    generate,
    musicgen_melody,
    musicgen_small,
    song,
    window,
)
from soundstage.nn.t5 import T5Config
from soundstage.nn.transformer import Folded, KeyValue

TINY = DecoderConfig(width=16, depth=2, heads=2, hidden=32, books=3, codes=9, delays=(0, 1, 2), context=8)
MELODIC = DecoderConfig(
    width=16, depth=2, heads=2, hidden=32, books=3, codes=9, delays=(0, 1, 2), context=8, chroma=12, chroma_frames=6
)
ALONE = Guidance(scale=1.0)

GOLDEN = [[[8, 8, 8, 8, 8, 8], [6, 2, 4, 8, 8, 8], [4, 2, 8, 8, 8, 8]]]


def tiny(config: DecoderConfig = TINY) -> Decoder:
    model, generator = Decoder(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2.0 if "embed" in name else 0.4))
    return model.eval().requires_grad_(False)


def text(tokens: int = 5) -> Tensor:
    return torch.randn(1, tokens, 8, generator=torch.Generator().manual_seed(1))


def drawn(seed: int = 4) -> Sampler:
    return Sampler(generator=torch.Generator().manual_seed(seed), top_k=5)


def heard(model: Decoder) -> Heard:
    notes = torch.nn.functional.one_hot(torch.tensor([[3, 5, 7]]), 12)
    return model.hear(text(), melody_BNM=notes if model.config.chroma else None)


@pytest.fixture(params=[TINY, MELODIC], ids=["text", "melody"])
def model(request: pytest.FixtureRequest) -> Decoder:
    return tiny(request.param)


def test_the_golden_song_of_the_tiny_model() -> None:
    model = tiny()
    assert generate(model, model.hear(text()), 6, greedy).tolist() == GOLDEN


def test_the_cached_loop_is_the_full_forward(model: Decoder) -> None:
    codes = generate(model, heard(model), 7, greedy, guidance=ALONE)
    laid = Delays(TINY.delays).template(codes, 7, 9)
    best = model(laid, heard(model)).argmax(-1)
    for book, late in enumerate(TINY.delays):
        assert torch.equal(best[:, book, late : late + 7], codes[:, book])


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("guided", [False, True])
def test_a_flat_step_is_the_step_of_the_modules(model: Decoder, rows: int, guided: bool) -> None:
    told = torch.randn(rows, 5, 8, generator=torch.Generator().manual_seed(6))
    asked = model.hear(told, mask_BS=torch.arange(5) < torch.tensor([[5], [4], [3], [2]])[:rows])
    asked = asked.guided if guided else asked
    ids = torch.randint(0, 10, (asked.rows, 3, 6), generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        step, whole = model.walk(asked, 6), model(ids, asked)
        made = [step(ids[..., :2]), *(step(ids[..., at : at + 1]) for at in range(2, 6))]
    assert torch.allclose(torch.stack(made, 2), whole[:, :, 1:], atol=1e-4)


def test_guidance_moves_the_choice_and_a_null_moves_nothing(model: Decoder) -> None:
    plain, guided = (generate(model, heard(model), 12, greedy, guidance=Guidance(scale=c)) for c in (1.0, 4.0))
    assert not torch.equal(plain, guided)
    nothing = heard(model).null
    assert torch.equal(generate(model, nothing, 12, greedy), generate(model, nothing, 12, greedy, guidance=ALONE))


def test_guidance_apart_is_guidance_in_one_batch(model: Decoder) -> None:
    together, apart = (
        generate(model, heard(model), 12, drawn(), guidance=Guidance(scale=3.0, apart=apart)) for apart in (False, True)
    )
    assert torch.equal(together, apart)


def test_a_prompt_is_kept_and_continued_as_if_it_had_been_chosen(model: Decoder) -> None:
    whole = generate(model, heard(model), 10, greedy)
    assert torch.equal(generate(model, heard(model), 10, greedy, prompt_BKT=whole[..., :4]), whole)


def test_frames_come_one_by_one_as_soon_as_they_are_whole(model: Decoder) -> None:
    parts = list(window(model, heard(model), 9, drawn()))
    assert [part.shape[-1] for part in parts] == [1] * 9
    assert torch.equal(torch.cat(parts, -1), generate(model, heard(model), 9, drawn()))


@pytest.mark.parametrize(
    "pattern",
    [Delays.parallel(3), Delays((0, 2, 1)), Flattened.one_by_one(3), Flattened((0, 1, 1)), CoarseFirst((0, 1))],
)
@pytest.mark.parametrize("known", [0, 4])
def test_any_pattern_is_generated_by(model: Decoder, pattern: Pattern, known: int) -> None:
    whole = generate(model, heard(model), 7, greedy, guidance=ALONE, pattern=pattern)
    prompt = whole[..., :known]
    parts = list(window(model, heard(model), 7, greedy, guidance=ALONE, prompt_BKT=prompt, pattern=pattern))
    assert torch.equal(torch.cat((prompt, *parts), -1), whole)
    assert len(parts) == (7 - known if pattern.streams else 1)
    at = pattern.places(7)
    best = model(pattern.template(whole, 7, 9), heard(model)).argmax(-1)  # each code is what the full forward chooses
    assert torch.equal(best.gather(-1, at[None]), whole)
    assert not torch.equal(whole, generate(model, heard(model), 7, greedy, guidance=ALONE))


def test_a_text_that_is_folded_in_is_heard_as_by_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny()
    codes = torch.randint(0, 10, (1, 3, 6), generator=torch.Generator().manual_seed(5))
    mask = torch.tensor([[True] * 4 + [False]])
    folded = model.hear(text(), mask_BS=mask)
    monkeypatch.setattr("soundstage.models.musicgen.decoder.worth_folding", lambda *_: False)
    plain = model.hear(text(), mask_BS=mask)
    assert folded.keys is not None and isinstance(folded.keys[0], Folded)
    assert plain.keys is not None and isinstance(plain.keys[0], KeyValue)
    assert torch.allclose(model(codes, folded), model(codes, plain), atol=1e-5)
    assert not torch.allclose(model(codes, folded), model(codes, folded.null), atol=1e-2)
    twice = torch.cat((codes, codes))
    guided = model(twice, folded.guided)
    assert torch.allclose(guided[:1], model(codes, plain), atol=1e-5)
    assert torch.allclose(guided[1:], model(codes, plain.null), atol=1e-5)


def test_songs_of_a_batch_are_those_made_alone() -> None:
    model = tiny()
    texts = torch.randn(4, 5, 8, generator=torch.Generator().manual_seed(6))
    together = generate(model, model.hear(texts), 9, greedy)
    for row, alone in enumerate(texts):
        assert torch.equal(together[row], generate(model, model.hear(alone[None]), 9, greedy)[0])


def test_padding_text_behind_a_mask_changes_nothing() -> None:
    model = tiny()
    padded = torch.cat((text(), torch.ones(1, 3, 8)), 1)
    mask = torch.tensor([[True] * 5 + [False] * 3])
    masked = generate(model, model.hear(padded, mask_BS=mask), 9, drawn())
    assert torch.equal(masked, generate(model, model.hear(text()), 9, drawn()))


def test_a_melody_is_heard_and_none_is_one_that_stays_on_c() -> None:
    model = tiny(MELODIC)
    on_c = torch.nn.functional.one_hot(torch.zeros(1, 4, dtype=torch.long), 12)
    codes = [
        generate(model, h, 12, greedy) for h in (heard(model), model.hear(text()), model.hear(text(), melody_BNM=on_c))
    ]
    assert not torch.equal(codes[0], codes[1])
    assert torch.equal(codes[1], codes[2])


def test_a_long_song_goes_on_from_its_own_last_frames() -> None:
    model = tiny()
    asked: list[int] = []

    def hear(first: int) -> Heard:
        asked.append(first)
        return model.hear(text())

    def joined(frames: int, **more: Tensor) -> Tensor:
        return torch.cat(list(song(model, hear, frames, greedy, longest=10, stride=6, **more)), -1)

    codes = joined(25)
    assert codes.shape == (1, 3, 25)
    assert asked == [0, 6, 12, 18]
    assert torch.equal(codes[..., :10], generate(model, model.hear(text()), 10, greedy))
    second = generate(model, model.hear(text()), 10, greedy, prompt_BKT=codes[..., 6:10])
    assert torch.equal(codes[..., 6:16], second)
    last = generate(model, model.hear(text()), 7, greedy, prompt_BKT=codes[..., 18:22])
    assert torch.equal(codes[..., 18:], last)
    asked.clear()
    assert torch.equal(joined(25, prompt_BKT=codes[..., :14]), codes[..., 14:])
    assert asked == [6, 12, 18]  # the window that the prompt fills is not asked for


def test_what_cannot_be_is_refused() -> None:
    model = tiny()
    with pytest.raises(InputError, match="no music"):
        generate(model, model.hear(text()), 0, greedy)
    with pytest.raises(InputError, match="extend_stride"):
        list(song(model, lambda _: model.hear(text()), 20, greedy, longest=10, stride=10))
    long = torch.zeros(1, 3, 21, dtype=torch.long)
    with pytest.raises(InputError, match="more than 20"):
        list(song(model, lambda _: model.hear(text()), 20, greedy, longest=10, stride=5, prompt_BKT=long))


def whole(channels: int = 1, books: int = 2, codes: int = 9) -> Musicgen:
    """A model with its parts: two books of the codec, for each channel of the decoder."""
    net = SeanetConfig(channels=1, latent=4, width=2, ratios=(4, 2), lstm=1, causal=False, padding="reflect")
    shape = {**vars(TINY), "books": books * channels, "delays": (0,) * (books * channels)}
    torch.manual_seed(0)
    return Musicgen(
        MusicgenConfig(
            decoder=DecoderConfig(**shape),
            text=T5Config(ids=20, width=8, depth=1, heads=2, head=4, hidden=8),
            codec=EncodecConfig(rate=800, seanet=net, books=2, codes=codes),
        )
    ).eval()


def test_stereo_is_two_signals_whose_books_take_turns() -> None:
    model, sound = whole(channels=2), torch.randn(1, 2, 40, generator=torch.Generator().manual_seed(2))
    left, right = (whole().encode(sound[:, side : side + 1]) for side in range(2))
    codes = model.encode(sound)
    assert model.channels == 2
    assert torch.equal(codes[:, ::2], left) and torch.equal(codes[:, 1::2], right)
    assert torch.equal(model.decode(codes)[:, 1:], whole().decode(right))


def test_parts_that_do_not_fit_are_refused_and_missing_ones_are_named() -> None:
    with pytest.raises(InputError, match="codec"):
        whole(codes=5)
    with pytest.raises(InputError, match="channels"):
        whole().encode(torch.zeros(1, 2, 40))
    lone = Musicgen(MusicgenConfig(decoder=whole().config.decoder, text=None, codec=None))
    for use in (lambda: lone.read(torch.ones(1, 2, dtype=torch.long)), lambda: lone.decode(torch.zeros(1, 2, 3))):
        with pytest.raises(InputError, match="whole checkpoint"):
            use()
    given = whole()
    assert lone.with_parts(given.text, given.codec).channels == 1
    assert lone.config.codec == given.config.codec


def test_presets_have_the_published_sizes() -> None:
    with torch.device("meta"):
        small, melody = Decoder(musicgen_small().decoder), Decoder(musicgen_melody().decoder)
    assert sum(p.numel() for p in small.blocks.parameters()) == pytest.approx(24 * 16 * 1024**2, rel=1e-3)
    assert sum(p.numel() for p in melody.blocks.parameters()) == pytest.approx(48 * 12 * 1536**2, rel=1e-3)
