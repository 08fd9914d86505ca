"""The starter's way to another voice: analysis, the difference that the voice makes to it, and the vocoder's sound.

Notable: pitch, voicing and envelope are measured on the sound itself. The network draws the envelope twice, in the
voice that speaks and in the one that is to speak, and only the difference is laid on the measured one; so a breath, a
room or a sound that is no phone passes as it was. Where a recording ends early (a telephone's 4 kHz), what is drawn
takes over.

T frames of 10 ms · M envelope bands · V vector
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.media.pitch import pitch
from soundstage.models.revoice import RevoiceModel, manner_of
from soundstage.models.voice import Score, relieved, stream
from soundstage.models.voice.model import mel_bands
from soundstage.tasks.analysis import FFT, analysed
from soundstage.tasks.said import Manner
from soundstage.tasks.speak_voice import StarterVoice, heard
from soundstage.weights import Loaded

SPEAKER = "starter/voice"
EXAMPLE = "The harbour was quiet this morning, and the boats lay side by side. Who would have thought that?"
NARROWEST, WIDEST = 0.6, 1.6
"""How much a range of pitch may be narrowed or widened."""
LARGEST = 4.0
"""Natural log of power by which an envelope may be changed."""


@dataclass(frozen=True)
class Target:
    """A voice to speak in: what the network knows it by, and mean and spread of its log pitch."""

    vector: Tensor  # [1, V]
    height: float
    spread: float


class Revoicer:
    """Family `revoice`."""

    dtypes = ("float32",)
    speaker = SPEAKER

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(RevoiceModel, loaded.module)
        self.rate, self.hop = self.model.config.rate, self.model.config.hop
        self.device = next(self.model.parameters()).device
        self.bands = mel_bands(self.model.config.bands, self.rate, FFT, self.rate / 2)

    def target(self, voice: Voice, speaker: StarterVoice) -> Target:
        """What a voice is known by; a name is heard saying an example. Raises InputError for an unknown one."""
        if voice.blend:
            parts = [(self.target(part, speaker), share) for part, share in voice.blend]
            mean = sum(share * part.vector for part, share in parts)
            vector = functional.layer_norm(cast(Tensor, mean), self._width())
            return Target(
                vector, sum(share * part.height for part, share in parts),
                sum(share * part.spread for part, share in parts),
            )  # fmt: skip
        if voice.reference is not None:
            return self._heard(voice.reference)
        known = speaker.speaker(voice)
        said = [speaker.say(each, known, Manner(), runtime.generator(0)).samples for each in speaker.read(EXAMPLE)]
        return self._heard(Audio(np.concatenate(said)[None], speaker.rate))

    def _width(self) -> tuple[int]:
        return (self.model.config.speaker,)

    @torch.inference_mode()
    def _heard(self, audio: Audio) -> Target:
        samples = heard(audio.mono().resampled(self.rate).samples[0], self.rate)
        vector = self.model.vector(torch.from_numpy(samples).to(self.device)[None])
        height, spread = _range(pitch(samples, self.rate).f0)
        return Target(vector, height, spread)

    @torch.inference_mode()
    def convert(
        self, audio: Audio, target: Target, speaker: StarterVoice, *, semitones: float, generator: torch.Generator
    ) -> Audio:
        """The sound at the network's rate, one channel, as long as it was and as loud."""
        samples = audio.mono().resampled(self.rate).samples[0]
        level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
        step = 2 * self.hop
        padded = np.pad(samples * np.float32(0.07 / level), (0, -len(samples) % step))
        f0, envelope = analysed(padded, self.rate, self.hop, self.bands)
        wave, pitches, measured = torch.from_numpy(padded), torch.from_numpy(f0), envelope[None].to(self.device)
        envelope = self._changed(wave.to(self.device), pitches.to(self.device), measured, target, audio.rate, speaker)
        bridged, voiced = self._melody(f0, target, semitones)
        noise = torch.randn(1, len(padded), generator=generator, device=generator.device).to(self.device)
        score = Score(
            envelope, torch.from_numpy(bridged)[None].to(self.device), torch.from_numpy(voiced)[None].to(self.device),
            noise, torch.empty(0),
        )  # fmt: skip
        made = torch.cat(list(runtime.progress(stream(speaker.model, score, first=200, most=400), "revoicing")))
        sound = made[: len(samples)].float().cpu().numpy()
        loud = float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
        return Audio((sound * np.float32(level / max(loud, 1e-6)))[None], self.rate)

    def _changed(
        self, wave: Tensor, f0: Tensor, measured: Tensor, target: Target, rate: int, speaker: StarterVoice
    ) -> Tensor:
        """The envelope [1, T, M] that the other voice would have."""
        mel = self.model.mel(wave[None])
        said, manner = self.model.said(mel), manner_of(mel, f0[None])
        source = self.model.vector(torch.from_numpy(heard(wave.cpu().numpy(), self.rate)).to(self.device)[None])
        ours, theirs = (self.model.envelope(said, manner, vector) for vector in (source, target.vector))
        changed = measured + (theirs - ours).clamp(-LARGEST, LARGEST)
        if rate < 0.9 * self.rate:
            centres = (self.bands * torch.linspace(0, self.rate / 2, FFT // 2 + 1)[:, None]).sum(0)
            config = speaker.model.config
            missing = (centres > 0.47 * rate).to(self.device)
            changed = torch.where(missing, relieved(theirs, config.relief, config.knots), changed)
        return changed

    def _melody(self, f0: np.ndarray, target: Target, semitones: float) -> tuple[np.ndarray, np.ndarray]:
        """Pitch of every frame in the other voice's range, and where it is voiced."""
        voiced = f0 > 0
        if not voiced.any():
            return np.full(len(f0), np.exp(target.height), np.float32), voiced.astype(np.float32)
        height, spread = _range(f0)
        wider = float(np.clip(target.spread / max(spread, 1e-3), NARROWEST, WIDEST))
        moved = target.height + wider * (np.log(np.maximum(f0, 1.0)) - height) + semitones / 12 * np.log(2)
        bridged = np.interp(np.arange(len(f0)), np.flatnonzero(voiced), moved[voiced])
        return np.exp(bridged).clip(50, 600).astype(np.float32), voiced.astype(np.float32)


def _range(f0: np.ndarray) -> tuple[float, float]:
    """Median and spread of the log pitch. Raises InputError where nothing is voiced."""
    voiced = np.log(f0[f0 > 0])
    if len(voiced) < 10:
        raise InputError("voice", "the reference has no pitch", "give a few seconds of clear speech by one person")
    low, middle, high = np.quantile(voiced, (0.1, 0.5, 0.9))
    return float(middle), float((high - low) / 2.56)
