"""The starter voice: phones and a reference recording to speech, in two small networks that meet at pitch and envelope.

Notable: between the acoustic network and the vocoder stand quantities with a meaning: a smooth spectral envelope
without harmonics (100 mel-spaced bands), the pitch, and a voicing flag. The vocoder is a source and filters: a pulse
train that runs at the given pitch plus noise, each shaped by a filter that a small network corrects from the
envelope, so pitch is a free input: the same voice can speak higher, or sing. Filters are minimum phase by folding the
cepstrum. The speaker is a vector read from any three seconds of sound and modulates every block.

B batch · P phones · T frames of 10 ms · S steps of two frames · M envelope bands · F frequency bins · N samples · W
width
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundstage.codec.source import SourceFilter
from soundstage.models.voice.acoustic import Acoustic, SpeakerEncoder
from soundstage.models.voice.config import VoiceConfig
from soundstage.ops.mel import mel_filterbank
from soundstage.ops.source import pulse_train
from soundstage.ops.stft import stft


class VoiceModel(nn.Module):
    """The whole voice. `table` holds the vectors of the named voices, in the order of the card's `names`."""

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        self.config = config
        self.speaker = SpeakerEncoder(config.ear_bands, config.speaker)
        self.acoustic = Acoustic(config)
        self.vocoder = SourceFilter(
            config.bands, config.rate, config.hop, width=config.vocoder_width, depth=config.vocoder_layers,
            fft=config.fft, sub=config.sub,
        )  # fmt: skip
        self.table = nn.Parameter(torch.zeros(config.voices, config.speaker), requires_grad=False)
        for name, start in (("centre", -6.0), ("scale", 2.0)):
            self.register_buffer(name, torch.full((config.bands,), start))
        for name, start in (("pitch_centre", 4.9), ("pitch_scale", 0.3), ("mel_centre", -4.0), ("mel_scale", 3.0)):
            self.register_buffer(name, torch.tensor([start]))
        ears = mel_bands(config.ear_bands, config.rate, config.ear_fft, config.ear_top)
        self.register_buffer("mel_bands", ears, persistent=False)

    def listen(self, samples: Tensor) -> Tensor:
        """Speaker vectors [B, V] of recordings [B, N] at the model's rate."""
        return self.speaker(self.mel(samples))  # type: ignore[no-any-return]

    def mel(self, samples: Tensor) -> Tensor:
        """Standardised log mel [B, T, M] of recordings at any level [B, N]; each is set to one loudness first."""
        config = self.config
        samples = samples * (0.07 / samples.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-5))
        spectrum = stft(samples, config.ear_fft, config.hop, pad="constant")
        power = spectrum.abs().square().transpose(1, 2) @ self.mel_bands  # type: ignore[operator]
        return ((power + 1e-5).log() - self.mel_centre) / self.mel_scale  # type: ignore[operator]

    def render(self, text: Tensor, durations: Tensor, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encoded phones [B, W, P] to log envelope [B, T, M], pitch in Hz [B, T] and voicing in 0…1 [B, T]."""
        envelope, pitch, voiced = self.acoustic.decode(text, durations, vector)
        f0 = (pitch * self.pitch_scale + self.pitch_centre).clamp(3.5, 6.5).exp()  # type: ignore[operator]
        return envelope * self.scale + self.centre, f0, voiced.sigmoid()  # type: ignore[operator]

    def sound(self, envelope: Tensor, f0: Tensor, voiced: Tensor, noise: Tensor, mask: Tensor | None = None) -> Tensor:
        """Log envelope [B, T, M], pitch [B, T] Hz (of unvoiced frames too), voicing [B, T] in 0…1, noise [B, T · hop]
        to samples. See `SourceFilter.forward` for the mask [B, T].
        """
        pulses = pulse_train(f0, self.config.hop, self.config.rate)
        features = self.features(envelope, f0, voiced)
        return self.vocoder(features, envelope, pulses, noise, mask)  # type: ignore[no-any-return]

    def features(self, envelope: Tensor, f0: Tensor, voiced: Tensor) -> Tensor:
        """What the vocoder's network reads: [B, T, M + 2], standardised."""
        pitch = (f0.log() - self.pitch_centre) / self.pitch_scale  # type: ignore[operator]
        shape = (envelope - self.centre) / self.scale  # type: ignore[operator]
        return torch.cat((shape, pitch[..., None], voiced[..., None]), -1)


def mel_bands(bands: int, rate: int, fft: int, top: float) -> Tensor:
    """[F, M] mel windows up to `top` Hz whose weights sum to one each, so that a flat spectrum keeps its level."""
    bank = mel_filterbank(rate, fft, bands, high=top, scale="htk", area=False)
    return (bank / bank.sum(1, keepdim=True)).T.contiguous()
