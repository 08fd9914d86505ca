"""The spectral vocoder: exact lengths, and a head that can say any signal."""

from __future__ import annotations

import torch

from soundstage.codec.vocoder import SpectrumHead, Vocoder
from soundstage.ops.mel import log_mel
from soundstage.ops.stft import stft
from soundstage.train.losses import spectral_loss


def test_a_frame_is_a_hop_of_samples() -> None:
    for frames in (1, 2, 9):
        assert Vocoder(20, 16, 2, 64, 16)(torch.zeros(2, 20, frames)).shape == (2, frames * 16)


def test_the_head_turns_magnitude_and_phase_into_their_tone() -> None:
    """One bin at a steady magnitude, its phase advancing by a hop: a cosine of that bin's frequency."""
    head = SpectrumHead(2 * 33, 64, 16)
    with torch.no_grad():
        head.out.weight.copy_(torch.eye(66))
        head.out.bias.zero_()
    frames = torch.arange(40.0)
    x = torch.full((1, 66, 40), -20.0)
    x[0, 4] = torch.log(torch.tensor(8.0))
    x[0, 33:] = 0.0
    x[0, 33 + 4] = 2 * torch.pi * 4 / 64 * 16 * frames
    with torch.no_grad():
        out = head(x)[0, 64:-64]
    # Frame n of the uncut signal starts at sample 16 n, and (64 − 16) / 2 = 24 are cut.
    expected = torch.cos(2 * torch.pi * 4 / 64 * (torch.arange(64, 640 - 64) + 24))
    similarity = torch.nn.functional.cosine_similarity(out, expected, dim=0)
    assert float(similarity) > 0.999


def test_it_learns_a_tone_from_its_mel() -> None:
    torch.manual_seed(1)  # the layers' own initial weights
    tone = 0.5 * torch.sin(2 * torch.pi * 500 * torch.arange(2048) / 8000)[None]
    mel = log_mel(tone, 8000, 128, 32, 20)[..., :64]
    net = Vocoder(20, 24, 2, 128, 32)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = spectral_loss(net(mel), tone, ((256, 64), (128, 32)))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_centred_frames_are_undone_by_the_centred_head() -> None:
    """A head that says the very spectrum of a signal gives the signal back."""
    signal = torch.randn(2, 160, generator=torch.Generator().manual_seed(1))
    spectrum = stft(signal, 64, 16)
    head = SpectrumHead(2 * 33, 64, 16, centre=True)
    with torch.no_grad():
        head.out.weight.copy_(torch.eye(66))
        head.out.bias.zero_()
        out = head(torch.cat((spectrum.abs().log(), spectrum.angle()), 1))
    assert out.shape == signal.shape and torch.allclose(out, signal, atol=1e-5)
