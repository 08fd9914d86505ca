"""Vocos: mel or EnCodec's codes to samples through spectra (Siuzdak, 2024). F5-TTS speaks through it.

Notable: the network is `codec.vocoder`; here stand the public checkpoints' shapes and their ear. The mel is F5's but
for its floor: what F5 writes as log 1e-5, Vocos heard down to 1e-7. The one for codes was trained at several bit rates,
and its norms adapt to each.

B batch · M mel bands, or the width of a code's vector · N frames · T samples · K codebooks
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.vocoder import Vocoder
from soundstage.errors import InputError
from soundstage.ops.mel import log_mel


@dataclass(frozen=True, kw_only=True)
class VocosConfig:
    """The shape of the vocoder and of what it reads: a mel, or codes where `books` says at how many codebooks.

    `centre`: frames stand on every hop's start and on the end.
    """

    width: int
    depth: int
    hidden: int
    bands: int
    rate: int
    size: int
    hop: int
    centre: bool = True
    books: tuple[int, ...] = ()  # how many codebooks each bit rate has, increasing
    codes: int = 1024


def vocos_mel_24khz() -> VocosConfig:
    """charactr/vocos-mel-24khz, 13.5 M parameters."""
    return VocosConfig(width=512, depth=8, hidden=1536, bands=100, rate=24_000, size=1024, hop=256)


def vocos_encodec_24khz() -> VocosConfig:
    """charactr/vocos-encodec-24khz: EnCodec's codes at 1.5, 3, 6 and 12 kbit/s, in its decoder's place."""
    return VocosConfig(
        width=384, depth=8, hidden=1152, bands=128, rate=24_000, size=1280, hop=320, centre=False, books=(2, 4, 8, 16)
    )


class Vocos(nn.Module):
    """Features [B, M, N] to samples [B, (N − 1) · hop]; [B, N · hop] where frames are not centred."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.config = config
        self.vocoder = Vocoder(
            config.bands,
            config.width,
            config.depth,
            config.size,
            config.hop,
            hidden=config.hidden,
            centre=config.centre,
            condition=len(config.books) or None,
        )
        self.table = nn.Embedding(max(config.books) * config.codes, config.bands) if config.books else None

    def forward(self, features_BMN: Tensor, rate_BC: Tensor | None = None) -> Tensor:
        """The waveform; `rate_BC` says which bit rate, one of `books`, with a one."""
        return self.vocoder(features_BMN, rate_BC)  # type: ignore[no-any-return]


def listen(config: VocosConfig, samples_BT: Tensor) -> Tensor:
    """The mel [B, M, N] of samples, natural log of amplitude."""
    if not config.centre:
        reach = (config.size - config.hop) // 2
        samples_BT = F.pad(samples_BT.unsqueeze(1), (reach, reach), mode="reflect").squeeze(1)
    return log_mel(
        samples_BT,
        config.rate,
        config.size,
        config.hop,
        config.bands,
        scale="htk",
        area=False,
        floor=1e-7,
        centre=config.centre,
    )


def decode(model: Vocos, mel_BMN: Tensor) -> Tensor:
    """Samples [B, T] of a mel, in its dtype and on its device. Raises InputError for a model that reads codes."""
    if model.config.books:
        raise InputError("model", "this vocoder reads codes", "use one for mels, such as charactr/vocos-mel-24khz")
    with torch.inference_mode():
        return model(mel_BMN)  # type: ignore[no-any-return]


def decode_codes(model: Vocos, codes_BKN: Tensor) -> Tensor:
    """Samples [B, N · hop] of EnCodec's codes. Raises InputError for numbers of codebooks that it has no rate for."""
    config, count = model.config, codes_BKN.shape[1]
    if model.table is None or count not in config.books:
        raise InputError("codes", f"{count} codebooks cannot be read", f"this vocoder reads {config.books or 'mels'}")
    with torch.inference_mode():
        offsets = config.codes * torch.arange(count, device=codes_BKN.device)[:, None]
        features_BMN = model.table(codes_BKN + offsets).sum(1).transpose(1, 2)
        rate = torch.tensor([config.books.index(count)], device=codes_BKN.device)
        return model(features_BMN, F.one_hot(rate, len(config.books)).to(features_BMN.dtype))  # type: ignore[no-any-return]
