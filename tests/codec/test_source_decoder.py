"""The decoder that says envelope, pitch and voicing: a golden, pieces, what it sounds like, what its latents learn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from soundstage.codec.source import PITCH, SourceConfig, SourceDecoder, Told, settled

TINY = SourceConfig(
    latent=6, width=8, depth=2, rate=8000, hop=160, fold=2, bands=12, filter_width=8, filter_depth=1, fft=256,
    condition=4,
)  # fmt: skip
GOLDEN = [-0.02309, -0.12401, 0.05244, -0.086]


def tiny(config: SourceConfig = TINY) -> SourceDecoder:
    model, generator = SourceDecoder(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
    return model.eval()


def unbent() -> SourceDecoder:
    """One whose filters are the envelope."""
    model = tiny()
    with torch.no_grad():
        model.filters.out.weight.zero_()
        model.filters.out.bias.zero_()
    return model


def latents(count: int = 12, batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 6, count, generator=generator), torch.randn(batch, 4, generator=generator)


def test_the_golden_sound_of_the_tiny_decoder() -> None:
    with torch.no_grad():
        made = tiny()(*latents())
    assert made.shape == (1, 12 * 160)
    assert made[0, 400::400][:4].tolist() == pytest.approx(GOLDEN, abs=1e-5)


def test_the_pieces_are_the_whole_and_the_same_each_time() -> None:
    model, (x, voice) = tiny(), latents(20, 2)
    with torch.no_grad():
        whole = model(x, voice)
        assert torch.equal(whole, model(x, voice))
    for frames in (1, 7, 64):
        pieces = list(model.chunks(x, frames, voice))
        assert len(pieces) == -(-20 // frames)
        assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-5)


def test_a_voice_changes_the_sound_and_none_need_be_heard() -> None:
    model, (x, voice) = tiny(), latents()
    with torch.no_grad():
        assert not torch.allclose(model(x, voice), model(x, -voice), atol=1e-3)
        assert tiny(replace(TINY, condition=0))(x).shape == (1, 12 * 160)


def test_the_pitch_that_is_told_is_the_pitch_that_sounds() -> None:
    model = unbent()
    flat, pitch = torch.full((1, 100, 12), -2.0), torch.full((1, 100), 200.0).log()
    silent = torch.zeros(1, 100 * 80)
    with torch.no_grad():
        spectrum = torch.fft.rfft(model.sound(flat, pitch, torch.ones(1, 100), silent)[0]).abs()
    assert int(spectrum[100:300].argmax()) + 100 == 200  # one second, so a bin is 1 Hz
    between = spectrum[250:350].max() / spectrum[195:206].max()
    assert float(between) < 0.02


def test_a_louder_envelope_is_a_louder_sound_by_as_much() -> None:
    model = unbent()
    with torch.no_grad():
        pitch, voiced = torch.full((1, 60), 5.0), torch.ones(1, 60)
        quiet, loud = (model.sound(torch.full((1, 60, 12), level), pitch, voiced) for level in (-4.0, -2.0))
    assert float(loud.square().mean().log() - quiet.square().mean().log()) == pytest.approx(2.0, abs=0.05)


def test_the_sound_teaches_the_latents_and_all_that_reads_them() -> None:
    model, (x, voice) = tiny(), latents()
    x.requires_grad_()
    told = model.tell(x, voice)
    model.sound(told.envelope, told.pitch, told.voiced.sigmoid()).square().mean().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None and bool((x.grad.abs().amax((0, 1)) > 0).all())
    assert all(p.grad is not None and float(p.grad.abs().max()) > 0 for p in model.parameters())


def test_padding_a_batch_changes_nothing_that_is_told() -> None:
    model, (x, voice) = tiny(), latents(9, 2)
    mask = (torch.arange(9) < torch.tensor([[5], [9]])).float()[:, None]
    with torch.no_grad():
        alone, padded = model.tell(x[:1, :, :5], voice[:1]), model.tell(x * mask, voice, mask)
    for one, both in zip(alone, padded, strict=True):
        assert torch.allclose(one[0], both[0, :10], atol=1e-5)


def test_what_is_sounded_is_within_range_and_voiced_or_not() -> None:
    told = settled(Told(torch.zeros(1, 3, 2), torch.tensor([[0.0, 5.0, 9.0]]), torch.tensor([[-0.1, 0.0, 0.1]])))
    assert told.pitch.tolist() == [[PITCH[0], 5.0, PITCH[1]]] and told.voiced.tolist() == [[0.0, 0.0, 1.0]]
