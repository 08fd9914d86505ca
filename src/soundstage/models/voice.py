"""The starter voice: phones and a reference recording to speech, in two small networks that meet at pitch and envelope.

Notable: between the acoustic network and the vocoder stand quantities with a meaning: a smooth spectral envelope
without harmonics (80 mel-spaced bands), the pitch, and a voicing flag. The vocoder is a source and filters: a pulse
train that runs at the given pitch plus noise, each shaped by a filter that a small network corrects from the
envelope, so pitch is a free input: the same voice can speak higher, or sing. Filters are minimum phase by folding the
cepstrum. The speaker is a vector read from any three seconds of sound and modulates every block.

B batch · P phones · T frames of 10 ms · S steps of two frames · M envelope bands · F frequency bins · N samples · W
width
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypedDict, Unpack

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.errors import InputError
from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.mel import hz_to_mel, mel_filterbank, mel_to_hz
from soundstage.ops.stft import overlap_add, stft

EDGE = 40
"""Phones counted from either end of a sentence."""
KNOTS = ((-15.0, -21.0), (-14.2, -20.0), (-14.0, -17.0), (-13.9, -15.3), (-13.5, -14.0), (-12.8, -12.8), (6.0, 6.0))
"""Log power as predicted and as measured, quantile by quantile: training asks for no exact depth below −14. A starter
brings its own."""
RELIEF = 0.3
"""How much further apart peaks and valleys of the envelope are drawn: what regression smooths over."""


@dataclass(frozen=True, kw_only=True)
class VoiceConfig:
    """Everything that rebuilds the model; sizes are widths of the networks."""

    symbols: int
    rate: int = 16000
    hop: int = 200
    bands: int = 80
    width: int = 192
    text_layers: int = 4
    frame_layers: int = 6
    speaker: int = 128
    vocoder_width: int = 192
    vocoder_layers: int = 4
    voices: int = 10
    """Rows of the table of named voices."""
    fft: int = 1024
    sub: int = 1
    """Filters of the vocoder a frame."""
    ear_bands: int = 80
    ear_fft: int = 1024
    ear_top: float = 8000.0
    """What the speaker encoder hears: mel bands up to so many Hz, the same for recordings of any quality."""
    relief: float = RELIEF
    knots: tuple[tuple[float, float], ...] = KNOTS
    """How a prediction is drawn apart again: see `relieved`."""

    @classmethod
    def of(cls, config: Mapping[str, object]) -> VoiceConfig:
        """From a card's plain dictionary; unknown keys (names of voices, say) are the card's own."""
        given: dict[str, Any] = {key: config[key] for key in cls.__dataclass_fields__ if key in config}
        if "knots" in given:
            given["knots"] = tuple((float(x), float(y)) for x, y in given["knots"])
        return cls(**given)

    def plain(self) -> dict[str, object]:
        """As a dictionary for a card."""
        return asdict(self)


def voice_starter(symbols: int) -> VoiceConfig:
    """The shipped size, about 10 M parameters, at 24 kHz with frames of 10 ms."""
    return VoiceConfig(
        symbols=symbols, rate=24000, hop=240, bands=100, width=256, text_layers=4, frame_layers=7, vocoder_width=192,
        vocoder_layers=5, fft=1024, sub=2, ear_fft=2048,
    )  # fmt: skip


def voice_tiny(symbols: int) -> VoiceConfig:
    """A toy of the same shape for tests."""
    return VoiceConfig(
        symbols=symbols,
        rate=24000,
        hop=240,
        bands=100,
        sub=2,
        ear_fft=2048,
        width=32,
        text_layers=1,
        frame_layers=1,
        speaker=16,
        vocoder_width=16,
        vocoder_layers=1,
        voices=2,
    )


class SpeakerEncoder(nn.Module):
    """Log mel of a recording [B, T, M] to a speaker vector [B, V] of mean 0 and variance 1."""

    def __init__(self, bands: int, vector: int, width: int = 128) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(source, width, 5, stride=stride, padding=2)
            for source, stride in ((bands, 2), (width, 2), (width, 2), (width, 1))
        )
        self.out = nn.Linear(2 * width, vector)

    def forward(self, mel: Tensor) -> Tensor:
        """Statistics over time make the length free; at least 8 frames."""
        x = mel.transpose(1, 2)
        for layer in self.layers:
            x = functional.gelu(layer(x), approximate="tanh")
            x = functional.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
        spread = (x.var(-1, unbiased=False) + 1e-5).sqrt()
        vector: Tensor = self.out(torch.cat((x.mean(-1), spread), -1))
        return functional.layer_norm(vector, vector.shape[-1:])


class Acoustic(nn.Module):
    """Phones to durations, and with durations to envelope, pitch and voicing;
    all standardised by the model's statistics.
    """

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        width, vector = config.width, config.speaker
        self.phone = nn.Embedding(config.symbols, width)
        self.flag = nn.Embedding(8, width)
        self.from_start = nn.Embedding(EDGE, width)
        self.from_end = nn.Embedding(EDGE, width)
        self.text = nn.ModuleList(ConvNeXtBlock(width, condition=vector) for _ in range(config.text_layers))
        self.duration = nn.ModuleList(ConvNeXtBlock(width, kernel=3, condition=vector) for _ in range(2))
        self.duration_out = nn.Linear(width, 1)
        self.place = nn.Linear(4, width)
        self.fold = nn.Linear(2 * width, width)
        self.frames = nn.ModuleList(ConvNeXtBlock(width, condition=vector) for _ in range(config.frame_layers))
        self.out = nn.Linear(width, 2 * (config.bands + 2))
        for table in (self.phone, self.flag, self.from_start, self.from_end):
            nn.init.normal_(table.weight, std=0.1)

    def encode(self, phones: Tensor, flags: Tensor, vector: Tensor) -> tuple[Tensor, Tensor]:
        """phones, flags int64 [B, P], 0 = padding. Returns features [B, W, P] and log durations in frames [B, P]."""
        mask = (phones > 0)[:, None].float()
        order = torch.arange(phones.shape[1], device=phones.device)
        length = (phones > 0).sum(1, keepdim=True)
        x = self.phone(phones) + self.flag(flags)
        x = x + self.from_start(order.clamp(max=EDGE - 1)) + self.from_end((length - 1 - order).clamp(0, EDGE - 1))
        x = x.transpose(1, 2) * mask
        for block in self.text:
            x = block(x, vector, mask=mask)
        y = x
        for block in self.duration:
            y = block(y, vector, mask=mask)
        return x, self.duration_out(y.transpose(1, 2))[..., 0] + 1.8

    def decode(self, text: Tensor, durations: Tensor, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """text [B, W, P], durations int64 [B, P] to envelope [B, T, M], log pitch [B, T], voicing logit [B, T];
        T is even.
        """
        index, place, mask = self.layout(durations)
        x = text.transpose(1, 2).gather(1, index[..., None].expand(-1, -1, text.shape[1])) + self.place(place)
        x = self.fold((x * mask[..., None]).unflatten(1, (-1, 2)).flatten(2)).transpose(1, 2)  # [B, W, S]
        steps = mask[:, ::2][:, None]
        for block in self.frames:
            x = block(x, vector, mask=steps)
        y = functional.layer_norm(x.transpose(1, 2), x.shape[1:2])
        y = self.out(y).unflatten(-1, (2, -1)).flatten(1, 2)  # [B, T, M + 2]
        return y[..., :-2], y[..., -2], y[..., -1]

    @staticmethod
    def layout(durations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For every frame: the index of its phone [B, T], its place in it [B, T, 4], and whether it exists [B, T]."""
        ends = durations.cumsum(1)
        total = ends[:, -1:]
        time = (
            torch.arange(int(total.max() + 1) // 2 * 2, device=durations.device).expand(len(durations), -1).contiguous()
        )
        index = torch.searchsorted(ends, time, right=True).clamp(max=durations.shape[1] - 1)
        long = durations.gather(1, index).float().clamp(min=1)
        gone = ((time - ends.gather(1, index)).float() + long + 0.5).clamp(0.5, 200)
        left = (long - gone).clamp(0.5, 200)
        place = torch.stack((gone / long, gone.log() / 2, left.log() / 2, long.log() / 2), -1)
        return index, place, (time < total).float()


class Vocoder(nn.Module):
    """Envelope, pitch and voicing to a waveform: a pulse train and noise through filters that a network corrects."""

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        width = config.vocoder_width
        self.rate, self.hop, self.fft, self.sub = config.rate, config.hop, config.fft, config.sub
        self.into = nn.Conv1d(config.bands + 2, width, 5, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(config.vocoder_layers))
        self.out = nn.Linear(width, 2 * config.bands * config.sub)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)
        self.register_buffer(
            "spread", band_interpolation(config.bands, config.rate, config.fft // 2 + 1), persistent=False
        )

    def forward(self, features: Tensor, envelope: Tensor, pulses: Tensor, noise: Tensor) -> Tensor:
        """features [B, T, M + 2] standardised, envelope [B, T, M] log power, pulses and noise [B, N = T · hop] to
        [B, N].
        """
        x = self.into(features.transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        bend = functional.layer_norm(x.transpose(1, 2), x.shape[1:2])
        voiced, rough = self.out(bend).unflatten(-1, (self.sub, -1)).flatten(1, 2).chunk(2, -1)
        spread: Tensor = self.spread  # type: ignore[assignment]
        size = self.hop // self.sub
        shape = finer(envelope, self.sub)
        buzz = frames_of(pulses, size, self.fft)
        harmonic = minimum_phase((0.5 * shape + voiced) @ spread)  # [B, T · sub, F]
        breath = ((0.5 * shape + rough) @ spread).clamp(-14, 6).exp()
        spectrum = buzz * harmonic + frames_of(noise, size, self.fft) * breath
        whole = overlap_add(torch.fft.irfft(spectrum, self.fft).transpose(1, 2), size)
        return whole[:, size : size + pulses.shape[1]]  # a filter's tail that would outlast the end is cut


class VoiceModel(nn.Module):
    """The whole voice. `table` holds the vectors of the named voices, in the order of the card's `names`."""

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        self.config = config
        self.speaker = SpeakerEncoder(config.ear_bands, config.speaker)
        self.acoustic = Acoustic(config)
        self.vocoder = Vocoder(config)
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

    def sound(self, envelope: Tensor, f0: Tensor, voiced: Tensor, noise: Tensor) -> Tensor:
        """Log envelope [B, T, M], pitch [B, T] Hz (of unvoiced frames too), voicing [B, T] in 0…1, noise [B, T · hop]
        to samples.
        """
        pulses = pulse_train(f0, self.config.hop, self.config.rate)
        return self.vocoder(self.features(envelope, f0, voiced), envelope, pulses, noise)  # type: ignore[no-any-return]

    def features(self, envelope: Tensor, f0: Tensor, voiced: Tensor) -> Tensor:
        """What the vocoder's network reads: [B, T, M + 2], standardised."""
        pitch = (f0.log() - self.pitch_centre) / self.pitch_scale  # type: ignore[operator]
        shape = (envelope - self.centre) / self.scale  # type: ignore[operator]
        return torch.cat((shape, pitch[..., None], voiced[..., None]), -1)


class Score(NamedTuple):
    """A sentence before it is sound, and the draws that it will be made with."""

    envelope: Tensor  # [1, T, M]
    f0: Tensor  # [1, T] Hz
    voiced: Tensor  # [1, T]
    noise: Tensor  # [1, T · hop]
    durations: Tensor  # [P] frames


class How(TypedDict, total=False):
    """How `plan` is to say a sentence. Phone by phone, smoothed: `bend` [P] adds semitones, `gain` [P] dB, `keep` [P]
    is how much of the model's own melody stays; `stretch` [P] is a factor on lengths; `span` widens the pitch range
    around its mean.
    """

    speed: float
    semitones: float
    span: float
    bend: Tensor | None
    keep: Tensor | None
    stretch: Tensor | None
    gain: Tensor | None


@torch.inference_mode()
def plan(
    model: VoiceModel,
    phones: Tensor,
    flags: Tensor,
    vector: Tensor,
    *,
    generator: torch.Generator,
    speed: float = 1.0,
    semitones: float = 0.0,
    span: float = 1.0,
    bend: Tensor | None = None,
    keep: Tensor | None = None,
    stretch: Tensor | None = None,
    gain: Tensor | None = None,
) -> Score:
    """Everything of one sentence but its sound. phones, flags int64 [P], vector [V]; the rest is explained at `How`.

    Raises InputError when there are no phones.
    """
    if phones.numel() == 0:
        raise InputError("phones", "there are none", "give at least one phone")
    text, logs = model.acoustic.encode(phones[None], flags[None], vector[None])
    lengths = logs[0].clamp(max=5).exp() / speed
    durations = whole_frames(lengths if stretch is None else lengths * stretch)
    envelope, f0, voiced = model.render(text, durations[None], vector[None])
    count = int(durations.sum())
    envelope, f0, voiced = envelope[:, :count], f0[:, :count], (voiced[:, :count] > 0.5).float()
    envelope = relieved(envelope, model.config.relief, model.config.knots)
    shift = torch.full_like(f0, semitones)
    if bend is not None:
        shift = shift + _smoothed(bend, durations)
    if gain is not None:
        envelope = envelope + _smoothed(gain, durations)[..., None] * (math.log(10) / 10)
    centre = (f0.log() * voiced).sum() / voiced.sum().clamp(min=1)
    width = span if keep is None else span * _smoothed(keep, durations)
    f0 = torch.where(voiced.any(), centre + width * (f0.log() - centre), f0.log()).exp() * 2 ** (shift / 12)
    noise = torch.randn(1, count * model.config.hop, generator=generator, device=generator.device).to(f0.device)
    return Score(envelope, f0, voiced, noise, durations)


@torch.inference_mode()
def generate(
    model: VoiceModel, phones: Tensor, flags: Tensor, vector: Tensor, *, generator: torch.Generator, **how: Unpack[How]
) -> tuple[Tensor, Tensor]:
    """One sentence: samples [N] and durations [P] in frames, whose sum times the hop is N exactly. See `plan`."""
    score = plan(model, phones, flags, vector, generator=generator, **how)
    return model.sound(score.envelope, score.f0, score.voiced, score.noise)[0], score.durations


def stream(model: VoiceModel, score: Score, first: int = 12, most: int = 60) -> Iterator[Tensor]:
    """The samples of `generate`, piece by piece: `first` frames, then twice as many each time, up to `most`.

    Each piece is made with the frames around it that the vocoder's network and filters reach, so that the pieces
    joined are the whole.
    """
    hop, vocoder = model.config.hop, model.vocoder
    ahead = 3 + 3 * len(vocoder.blocks)  # the network's reach, and a frame for the finer envelope
    behind = ahead + 1 + -(-vocoder.fft // hop)
    with torch.inference_mode():
        pulses = pulse_train(score.f0, hop, model.config.rate)
        features = model.features(score.envelope, score.f0, score.voiced)
        start, total = 0, score.f0.shape[1]
        while start < total:
            stop = min(total, start + first)
            low, high = max(0, start - behind), min(total, stop + ahead)
            t, n = slice(low, high), slice(low * hop, high * hop)
            made = vocoder(features[:, t], score.envelope[:, t], pulses[:, n], score.noise[:, n])[0]
            yield made[(start - low) * hop : (stop - low) * hop]
            start, first = stop, min(2 * first, most)


def _smoothed(values: Tensor, durations: Tensor) -> Tensor:
    """Values [P] of phones as a curve over their frames [1, T]."""
    steps = values.repeat_interleave(durations)[None, None]
    return functional.avg_pool1d(functional.pad(steps, (4, 4), mode="replicate"), 9, 1)[:, 0]


def relieved(envelope: Tensor, relief: float, knots: Sequence[tuple[float, float]] = KNOTS) -> Tensor:
    """A predicted log envelope [B, T, M] with the depth of real silence and the relief of real formants.

    `knots` say which measured power a predicted one stands for; `relief` how far peaks and valleys are drawn apart.
    """
    x, y = torch.tensor(knots, dtype=envelope.dtype, device=envelope.device).T.contiguous()
    envelope = envelope.clamp(float(x[0]), float(x[-1]))
    upper = torch.searchsorted(x, envelope.contiguous()).clamp(1, len(x) - 1)
    share = (envelope - x[upper - 1]) / (x[upper] - x[upper - 1])
    envelope = y[upper - 1] + share * (y[upper] - y[upper - 1])
    smooth = functional.avg_pool1d(functional.pad(envelope, (7, 7), mode="replicate"), 15, 1)
    return envelope + relief * (envelope - smooth)


def whole_frames(lengths: Tensor) -> Tensor:
    """Positive lengths [P] to whole numbers of at least 1 that keep their running sum within about half a frame."""
    ends = lengths.cumsum(0).round().long()
    starts = functional.pad(ends[:-1], (1, 0))
    return (ends - starts).clamp(min=1)


def pulse_train(f0: Tensor, hop: int, rate: int) -> Tensor:
    """Band-limited pulses of flat spectrum and unit power at pitch f0 [B, T] Hz, [B, T · hop] (a closed sum of
    cosines).
    """
    with torch.no_grad():
        points = functional.pad(f0[:, None].double(), (0, 1), mode="replicate")
        size = f0.shape[1] * hop + 1
        samples = functional.interpolate(points, size, mode="linear", align_corners=True)[:, 0, :-1]
        phase = (samples / rate).cumsum(-1)
        phase = (phase - phase.round()).float()  # in cycles, −½…½
        count = (rate / 2 / samples.float()).floor().clamp(min=1)
        angle = math.pi * phase
        below = angle.sin()
        near = below.abs() < 1e-4
        ratio = torch.where(near, 2 * count + 1, ((2 * count + 1) * angle).sin() / torch.where(near, 1.0, below))
        return (ratio - 1) * 0.5 * (2 / count).sqrt()


def finer(x_BTM: Tensor, times: int) -> Tensor:
    """Frames [B, T · times, M] between frames [B, T, M], on straight lines."""
    if times == 1:
        return x_BTM
    return functional.interpolate(x_BTM.transpose(1, 2), scale_factor=float(times), mode="linear").transpose(1, 2)


def frames_of(samples: Tensor, hop: int, fft: int) -> Tensor:
    """Spectra [B, T, F] of frames of two hops centred on every hop's first sample, of samples [B, T · hop]."""
    window = torch.hann_window(2 * hop, device=samples.device)
    padded = functional.pad(samples, (hop, 0))
    spectra: Tensor = torch.fft.rfft(padded.unfold(-1, 2 * hop, hop) * window, fft)
    return spectra


def minimum_phase(log_gain: Tensor) -> Tensor:
    """Log gains [..., F] to the complex spectrum of the minimum-phase filter with these gains."""
    bins = log_gain.shape[-1]
    cepstrum = torch.fft.irfft(log_gain.clamp(-14, 6))
    folded = torch.cat((cepstrum[..., :1], 2 * cepstrum[..., 1 : bins - 1], cepstrum[..., bins - 1 : bins]), -1)
    spectrum = torch.fft.rfft(folded, 2 * (bins - 1))
    return torch.polar(spectrum.real.exp(), spectrum.imag)


def mel_bands(bands: int, rate: int, fft: int, top: float) -> Tensor:
    """[F, M] mel windows up to `top` Hz whose weights sum to one each, so that a flat spectrum keeps its level."""
    bank = mel_filterbank(rate, fft, bands, high=top, scale="htk", area=False)
    return (bank / bank.sum(1, keepdim=True)).T.contiguous()


def band_interpolation(bands: int, rate: int, bins: int) -> Tensor:
    """[M, F] weights that draw a line through the band centres, flat beyond the outer ones."""
    edges = np.linspace(0, hz_to_mel(rate / 2, "htk"), bands + 2)
    centres = torch.from_numpy(mel_to_hz(edges, "htk"))[1:-1]
    frequency = torch.linspace(0, rate / 2, bins, dtype=torch.float64).clamp(float(centres[0]), float(centres[-1]))
    upper = torch.searchsorted(centres, frequency).clamp(1, bands - 1)
    share = (frequency - centres[upper - 1]) / (centres[upper] - centres[upper - 1])
    weights = torch.zeros(bands, bins, dtype=torch.float64)
    weights[upper, torch.arange(bins)] = share
    weights[upper - 1, torch.arange(bins)] = 1 - share
    return weights.float()
