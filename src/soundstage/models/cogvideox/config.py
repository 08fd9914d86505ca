"""CogVideoX's shapes: transformer, autoencoder, text encoder and noise schedule, and the published ones.

Notable: the five checkpoints are one network. 2b adds fixed waves for where a token stands, 5b turns queries and keys,
and its image-to-video one adds learned positions to that; 1.5 takes two latent frames to a token. An image-to-video
network takes the picture's latents as further channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from soundstage.nn.t5 import T5Config, t5_xxl

Positions = Literal["waves", "turned", "learned"]  # fixed waves added; queries and keys turned; turned and learned


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The shape of the transformer.

    `grid` is the height and width in latents, and `frames` the length in frames, that it was trained on; `stretch` says
    by how much its waves are drawn out in space and time. With `offset` it takes a second time (1.5, image to video).
    """

    heads: int
    depth: int
    head: int = 64
    channels: int = 16
    out: int = 16
    text: int = 4096
    tokens: int = 226
    time: int = 512
    offset: bool = False
    patch: int = 2
    patch_time: int | None = None  # latent frames a token of 1.5, which is also how positions are counted
    positions: Positions = "waves"
    grid: tuple[int, int] = (60, 90)
    frames: int = 49
    pace: int = 4  # frames a latent frame
    stretch: tuple[float, float] = (1.875, 1.0)
    bias: bool = True
    patch_bias: bool = True
    eps: float = 1e-5

    @property
    def width(self) -> int:
        """Channels of a token."""
        return self.heads * self.head

    @property
    def span(self) -> int:
        """Latent frames a token."""
        return self.patch_time or 1


@dataclass(frozen=True, kw_only=True)
class VaeConfig:
    """The shape of the autoencoder: `widths` a scale, finest first; the first steps, log2 of `pace`, halve time too.

    Latents are multiplied by `scale` for the transformer; a picture's are divided by it where `divides` says so (1.5).
    `size`, height and width of its videos in pixels, sets the tiles.
    """

    channels: int = 3
    latent: int = 16
    widths: tuple[int, ...] = (128, 256, 256, 512)
    blocks: int = 3
    groups: int = 32
    pace: int = 4
    scale: float = 1.15258426
    divides: bool = False
    size: tuple[int, int] = (480, 720)
    eps: float = 1e-6

    @property
    def space(self) -> int:
        """Pixels a latent, along each side."""
        return int(2 ** (len(self.widths) - 1))


@dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """The noise schedule of training (betas, and the shift of the signal-to-noise ratio), and the solver."""

    solver: Literal["ddim", "dpm"] = "ddim"
    low: float = 0.00085
    high: float = 0.012
    steps: int = 1000
    shift: float = 3.0
    zero_terminal: bool = True
    spacing: Literal["trailing", "leading", "linspace"] = "trailing"
    offset: int = 0
    to_one: bool = True  # the last step goes to data without noise, else to the first level
    predicts: Literal["velocity", "noise", "data"] = "velocity"


@dataclass(frozen=True, kw_only=True)
class CogVideoXConfig:
    """All of it. A text encoder of None is not in the checkpoint."""

    transformer: TransformerConfig
    vae: VaeConfig = field(default_factory=VaeConfig)
    text: T5Config | None = field(default_factory=t5_xxl)
    sampler: SamplerConfig = field(default_factory=SamplerConfig)

    @property
    def sees_picture(self) -> bool:
        """Whether it is an image-to-video network."""
        return self.transformer.channels > self.vae.latent


def cogvideox_2b() -> CogVideoXConfig:
    """Text to video, 1.7 B parameters in the transformer; float16."""
    return CogVideoXConfig(transformer=TransformerConfig(heads=30, depth=30))


def cogvideox_5b() -> CogVideoXConfig:
    """Text to video, 5.6 B; bfloat16."""
    return CogVideoXConfig(
        transformer=TransformerConfig(heads=48, depth=42, positions="turned"),
        vae=VaeConfig(scale=0.7),
        sampler=SamplerConfig(solver="dpm", shift=1.0),
    )


def cogvideox_5b_i2v() -> CogVideoXConfig:
    """Image to video, 5.6 B; learned positions, so at 480 × 720 only."""
    small = cogvideox_5b()
    return replace(small, transformer=replace(small.transformer, channels=32, positions="learned"))


def cogvideox1_5_5b() -> CogVideoXConfig:
    """Text to video, 5.6 B; 81 frames, sizes up to 1360."""
    small = cogvideox_5b()
    return replace(
        small, transformer=replace(small.transformer, patch_time=2, grid=(300, 300), frames=81, patch_bias=True)
    )


def cogvideox1_5_5b_i2v() -> CogVideoXConfig:
    """Image to video, 5.6 B; 81 frames, sizes of any shape."""
    small = cogvideox1_5_5b()
    return replace(
        small, transformer=replace(small.transformer, channels=32, offset=True), vae=replace(small.vae, divides=True)
    )
