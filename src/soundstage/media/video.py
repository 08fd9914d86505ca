"""Moving pictures as a value: frames at a rational rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.image import Image
from soundstage.media.value import Value, read_only, restore_array, restore_facts, store_array, store_facts

if TYPE_CHECKING:
    from soundstage.media.audio import Audio
    from soundstage.media.provenance import Provenance

MAX_FPS = 1000
TELEVISION = (24, 30, 48, 60, 120)  # each has a rate of 1000/1001 of it: 23.976, 29.97 …


def frame_rate(fps: Fraction | float | str) -> Fraction:
    """A rational frame rate from 24, "24000/1001", 23.976 (taken as 24000/1001) or a Fraction.

    Raises InputError for what is no rate, or not within 0 < fps ≤ 1000.
    """
    try:
        rate = Fraction(fps)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise InputError("fps", f"is {fps!r}", "give a rate such as 24 or 24000/1001") from error
    if not 0 < rate <= MAX_FPS:
        raise InputError("fps", f"is {fps!r}", f"give a rate above 0, at most {MAX_FPS}")
    if isinstance(fps, float | str) and rate.denominator not in (1, 1001):
        television = min((Fraction(base * 1000, 1001) for base in TELEVISION), key=lambda known: abs(known - rate))
        rate = television if abs(television - rate) < Fraction(1, 200) else rate.limit_denominator(1001)
    return rate


@dataclass(frozen=True, eq=False)
class Video(Value):
    """Moving pictures: `frames` uint8 [time, height, width, 3], sRGB, at `fps` frames a second.

    Raises InputError for another shape or dtype and for an impossible rate.
    """

    kind: ClassVar[str] = "video"
    frames: NDArray[np.uint8]
    fps: Fraction

    def __post_init__(self) -> None:
        frames = np.asarray(self.frames)
        if frames.dtype != np.uint8:
            raise InputError("frames", f"are {frames.dtype}", "give uint8, 0 to 255")
        if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
            raise InputError("frames", f"have shape {frames.shape}", "give [time, height, width, 3]")
        object.__setattr__(self, "frames", read_only(frames))
        object.__setattr__(self, "fps", frame_rate(self.fps))

    @property
    def length(self) -> int:
        """Number of frames."""
        return int(self.frames.shape[0])

    @property
    def height(self) -> int:
        """Rows of a frame."""
        return int(self.frames.shape[1])

    @property
    def width(self) -> int:
        """Columns of a frame."""
        return int(self.frames.shape[2])

    @property
    def seconds(self) -> float:
        """Duration: frames / fps."""
        return float(self.length / self.fps)

    def frame(self, index: int) -> Image:
        """One frame; negative indices count from the end."""
        if not -self.length <= index < self.length:
            raise InputError("index", f"is {index}", f"the video has {self.length} frames")
        return Image(self.frames[index])

    def contact_sheet(self, columns: int = 4, rows: int = 3, *, width: int = 960) -> Image:
        """Frames evenly spread over the video, first and last among them, in a grid `width` pixels wide."""
        from soundstage.media.picture import contact_sheet

        return contact_sheet(self, columns, rows, width=width)

    def save(self, path: str | Path, provenance: Provenance | None = None, *, audio: Audio | None = None) -> None:
        """Writes mp4, webm or gif by suffix (a folder of numbered png for a path without one), atomically."""
        from soundstage.media.video_files import write_video

        write_video(self, Path(path), provenance, audio=audio)

    @classmethod
    def load(cls, path: str | Path) -> Video:
        """Reads all frames of a file, or of a folder of numbered pictures."""
        from soundstage.media.video_files import read_video

        return read_video(Path(path))

    def store(self, folder: Path) -> None:
        """Writes frames.npy and video.json."""
        store_array(folder, "frames", self.frames)
        store_facts(folder, "video", {"fps": str(self.fps)})

    @classmethod
    def restore(cls, folder: Path) -> Video:
        """Reads what `store` wrote."""
        return cls(restore_array(folder, "frames"), Fraction(restore_facts(folder, "video")["fps"]))

    def __eq__(self, other: object) -> bool:
        """Same rate and the same frames."""
        return isinstance(other, Video) and self.fps == other.fps and np.array_equal(self.frames, other.frames)

    def __hash__(self) -> int:
        """Cheap: rate, shape and a few rows of a few frames."""
        comb = self.frames[:: max(1, self.length // 4), :: max(1, self.height // 4)]
        return hash((self.fps, self.frames.shape, comb.tobytes()))

    def __repr__(self) -> str:
        return f"Video({self.seconds:.3f} s, {self.length} frames, {self.width}×{self.height}, {self.fps} fps)"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import video_html

        return video_html(self)
