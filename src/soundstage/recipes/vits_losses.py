"""A pass of `starter/vits` in training: text and speech beside each other, what is told, what is heard, what it costs.

Notable: with the lengths of all phones known, what is drawn from the prior lies beside the recording as what was read
off the recording does. So it is taken through flow and decoder as in use, and held to the same measurements.

B batch · I frames of 10 ms · T latents · M envelope bands · K rows that are sounded · N samples
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.codec.source import SourceDecoder, Told, smoothed
from soundstage.data.narrator_sound import HOP
from soundstage.models.vits import Heard, Trained, Vits, spectrogram
from soundstage.models.vits.duration import Duration
from soundstage.models.vits.model import length_mask
from soundstage.recipes.vits_batches import FOLD, QUIET
from soundstage.train.losses import drawn_kl, mel_loss, spectral_loss
from soundstage.train.vits import cut, losses

SEGMENT = 16
"""Latents a row that are sounded in a step."""
SOUNDED = 6
"""Rows of them: by turns what the posterior heard and what the prior drew."""
SIZE = 1024
HEAT = 0.2
"""Of the prior's draws in training."""
KL = 0.001
"""Weight of the divergence. Ten times as much, or all of it at once, drowns the latents in noise before they mean
anything; and what is drawn is held to the truth anyway."""
DUEL_WEIGHTS: Mapping[str, float] = {"judge": 1, "fool": 1, "features": 1, "mel": 10, "kl": 5 * KL, "duration": 2}


class Passed(NamedTuple):
    """A training pass: text and speech beside each other, and what the decoder tells of both."""

    heard: Heard
    told: Told  # of 2 B rows: of the posterior's latents, then of the prior's


def passed(speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator) -> Passed:
    """With the durations that the narrator tells."""
    voices = cast(nn.Embedding, speaker.voices)(rows["speaker"])
    with torch.autocast("cpu", enabled=False):
        spectra = spectrogram(rows["samples"], SIZE, HOP)
    heard = speaker.read(
        rows["ids"], rows["symbols"], spectra, rows["frames"], generator=generator, voice_BC=voices,
        durations_BS=rows["durations"],
    )  # fmt: skip
    drawn = drawn_latents(speaker, heard.prior_mean, heard.prior_log_deviation, heard.frame_mask, voices, generator)
    both, mask = torch.cat((heard.speech, drawn)), heard.frame_mask.repeat(2, 1, 1)
    return Passed(heard, cast(SourceDecoder, speaker.decoder).tell(both, voices.repeat(2, 1), mask))


def foreseen(speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator) -> tuple[Told, Tensor]:
    """What the decoder tells of the prior's latents, without hearing the speech, and the loss of the durations."""
    voices = cast(nn.Embedding, speaker.voices)(rows["speaker"])
    latents = rows["mask"].shape[1] // FOLD
    symbol_mask = length_mask(rows["symbols"], rows["ids"].shape[1])
    mask = length_mask(rows["frames"] // FOLD, latents).to(voices)
    states, means, logs = speaker.text(rows["ids"], symbol_mask)
    mean, log_deviation = speaker.prior(states, means, logs, rows["durations"], mask, voices, latents)
    drawn = drawn_latents(speaker, mean, log_deviation, mask, voices, generator)
    known, column = (states.detach(), rows["durations"]), symbol_mask.transpose(1, 2).to(voices)
    lasting = cast(Duration, speaker.duration).loss(*known, column, voices.detach()).sum() / rows["symbols"].sum()
    return cast(SourceDecoder, speaker.decoder).tell(drawn, voices, mask), lasting


def drawn_latents(
    speaker: Vits, mean: Tensor, log_deviation: Tensor, mask: Tensor, voices: Tensor, generator: torch.Generator
) -> Tensor:
    """Latents of speech [B, L, T] from the prior's Gaussians; how wide these are is not taught by what is drawn."""
    noise = torch.randn(mean.shape, generator=generator)
    drawn = (mean + HEAT * noise * log_deviation.detach().exp()) * mask
    return speaker.flow(drawn, mask, voices, inverse=True) * mask  # type: ignore[no-any-return]


def told_loss(told: Told, rows: dict[str, Tensor], decoder: SourceDecoder) -> tuple[Tensor, dict[str, Tensor]]:
    """Absolute and squared errors of envelope, pitch and voicing, standardised, over the frames that exist.

    What is wrong from band to band counts once more: formants are a small part of the error, and all of what is
    understood.
    """
    mask = rows["mask"]
    off = (told.envelope.clamp_min(QUIET) - rows["envelope"]) / cast(Tensor, decoder.scale) * mask[..., None]
    shape = (off.abs() + 0.5 * off.square()).sum() / (mask.sum() * off.shape[-1])
    ridges = (off - smoothed(off)).abs().sum() / (mask.sum() * off.shape[-1])
    heard = mask * (0.1 + 0.9 * rows["voiced"])
    wrong = (told.pitch - rows["pitch"]) / cast(Tensor, decoder.pitch_scale) * heard
    tune = (wrong.abs() + wrong.square()).sum() / heard.sum()
    flag = functional.binary_cross_entropy_with_logits(told.voiced, rows["voiced"], reduction="none")
    flag = (flag * mask).sum() / mask.sum()
    values = {"envelope": shape.detach(), "pitch": tune.detach(), "voicing": flag.detach()}
    return 2.5 * shape + 2.5 * ridges + tune + 0.4 * flag, values


def sounded(speaker: Vits, rows: dict[str, Tensor], made: Passed, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Segments [K, N] of what is told, by turns of the posterior and of the prior, and the same of the recordings.

    Pitch and voicing are the recordings', so that harmonics lie beside harmonics.
    """
    decoder = cast(SourceDecoder, speaker.decoder)
    count, size = len(rows["frames"]), SEGMENT * FOLD
    row = torch.randperm(count, generator=generator)[:SOUNDED]
    room = (rows["frames"][row] - size).clamp_min(0) // FOLD + 1
    starts = (torch.rand(len(row), generator=generator) * room).long() * FOLD
    at = (starts[:, None] + torch.arange(size)).clamp_max(rows["pitch"].shape[1] - 1)
    which = row + count * (torch.arange(len(row)) % 2)
    envelope = made.told.envelope[which[:, None], at]
    pitch, voiced = (rows[name][row[:, None], at] for name in ("pitch", "voiced"))
    noise = torch.randn(len(row), size * HOP, generator=generator)
    with torch.autocast("cpu", enabled=False):
        sound = decoder.sound(envelope, pitch, voiced, noise)
    return sound, cut(rows["samples"][row], starts * HOP, size * HOP)


def taught(
    speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator
) -> tuple[Passed, dict[str, Tensor], dict[str, Tensor]]:
    """A pass, what is weighed of its losses, and figures to look at."""
    made = passed(speaker, rows, generator)
    decoder, count = cast(SourceDecoder, speaker.decoder), len(rows["frames"])
    heard, told = made.heard, made.told
    posterior, _ = told_loss(Told(*(part[:count] for part in told)), rows, decoder)
    prior, values = told_loss(Told(*(part[count:] for part in told)), rows, decoder)
    kl = drawn_kl(
        heard.latent.float(), heard.log_deviation.float(), heard.prior_mean.float(), heard.prior_log_deviation.float(),
        heard.frame_mask,
    )  # fmt: skip
    return made, {"posterior": posterior, "prior": prior, "kl": kl, "duration": heard.duration_loss}, values


def warm_loss(
    speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator, *, kl: float = KL, listened: bool = True
) -> tuple[Tensor, dict[str, Tensor]]:
    """What is told of both latents, divergence from the prior, durations; and, `listened`, spectra of segments."""
    made, parts, values = taught(speaker, rows, generator)
    total = 0.5 * parts["posterior"] + parts["prior"] + kl * parts["kl"] + 0.4 * parts["duration"]
    if listened:
        sound, real = sounded(speaker, rows, made, generator)
        with torch.autocast("cpu", enabled=False):
            total = total + mel_loss(sound, real, speaker.config.rate) + spectral_loss(sound, real)
    return total, {**{name: part.detach() for name, part in parts.items()}, **values}


def foreseen_loss(
    speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """What is told of the prior's latents, and durations: half the work of `warm_loss`."""
    told, lasting = foreseen(speaker, rows, generator)
    prior, values = told_loss(told, rows, cast(SourceDecoder, speaker.decoder))
    return prior + 0.4 * lasting, {"prior": prior.detach(), "duration": lasting.detach(), **values}


def duel_loss(
    speaker: Vits, jury: nn.Module, rows: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """VITS' own losses, and what is told of both latents."""
    made, parts, values = taught(speaker, rows, generator)
    sound, real = sounded(speaker, rows, made, generator)
    trained = Trained(sound, torch.zeros(len(sound), dtype=torch.long), *made.heard[1:])
    total, more = losses(trained, real, jury, rate=speaker.config.rate, size=SIZE, hop=HOP, weights=DUEL_WEIGHTS)
    return total + 5 * (0.5 * parts["posterior"] + parts["prior"]), {**more, **values}
