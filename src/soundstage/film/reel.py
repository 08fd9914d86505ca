"""A reel: pictures kept as a compressed file in memory, for what would be too large as raw frames.

Notable: a draft's animatic is drawn at the film's full size, half a gigabyte for half a minute; as a reel of high
quality it takes a few megabytes in the cache, and the master reads it frame by frame.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.value import Value, restore_facts, store_facts
from soundstage.media.video_writer import VideoWriter

QUALITY = 10
"""Rate factor of H.264: no difference can be seen."""


@dataclass(frozen=True, eq=False)
class Reel(Value):
    """Pictures as an mp4 in memory: `data`, `length` frames of `width` × `height` at `fps`."""

    kind: ClassVar[str] = "reel"
    data: bytes
    length: int
    width: int
    height: int
    fps: Fraction

    @classmethod
    def of(cls, frames: Iterable[NDArray[np.uint8]], fps: Fraction | int, size: tuple[int, int]) -> Reel:
        """A reel of frames uint8 [height, width, 3], taken one by one. `size` is (width, height), both even."""
        with tempfile.TemporaryDirectory(prefix="soundstage-") as folder:
            path = Path(folder) / "reel.mp4"
            with VideoWriter(path, Fraction(fps), size, quality=QUALITY) as writer:
                for frame in frames:
                    writer.write(frame)
            return cls(path.read_bytes(), writer.count, *size, Fraction(fps))

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The frames, one by one."""
        import av

        with av.open(io.BytesIO(self.data)) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24")

    def store(self, folder: Path) -> None:
        """Writes reel.mp4 and reel.json."""
        (folder / "reel.mp4").write_bytes(self.data)
        facts = {"length": self.length, "width": self.width, "height": self.height, "fps": str(self.fps)}
        store_facts(folder, "reel", facts)

    @classmethod
    def restore(cls, folder: Path) -> Reel:
        """Reads what `store` wrote. Raises InputError when the folder does not hold a reel."""
        facts = restore_facts(folder, "reel")
        try:
            data = (folder / "reel.mp4").read_bytes()
        except OSError as error:
            raise InputError("folder", f"{folder} holds no reel", "store the value again") from error
        return cls(data, facts["length"], facts["width"], facts["height"], Fraction(facts["fps"]))
