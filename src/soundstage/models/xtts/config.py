"""The shapes of XTTS: what a checkpoint's config tells, and what is the same in all of them.

Notable: v2 has 1,024 codes; v1 had 8,192, and no perceiver, and is not supported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from soundstage.codec.hifigan import HifiganConfig
from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class SpeakerConfig:
    """The shape of the residual network that hears a voice: `widths` and `depths` of its four stages."""

    bands: int = 64
    widths: tuple[int, ...] = (32, 64, 128, 256)
    depths: tuple[int, ...] = (3, 4, 6, 3)
    out: int = 512
    hidden: int = 128  # of its pooling
    shrink: int = 8  # of its gates over channels
    rate: int = 16_000
    size: int = 512
    window: int = 400
    hop: int = 160
    emphasis: float = 0.97

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.depths) or self.bands % 2 ** (len(self.widths) - 1):
            raise InputError("speaker", f"{self.widths} over {self.depths} of {self.bands} bands", "mend the config")


@dataclass(frozen=True, kw_only=True)
class XttsConfig:
    """The shape of XTTS v2. A code stands for `stride` samples at `heard_rate`; ids of codes end with start and stop.

    Raises InputError when a start or stop lies outside its ids, or when the decoder does not fit.
    """

    width: int = 1024
    depth: int = 30
    heads: int = 16
    text_ids: int = 6681
    text_start: int = 261
    text_stop: int = 0
    longest_text: int = 402
    codes: int = 1026
    start: int = 1024
    stop: int = 1025
    longest: int = 605
    bands: int = 80
    style_depth: int = 6
    latents: int = 32
    perceiver_depth: int = 2
    perceiver_heads: int = 8
    perceiver_head: int = 64
    stride: int = 1024
    heard_rate: int = 22_050
    rate: int = 24_000
    decoder: HifiganConfig = field(
        default_factory=lambda: HifiganConfig(
            latent=1024,
            width=512,
            ratios=(8, 8, 2, 2),
            ratio_kernels=(16, 16, 4, 4),
            condition=512,
            everywhere=True,
        )
    )
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)

    def __post_init__(self) -> None:
        for name, given, below in (
            ("text_start", self.text_start, self.text_ids),
            ("text_stop", self.text_stop, self.text_ids),
            ("start", self.start, self.codes),
            ("stop", self.stop, self.codes),
        ):
            if not 0 <= given < below:
                raise InputError(name, f"{given} is not one of {below} ids", "mend the config")
        if self.decoder.latent != self.width or self.decoder.condition != self.speaker.out:
            raise InputError("decoder", "its input or its condition has another width", "mend the config")
        if self.stride % self.decoder.hop:
            raise InputError("stride", f"{self.stride} samples are no whole frames of {self.decoder.hop}", "mend it")

    @property
    def frames(self) -> int:
        """The decoder's frames a code, before the change of rate."""
        return self.stride // self.decoder.hop

    @property
    def longest_speech(self) -> int:
        """The most codes of one utterance; the positions have room for start and stop, too."""
        return self.longest - 3


def xtts_v2() -> XttsConfig:
    """`coqui/XTTS-v2`: 460 M parameters."""
    return XttsConfig()
