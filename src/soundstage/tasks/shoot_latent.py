"""What the engines of public video models are asked for: a text, perhaps pictures, and how to draw.

Notable: what is None is the model's own default. Latents are given away before they are decoded, for the decoder is
what runs out of memory after hours of drawing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image

if TYPE_CHECKING:
    from torch import Tensor

    from soundstage.weights.parts import Parts

QUOTES = {ord(mark): plain for marks, plain in (("ʼ‘’‚‛", "'"), ("“”„‟", '"')) for mark in marks}
CONTROL = re.compile(r"\x1b\[[\d;]*[a-zA-Z]|[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufff9-\ufffb]")


@dataclass(frozen=True, kw_only=True)
class Request:
    """`frames` at `fps` (which the file has; models draw at their own pace) of `width` × `height` pixels.

    `reuse` is how much a step may change and still be guessed from those before it; 0 looks at the network every time.
    `guidance` of 1 is none. `schedule` names a way of choosing steps, of those that the model has. `on_step` gets every
    step's number and latents [1, D, F, H, W], `on_latents` the last ones, before they are decoded.
    """

    prompt: str
    negative: str = ""
    image: Image | None = None
    last_image: Image | None = None
    frames: int = 81
    height: int = 480
    width: int = 832
    fps: float = 16.0
    steps: int | None = None
    guidance: float | None = None
    shift: float | None = None
    schedule: str | None = None
    reuse: float = 0.0
    seed: int = 0
    on_step: Callable[[int, Tensor], object] | None = None
    on_latents: Callable[[Tensor], object] | None = None

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise InputError("prompt", "is empty", 'say what is seen, such as "a red fox runs through a snowy forest"')
        if self.last_image is not None and self.image is None:
            raise InputError("last_image", "stands alone", "give the first image too")


class LatentShooter(Protocol):
    """An engine that draws a request. `fps` is the rate that its model draws at, `size` its usual width and height."""

    @property
    def fps(self) -> float:
        """Frames a second."""

    @property
    def size(self) -> tuple[int, int]:
        """Pixels."""

    def frames_for(self, count: int) -> int:
        """The least number of frames, of those that the model can draw, that is not below `count`."""

    def shoot(self, request: Request) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3]. Raises InputError naming a field that the model cannot keep to."""


@runtime_checkable
class Decoder(LatentShooter, Protocol):
    """An engine whose drawing and decoding can be parted."""

    def draw(self, request: Request) -> Tensor:
        """The latents of a request, on the CPU."""

    def decode(self, latents_BDFHW: Tensor) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of latents."""


@runtime_checkable
class ClipShooter(LatentShooter, Protocol):
    """An engine that also draws over a clip."""

    def reshoot(
        self,
        request: Request,
        clip_THWC: NDArray[np.uint8],
        strength: float,
        where_THW: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of a request of the clip's length and size; `strength` 1 leaves nothing of it.

        Where `where_THW`, of one frame or of all, is false, the clip is kept as nearly as its latents tell it.
        """


def mended(text: str) -> str:
    """Text with straight quotes, composed letters and no control characters: the part of ftfy that prompts need."""
    text = CONTROL.sub("", text).translate(QUOTES).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def fitted(image: Image, height: int, width: int) -> NDArray[np.float32]:
    """A picture's pixels [3, height, width] within [-1, 1], stretched to that size where it has another."""
    from PIL import Image as Picture

    pixels = image.pixels
    if (image.height, image.width) != (height, width):
        pixels = np.asarray(Picture.fromarray(pixels).resize((width, height), Picture.Resampling.LANCZOS))
    return np.ascontiguousarray((pixels.astype(np.float32) / 255 * 2 - 1).transpose(2, 0, 1), np.float32)


def eight_bits(video_BCTHW: Tensor) -> NDArray[np.uint8]:
    """Frames [T, H, W, 3] of the first of a batch of videos within [-1, 1]."""
    scaled = ((video_BCTHW[0].float() / 2 + 0.5).clamp(0, 1) * 255).round()
    frames: NDArray[np.uint8] = scaled.permute(1, 2, 3, 0).cpu().numpy().astype(np.uint8)
    return frames


def pixels_of(clip_THWC: NDArray[np.uint8], device: torch.device) -> Tensor:
    """A clip as a video [1, 3, T, H, W] within [-1, 1]."""
    return torch.from_numpy(clip_THWC).to(device).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


def latents_in(where_THW: NDArray[np.bool_], frames: int, time: int, space: int) -> Tensor:
    """Which latents [F, h, w] of a clip of `frames` have to do with what a mask is true in, 0 or 1.

    The first latent is of one frame, the others of `time`, and each is `space` pixels wide and high. A mask of one
    frame holds for all.
    """
    x = torch.from_numpy(np.broadcast_to(where_THW, (frames, *where_THW.shape[1:])).astype(np.float32))
    x = torch.nn.functional.max_pool2d(x[:, None], space)[:, 0]
    later = x[1:].view((frames - 1) // time, time, *x.shape[1:]).amax(1)
    return torch.cat((x[:1], later))


def rest(parts: Parts, size_mb: float, name: str) -> None:
    """Give a part's memory back, where all parts together, of so many MB, are more than there is."""
    if size_mb > min(runtime.settings().budget_mb, free_mb(parts.device)):
        parts.rest(name)
        runtime.trim()
        if parts.device.type == "cuda":
            torch.cuda.empty_cache()


def free_mb(device: torch.device) -> float:
    """Of the device's memory."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0]) / 2**20
    return runtime.settings().budget_mb
