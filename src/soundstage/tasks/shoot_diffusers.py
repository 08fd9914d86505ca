"""Any pipeline of the library diffusers as an engine of the tasks `shoot` and `paint`: `diffusers:owner/model`.

Notable: nothing is known of a pipeline but how its call is written: it is given the fields that it has names for, and
what else a request says is refused. One without frames to count makes pictures, and no video. Latents are as the
pipeline has them, packed or not; those of the last step are given away before they are decoded. Where memory is short
for all frames at once, the autoencoder works in tiles and slices.
"""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError, RunError
from soundstage.media import Image
from soundstage.tasks.shoot_latent import Request
from soundstage.weights import Loaded
from soundstage.weights import diffusers as checkpoints

PACES: Mapping[str, float] = {
    "AnimateDiff": 8, "Allegro": 15, "CogVideoX": 8, "ConsisID": 8, "HunyuanVideo": 24, "HunyuanVideoFramepack": 30,
    "EasyAnimate": 8, "Kandinsky5": 24, "Latte": 8, "Mochi": 30, "SanaVideo": 16, "SkyReelsV2": 24, "TextToVideo": 8,
    "Wan": 16,
}  # fmt: skip
"""Frames a second that a kind was trained on, where its call does not say; by how its name begins."""
PACE = 16.0
RATIOS = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio", "vae_temporal_scale_factor")
"""What a pipeline names the frames a latent, after the first."""
SPACES = ("vae_scale_factor_spatial", "vae_spatial_compression_ratio", "vae_spatial_scale_factor", "vae_scale_factor")
"""And the pixels a latent, along each side."""
RATES = ("frame_rate", "fps")
SIDE = 512
FILLED = frozenset({"prompt", "negative_prompt", "image", "last_image", "generator", "output_type"})
PLANES = 6  # activations of the finest scale that a decoder holds at once, each of all frames
_ALONE = threading.Lock()


class DiffusersShooter:
    """Family `diffusers`."""

    def __init__(self, loaded: Loaded) -> None:
        held = cast(checkpoints.Pipeline, loaded.module)
        self.pipe, self.device = held.pipe, held.device
        self.card, self.kind = loaded.card, str(loaded.card.config["kind"])
        self.call = checkpoints.parameters_of(type(self.pipe))
        self.counts = checkpoints.counts_frames(self.call)
        if "prompt" not in self.call:
            raise InputError("model", f"{self.kind} is told nothing in words", "choose one that reads a prompt")
        unknown = [
            name
            for name, entry in self.call.items()
            if entry.default is entry.empty
            and entry.kind not in (entry.VAR_KEYWORD, entry.VAR_POSITIONAL)
            and name not in FILLED
        ]
        if unknown:
            problem = f"{self.kind} must be given {', '.join(unknown)}, which no field of this task says"
            raise InputError("model", problem, "choose one that draws from a text, or from a text and pictures")
        self.fps, self.size = self._pace(), self._size()

    def frames_for(self, count: int) -> int:
        """The least number of frames from `count` on that it makes. Raises InputError for one that makes pictures."""
        if not self.counts:
            raise InputError("model", f"{self.kind} makes pictures, no video", "use it with paint, or another here")
        ratio = next((int(getattr(self.pipe, name)) for name in RATIOS if getattr(self.pipe, name, None)), 1)
        return 1 + -(-(max(1, count) - 1) // ratio) * ratio

    def shoot(self, request: Request) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3].

        Raises InputError naming a field that the pipeline has no name for, or refuses; RunError for what else the
        library does not get done.
        """
        given = self.asked(request)
        runtime.check_cancelled("drawing")
        theirs, meter = checkpoints.library(), runtime.Meter("drawing", self._steps(given))
        devices = [self.device] if self.device.type == "cuda" else []
        seed = runtime.derive(request.seed, "noise")
        with _ALONE, checkpoints.quiet(theirs), torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(seed)  # of what draws besides the generator that it is given
            self._spare(request)
            given |= {"generator": runtime.generator(seed)} if "generator" in self.call else {}
            try:
                made = self.pipe(**given, **self._told(request, meter))
            except ValueError as error:
                raise self._refused(error, request) from error
            except (TypeError, KeyError, IndexError, RuntimeError, ImportError, AttributeError) as error:
                raise RunError(f"{self.kind} could not draw it ({_first(error)})", "see its own page") from error
        meter.finish()
        return frames_of(made)

    def asked(self, request: Request) -> dict[str, Any]:
        """What the call is given, by its own names. Raises InputError naming a field that it has none for."""
        if request.frames > 1:
            self.frames_for(request.frames)
        given: dict[str, Any] = {"prompt": request.prompt}
        if self.counts:
            given[self.counts] = request.frames
        if "height" in self.call and "width" in self.call:
            given |= {"height": request.height, "width": request.width}
        elif (request.width, request.height) != self.size:
            raise InputError("size", f"is not chosen in {self.kind}", "leave it out")
        if "output_type" in self.call:
            given["output_type"] = "np"
        rates = [name for name in RATES if _number(self.call.get(name))]
        given |= {name: type(self.call[name].default)(request.fps) for name in rates}
        fields = {
            "num_inference_steps": ("steps", request.steps),
            "negative_prompt": ("negative", request.negative.strip() or None),
            "image": ("image", _picture(request.image)),
            "last_image": ("last_image", _picture(request.last_image)),
            self._scale(request): ("guidance", request.guidance),
        }
        for name, (field, value) in fields.items():
            if value is None:
                continue
            if name not in self.call:
                raise InputError(field, f"is nothing that {self.kind} knows of", "leave it out, or take another model")
            given[name] = value
        for field in ("shift", "schedule"):
            if getattr(request, field) is not None:
                raise InputError(field, f"is that of the checkpoint in {self.kind}", "leave it out")
        needs = self.call.get("image")
        if needs is not None and needs.default is needs.empty and request.image is None:
            raise InputError("image", f"is missing, and {self.kind} starts from one", "give one, or take another model")
        return given

    def _scale(self, request: Request) -> str:
        """What the call names guidance by words and words to avoid.

        Models that were distilled with guidance have another one besides, which is off until something is to be
        avoided. Raises InputError where that is not said.
        """
        true = self.call.get("true_cfg_scale")
        if true is None or not isinstance(true.default, (int, float)):
            return "guidance_scale"
        if true.default > 1:
            return "true_cfg_scale"
        if not request.negative.strip():
            return "guidance_scale"
        if request.guidance is None:
            raise InputError("negative", f"needs guidance in {self.kind}", "give guidance too, such as 4")
        return "true_cfg_scale"

    def _told(self, request: Request, meter: runtime.Meter) -> dict[str, Any]:
        """The callbacks that the call takes: every step's latents, the last before they are decoded, and a way out."""

        def step(index: int, latents: Any) -> None:
            if isinstance(latents, torch.Tensor):
                if request.on_step is not None:
                    request.on_step(index, latents)
                if request.on_latents is not None and index + 1 == self._looks(meter):
                    request.on_latents(latents.cpu())
            meter.advance()

        def at_end(pipe: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            step(index, tensors.get("latents"))
            return tensors

        if "callback_on_step_end" in self.call:
            return {"callback_on_step_end": at_end}
        if "callback" in self.call and "callback_steps" in self.call:  # the library's older way
            return {"callback": lambda index, timestep, latents: step(index, latents), "callback_steps": 1}
        return {}

    def _looks(self, meter: runtime.Meter) -> float | None:
        """How many steps this drawing has, as the pipeline counts them: some schedules take more than they are told."""
        try:
            return int(self.pipe.num_timesteps)
        except (AttributeError, TypeError):
            return meter.total

    def _spare(self, request: Request) -> None:
        """Tiles and slices in the autoencoder where memory is short for all frames at once, and only there."""
        vae = getattr(self.pipe, "vae", None)
        if vae is None:
            return
        widths = [*(getattr(vae.config, "block_out_channels", None) or ()), getattr(vae.config, "base_dim", None)]
        width = min((int(size) for size in widths if isinstance(size, int)), default=128)
        patch = getattr(vae.config, "patch_size", None)
        finest = request.height * request.width / (patch**2 if isinstance(patch, int) and patch else 1)
        planes = PLANES * width * request.frames * finest
        short = planes * vae.dtype.itemsize / 2**20 > self._free_mb()
        for way in ("tiling", "slicing"):
            change = getattr(vae, f"{'enable' if short else 'disable'}_{way}", None)
            if change is not None and hasattr(vae, f"use_{way}"):
                change()

    def _free_mb(self) -> float:
        if self.device.type == "cuda":
            return float(torch.cuda.mem_get_info(self.device)[0]) / 2**20
        return runtime.settings().budget_mb

    def _refused(self, error: ValueError, request: Request) -> InputError | RunError:
        """The library's refusal, by the field that it speaks of."""
        problem = _first(error)
        if re.search(r"\b(height|width)\b", problem):
            return InputError("size", f"{request.width}x{request.height} is refused ({problem})", "give another")
        if "num_frames" in problem:
            return InputError("seconds", f"{request.frames} frames are refused ({problem})", "give another length")
        return RunError(f"{self.kind} could not draw it ({problem})", "see its own page")

    def _steps(self, given: Mapping[str, Any]) -> float | None:
        default = self.call.get("num_inference_steps")
        steps = given.get("num_inference_steps", default.default if _number(default) and default else None)
        return None if steps is None else float(steps)

    def _pace(self) -> float:
        """Frames a second: what the call says, or what its kind is known to be made of."""
        for name in RATES:
            if _number(self.call.get(name)):
                return float(self.call[name].default)
        named = [name for name in PACES if self.kind.startswith(name)]
        return float(PACES[max(named, key=len)]) if named else PACE

    def _size(self) -> tuple[int, int]:
        """Width and height, of the call, the pipeline or its network."""
        if all(_number(self.call.get(name)) for name in ("width", "height")):
            return int(self.call["width"].default), int(self.call["height"].default)
        pipe = self.pipe
        if getattr(pipe, "default_width", None) and getattr(pipe, "default_height", None):
            return int(pipe.default_width), int(pipe.default_height)
        space = next((int(getattr(pipe, name)) for name in SPACES if isinstance(getattr(pipe, name, None), int)), 8)
        network = getattr(pipe, "unet", None) or getattr(pipe, "transformer", None)
        config: Mapping[str, Any] = {} if network is None else network.config
        if isinstance(config.get("sample_height"), int) and isinstance(config.get("sample_width"), int):
            return config["sample_width"] * space, config["sample_height"] * space
        told = getattr(pipe, "default_sample_size", None) or config.get("sample_size")
        if isinstance(told, (list, tuple)) and len(told) == 2:
            return int(told[1]) * space, int(told[0]) * space
        return (told * space, told * space) if isinstance(told, int) else (SIDE, SIDE)


def frames_of(made: Any) -> NDArray[np.uint8]:
    """Frames [F, H, W, 3] of what a pipeline gave: the first of its outputs, of that the first of the batch.

    Raises RunError for what is no frames.
    """
    first = made[0]
    alone = isinstance(first, (np.ndarray, torch.Tensor)) and first.ndim == 4 and len(first) > 1  # frames of no batch
    first = first if alone else first[0]
    if isinstance(first, torch.Tensor):
        first = first.movedim(-3, -1).float().cpu().numpy()
    if isinstance(first, (list, tuple)):
        first = np.stack([np.asarray(frame) for frame in first])
    frames = np.asarray(first)
    frames = frames[None] if frames.ndim == 3 else frames
    if frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise RunError(f"the pipeline gave {frames.shape} and no frames", "see its own page")
    if frames.dtype != np.uint8:
        frames = (np.nan_to_num(frames).clip(0, 1) * 255).round().astype(np.uint8)
    return np.ascontiguousarray(frames)


def _picture(image: Image | None) -> Any:
    from PIL import Image as Picture

    return None if image is None else Picture.fromarray(image.pixels)


def _number(entry: inspect.Parameter | None) -> bool:
    """Whether a parameter's default is a number."""
    return entry is not None and isinstance(entry.default, (int, float)) and not isinstance(entry.default, bool)


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
