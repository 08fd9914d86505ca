"""VITS: symbols to samples in one network, without a vocoder between (Kim et al., 2021).

Notable: a text encoder gives each symbol a Gaussian of latents, a duration predictor says how many frames it lasts, a
flow carries the drawn latents to those of speech, HiFi-GAN plays them. In training a posterior encoder reads the
latents off real speech, and the alignment of symbols to frames is searched for; no one labels it.

B batch · S symbols · T latents, frames unless they are folded · I frames = T · fold · L latent width · C width of a
voice's vector · N samples = I · hop · F bins
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.hifigan import Generator, HifiganConfig
from soundstage.codec.source import SourceConfig, SourceDecoder
from soundstage.codec.vocoder import Vocoder
from soundstage.errors import InputError
from soundstage.models.vits.config import DurationConfig, VitsConfig, WavenetConfig
from soundstage.models.vits.duration import NOISE, Duration, StochasticDuration
from soundstage.models.vits.frames import FramePrior, folded
from soundstage.models.vits.text import ConvText, TextEncoder, masked
from soundstage.models.vits.wavenet import Flow, Posterior
from soundstage.ops.alignment import monotonic_durations, spread, symbol_of_frame
from soundstage.ops.stft import stft


class Heard(NamedTuple):
    """Text and speech beside each other, before anything is decoded."""

    speech: Tensor  # z [B, L, T], drawn from the posterior: what the decoder reads
    latent: Tensor  # z carried to the prior's space
    log_deviation: Tensor  # of the posterior, [B, L, T]
    prior_mean: Tensor  # [B, L, T], spread over the frames
    prior_log_deviation: Tensor
    frame_mask: Tensor  # [B, 1, T]
    durations: Tensor  # [B, S] frames, as found
    duration_loss: Tensor  # a scalar, per symbol


class Trained(NamedTuple):
    """What one training pass gives; the losses of `train.vits` read it by these names."""

    made: Tensor  # samples of a random segment of each row
    starts: Tensor  # first latent [B] of each segment, to cut the truth by
    latent: Tensor  # the rest as in `Heard`
    log_deviation: Tensor
    prior_mean: Tensor
    prior_log_deviation: Tensor
    frame_mask: Tensor
    durations: Tensor
    duration_loss: Tensor


class Vits(nn.Module):
    """The parts; `forward` is the pass of training, the functions below speak."""

    def __init__(self, config: VitsConfig) -> None:
        super().__init__()
        self.config = config
        voice, states = config.speaker_width, config.width + config.language_width
        self.text = _text(config)
        self.duration = _duration(config.duration, states, voice, config.language_width)
        self.flow = Flow(config.flows, config.latent, config.width, **_wavenet(config.flow, voice))
        self.posterior = Posterior(
            config.bins * config.fold, config.width, config.latent, **_wavenet(config.posterior, voice)
        )
        self.frames = _frame_prior(config, states, voice)
        self.decoder = _decoder(config)
        self.voices = nn.Embedding(config.speakers, voice) if config.speakers else None
        self.languages = nn.Embedding(config.languages, config.language_width) if config.languages else None

    def forward(
        self,
        ids_BS: Tensor,
        symbols_B: Tensor,
        spectrogram_BFT: Tensor,
        frames_B: Tensor,
        *,
        segment: int,
        generator: torch.Generator,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
        durations_BS: Tensor | None = None,
    ) -> Trained:
        """Rows of text and of their speech's spectrogram, the first `symbols` and `frames` of each counting.

        Decodes `segment` latents a row, wherever the generator says. Where the frames of every symbol are known
        (`durations`), no alignment is searched for. Raises InputError for a row with more symbols than frames.
        """
        heard = self.read(
            ids_BS, symbols_B, spectrogram_BFT, frames_B, generator=generator, voice_BC=voice_BC,
            language_BC=language_BC, durations_BS=durations_BS,
        )  # fmt: skip
        starts_B = _starts(frames_B // self.config.fold, segment, generator)
        made = self.decoder(segments(heard.speech, starts_B, segment), voice_BC)
        return Trained(made, starts_B, *heard[1:])

    def read(
        self,
        ids_BS: Tensor,
        symbols_B: Tensor,
        spectrogram_BFI: Tensor,
        frames_B: Tensor,
        *,
        generator: torch.Generator,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
        durations_BS: Tensor | None = None,
    ) -> Heard:
        """All of `forward` but the sound. Frames that are folded need known durations that fill whole latents."""
        fold = self.config.fold
        if durations_BS is None and (fold > 1 or self.frames is not None):
            raise InputError("durations", "this model does not search for them", "give those of the recordings")
        symbol_mask = length_mask(symbols_B, ids_BS.shape[1])
        frame_mask = length_mask(frames_B // fold, spectrogram_BFI.shape[2] // fold)
        states_BSD, mean_BSL, log_BSL = self.text(ids_BS, symbol_mask, language_BC)
        # Whatever the networks compute in, latents are summed over many couplings, in the precision of the speech.
        mean, log_deviation = (
            stat.to(spectrogram_BFI.dtype)
            for stat in self.posterior(folded(spectrogram_BFI, fold), frame_mask, voice_BC)
        )
        z_BLT = masked(mean + draw_like(mean, generator) * log_deviation.exp(), frame_mask)
        latent = self.flow(z_BLT, frame_mask, voice_BC)
        if durations_BS is None:
            durations_BS = monotonic_durations(_log_likelihood(latent, mean_BSL, log_BSL), symbols_B, frames_B)
        prior_mean, prior_log = self.prior(
            states_BSD, mean_BSL, log_BSL, durations_BS, frame_mask, voice_BC, latent.shape[-1]
        )
        # What the predictor learns must not move the text's states, which serve the sound.
        told = (voice_BC if self.config.duration.speaker else None, language_BC)
        told = tuple(None if vector is None else vector.detach() for vector in told)  # type: ignore[assignment]
        column = symbol_mask.transpose(1, 2).to(states_BSD)
        if isinstance(self.duration, StochasticDuration):
            noise = draw_noise(states_BSD, generator)
            nats_B = self.duration.loss(states_BSD.detach(), durations_BS, noise, column, *told)
        else:
            nats_B = self.duration.loss(states_BSD.detach(), durations_BS, column, *told)
        lasting = nats_B.sum() / symbols_B.sum()
        return Heard(z_BLT, latent, log_deviation, prior_mean, prior_log, frame_mask.to(latent), durations_BS, lasting)

    def prior(
        self,
        states_BSD: Tensor,
        mean_BSL: Tensor,
        log_BSL: Tensor,
        durations_BS: Tensor,
        mask_B1T: Tensor | None = None,
        voice_BC: Tensor | None = None,
        latents: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Mean and log deviation [B, L, T] of what the text encoder says, laid over `latents` latents."""
        fold = self.config.fold
        symbol_BI = symbol_of_frame(durations_BS, None if latents is None else latents * fold)
        mean, log_deviation = (spread(stat, symbol_BI).transpose(1, 2) for stat in (mean_BSL, log_BSL))
        if fold > 1:
            mean, log_deviation = (stat.reshape(*stat.shape[:2], -1, fold).mean(-1) for stat in (mean, log_deviation))
        if self.frames is None:
            return mean, log_deviation
        more_mean, more_log = self.frames(states_BSD, durations_BS, symbol_BI, mask_B1T, voice_BC)
        return mean + more_mean, log_deviation + more_log


def spectrogram(samples_BN: Tensor, size: int = 1024, hop: int = 256) -> Tensor:
    """The linear spectrogram [B, size / 2 + 1, N / hop] that the posterior reads; frame t is centred in hop t."""
    around = (size - hop) // 2
    padded = F.pad(samples_BN.unsqueeze(1), (around, around), mode="reflect").squeeze(1)
    complex_BFT = stft(padded, size, hop, centre=False)
    # The root of a sum with a little added has a gradient at silence; the published posteriors heard that floor.
    return (complex_BFT.real.square() + complex_BFT.imag.square() + 1e-6).sqrt()


def segments(x_BLT: Tensor, starts_B: Tensor, segment: int) -> Tensor:
    """`segment` latents of each row from its own start."""
    at_BT = starts_B.unsqueeze(1) + torch.arange(min(segment, x_BLT.shape[-1]), device=x_BLT.device)
    return x_BLT.gather(2, at_BT.unsqueeze(1).expand(-1, x_BLT.shape[1], -1))


def _decoder(config: VitsConfig) -> Generator | Vocoder | SourceDecoder:
    shape = config.decoder
    if isinstance(shape, HifiganConfig):
        return Generator(shape)
    if isinstance(shape, SourceConfig):
        return SourceDecoder(shape)
    return Vocoder(shape.latent, shape.width, shape.depth, shape.size, shape.hop, condition=shape.condition or None)


def _text(config: VitsConfig) -> TextEncoder | ConvText:
    if config.convolved:
        return ConvText(config.symbols, config.width, config.latent, depth=config.depth, hidden=config.hidden)
    return TextEncoder(
        config.symbols, config.width, config.latent, depth=config.depth, heads=config.heads, hidden=config.hidden,
        kernel=config.kernel, window=config.window, language=config.language_width, eps=config.eps,
    )  # fmt: skip


def _frame_prior(config: VitsConfig, states: int, voice: int) -> FramePrior | None:
    if not config.frames:
        return None
    return FramePrior(
        states, config.frames_width, config.latent, depth=config.frames, fold=config.fold, condition=voice
    )


def _duration(config: DurationConfig, states: int, voice: int, language: int) -> StochasticDuration | Duration:
    speaker = voice if config.speaker else 0
    if not config.stochastic:
        return Duration(states, config.width, kernel=config.kernel, speaker=speaker, language=language, eps=config.eps)
    return StochasticDuration(
        states, config.width, kernel=config.kernel, flows=config.flows, depth=config.depth, bins=config.bins,
        bound=config.bound, speaker=speaker, language=language,
    )  # fmt: skip


def _wavenet(config: WavenetConfig, voice: int) -> dict[str, int]:
    return {"layers": config.layers, "kernel": config.kernel, "dilation": config.dilation, "condition": voice}


def length_mask(lengths_B: Tensor, length: int) -> Tensor:
    """[B, 1, length], True where a row has something."""
    return (torch.arange(length, device=lengths_B.device) < lengths_B.unsqueeze(1)).unsqueeze(1)


def draw_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Unit normal noise of x's shape, device and dtype."""
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def draw_noise(states_BSD: Tensor, generator: torch.Generator | None) -> Tensor:
    """Unit normal noise [B, S, 2] for the stochastic durations, drawn as the reference draws it."""
    batch, symbols, _ = states_BSD.shape
    return draw_like(states_BSD.new_empty(batch, NOISE, symbols), generator).transpose(1, 2)


def _log_likelihood(latent_BLT: Tensor, mean_BSL: Tensor, log_BSL: Tensor) -> Tensor:
    """Of every frame under every symbol's Gaussian, [B, S, T], as three matrix products."""
    with torch.no_grad():
        precision_BSL = (-2 * log_BSL).exp()
        alone_BS1 = (-0.5 * math.log(2 * math.pi) - log_BSL - 0.5 * mean_BSL.square() * precision_BSL).sum(-1)
        score = precision_BSL @ (-0.5 * latent_BLT.square()) + (mean_BSL * precision_BSL) @ latent_BLT
        return score + alone_BS1.unsqueeze(-1)


def _starts(frames_B: Tensor, segment: int, generator: torch.Generator) -> Tensor:
    """A first frame for each row, such that the segment lies within the row where the row is long enough."""
    room_B = (frames_B - segment).clamp_min(0) + 1
    drawn_B = torch.rand(len(frames_B), generator=generator, device=frames_B.device)
    return (drawn_B * room_B).long()
