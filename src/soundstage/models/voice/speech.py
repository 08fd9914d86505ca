"""A sentence said whole, in a batch or piece by piece: first its score (lengths, envelope, pitch, draws), then its
sound.

B batch · P phones · T frames of 10 ms · S steps of two frames · M envelope bands · F frequency bins · N samples · W
width
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypedDict, Unpack

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from soundstage.codec.source import drawn_apart
from soundstage.errors import InputError
from soundstage.models.voice.config import KNOTS
from soundstage.models.voice.model import VoiceModel
from soundstage.ops.source import pulse_train


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
    durations = _durations(logs[0], speed, stretch)
    drawn = model.render(text, durations[None], vector[None])
    how: How = {"semitones": semitones, "span": span, "bend": bend, "keep": keep, "gain": gain}
    return _scored(model, *drawn, durations, generator, how)


def _durations(logs: Tensor, speed: float, stretch: Tensor | None) -> Tensor:
    """Whole frames [P] of predicted log lengths."""
    lengths = logs.clamp(max=5).exp() / speed
    return whole_frames(lengths if stretch is None else lengths * stretch)


def _scored(
    model: VoiceModel,
    envelope: Tensor,
    f0: Tensor,
    voiced: Tensor,
    durations: Tensor,
    generator: torch.Generator,
    how: How,
) -> Score:
    """What the network drew for one sentence [1, T or more, …], said as it is asked for."""
    count = int(durations.sum())
    envelope, f0, voiced = envelope[:, :count], f0[:, :count], (voiced[:, :count] > 0.5).float()
    envelope = relieved(envelope, model.config.relief, model.config.knots)
    shift = torch.full_like(f0, how.get("semitones", 0.0))
    if (bend := how.get("bend")) is not None:
        shift = shift + _smoothed(bend, durations)
    if (gain := how.get("gain")) is not None:
        envelope = envelope + _smoothed(gain, durations)[..., None] * (math.log(10) / 10)
    centre = (f0.log() * voiced).sum() / voiced.sum().clamp(min=1)
    keep, span = how.get("keep"), how.get("span", 1.0)
    width = span if keep is None else span * _smoothed(keep, durations)
    f0 = torch.where(voiced.any(), centre + width * (f0.log() - centre), f0.log()).exp() * 2 ** (shift / 12)
    noise = torch.randn(1, count * model.config.hop, generator=generator, device=generator.device).to(f0.device)
    return Score(envelope, f0, voiced, noise, durations)


class Wanted(NamedTuple):
    """One sentence of a batch: what `plan` takes for it."""

    phones: Tensor  # [P]
    flags: Tensor  # [P]
    vector: Tensor  # [V]
    generator: torch.Generator
    how: How


@torch.inference_mode()
def generate_many(model: VoiceModel, sentences: Sequence[Wanted]) -> list[tuple[Tensor, Tensor]]:
    """Several sentences through both networks at once; each as `generate` says it alone, within rounding.

    Raises InputError when one has no phones.
    """
    if any(each.phones.numel() == 0 for each in sentences):
        raise InputError("phones", "there are none", "give at least one phone")
    phones = pad_sequence([each.phones for each in sentences], batch_first=True)
    flags = pad_sequence([each.flags for each in sentences], batch_first=True)
    vectors = torch.stack([each.vector for each in sentences])
    text, logs = model.acoustic.encode(phones, flags, vectors)
    lasting = [
        _durations(row[: each.phones.numel()], each.how.get("speed", 1.0), each.how.get("stretch"))
        for row, each in zip(logs, sentences, strict=True)
    ]
    envelope, f0, voiced = model.render(text, pad_sequence(lasting, batch_first=True), vectors)
    scores = [
        _scored(model, envelope[i : i + 1], f0[i : i + 1], voiced[i : i + 1], lasting[i], each.generator, each.how)
        for i, each in enumerate(sentences)
    ]
    counts = [score.f0.shape[1] for score in scores]
    most, hop = max(counts), model.config.hop
    held = [torch.arange(most).clamp(max=count - 1) for count in counts]  # behind the end: the last frame
    mask = torch.stack([(torch.arange(most) < count).float() for count in counts]).to(f0.device)
    noise = pad_sequence([score.noise[0] for score in scores], batch_first=True)
    samples = model.sound(
        torch.cat([score.envelope[:, at] for score, at in zip(scores, held, strict=True)]),
        torch.cat([score.f0[:, at] for score, at in zip(scores, held, strict=True)]),
        torch.cat([score.voiced[:, at] for score, at in zip(scores, held, strict=True)]), noise, mask,
    )  # fmt: skip
    return [(row[: count * hop], score.durations) for row, count, score in zip(samples, counts, scores, strict=True)]


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
    with torch.inference_mode():
        pulses = pulse_train(score.f0, hop, model.config.rate)
        features = model.features(score.envelope, score.f0, score.voiced)
        start, total = 0, score.f0.shape[1]
        while start < total:
            stop = min(total, start + first)
            low, high = max(0, start - vocoder.behind), min(total, stop + vocoder.ahead)
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
    return drawn_apart(envelope, relief)


def whole_frames(lengths: Tensor) -> Tensor:
    """Positive lengths [P] to whole numbers of at least 1 that keep their running sum within about half a frame."""
    ends = lengths.cumsum(0).round().long()
    starts = functional.pad(ends[:-1], (1, 0))
    return (ends - starts).clamp(min=1)
