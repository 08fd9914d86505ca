"""All of MusicGen: T5 reads the text, the decoder writes codes, EnCodec makes them sound; and the published shapes.

Notable: text encoder and codec may be missing, for other checkpoints bring them (audiocraft's do). Stereo is two mono
signals of one codec, whose books take turns: first of the left, first of the right, second of the left.

B batch · K codebooks · T frames · S text tokens · C audio channels
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from soundstage.codec.encodec import Encodec, EncodecConfig, encodec_32khz
from soundstage.errors import InputError
from soundstage.models.musicgen.decoder import Decoder, DecoderConfig
from soundstage.nn.t5 import T5Config, T5Encoder, t5_base

MONO, STEREO = (0, 1, 2, 3), (0, 0, 1, 1, 2, 2, 3, 3)


@dataclass(frozen=True, kw_only=True)
class MusicgenConfig:
    """The shapes of the three, and the longest music in seconds that the decoder was trained on.

    A part that is None is borrowed from another checkpoint, of which `text_from` and `codec_from` are the references.
    """

    decoder: DecoderConfig
    text: T5Config | None = field(default_factory=t5_base)
    codec: EncodecConfig | None = field(default_factory=encodec_32khz)
    seconds: float = 30.0
    text_from: str | None = None
    codec_from: str | None = None


def _preset(width: int, depth: int, heads: int, *, stereo: bool = False, melody: bool = False) -> MusicgenConfig:
    delays = STEREO if stereo else MONO
    decoder = DecoderConfig(
        width=width, depth=depth, heads=heads, hidden=4 * width, books=len(delays), codes=2048, delays=delays,
        context=768, chroma=12 if melody else None,
    )  # fmt: skip
    return MusicgenConfig(decoder=decoder)


def musicgen_small(*, stereo: bool = False) -> MusicgenConfig:
    """A decoder of 300 M weights in its layers (420 M in all with its books)."""
    return _preset(1024, 24, 16, stereo=stereo)


def musicgen_medium(*, stereo: bool = False) -> MusicgenConfig:
    """1.5 B."""
    return _preset(1536, 48, 24, stereo=stereo)


def musicgen_large(*, stereo: bool = False) -> MusicgenConfig:
    """3.3 B."""
    return _preset(2048, 48, 32, stereo=stereo)


def musicgen_melody(*, stereo: bool = False) -> MusicgenConfig:
    """1.5 B, hears a melody."""
    return _preset(1536, 48, 24, stereo=stereo, melody=True)


def musicgen_melody_large(*, stereo: bool = False) -> MusicgenConfig:
    """3.3 B, hears a melody."""
    return _preset(2048, 48, 32, stereo=stereo, melody=True)


class Musicgen(nn.Module):
    """Text to states, samples to codes and back. Raises InputError when the codec's books are not the decoder's."""

    def __init__(self, config: MusicgenConfig) -> None:
        super().__init__()
        self.config = config
        self.text = None if config.text is None else T5Encoder(config.text)
        self.codec = None if config.codec is None else Encodec(config.codec)
        self.decoder = Decoder(config.decoder)
        self._check()

    def with_parts(self, text: T5Encoder | None, codec: Encodec | None) -> Musicgen:
        """This model, its missing parts taken from elsewhere. Raises InputError when they do not fit."""
        self.text, self.codec = self.text or text, self.codec or codec
        self.config = replace(
            self.config,
            text=self.text.config if self.text is not None else None,
            codec=self.codec.config if self.codec is not None else None,
        )
        self._check()
        return self

    @property
    def channels(self) -> int:
        """One, or two for stereo."""
        return 1 if self.codec is None else self.config.decoder.books // self.codec.config.books

    def read(self, ids_BS: Tensor, mask_BS: Tensor | None = None) -> Tensor:
        """States [B, S, C] of a text; `mask` is True for tokens."""
        if self.text is None:
            raise InputError("model", "has no text encoder", "load a whole checkpoint")
        return self.text(ids_BS, mask_BS)  # type: ignore[no-any-return]

    def encode(self, samples_BCT: Tensor) -> Tensor:
        """Codes [B, K, T] of a sound with the model's channels."""
        codec = self._codec()
        if samples_BCT.shape[1] != self.channels:
            raise InputError("samples", f"have {samples_BCT.shape[1]} channels", f"give {self.channels}")
        sides = [codec.encode(samples_BCT[:, side : side + 1]) for side in range(self.channels)]
        return torch.stack(sides, 2).flatten(1, 2)

    def decode(self, codes_BKT: Tensor) -> Tensor:
        """Samples [B, C, T · hop]."""
        codec = self._codec()
        return torch.cat([codec.decode(side) for side in self.sides(codes_BKT)], 1)

    def sides(self, codes_BKT: Tensor) -> list[Tensor]:
        """The codes of each channel."""
        return [codes_BKT[:, side :: self.channels] for side in range(self.channels)]

    def _codec(self) -> Encodec:
        if self.codec is None:
            raise InputError("model", "has no codec", "load a whole checkpoint")
        return self.codec

    def _check(self) -> None:
        decoder, text, codec = self.config.decoder, self.config.text, self.config.codec
        if text is not None and text.width != (decoder.context or decoder.width):
            raise InputError(
                "text", f"states are {text.width} wide", f"the decoder reads {decoder.context or decoder.width}"
            )
        if codec is not None and (decoder.books not in (codec.books, 2 * codec.books) or decoder.codes != codec.codes):
            raise InputError(
                "codec",
                f"has {codec.books} books of {codec.codes} codes, the decoder {decoder.books} of {decoder.codes}",
                "use the codec that the decoder was trained on",
            )
