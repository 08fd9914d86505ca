"""A codec for speech alone: envelope, pitch and voicing in residual codebooks, 25 frames a second.

Notable: codes are made without a network. What a vocoder sounds is measured in a recording, folded into principal
components, and rounded; the first book alone says most, so a language model has an easy time. Going back, a small
network that sees the frames around mends what rounding did. Envelope and pitch are sounded by the vocoder of
`starter/voice`. The waveform is not kept, and music is not coded.

B batch · T frames of 10 ms · N frames of codes · K codebooks · M envelope bands · D components
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from soundstage.codec.folding import Folding
from soundstage.codec.mender import Mender
from soundstage.codec.rvq import ResidualQuantiser
from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class SpeechCodecConfig:
    """The shape: `stack` frames of `hop` samples are one frame of codes."""

    rate: int
    hop: int
    bands: int
    stack: int
    components: int
    books: int
    codes: int
    width: int  # of the mender
    depth: int

    @property
    def frames_per_second(self) -> float:
        """Of every book."""
        return self.rate / self.hop / self.stack

    def kbps(self, books: int | None = None) -> float:
        """The bit rate of so many books (all when not given)."""
        return (self.books if books is None else books) * math.log2(self.codes) * self.frames_per_second / 1000


def speech_codec_starter() -> SpeechCodecConfig:
    """`starter/speech-codec`: eight books of 0.25 kbit/s."""
    return SpeechCodecConfig(
        rate=24_000, hop=240, bands=100, stack=4, components=80, books=8, codes=1024, width=256, depth=4
    )


class SpeechCodec(nn.Module):
    """Frames of envelope, pitch and voicing to codes and back."""

    def __init__(self, config: SpeechCodecConfig) -> None:
        super().__init__()
        self.config = config
        self.folding = Folding(config.bands, config.stack, config.components)
        self.quantiser = ResidualQuantiser(config.components, config.books, config.codes)
        self.mender = Mender(config.components, config.width, config.depth)

    def latents(self, frames_BTC: Tensor) -> Tensor:
        """Frames [B, T, M + 2] as `Folding` takes them to [B, D, N], each component as far spread as in recordings."""
        return (self.folding.fold(frames_BTC) * self.folding.spread).transpose(1, 2)

    def encode(self, frames_BTC: Tensor, books: int | None = None) -> Tensor:
        """Codes [B, K, N] of whole frames of codes. Raises InputError for more books than there are."""
        return self.quantiser.encode(self.latents(frames_BTC), books)

    def decode(self, codes_BKN: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log envelope [B, T, M], pitch in Hz [B, T] and voicing, 0 or 1, [B, T].

        Raises InputError for more books than there are, and for codes that it does not have.
        """
        if codes_BKN.numel() and not 0 <= int(codes_BKN.min()) <= int(codes_BKN.max()) < self.config.codes:
            raise InputError("codes", f"lie outside 0 to {self.config.codes - 1}", "use codes of this model")
        if codes_BKN.shape[-1] == 0:
            empty = self.folding.centre.new_zeros(len(codes_BKN), 0)
            return empty[..., None].expand(-1, -1, self.config.bands), empty, empty
        return self.folding.unfold(self.mended(codes_BKN).transpose(1, 2))

    def mended(self, codes_BKN: Tensor) -> Tensor:
        """Latents [B, D, N] of codes, each component of unit spread."""
        rounded_BDN = self.quantiser.decode(codes_BKN) / self.folding.spread[:, None]
        return self.mender(rounded_BDN)  # type: ignore[no-any-return]
