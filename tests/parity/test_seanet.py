"""Against transformers' EnCodec: the same encoder, decoder and codes from its random weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from soundstage.codec.rvq import ResidualQuantiser
from soundstage.codec.seanet import Decoder, Encoder, SeanetConfig, encodec_24khz, encodec_32khz

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
CASES = {"causal": encodec_24khz(), "centred": encodec_32khz(), "two residuals": replace(encodec_24khz(), residuals=2)}


def reference(shape: SeanetConfig) -> Any:
    config = transformers.EncodecConfig(
        hidden_size=shape.latent, num_filters=shape.width, upsampling_ratios=list(shape.ratios),
        use_causal_conv=shape.causal,
        num_lstm_layers=shape.lstm, use_conv_shortcut=shape.skip, codebook_size=16, codebook_dim=shape.latent,
        num_residual_layers=shape.residuals, target_bandwidths=[2.0], audio_channels=1,
    )  # fmt: skip
    model = transformers.EncodecModel(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.1 if parameter.ndim < 2 else (2.0 / parameter[0].numel()) ** 0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread + (parameter.ndim == 3) * 0.05)
    return model


def copy_in_order(ours: nn.Module, theirs: nn.Module) -> None:
    """Both networks list their layers in the order of the signal."""
    kinds = (nn.Conv1d, nn.ConvTranspose1d, nn.LSTM)
    pairs = zip(*([m for m in net.modules() if isinstance(m, kinds)] for net in (ours, theirs)), strict=True)
    for mine, other in pairs:
        mine.load_state_dict(other.state_dict())


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_encoder_and_decoder_agree(case: str) -> None:
    shape = replace(CASES[case], latent=12, width=4)
    theirs, encoder, decoder = reference(shape), Encoder(shape).eval(), Decoder(shape).eval()
    copy_in_order(encoder, theirs.encoder)
    copy_in_order(decoder, theirs.decoder)
    x = torch.randn(1, 1, 5 * shape.hop + 77, generator=torch.Generator().manual_seed(1))
    latent = theirs.encoder(x)
    assert float(latent.std()) > 0.01
    assert torch.allclose(encoder(x), latent, atol=1e-4)
    assert torch.allclose(decoder(latent), theirs.decoder(latent), atol=1e-4)


@torch.no_grad()
def test_codes_agree() -> None:
    theirs = reference(replace(encodec_24khz(), latent=12, width=4)).quantizer
    ours = ResidualQuantiser(12, len(theirs.layers), 16).eval()
    generator = torch.Generator().manual_seed(2)
    for mine, other in zip(ours.books, theirs.layers, strict=True):
        other.codebook.embed.copy_(torch.randn(16, 12, generator=generator))
        mine.codebook.copy_(other.codebook.embed)  # type: ignore[operator]
    x = torch.randn(2, 12, 9, generator=generator)
    codes = theirs.encode(x, 2.0)  # [K, B, T]
    assert torch.equal(ours.encode(x, books=len(codes)), codes.transpose(0, 1))
    assert torch.allclose(ours.decode(codes.transpose(0, 1)), theirs.decode(codes), atol=1e-5)
