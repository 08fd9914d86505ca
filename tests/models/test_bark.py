"""Bark on its own: windows, endings, voices, and a golden output of a tiny one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.encodec import EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.decode import Sampler, greedy
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.bark import (
    Bark,
    BarkConfig,
    Spoken,
    TransformerConfig,
    VoicePrompt,
    bark_large,
    bark_small,
    coarse,
    fine,
    generate,
    semantic,
    wave,
)
from soundstage.models.bark.stages import frame_counts, histories


def shape(ids: int, out: int) -> TransformerConfig:
    return TransformerConfig(width=16, depth=2, heads=2, ids=ids, out=out, context=32)


NET = SeanetConfig(channels=1, latent=4, width=2, ratios=(4, 2))
TINY = BarkConfig(
    semantic=shape(64, 24),
    coarse=shape(50, 44),
    fine=shape(14, 14),
    codec=EncodecConfig(rate=24_000, seanet=NET, books=8, codes=12),
    codes=12,
    semantic_codes=20,
    text_offset=24,
    text_padding=60,
    semantic_start=61,
    text_tokens=8,
    semantic_tokens=24,
    coarse_padding=45,
    coarse_start=46,
    coarse_reads=8,
    coarse_history=14,
    coarse_step=6,
    fine_window=16,
    fine_step=8,
)  # fmt: skip

GOLDEN_SEMANTIC = [8, 17, 8, 0, 4, 9, 10, 2, 14, 8, 17, 8]
GOLDEN_FINE = [
    [8, 6, 8, 6], [3, 6, 3, 6], [5, 4, 4, 4], [9, 7, 7, 7], [9, 7, 9, 7], [1, 4, 4, 4], [9, 9, 9, 9], [2, 2, 2, 2]
]  # fmt: skip
GOLDEN_SAMPLES = [1.0758, -0.2833, 2.1343, 0.4355]


def tiny() -> Bark:
    model, generator = Bark(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            size = 1.0 if "embed" in name or "head" in name else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * size)
        for name, buffer in model.named_buffers():
            if name.endswith("codebook"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
    return model.eval()


def ids(high: int, *shape: int, seed: int = 1) -> Tensor:
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(seed))


def voice(frames: int = 17) -> VoicePrompt:
    return VoicePrompt(semantic_S=ids(20, 11), coarse_KT=ids(12, 2, frames), fine_KT=ids(12, 8, frames, seed=2))


def test_the_golden_speech_of_the_tiny_model() -> None:
    model = tiny()
    spoken = generate(model, ids(30, 1, 5), greedy, min_eos_p=None)
    assert spoken.semantic_BT[0, :12].tolist() == GOLDEN_SEMANTIC
    assert spoken.fine_BKT[0, :, :4].tolist() == GOLDEN_FINE
    samples, lengths = wave(model, spoken)
    assert lengths.tolist() == [8 * spoken.frames_B[0]]
    assert torch.allclose(samples[0, 0, 100:104], torch.tensor(GOLDEN_SAMPLES), atol=5e-4)


@torch.no_grad()
def test_the_cached_semantic_loop_is_the_full_forward() -> None:
    model, text = tiny(), ids(30, 2, 8)
    made = semantic(model, text, greedy, voice=voice(), min_eos_p=None, longest=9)
    past = ids(20, 11)[-8:].expand(2, -1)
    for count in range(made.shape[1]):
        seen = torch.cat((past, torch.full((2, 1), 61), made[:, :count]), 1)
        best = model.semantic(seen, beside_BS=text + 24)[:, -1, :21].argmax(-1)
        ended = (made[:, :count] == 20).any(1)
        assert torch.equal(made[:, count], best.masked_fill(ended, 20))


@torch.no_grad()
def plain_coarse(model: Bark, tokens: Tensor, said: VoicePrompt | None) -> Tensor:
    """The twin of `coarse`: every token by a forward over its whole window, and a mask over the whole vocabulary."""
    past, codes = histories(TINY, said, tokens)
    base, behind, read = past.shape[1], codes.shape[1], torch.cat((past, tokens), 1)
    read = torch.where(read == 20, 45, read)
    total, most = 2 * int(frame_counts(TINY, (tokens != 20).sum(1)).max()), int(14 // TINY.ratio)
    for made in range(total):
        begun = made // 6 * 6
        first = max(0, base + round(begun / TINY.ratio) - most)
        window = torch.nn.functional.pad(read[:, first:][:, :8], (0, 8), value=45)[:, :8]
        start = torch.full((len(tokens), 1), 46)
        seen = torch.cat((window, start, codes[:, max(0, behind + begun - 14) :]), 1)
        logits = model.coarse(seen)[:, -1]
        low = 20 + 12 * (made % 2)
        allowed = torch.full_like(logits, -torch.inf)
        allowed[:, low : low + 12] = logits[:, low : low + 12]
        codes = torch.cat((codes, allowed.argmax(-1, keepdim=True)), 1)
    return (codes[:, behind:].unflatten(1, (-1, 2)).transpose(1, 2) - 20) % 12


@pytest.mark.parametrize("frames", [None, 2, 17])
def test_the_windows_of_the_coarse_stage_are_those_of_the_plain_twin(frames: int | None) -> None:
    model, tokens = tiny(), ids(20, 2, 13)
    tokens[1, 9:] = 20
    said = None if frames is None else voice(frames)
    assert torch.equal(coarse(model, tokens, greedy, voice=said), plain_coarse(model, tokens, said))


def test_a_row_says_the_same_alone_and_in_a_batch() -> None:
    model, text = tiny(), ids(30, 3, 8, seed=4)
    mask = torch.arange(8) < torch.tensor([[8], [5], [2]])
    together = generate(model, text, greedy, mask_BS=mask, min_eos_p=0.06)
    samples, lengths = wave(model, together)
    assert len(set(together.tokens_B.tolist())) > 1
    for row in range(3):
        alone = generate(model, text[row : row + 1, : int(mask[row].sum())], greedy, min_eos_p=0.06)
        assert alone.tokens_B[0] == together.tokens_B[row]
        assert torch.equal(alone.coarse_BKT[0], together.coarse_BKT[row, :, : int(together.frames_B[row])])
        if lengths[row]:
            assert lengths[row] == 8 * together.frames_B[row]
        assert samples[row, :, int(lengths[row]) :].abs().sum() == 0


def test_what_was_said_is_a_voice_for_what_follows() -> None:
    model = tiny()
    first = generate(model, ids(30, 2, 8), greedy, min_eos_p=None)
    said = first.voice(1)
    assert len(said.semantic_S) == first.tokens_B[1] > 0
    assert said.fine_KT.shape[1] == said.coarse_KT.shape[1] == first.frames_B[1]
    follows, strange = (
        generate(model, ids(30, 1, 8, seed=9), greedy, voice=v, min_eos_p=None) for v in (said, voice())
    )
    assert not torch.equal(follows.fine_BKT[..., :8], strange.fine_BKT[..., :8])


def test_a_voice_without_a_frame_is_no_voice_to_the_coarse_stage() -> None:
    past, codes = histories(TINY, voice(0), ids(20, 2, 5))
    assert past.shape == codes.shape == (2, 0)


def test_a_likely_end_leaves_silence() -> None:
    model = tiny()
    spoken = generate(model, ids(30, 2, 8), greedy, min_eos_p=1e-9)
    samples, lengths = wave(model, spoken)
    assert spoken.fine_BKT.shape == (2, 8, 0)
    assert samples.shape == (2, 1, 0)
    assert lengths.tolist() == [0, 0]


@pytest.mark.parametrize("settings", [{}, {"top_k": 4}, {"top_p": 0.7}, {"repetition": 1.3}])
def test_sampling_keeps_to_each_stages_ids_and_to_its_seed(settings: dict[str, float]) -> None:
    model = tiny()

    def sampler(seed: int) -> Choose:
        return Sampler(generator=torch.Generator().manual_seed(seed), temperature=0.7, **settings)  # type: ignore[arg-type]

    def spoken(seed: int) -> Spoken:
        return generate(model, ids(30, 2, 8), sampler(seed), refine=sampler(seed + 1), voice=voice(), min_eos_p=None)

    one, same, other = spoken(5), spoken(5), spoken(6)
    assert torch.equal(one.fine_BKT, same.fine_BKT)
    assert not torch.equal(one.semantic_BT, other.semantic_BT)
    for part, high in ((one.semantic_BT, 21), (one.coarse_BKT, 12), (one.fine_BKT, 12)):
        assert part.min() >= 0
        assert part.max() < high


def test_progress_is_heard_of_every_stage() -> None:
    heard: list[tuple[str, int, int]] = []
    spoken = generate(tiny(), ids(30, 1, 8), greedy, min_eos_p=None, on_stage=lambda *what: heard.append(what))
    frames = int(spoken.frames_B[0])
    assert [done for stage, done, _ in heard if stage == "semantic"][:3] == [1, 2, 3]
    assert [what for what in heard if what[0] == "coarse"][-1] == ("coarse", 2 * frames, 2 * frames)
    assert [stage for stage, done, of in heard if done == of][-1] == "fine"


def test_what_the_model_cannot_take_is_named() -> None:
    model = tiny()
    with pytest.raises(InputError, match="text"):
        semantic(model, ids(30, 1, 9), greedy)
    with pytest.raises(InputError, match="longest"):
        semantic(model, ids(30, 1, 8), greedy, longest=25)
    with pytest.raises(InputError, match="fine_prompt"):
        fine(model, ids(12, 1, 2, 4), voice=replace(voice(), fine_KT=ids(12, 7, 4)))
    with pytest.raises(InputError, match="coarse_prompt"):
        coarse(model, ids(20, 1, 4), greedy, voice=replace(voice(), coarse_KT=ids(12, 2, 4) + 12))
    with pytest.raises(InputError, match="semantic_prompt"):
        replace(voice(), semantic_S=torch.zeros(4))


@pytest.mark.parametrize(
    ("field", "value"),
    [("semantic_tokens", 25), ("coarse_history", 20), ("coarse_start", 50), ("coarse_step", 5), ("books", 2)],
)
def test_a_config_whose_stages_do_not_fit_is_refused(field: str, value: int) -> None:
    with pytest.raises(InputError):
        replace(TINY, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("preset", "depth", "width"), [(bark_small, 12, 768), (bark_large, 24, 1024)])
def test_the_presets_have_the_published_sizes(preset: object, depth: int, width: int) -> None:
    with torch.device("meta"):
        model = Bark(preset())  # type: ignore[operator]
    for stage in (model.semantic, model.coarse, model.fine):
        blocks = sum(p.numel() for p in stage.body.blocks.parameters())
        assert blocks == pytest.approx(depth * 12 * width**2, rel=2e-3)
    assert model.config.coarse.context == 1024
