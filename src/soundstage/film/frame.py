"""Frames made to measure: a crisp scaler, dissolves and fades.

Notable: a picture-book frame enlarged fourfold has soft edges by any kernel. Here each enlarged pixel moves away
from the middle of the colours that the source has around it and stops at their range, so edges come out narrow and
without halos, while even ramps, which lie in the middle, stay as they are (a one-step shock filter, after Osher &
Rudin, 1990).

frames uint8 [height, width, 3]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError

Frame = NDArray[np.uint8]
CRISP = 1.8
"""How steep edges get when a frame is enlarged; 1 leaves them as Lanczos makes them."""


def scaled(frame: Frame, width: int, height: int, *, crisp: float = CRISP) -> Frame:
    """One frame at another size: Lanczos, and when it is enlarged, edges `crisp` times as steep.

    Raises InputError for an impossible size.
    """
    import PIL.Image
    import PIL.ImageFilter

    if width < 1 or height < 1:
        raise InputError("size", f"is {width}×{height}", "give at least 1×1")
    if frame.shape[:2] == (height, width):
        return frame
    picture = PIL.Image.fromarray(frame)
    larger = picture.resize((width, height), PIL.Image.Resampling.LANCZOS)
    if crisp <= 1 or (height <= frame.shape[0] and width <= frame.shape[1]):
        return np.asarray(larger)
    low, high = (
        np.asarray(picture.filter(around(3)).resize((width, height), PIL.Image.Resampling.BILINEAR), np.float32)
        for around in (PIL.ImageFilter.MinFilter, PIL.ImageFilter.MaxFilter)
    )
    middle = (low + high) / 2
    steep = (np.asarray(larger, np.float32) - middle) * np.float32(crisp) + middle
    return np.asarray(np.clip(steep, low, high) + 0.5, np.uint8)


def fitted(frame: Frame, width: int, height: int, *, crisp: float = CRISP) -> Frame:
    """One frame scaled to fill `width` × `height`, what stands over at the sides cut off evenly."""
    rows, columns = frame.shape[:2]
    if columns * height > rows * width:
        keep = max(1, round(rows * width / height))
        frame = frame[:, (columns - keep) // 2 : (columns - keep) // 2 + keep]
    else:
        keep = max(1, round(columns * height / width))
        frame = frame[(rows - keep) // 2 : (rows - keep) // 2 + keep]
    return scaled(frame, width, height, crisp=crisp)


def dissolve(one: Frame, two: Frame, share: float) -> Frame:
    """`one` with `share` (0 to 1) of `two` over it, mixed as light mixes (in squares, which is near enough)."""
    if share <= 0:
        return one
    if share >= 1:
        return two
    mixed = (1 - share) * one.astype(np.float32) ** 2 + share * two.astype(np.float32) ** 2
    return np.asarray(np.sqrt(mixed) + 0.5, np.uint8)


def faded(frame: Frame, share: float, colour: tuple[int, int, int] = (0, 0, 0)) -> Frame:
    """The frame on its way to a plain colour: 0 is the frame, 1 the colour."""
    if share <= 0:
        return frame
    plain = np.array(colour, np.float32) * share
    return np.asarray(frame * np.float32(1 - share) + plain + 0.5, np.uint8)


def smooth(place: float) -> float:
    """From 0 to 1 with soft ends, for places within 0 to 1."""
    place = min(1.0, max(0.0, place))
    return place * place * (3 - 2 * place)


def crossfaded(one: Iterable[Frame], two: Iterable[Frame], count: int) -> Iterator[Frame]:
    """`count` frames that go from the frames of `one` to those of `two`; both go on moving."""
    for index, (before, after) in zip(range(count), zip(one, two, strict=False), strict=False):
        yield dissolve(before, after, smooth((index + 1) / (count + 1)))
