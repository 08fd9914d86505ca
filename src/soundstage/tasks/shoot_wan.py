"""Wan 2.1 as an engine of video: it reads the prompt, looks at the pictures, draws latents and decodes them.

Notable: where memory is short each network is in it only while it works: text encoder, image encoder, transformer,
autoencoder, one after the other. Latents are given to `on_latents` before they are decoded, and `decode` takes them
again. The prompt is cleaned as Wan's users know it (HTML, quotes, spaces); garbled encodings are left as they are.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.codec.preview import Preview
from soundstage.codec.tiles import Tiles
from soundstage.errors import InputError
from soundstage.flow.reuse import Reuse
from soundstage.flow.schedule import steps_left
from soundstage.media import Image
from soundstage.models.wan import TOKENS, Over, Told, Wan, WanVae, condition, generate, latent_shape, planned
from soundstage.nn.clip import MEAN, SPREAD, ClipVision, prepared
from soundstage.nn.t5 import T5Encoder
from soundstage.runtime.settings import NARROW
from soundstage.tasks.shoot_latent import Request, eight_bits, fitted, free_mb, latents_in, mended, pixels_of, rest
from soundstage.text.unigram import tokenizer
from soundstage.weights import Loaded, lora
from soundstage.weights.parts import Parts
from soundstage.weights.wan import lora as wan_lora

STEPS, STEPS_FROM_IMAGE, GUIDANCE, GUIDANCE_SMALL, SHIFT = 50, 40, 5.0, 6.0, 5.0
SMALL = 1536  # width of the transformer of 1.3 B
PLANES = 48  # activations of the finest scale, each a frame, that a streamed decoding holds at once
PREPARING = "image_processor/preprocessor_config.json"


class WanShooter:
    """Family `wan`, from a folder in the layout of diffusers; it draws 16 frames a second."""

    dtypes = ("float32", "bfloat16", *NARROW)
    fps = 16.0
    size = (832, 480)

    def __init__(self, loaded: Loaded) -> None:
        if not isinstance(loaded.module, Parts):
            raise InputError(
                "model", f"{loaded.card.ref} is a transformer alone", "take a folder with model_index.json"
            )
        self.parts, self.card = loaded.module, loaded.card
        self.config: dict[str, Any] = loaded.card.config
        names = {name.removeprefix("tokenizer/"): path for name, path in loaded.files.items()}
        self.tokenizer = tokenizer(names)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(TOKENS)
        path = loaded.files.get(PREPARING)
        self.preparing = {} if path is None else json.loads(path.read_text("utf-8"))

    def shoot(self, request: Request) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3]. Raises InputError naming the field that the model cannot keep to."""
        return self.decode(self.draw(request))

    def reshoot(
        self,
        request: Request,
        clip_THWC: NDArray[np.uint8],
        strength: float,
        where_THW: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] drawn over a clip, all of it or where a mask is true; see `ClipShooter.reshoot`."""
        return self.decode(self.draw(request, clip_THWC=clip_THWC, strength=strength, where_THW=where_THW))

    @torch.inference_mode()
    def draw(
        self,
        request: Request,
        *,
        clip_THWC: NDArray[np.uint8] | None = None,
        strength: float = 0.8,
        where_THW: NDArray[np.bool_] | None = None,
    ) -> Tensor:
        """The latents [1, D, F, H, W] of a request, float32 on the CPU; `on_latents` has them too.

        Drawn over a clip of the request's length and size by `strength`, where one is given, and there where a mask is
        true.
        """
        shape = self._checked(request, clip_THWC)
        schedule, steps, shift = self._plan(request)
        taken = steps if clip_THWC is None else steps_left(steps, strength)
        scale = request.guidance if request.guidance is not None else self.guidance
        text, avoid = self._read([request.prompt, *([request.negative] if scale > 1 else [])])
        image, beside = self._look(request)
        over = None if clip_THWC is None else self._over(clip_THWC, strength, where_THW)
        preview = self._preview()
        noise = torch.randn(1, *shape, generator=runtime.generator(runtime.derive(request.seed, "noise")))
        meter = runtime.Meter("drawing", taken)

        def each(step: int, x: Tensor) -> None:
            if request.on_step is not None:
                request.on_step(step, x)
            middle = x[0, :, x.shape[2] // 2]
            meter.advance(preview=Image(preview(middle).numpy()) if step + 1 < taken else None)

        def spared(reuse: Reuse) -> None:
            off = 100 * max(reuse.errors, default=0.0)
            told = f"{reuse.guesses} of {reuse.guesses + reuse.looks} steps were guessed, at most {off:.1f}% off"
            runtime.Meter(told, total=1).finish()

        latents = generate(
            cast(Wan, self.parts.wake("transformer")),
            noise.to(self.parts.device),
            text,
            avoid,
            schedule=schedule,
            steps=steps,
            shift=shift,
            guidance=scale,
            image_BMI=image,
            condition=beside,
            over=over,
            reuse=request.reuse,
            on_step=each,
            on_reuse=spared,
        ).cpu()
        meter.finish()
        rest(self.parts, self.card.size_mb, "transformer")
        if request.on_latents is not None:
            request.on_latents(latents)
        return latents

    @torch.inference_mode()
    def decode(self, latents_BDFHW: Tensor) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of latents as `draw` gives them: streamed, or in tiles where memory is short for that."""
        vae = cast(WanVae, self.parts.wake("vae"))
        latents = latents_BDFHW.to(self.parts.device)
        height, width = (side * vae.config.space for side in latents.shape[3:])
        needed_mb = PLANES * vae.config.decoder_width * height * width * 4 / 2**20
        if needed_mb > free_mb(self.parts.device) and Tiles().cut(height, width):
            return eight_bits(vae.decode_tiles(latents))
        pieces = runtime.progress(vae.decode_stream(latents), "decoding", total=latents.shape[2])
        return np.concatenate([eight_bits(piece) for piece in pieces])

    def wear(self, worn: Sequence[tuple[Path | str, float]]) -> None:
        """Draw with adapters (LoRA) from now on, each with its strength; they add to those worn already.

        Raises MissingError for a file that is not there, InputError naming what in one does not fit this model.
        """
        adapters = [(lora.load(path), scale) for path, scale in worn]
        self.parts.change("transformer", lambda module: wan_lora.changes(module, adapters))

    def frames_for(self, count: int) -> int:
        """The least number of frames, of those that the model can draw, that is not below `count`."""
        time = cast(WanVae, self.parts.parts["vae"]).config.time
        return 1 + -(-max(0, count - 1) // time) * time

    @property
    def steps(self) -> int:
        """Looks of a request that does not say how many."""
        return STEPS if self.config["transformer"].get("image") is None else STEPS_FROM_IMAGE

    @property
    def guidance(self) -> float:
        """Of a request that does not say."""
        return GUIDANCE_SMALL if self.config["transformer"]["width"] == SMALL else GUIDANCE

    def _preview(self) -> Preview:
        """What latents look like while they are drawn."""
        vae = cast(WanVae, self.parts.wake("vae"))
        made = Preview(lambda x: vae.encode(x[:, :, None].to(self.parts.device))[:, :, 0], vae.config.space)
        rest(self.parts, self.card.size_mb, "vae")
        return made

    def _checked(self, request: Request, clip: NDArray[np.uint8] | None = None) -> tuple[int, int, int, int]:
        shape = self.config["transformer"]
        sees, two = shape.get("image") is not None, shape.get("places") is not None
        ref = self.card.ref
        if sees and request.image is None:
            raise InputError("image", f"is missing, and {ref} starts from one", "give one, or take a model for texts")
        if request.image is not None and not sees:
            raise InputError("image", f"is not looked at by {ref}", "take one made for it (I2V), or leave it out")
        if two and request.last_image is None:
            raise InputError("last_image", f"is missing, and {ref} goes from one frame to another", "give one")
        if request.last_image is not None and not two:
            raise InputError("last_image", f"is not reached by {ref}", "take one made for it (FLF2V), or leave it out")
        if clip is not None and clip.shape[:3] != (request.frames, request.height, request.width):
            asked = (request.frames, request.height, request.width)
            raise InputError("video", f"is {clip.shape[:3]}", f"make it {asked}")
        vae = cast(WanVae, self.parts.parts["vae"])  # its sizes are known while it sleeps
        return latent_shape(vae, request.frames, request.height, request.width, shape["patch"][1])

    def _over(self, clip: NDArray[np.uint8], strength: float, where: NDArray[np.bool_] | None) -> Over:
        """What a clip's latents are, and which of them a mask lets go."""
        vae = cast(WanVae, self.parts.wake("vae"))
        latents = vae.encode_stream(pixels_of(clip, self.parts.device))
        if where is None:
            return Over(latents, strength)
        mask = latents_in(where, len(clip), vae.config.time, vae.config.space)
        return Over(latents, strength, mask.to(latents))

    def _plan(self, request: Request) -> tuple[str, int, float]:
        """Schedule, steps and shift, before anything is read for nothing."""
        known = self.config["pipeline"]
        steps = request.steps if request.steps is not None else self.steps
        shift = request.shift if request.shift is not None else known.get("shift")
        plan = request.schedule or known["schedule"], steps, SHIFT if shift is None else float(shift)
        planned(*plan)
        return plan

    def _read(self, prompts: list[str]) -> tuple[Told, Told | None]:
        """The states of a prompt, and of what is to be avoided; pads are not read, for they count as zeros."""
        encoder = cast(T5Encoder, self.parts.wake("text_encoder"))
        told = []
        for prompt in prompts:
            ids = torch.tensor([self.tokenizer.encode(cleaned(prompt)).ids], device=self.parts.device)
            told.append(Told(encoder(ids)))
        rest(self.parts, self.card.size_mb, "text_encoder")
        return told[0], told[1] if len(told) > 1 else None

    def _look(self, request: Request) -> tuple[Tensor | None, Tensor | None]:
        """The image encoder's states of the pictures, one after the other, and what stands beside the noise."""
        if request.image is None:
            return None, None
        device = self.parts.device
        pictures = [request.image] if request.last_image is None else [request.image, request.last_image]
        encoder = cast(ClipVision, self.parts.wake("image_encoder"))
        mean, spread = self.preparing.get("image_mean", MEAN), self.preparing.get("image_std", SPREAD)
        given = torch.stack([prepared(picture.pixels, encoder.config.size, mean, spread) for picture in pictures])
        states = encoder(given.to(device))
        rest(self.parts, self.card.size_mb, "image_encoder")
        vae = cast(WanVae, self.parts.wake("vae"))
        first, last = ends(request.image, request.last_image, request.height, request.width)
        beside = condition(vae, first.to(device), request.frames, None if last is None else last.to(device))
        return states.flatten(0, 1).unsqueeze(0), beside


def ends(first: Image, last: Image | None, height: int, width: int) -> tuple[Tensor, Tensor | None]:
    """First and last picture as video frames [1, 3, H, W] within [-1, 1]."""
    start, end = (
        None if image is None else torch.from_numpy(fitted(image, height, width))[None] for image in (first, last)
    )
    return cast(Tensor, start), end


def cleaned(prompt: str) -> str:
    """A prompt as Wan reads it: mended, HTML's signs written out, single spaces."""
    return re.sub(r"\s+", " ", html.unescape(html.unescape(mended(prompt)))).strip()
