"""What a VITS can be asked for: speech with the times of its symbols, speech piece by piece, another voice.

Notable: every draw comes from the generator given: first the durations' noise [B, 2, S], then the prior's [B, L, T].
With both noises 0 nothing is random. Frames are a hop long, so the durations are the times of the symbols.

B batch · S symbols · T latents · I frames = T · fold · L latent width · C width of a voice's vector · N samples = I ·
hop · F bins
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict, Unpack

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.vits.duration import StochasticDuration
from soundstage.models.vits.frames import folded, whole_latents
from soundstage.models.vits.model import Vits, draw_like, draw_noise, length_mask
from soundstage.models.vits.text import masked

Speaker = int | Tensor  # the number of a voice of the model's own, numbers [B], or vectors [B, C] made elsewhere


class How(TypedDict, total=False):
    """The options of `plan`."""

    mask: Tensor | None
    speaker: Speaker | None
    language: int | Tensor | None
    noise: float | None
    duration_noise: float | None
    speed: float | None
    durations: Tensor | None
    generator: torch.Generator | None


@dataclass(frozen=True)
class Plan:
    """Speech before it is sound: latents [B, L, T], and how many frames each symbol [B, S] and each row [B] lasts."""

    latents: Tensor
    durations: Tensor
    frames: Tensor
    voice: Tensor | None
    seconds_a_frame: float

    def times(self) -> Tensor:
        """Start and end of each symbol in seconds, [B, S, 2]."""
        ends = F.pad(self.durations.cumsum(1), (1, 0)).double() * self.seconds_a_frame
        return torch.stack((ends[:, :-1], ends[:, 1:]), -1)


@dataclass(frozen=True)
class Utterance:
    """Samples [B, N], of which the first `lengths` [B] of each row count, and the plan they were made from."""

    samples: Tensor
    lengths: Tensor
    plan: Plan


def with_blanks(ids_BS: Tensor, blank: int = 0) -> Tensor:
    """[B, 2 S + 1]: a blank before, between and behind the symbols, as most checkpoints were trained."""
    apart = ids_BS.new_full((len(ids_BS), 2 * ids_BS.shape[1] + 1), blank)
    apart[:, 1::2] = ids_BS
    return apart


@torch.inference_mode()
def plan(
    model: Vits,
    ids_BS: Tensor,
    *,
    mask: Tensor | None = None,
    speaker: Speaker | None = None,
    language: int | Tensor | None = None,
    noise: float | None = None,
    duration_noise: float | None = None,
    speed: float | None = None,
    durations: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Plan:
    """Everything but the decoder.

    `mask` [B, S] is True where a row has a symbol (at its start). `noise` and `duration_noise` scale the draws and
    `speed` divides the durations; None takes the checkpoint's own. `durations` [B, S] in frames sets them instead.
    Raises InputError for ids, speakers or languages that the model does not have, and for no symbols or no speed.
    """
    config = model.config
    noise = config.noise if noise is None else noise
    duration_noise = config.duration_noise if duration_noise is None else duration_noise
    speed = config.speed if speed is None else speed
    if not (speed > 0 and math.isfinite(speed)):
        raise InputError("speed", f"{speed} is no speed", "give a number above 0; 1 is the model's own")
    if generator is None and (noise or (duration_noise and config.duration.stochastic and durations is None)):
        raise InputError(
            "generator", "the noise has nothing to be drawn from", "give a torch.Generator, or noises of 0"
        )
    _check(ids_BS, config.symbols, "ids", "symbols")
    voice_BC, tongue_BC = voice_vector(model, speaker, len(ids_BS)), language_vector(model, language, len(ids_BS))
    mask_B1S = None if mask is None or bool(mask.all()) else mask.bool().unsqueeze(1)
    states_BSD, mean_BSL, log_BSL = model.text(ids_BS, mask_B1S, tongue_BC)
    if durations is None:
        mask_BS1 = None if mask_B1S is None else mask_B1S.transpose(1, 2)
        told = (voice_BC if config.duration.speaker else None, tongue_BC)
        if isinstance(model.duration, StochasticDuration):
            unit = draw_noise(states_BSD, generator) if duration_noise else states_BSD.new_zeros(*ids_BS.shape, 2)
            lasting_BS = model.duration.draw(states_BSD, unit * duration_noise, mask_BS1, *told)
        else:
            lasting_BS = model.duration(states_BSD, mask_BS1, *told)
        durations = lasting_BS.float().exp() / speed
    durations_BS = durations.to(ids_BS.device).ceil().long()
    durations_BS = durations_BS if mask_B1S is None else durations_BS * mask_B1S[:, 0]
    if durations_BS.shape != ids_BS.shape or bool((durations_BS < 0).any()) or bool((durations_BS.sum(1) < 1).any()):
        raise InputError("durations", "they last no frame, or are not one a symbol", "give a positive sum for each row")
    durations_BS = whole_latents(durations_BS, config.fold)
    frames_B = durations_BS.sum(1)
    latents_B = frames_B // config.fold
    frame_mask = None if len(ids_BS) == 1 else length_mask(latents_B, int(latents_B.max()))
    prior_BLT, log_BLT = model.prior(states_BSD, mean_BSL, log_BSL, durations_BS, frame_mask, voice_BC)
    if noise:
        prior_BLT = prior_BLT + draw_like(prior_BLT, generator) * log_BLT.exp() * noise
    latents_BLT = masked(model.flow(prior_BLT, frame_mask, voice_BC, inverse=True), frame_mask)
    return Plan(latents_BLT, durations_BS, frames_B, voice_BC, config.hop / config.rate)


def speak(model: Vits, ids_BS: Tensor, **how: Unpack[How]) -> Utterance:
    """Speech in one piece. `how`, and what is raised, are `plan`'s."""
    made = plan(model, ids_BS, **how)
    with torch.inference_mode():
        samples = model.decoder(made.latents, made.voice)
    return Utterance(samples, made.frames * model.config.hop, made)


def stream(model: Vits, made: Plan, frames: int = 32) -> Iterator[Tensor]:
    """The samples [B, up to frames · hop] of a plan as they are made; joined, they are what `speak` gives."""
    yield from model.decoder.chunks(made.latents, max(1, frames // model.config.fold), made.voice)


@torch.inference_mode()
def convert(
    model: Vits,
    spectrogram_BFI: Tensor,
    source: Speaker,
    target: Speaker,
    *,
    frames_B: Tensor | None = None,
    noise: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Speech of one voice said by another, samples [B, N], from its `spectrogram`.

    The flow takes the latents to a space without a voice and back into another. Raises InputError for a model of one
    voice, and for voices it does not have.
    """
    if not model.config.speaker_width:
        raise InputError("model", "it has one voice only", "use a model of several voices")
    fold, length = model.config.fold, spectrogram_BFI.shape[-1]
    folded_BFT = folded(F.pad(spectrogram_BFI, (0, -length % fold)), fold)
    batch, latents = len(folded_BFT), folded_BFT.shape[-1]
    before, after = (voice_vector(model, speaker, batch) for speaker in (source, target))
    mask = None if frames_B is None else length_mask(-(-frames_B // fold), latents)
    mean, log_deviation = model.posterior(folded_BFT, mask, before)
    z_BLT = masked(mean + draw_like(mean, generator) * log_deviation.exp() * noise if noise else mean, mask)
    z_BLT = model.flow(model.flow(z_BLT, mask, before), mask, after, inverse=True)
    return model.decoder(masked(z_BLT, mask), after)[:, : length * model.config.hop]  # type: ignore[no-any-return]


def voice_vector(model: Vits, speaker: Speaker | None, batch: int) -> Tensor | None:
    """The vectors [B, C] of a speaker, None for a model of one voice. Raises InputError as `plan` does."""
    config = model.config
    if speaker is None:
        if config.speaker_width:
            what = f"0 to {config.speakers - 1}" if config.speakers else f"a vector of {config.speaker_width} numbers"
            raise InputError("speaker", "this model has several voices", f"say which: {what}")
        return None
    if not config.speaker_width:
        raise InputError("speaker", "this model has one voice", "leave the speaker out")
    if isinstance(speaker, Tensor) and speaker.is_floating_point():
        if speaker.shape[-1] != config.speaker_width:
            raise InputError("speaker", f"a vector of {speaker.shape[-1]}", f"give {config.speaker_width} numbers")
        # A model without voices of its own was trained on vectors of an encoder, at unit length.
        vector = speaker.to(model.text.embed.weight)
        return (vector if config.speakers else F.normalize(vector, dim=-1)).expand(batch, -1)
    return _row(model.voices, speaker, batch, "speaker", "voices")


def language_vector(model: Vits, language: int | Tensor | None, batch: int) -> Tensor | None:
    """The vectors [B, C] of a language, None for a model of one. Raises InputError as `plan` does."""
    if language is None and model.languages is None:
        return None
    if language is None or model.languages is None:
        problem = "this model has one" if model.languages is None else "this model has several"
        raise InputError("language", problem, "leave it out" if model.languages is None else "say which, by number")
    return _row(model.languages, language, batch, "language", "languages")


def _row(table: torch.nn.Embedding | None, which: int | Tensor, batch: int, field: str, what: str) -> Tensor:
    if table is None:
        raise InputError(field, f"this model has no numbered {what}", "give a vector")
    ids_B = torch.as_tensor(which, device=table.weight.device)
    _check(ids_B, table.num_embeddings, field, what)
    return table(ids_B.expand(batch))  # type: ignore[no-any-return]


def _check(ids: Tensor, count: int, field: str, what: str) -> None:
    if ids.numel() == 0:
        raise InputError(field, "there are none", "give at least one")
    least, most = ids.min().item(), ids.max().item()
    if least < 0 or most >= count:
        problem = f"{least if least < 0 else most} is not among the {count} {what}"
        raise InputError(field, problem, f"use 0 to {count - 1}")
