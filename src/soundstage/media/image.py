"""A still picture as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.value import Value, read_only, restore_array, store_array

if TYPE_CHECKING:
    from soundstage.media.provenance import Provenance


@dataclass(frozen=True, eq=False)
class Image(Value):
    """A picture: `pixels` uint8 [height, width, 3], sRGB. Raises InputError for another shape or dtype."""

    kind: ClassVar[str] = "image"
    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.dtype != np.uint8:
            raise InputError("pixels", f"are {pixels.dtype}", "give uint8, 0 to 255")
        if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise InputError("pixels", f"have shape {pixels.shape}", "give [height, width, 3]")
        object.__setattr__(self, "pixels", read_only(pixels))

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    def save(self, path: str | Path, provenance: Provenance | None = None) -> None:
        """Writes png, jpg or webp by suffix, atomically."""
        from soundstage.media.image_files import write_image

        write_image(self, Path(path), provenance)

    @classmethod
    def load(cls, path: str | Path) -> Image:
        """Reads a picture; transparency is laid over white, and a camera's rotation is applied."""
        from soundstage.media.image_files import read_image

        return read_image(Path(path))

    def store(self, folder: Path) -> None:
        """Writes pixels.npy."""
        store_array(folder, "pixels", self.pixels)

    @classmethod
    def restore(cls, folder: Path) -> Image:
        """Reads what `store` wrote."""
        return cls(restore_array(folder, "pixels"))

    def __eq__(self, other: object) -> bool:
        """Same pixels."""
        return isinstance(other, Image) and np.array_equal(self.pixels, other.pixels)

    def __hash__(self) -> int:
        """Cheap: shape and a few rows."""
        return hash((self.pixels.shape, self.pixels[:: max(1, self.height // 8)].tobytes()))

    def __repr__(self) -> str:
        return f"Image({self.width}×{self.height})"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import image_html

        return image_html(self)
