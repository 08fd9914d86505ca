"""The engine of the speech codec: what a vocoder sounds is measured and coded, and sounded again by `starter/voice`.

Notable: pitch is tracked through the whole of a recording, so coding wants it whole; sounding goes piece by piece, and
gives the samples that the whole would. Its noise is drawn from a fixed seed, so the same codes are the same sound.

B batch · N samples · T frames of 10 ms · K codebooks · F frames of codes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.codec.folding import whole_frames
from soundstage.models.speech_codec import SpeechCodec
from soundstage.models.voice import Score, stream
from soundstage.models.voice.model import mel_bands
from soundstage.tasks.analysis import FFT, analysed
from soundstage.tasks.codec_engines import Coder, Samples
from soundstage.tasks.speak_voice import StarterVoice
from soundstage.weights import Loaded

VOCODER = "starter/voice"


class SpeechCoder(Coder):
    """Family `speech_codec`."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        self.model = cast(SpeechCodec, loaded.module)
        self.rate, self.hop = self.model.config.rate, self.model.config.hop
        self.frame = self.hop * self.model.config.stack
        self.vocoder = str(loaded.card.config.get("shares", {}).get("vocoder", VOCODER))
        self.bands = mel_bands(self.model.config.bands, self.rate, FFT, self.rate / 2)

    @torch.inference_mode()
    def codes_of(self, samples_N: NDArray[np.float32], books: int | None = None) -> Tensor:
        """Codes [1, K, F] of a recording at the codec's rate; the last frame is filled up with silence."""
        whole = np.pad(np.asarray(samples_N, np.float32), (0, -len(samples_N) % self.frame))
        f0, envelope = analysed(whole, self.rate, self.hop, self.bands)
        frames = whole_frames(envelope, torch.from_numpy(f0), self.model.config.stack)
        return self.model.encode(frames.to(self.device), books)

    @torch.inference_mode()
    def score_of(self, codes_1KF: Tensor) -> Score:
        """What the vocoder is to sound."""
        envelope, f0, voiced = self.model.decode(codes_1KF.to(self.device))
        drawn = torch.Generator().manual_seed(0)
        noise = torch.randn(1, f0.shape[1] * self.hop, generator=drawn).to(self.device)
        return Score(envelope, f0, voiced, noise, torch.empty(0))

    def pieces_of(self, codes_1KF: Tensor) -> Iterator[NDArray[np.float32]]:
        """Samples piece by piece, whole frames of 10 ms."""
        score = self.score_of(codes_1KF)
        with runtime.use(self.vocoder, {"voice": StarterVoice}) as voice:
            for piece in stream(voice.model, score):
                yield piece.float().cpu().numpy()

    def sound_of(self, codes_1KF: Tensor) -> NDArray[np.float32]:
        """All samples [N]."""
        if codes_1KF.shape[-1] == 0:
            return np.zeros(0, np.float32)
        return np.concatenate(list(self.pieces_of(codes_1KF)))

    def encode(self, blocks: Iterable[Samples], books: int) -> tuple[NDArray[np.uint16], Samples | None]:
        """As `Coder.encode`."""
        return self._codes(self.codes_of(np.concatenate(list(blocks), axis=1)[0], books)), None

    def decode(self, codes: NDArray[np.uint16], scale: Samples | None, length: int) -> Iterator[Samples]:
        """As `Coder.decode`."""
        for piece in self.pieces_of(self._ids(codes)):
            yield piece[None, :length]
            length -= min(length, len(piece))
