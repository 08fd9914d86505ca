"""CogVideoX as an engine of video: it reads the prompt, looks at the picture or the clip, draws latents, decodes them.

Notable: where memory is short each network is in it only while it works: text encoder, transformer, autoencoder, one
after the other. Latents are given to `on_latents` before they are decoded, and `decode` takes them again. A text is
padded to its full length and its pads are read like words, as in training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.models.cogvideox import (
    SamplerConfig,
    Tiles,
    Transformer,
    Vae,
    clip_latents,
    decode,
    decode_stream,
    generate,
    latent_frames,
    picture_latents,
)
from soundstage.nn.t5 import T5Encoder
from soundstage.runtime.settings import NARROW
from soundstage.tasks.shoot_latent import Request, eight_bits, fitted, free_mb, latents_in, pixels_of, rest
from soundstage.text.unigram import tokenizer
from soundstage.weights import Loaded, lora
from soundstage.weights.cogvideox import lora as cogvideox_lora
from soundstage.weights.cogvideox import sampler_of
from soundstage.weights.parts import Parts

STEPS, GUIDANCE = 50, 6.0
PLANES = 54  # activations of the finest scale, each a frame, that a streamed decoding holds at once
SCHEDULES: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "ddim": {},
        "dpm": {},
        "ddim-rising": {"dynamic": True},
        "dpm-rising": {"dynamic": True},
        "ddim-dynamic": {"dynamic": True, "as_diffusers": True},
        "dpm-dynamic": {"dynamic": True, "as_diffusers": True},
    }
)
"""A solver, and guidance that is one throughout, rises, or goes as diffusers' `use_dynamic_cfg` does."""


class CogVideoXShooter:
    """Family `cogvideox`, from a folder in the layout of diffusers or the hub."""

    dtypes = ("float32", "bfloat16", *NARROW)

    def __init__(self, loaded: Loaded) -> None:
        if not isinstance(loaded.module, Parts):
            raise InputError(
                "model", f"{loaded.card.ref} is a transformer alone", "take a folder with model_index.json"
            )
        self.parts, self.card = loaded.module, loaded.card
        self.config: dict[str, Any] = loaded.card.config
        self.tokenizer = tokenizer({name.removeprefix("tokenizer/"): path for name, path in loaded.files.items()})
        tokens = self.config["transformer"]["tokens"]
        self.tokenizer.enable_truncation(tokens)
        self.tokenizer.enable_padding(length=tokens, pad_id=0, pad_token="<pad>")

    @property
    def fps(self) -> float:
        """Frames a second: 1.5 draws twice as many."""
        return 8.0 * cast(Transformer, self.parts.parts["transformer"]).config.span

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that it was trained on."""
        return (720, 480) if cast(Transformer, self.parts.parts["transformer"]).config.span == 1 else (1360, 768)

    def frames_for(self, count: int) -> int:
        """The least that is 1 more than a multiple of its pace."""
        pace = cast(Transformer, self.parts.parts["transformer"]).config.pace
        return -(-(count - 1) // pace) * pace + 1

    def reshoot(
        self,
        request: Request,
        clip_THWC: NDArray[np.uint8],
        strength: float,
        where_THW: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] drawn over a clip, all of it or where a mask is true; see `ClipShooter.reshoot`."""
        return self.decode(self.draw(request, clip_THWC=clip_THWC, strength=strength, where_THW=where_THW))

    def shoot(self, request: Request) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3]. Raises InputError naming the field that the model cannot keep to."""
        return self.decode(self.draw(request))

    @torch.inference_mode()
    def draw(
        self,
        request: Request,
        *,
        clip_THWC: NDArray[np.uint8] | None = None,
        strength: float = 0.8,
        where_THW: NDArray[np.bool_] | None = None,
    ) -> Tensor:
        """The latents [1, D, F, H, W] of a request, float32 on the CPU; `on_latents` has them too."""
        size, sampler, how = self._checked(request, clip_THWC)
        scale = request.guidance if request.guidance is not None else GUIDANCE
        texts = self._read([request.prompt, *([request.negative] if scale > 1 else [])])
        generator = runtime.generator(runtime.derive(request.seed, "noise"))
        picture, clip = self._look(request, clip_THWC, generator)
        steps = request.steps if request.steps is not None else STEPS
        meter = runtime.Meter("drawing", steps if clip is None else max(1, int(steps * strength)))

        def each(step: int, x: Tensor) -> None:
            if request.on_step is not None:
                request.on_step(step, x.transpose(1, 2))
            meter.advance()

        latents = generate(
            cast(Transformer, self.parts.wake("transformer")),
            *texts,
            sampler=sampler,
            frames=request.frames,
            size=size,
            steps=steps,
            guidance=scale,
            picture_B1Chw=picture,
            clip_BFChw=clip,
            strength=strength,
            where_F1hw=None if where_THW is None else self._masked(where_THW, request.frames),
            generator=generator,
            on_step=each,
            **how,
        ).transpose(1, 2)
        latents = latents.float().cpu()
        meter.finish()
        rest(self.parts, self.card.size_mb, "transformer")
        if request.on_latents is not None:
            request.on_latents(latents)
        return latents

    @torch.inference_mode()
    def decode(self, latents_BDFHW: Tensor) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of latents as `draw` gives them: streamed, or in tiles where memory is short for that."""
        vae = cast(Vae, self.parts.wake("vae"))
        latents = latents_BDFHW.transpose(1, 2).to(self.parts.device)
        height, width = (side * vae.config.space for side in latents.shape[3:])
        tiles = self._tiles(vae, height, width)
        if tiles is not None:
            return eight_bits(decode(vae, latents, tiles))
        total = max(1, latents.shape[1] // 2)
        pieces = runtime.progress(decode_stream(vae, latents), "decoding", total=total)
        return np.concatenate([eight_bits(piece) for piece in pieces])

    def wear(self, worn: Sequence[tuple[Path | str, float]]) -> None:
        """Draw with adapters (LoRA) from now on, each with its strength; they add to those worn already.

        Raises MissingError for a file that is not there, InputError naming what in one does not fit this model.
        """
        adapters = [(lora.load(path), scale) for path, scale in worn]
        self.parts.change("transformer", lambda module: cogvideox_lora.changes(module, adapters))

    def _checked(
        self, request: Request, clip: NDArray[np.uint8] | None
    ) -> tuple[tuple[int, int], SamplerConfig, dict[str, Any]]:
        """The size in latents, the noise schedule and what of `generate` a schedule's name says."""
        network, vae = cast(Transformer, self.parts.parts["transformer"]), cast(Vae, self.parts.parts["vae"])
        shape, ref = network.config, self.card.ref  # known while they sleep
        sees = shape.channels > shape.out
        if sees and request.image is None:
            raise InputError("image", f"is missing, and {ref} starts from one", "give one, or take a model for texts")
        if request.image is not None and not sees:
            raise InputError("image", f"is not looked at by {ref}", "take one made for it (I2V), or leave it out")
        if request.reuse:
            raise InputError("reuse", f"of steps is nothing that {ref} knows of", "leave it at 0")
        if request.last_image is not None:
            raise InputError("last_image", f"is not reached by {ref}", "leave it out")
        step, (height, width) = vae.config.space * shape.patch, (request.height, request.width)
        if height % step or width % step:
            raise InputError("size", f"{width}x{height} does not fit", f"use multiples of {step}")
        size = (height // vae.config.space, width // vae.config.space)
        if shape.positions == "learned" and size != shape.grid:
            high, wide = (side * vae.config.space for side in shape.grid)
            raise InputError("size", f"{width}x{height} is not what {ref} was trained on", f"use {wide}x{high}")
        latent_frames(network, request.frames)
        if clip is not None and clip.shape[:3] != (request.frames, height, width):
            raise InputError("video", f"is {clip.shape[:3]}", f"make it {(request.frames, height, width)}")
        sampler = sampler_of(self.config["pipeline"])
        name = request.schedule if request.schedule is not None else sampler.solver
        if name not in SCHEDULES:
            raise InputError("schedule", f"{name!r} is not known", f"use one of: {', '.join(SCHEDULES)}")
        shift = request.shift if request.shift is not None else sampler.shift
        sampler = replace(sampler, solver="dpm" if name.startswith("dpm") else "ddim", shift=shift)
        return size, sampler, SCHEDULES[name]

    def _read(self, prompts: list[str]) -> list[Tensor]:
        """The states [1, S, C] of a prompt, and of what is to be avoided."""
        encoder = cast(T5Encoder, self.parts.wake("text_encoder"))
        ids = torch.tensor([self.tokenizer.encode(prompt).ids for prompt in prompts], device=self.parts.device)
        states = encoder(ids)
        rest(self.parts, self.card.size_mb, "text_encoder")
        return list(torch.split(states, 1))

    def _look(
        self, request: Request, clip: NDArray[np.uint8] | None, generator: torch.Generator
    ) -> tuple[Tensor | None, Tensor | None]:
        """The latents of the picture, and of the clip."""
        if request.image is None and clip is None:
            return None, None
        vae, device = cast(Vae, self.parts.wake("vae")), self.parts.device
        tiles = self._tiles(vae, request.height, request.width)
        picture = noised = None
        if request.image is not None:
            pixels = torch.from_numpy(fitted(request.image, request.height, request.width))[None]
            picture = picture_latents(vae, pixels.to(device), generator, tiles)
        if clip is not None:
            noised = clip_latents(vae, pixels_of(clip, device), generator, tiles)
        return picture, noised

    def _masked(self, where: NDArray[np.bool_], frames: int) -> Tensor:
        """A mask in latents, [F, 1, h, w]."""
        network, vae = cast(Transformer, self.parts.parts["transformer"]), cast(Vae, self.parts.parts["vae"])
        time = (frames - 1) // max(1, latent_frames(network, frames)[0] - 1) if frames > 1 else 1
        return latents_in(where, frames, time, vae.config.space).unsqueeze(1).to(self.parts.device)

    def _tiles(self, vae: Vae, height: int, width: int) -> Tiles | None:
        """Tiles, where memory is short for whole frames and they are not one tile anyway."""
        needed_mb = PLANES * vae.config.widths[0] * height * width * 4 / 2**20
        tiles = vae.tiles()
        return tiles if needed_mb > free_mb(self.parts.device) and tiles.cut((height, width)) else None
