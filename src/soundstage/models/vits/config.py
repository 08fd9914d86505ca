"""The shape of a VITS, and the published ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from soundstage.codec.hifigan import HifiganConfig
from soundstage.codec.source import SourceConfig
from soundstage.codec.vocoder import VocoderConfig


@dataclass(frozen=True, kw_only=True)
class WavenetConfig:
    """One stack of gated convolutions; layer i is dilated by `dilation` ** i."""

    layers: int
    kernel: int = 5
    dilation: int = 1


@dataclass(frozen=True, kw_only=True)
class DurationConfig:
    """The duration predictor: drawn from a flow (`stochastic`) or one value a symbol."""

    stochastic: bool = True
    width: int = 192
    kernel: int = 3
    flows: int = 4  # this and the three below are the stochastic one's
    depth: int = 3
    bins: int = 10
    bound: float = 5.0
    eps: float = 1e-5  # of the deterministic one's norms
    speaker: bool = True  # whether the voice is known to it


@dataclass(frozen=True, kw_only=True)
class VitsConfig:
    """`speakers` counts the model's own voices (0: it has one, or takes vectors of `speaker_width` made elsewhere)."""

    symbols: int
    rate: int
    decoder: HifiganConfig | VocoderConfig | SourceConfig
    bins: int = 513  # of the linear spectrogram that the posterior reads
    width: int = 192
    hidden: int = 768
    depth: int = 6
    heads: int = 2
    window: int | None = 4  # reach of the relative positions
    kernel: int = 3  # of the feed-forward's convolutions
    eps: float = 1e-5
    convolved: bool = False  # the text encoder has ConvNeXt blocks in place of attention
    flows: int = 4
    flow: WavenetConfig = field(default_factory=lambda: WavenetConfig(layers=4))
    posterior: WavenetConfig = field(default_factory=lambda: WavenetConfig(layers=16))
    duration: DurationConfig = field(default_factory=DurationConfig)
    fold: int = 1  # frames, of which durations count, a latent
    frames: int = 0  # depth of the prior's network over frames; 0: all frames of a symbol have one prior, as published
    frames_width: int = 256
    speakers: int = 0
    speaker_width: int = 0
    languages: int = 0
    language_width: int = 0
    noise: float = 0.667  # the checkpoint's own choice, where `speak` is not told another
    duration_noise: float = 0.8
    speed: float = 1.0

    @property
    def latent(self) -> int:
        """Channels of the latents that flow and decoder share."""
        return self.decoder.latent

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.decoder.hop // self.fold


def hifigan(width: int = 512, *, latent: int = 192, condition: int = 0) -> HifiganConfig:
    """The decoder of the paper: 256 samples a frame."""
    return HifiganConfig(
        latent=latent, width=width, ratios=(8, 8, 2, 2), ratio_kernels=(16, 16, 4, 4), condition=condition
    )


def mms(symbols: int = 38) -> VitsConfig:
    """Meta's MMS, one voice a language at 16 kHz; English has 38 symbols (Pratap et al., 2023)."""
    return VitsConfig(symbols=symbols, rate=16_000, decoder=hifigan())


def ljspeech(symbols: int = 178) -> VitsConfig:
    """The paper's single voice at 22.05 kHz (Kim et al., 2021)."""
    return VitsConfig(symbols=symbols, rate=22_050, decoder=hifigan())


def vctk(symbols: int = 178, speakers: int = 109) -> VitsConfig:
    """The paper's many voices at 22.05 kHz."""
    return VitsConfig(
        symbols=symbols, rate=22_050, decoder=hifigan(condition=256), speakers=speakers, speaker_width=256
    )


def vits_starter(symbols: int, speakers: int) -> VitsConfig:
    """The starter: 24 kHz, narrow, 25 latents a second, a prior that knows its frames, a decoder that says a pitch."""
    return VitsConfig(
        symbols=symbols, rate=24_000, width=128, hidden=384, depth=4, convolved=True, fold=4, frames=6,
        decoder=SourceConfig(latent=96, width=256, depth=5, rate=24_000, hop=960, fold=4, condition=64, relief=0.15),
        flow=WavenetConfig(layers=2), posterior=WavenetConfig(layers=4),
        duration=DurationConfig(stochastic=False, width=128), speakers=speakers, speaker_width=64, noise=0.2,
    )  # fmt: skip
