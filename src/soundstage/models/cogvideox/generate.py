"""CogVideoX at work, in tensors: a text, and perhaps a picture or a clip, to latents, and latents to frames.

Notable: the order in which noise is drawn is the published pipelines', so that a generator of one seed gives one clip
in both. 1.5 takes latent frames in pairs; where there is an odd one too few the front is padded, and what was made
there is dropped. Nothing is decoded here unasked: who has latents can save them first.

B batch · F latent frames · C latent channels · h, w latents · T frames · H, W pixels · S text tokens
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow import batched
from soundstage.flow.diffusion import (
    denoiser,
    keeping,
    noised,
    rising,
    rising_as_diffusers,
    scaled_linear,
    snr_shifted,
    zero_terminal,
)
from soundstage.flow.diffusion_solve import ddim, dpm_sde, ladder, part_of
from soundstage.flow.guidance import Scale
from soundstage.flow.solve import OnStep, ignore
from soundstage.models.cogvideox.config import SamplerConfig
from soundstage.models.cogvideox.tiles import Tiles
from soundstage.models.cogvideox.transformer import Transformer
from soundstage.models.cogvideox.vae import Vae


def alphas_of(sampler: SamplerConfig) -> Tensor:
    """ᾱ of the noise schedule, float64."""
    alphas = snr_shifted(scaled_linear(sampler.low, sampler.high, sampler.steps), sampler.shift)
    return zero_terminal(alphas) if sampler.zero_terminal else alphas


def latent_frames(transformer: Transformer, frames: int) -> tuple[int, int]:
    """The latent frames of a clip, and how many more stand before them while it is made.

    Raises InputError for a number of frames that is not 1 more than a multiple of the pace.
    """
    pace, span = transformer.config.pace, transformer.config.span
    if frames < 1 or (frames - 1) % pace:
        raise InputError("frames", f"{frames} does not fit", f"use 1 more than a multiple of {pace}")
    count = (frames - 1) // pace + 1
    return count, -count % span


@torch.no_grad()
def generate(
    transformer: Transformer,
    text_BSC: Tensor,
    null_BSC: Tensor | None = None,
    *,
    sampler: SamplerConfig,
    frames: int,
    size: tuple[int, int],
    steps: int = 50,
    guidance: float = 6.0,
    dynamic: bool = False,
    as_diffusers: bool = False,
    picture_B1Chw: Tensor | None = None,
    clip_BFChw: Tensor | None = None,
    strength: float = 0.8,
    where_F1hw: Tensor | None = None,
    generator: torch.Generator,
    on_step: OnStep = ignore,
) -> Tensor:
    """Latents [B, F, C, h, w] of a clip of `frames` frames, `size` high and wide in latents.

    `picture_B1Chw`, of `picture_latents`, is what an image-to-video network begins with. `clip_BFChw`, of
    `clip_latents`, is noised by `strength` and drawn anew from there; where `where_F1hw`, if it is given, is 0 it comes
    out as it was. Guidance of at most 1 needs no `null_BSC`; with `dynamic` it rises from step to step, `as_diffusers`
    says by which reckoning. Raises InputError for a length or size that does not fit, and for a picture that is missing
    or not looked at.
    """
    config = transformer.config
    count, more = latent_frames(transformer, frames)
    sees = config.channels - config.out
    if bool(sees) != (picture_B1Chw is not None):
        raise InputError(
            "image", "is missing" if sees else "is not looked at by this model",
            "give the first frame" if sees else "use an image-to-video model",
        )  # fmt: skip
    if clip_BFChw is not None and (more or clip_BFChw.shape[1] != count):
        raise InputError("video", f"has {clip_BFChw.shape[1]} latent frames", f"use a multiple of {config.span}")
    shape = (len(text_BSC), count + more, config.out, *size)
    device, dtype = text_BSC.device, text_BSC.dtype

    def draw() -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device, dtype=dtype).to(device)

    alphas = alphas_of(sampler)
    rungs = ladder(alphas, steps, spacing=sampler.spacing, offset=sampler.offset, to_one=sampler.to_one)
    x = draw().float()  # in float32 throughout; the network is given its own dtype
    if clip_BFChw is not None:
        rungs = part_of(rungs, strength)
        x = noised(clip_BFChw.float(), x, torch.tensor(rungs[0].now, dtype=torch.float64))
    guides = guidance > 1
    if guides and null_BSC is None:
        raise InputError("guidance", f"{guidance} needs a text to lead away from", "give one, or guidance 1")
    texts = transformer.read(torch.cat((text_BSC, null_BSC)) if guides and null_BSC is not None else text_BSC)
    picture = None if picture_B1Chw is None else _held(picture_B1Chw.to(dtype), shape[1], len(texts.text_BSD))

    def network(x: Tensor, t_B: Tensor) -> Tensor:
        x = x.to(dtype)
        said: Tensor = transformer(x if picture is None else torch.cat((x, picture), 2), t_B[:1], texts)
        return said.float()

    scale = _scale(guidance, dynamic, as_diffusers, len(rungs), sampler.steps)
    denoise = denoiser(batched(network, scale) if guides else network, alphas, sampler.predicts)
    if clip_BFChw is not None and where_F1hw is not None:
        denoise = keeping(denoise, clip_BFChw.float(), where_F1hw)
    if sampler.solver == "dpm":
        x = dpm_sde(denoise, x, rungs, draw, on_step)
    else:
        x = ddim(denoise, x, rungs, on_step)
    return x[:, more:]


def picture_latents(
    vae: Vae, picture_BCHW: Tensor, generator: torch.Generator | None = None, tiles: Tiles | None = None
) -> Tensor:
    """Latents [B, 1, C, h, w] of a picture in −1 … 1, drawn by the generator, or the likeliest."""
    scale = 1 / vae.config.scale if vae.config.divides else vae.config.scale
    return scale * _encoded(vae, picture_BCHW.unsqueeze(2), generator, tiles)


def clip_latents(
    vae: Vae, clip_BCTHW: Tensor, generator: torch.Generator | None = None, tiles: Tiles | None = None
) -> Tensor:
    """Latents [B, F, C, h, w] of a clip in −1 … 1, drawn by the generator, or the likeliest."""
    return vae.config.scale * _encoded(vae, clip_BCTHW, generator, tiles)


@torch.no_grad()
def decode(vae: Vae, x_BFChw: Tensor, tiles: Tiles | None = None) -> Tensor:
    """Frames [B, C, T, H, W] in −1 … 1."""
    return vae.decode(_unscaled(vae, x_BFChw), tiles)


@torch.no_grad()
def decode_stream(vae: Vae, x_BFChw: Tensor) -> Iterator[Tensor]:
    """The same in pieces of 8 frames; the first has those left over too."""
    yield from vae.decode_stream(_unscaled(vae, x_BFChw))


@torch.no_grad()
def _encoded(vae: Vae, x_BCTHW: Tensor, generator: torch.Generator | None, tiles: Tiles | None) -> Tensor:
    # Clip by clip, as the noise is drawn.
    weight = vae.encoder.enter.conv.weight
    parts = [vae.encode(one.to(weight), tiles) for one in torch.split(x_BCTHW, 1)]
    if generator is None:
        made = [mean for mean, _ in parts]
    else:
        made = [
            mean + (spread / 2).exp() * torch.randn(mean.shape, generator=generator, device=generator.device).to(mean)
            for mean, spread in parts
        ]
    return torch.cat(made).transpose(1, 2)


def _unscaled(vae: Vae, x_BFChw: Tensor) -> Tensor:
    weight = vae.decoder.enter.conv.weight
    return (x_BFChw / vae.config.scale).transpose(1, 2).to(weight)


def _held(picture_B1Chw: Tensor, frames: int, rows: int) -> Tensor:
    """The picture, then nothing; once for each row of the batch."""
    rest = picture_B1Chw.new_zeros(picture_B1Chw.shape).expand(-1, frames - 1, -1, -1, -1)
    return torch.cat((picture_B1Chw, rest), 1).repeat(rows // len(picture_B1Chw), 1, 1, 1, 1)


def _scale(guidance: float, dynamic: bool, as_diffusers: bool, looks: int, steps: int) -> Scale:
    if not dynamic:
        return guidance
    return rising_as_diffusers(guidance, looks) if as_diffusers else rising(guidance, steps=steps)
