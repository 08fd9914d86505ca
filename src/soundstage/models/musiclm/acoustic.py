"""Acoustic tokens: log-mel frames measured, folded and rounded to residual books, and sounded by a vocoder.

Notable: as in the codec of speech, no network makes the codes, so that the first books say most and small language
models have an easy time; a small one that sees the frames around mends what rounding did. Phase is not kept: the
vocoder draws it, or, as its plain twin, Griffin and Lim's iterations find it.

B batch · K books · S tokens · N frames · M bands · D components · T samples
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundstage.codec.folding import Folding
from soundstage.codec.mender import Mender
from soundstage.codec.rvq import ResidualQuantiser
from soundstage.codec.vocoder import Vocoder
from soundstage.errors import InputError
from soundstage.models.musiclm.config import AcousticConfig
from soundstage.models.musiclm.spectrum import FLOOR, Spectrum
from soundstage.ops.griffin_lim import griffin_lim, spread_mel


class AcousticCodec(nn.Module):
    """Log-mel frames to codes and back, and on to samples."""

    def __init__(self, config: AcousticConfig, bands: int, stack: int, hop: int) -> None:
        super().__init__()
        self.config, self.stack = config, stack
        self.folding = Folding(bands, stack, config.components, beside=0)
        self.quantiser = ResidualQuantiser(config.components, config.books, config.codes)
        self.mender = Mender(config.components, config.mender_width, config.mender_depth)
        self.vocoder = Vocoder(bands, config.vocoder_width, config.vocoder_depth, config.vocoder_size, hop)

    def latents(self, mel_BMN: Tensor) -> Tensor:
        """[B, D, S], each component as far spread as in recordings."""
        return (self.folding.fold(mel_BMN.transpose(1, 2)) * self.folding.spread).transpose(1, 2)

    def encode(self, mel_BMN: Tensor, books: int | None = None) -> Tensor:
        """Codes [B, K, S] of whole tokens of log-mel frames. Raises InputError for more books than there are."""
        return self.quantiser.encode(self.latents(mel_BMN), books)

    def mended(self, codes_BKS: Tensor) -> Tensor:
        """Latents [B, D, S] of codes, each component of unit spread."""
        rounded_BDS = self.quantiser.decode(codes_BKS) / self.folding.spread[:, None]
        return self.mender(rounded_BDS)  # type: ignore[no-any-return]

    def mel(self, codes_BKS: Tensor) -> Tensor:
        """Log-mel frames [B, M, N] of codes of the first so many books.

        Raises InputError for more books than there are, and for codes that it does not have.
        """
        if codes_BKS.numel() and not 0 <= int(codes_BKS.min()) <= int(codes_BKS.max()) < self.config.codes:
            raise InputError("codes", f"lie outside 0 to {self.config.codes - 1}", "use codes of this model")
        return self.folding.frames(self.mended(codes_BKS).transpose(1, 2)).transpose(1, 2)

    def sound(self, mel_BMN: Tensor) -> Tensor:
        """Samples [B, T] of log-mel frames, by the vocoder."""
        return self.vocoder(self.seen(mel_BMN))  # type: ignore[no-any-return]

    def seen(self, mel_BMN: Tensor) -> Tensor:
        """Frames as the vocoder reads them: each band of unit spread."""
        return (mel_BMN - self.folding.centre[:, None]) / self.folding.scale[:, None]

    def decode(self, codes_BKS: Tensor, frames: int = 1000) -> Tensor:
        """Samples [B, T] of codes, `frames` mel frames at a time, so that long music needs little memory."""
        if codes_BKS.shape[-1] == 0:
            return self.folding.centre.new_zeros(len(codes_BKS), 0)
        return torch.cat(list(self.vocoder.chunks(self.seen(self.mel(codes_BKS)), frames)), 1)


def sound_plainly(spectrum: Spectrum, mel_BMN: Tensor, generator: torch.Generator, *, iterations: int = 32) -> Tensor:
    """Samples [B, T] of log-mel frames without a network: bins from bands, phases by Griffin and Lim."""
    loud = torch.where(mel_BMN > torch.tensor(FLOOR * 1.01).log(), mel_BMN, -torch.inf).exp()
    bins = spread_mel(loud, spectrum.rate, spectrum.size)
    margin = (spectrum.size - spectrum.hop) // 2
    samples = griffin_lim(bins, spectrum.size, spectrum.hop, generator, iterations=iterations)
    return samples[..., margin : margin + mel_BMN.shape[-1] * spectrum.hop]
