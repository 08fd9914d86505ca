"""Lettering: title cards, end cards and subtitles that are drawn into the picture.

Notable: text is laid out once as a `Layer` (colour and cover) and laid over as many frames as need it, at any
opacity, so a fade costs one blend a frame. Lines are broken so that they are of about the same length; sizes shrink
until the words fit within the safe area. The letters are Pillow's own scalable font: nothing has to be installed.

Layer: colour uint8 [height, width, 3] · cover uint8 [height, width], 255 is opaque
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.film.frame import Frame, smooth

Colour = tuple[int, int, int]
PAPER: Colour = (249, 242, 226)
INK: Colour = (58, 46, 62)
WHITE: Colour = (255, 252, 244)
SHADE: Colour = (24, 20, 34)
ACCENT: Colour = (190, 96, 70)
SMALLEST = 8
"""Pixels of the smallest letters."""
SAFE = 0.08
"""Share of the frame at every side that stays free of letters."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Something to lay over frames: its colours, and how much of the frame they cover."""

    colour: NDArray[np.uint8]
    cover: NDArray[np.uint8]

    def over(self, frame: Frame, opacity: float = 1.0) -> Frame:
        """The frame with the layer on it. Raises InputError for a frame of another size."""
        if frame.shape != self.colour.shape:
            raise InputError("frame", f"has shape {frame.shape}", f"this layer is for {self.colour.shape}")
        rows = np.flatnonzero(self.cover.any(axis=1))
        if opacity <= 0 or not len(rows):
            return frame
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        share = (self.cover[part].astype(np.float32) * np.float32(min(opacity, 1.0) / 255))[..., None]
        result = frame.copy()
        below = frame[part].astype(np.float32)
        result[part] = below + (self.colour[part] - below) * share + 0.5
        return result


def title_layer(
    title: str,
    subtitle: str = "",
    *,
    width: int,
    height: int,
    ink: Colour = INK,
    accent: Colour = ACCENT,
    outline: bool = False,
) -> Layer:
    """A title in the middle, an ornament and a smaller subtitle under it; `outline` makes it legible on pictures."""
    board = _Board(width, height, ink, outline)
    wide = width * (1 - 2 * SAFE) * 0.94
    size, lines = _fit(title, wide, height * 0.40, round(min(width * 0.125, height * 0.17)))
    small, rest = _fit(subtitle, wide * 0.86, height * 0.16, round(size * 0.46)) if subtitle.strip() else (0, [])
    gap = height * 0.06
    tall = len(lines) * size * 1.18 + gap * (2 if rest else 1) + len(rest) * small * 1.25
    top = (height - tall) / 2
    for line in lines:
        board.write(line, top + size * 0.59, size)
        top += size * 1.18
    board.ornament(top + gap * 0.55, width * 0.16, accent)
    top += gap * (2 if rest else 1)
    for line in rest:
        board.write(line, top + small * 0.5, small)
        top += small * 1.25
    return board.layer()


def note_layer(text: str, *, width: int, height: int, ink: Colour = INK, outline: bool = False) -> Layer:
    """One small line at the bottom, within the safe area: what made the film, or that it is a draft."""
    board = _Board(width, height, ink, outline)
    size, lines = _fit(text, width * (1 - 2 * SAFE), height * 0.12, max(9, round(height * 0.032)))
    for index, line in enumerate(reversed(lines)):
        board.write(line, height * (1 - SAFE) - (index + 0.5) * size * 1.25, size)
    return board.layer()


def subtitle_layer(text: str, *, width: int, height: int, speaker: str | None = None) -> Layer:
    """A subtitle that is drawn into the picture: at the bottom, white, outlined, at most a third of the height."""
    board = _Board(width, height, WHITE, outline=True)
    words = text if speaker is None else f"{speaker}: {text}"
    size, lines = _fit(words, width * (1 - 2 * SAFE), height * 0.3, max(11, round(min(height * 0.05, width * 0.046))))
    for index, line in enumerate(reversed(lines)):
        board.write(line, height * (1 - SAFE * 0.75) - (index + 0.5) * size * 1.22, size)
    return board.layer()


def joined(one: Layer, two: Layer) -> Layer:
    """Two layers as one; where both are, the second is on top."""
    upper = two.cover.astype(np.float32)[..., None] / 255
    cover = 255 - (255 - one.cover.astype(np.float32)) * (1 - upper[..., 0])
    share = np.divide(upper[..., 0] * 255, cover, out=np.zeros_like(cover), where=cover > 0)[..., None]
    colour = one.colour + (two.colour.astype(np.float32) - one.colour) * share
    return Layer(np.asarray(colour + 0.5, np.uint8), np.asarray(cover + 0.5, np.uint8))


def paper(width: int, height: int, *, accent: Colour = ACCENT, colour: Colour = PAPER) -> Frame:
    """A page of a picture book: warm paper, a little darker to its edges, with a thin double border."""
    import PIL.Image
    import PIL.ImageDraw

    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    edge = np.clip(np.hypot(down, across) - 0.45, 0, 1)[..., None] ** 2
    page = np.array(colour, np.float64) * (1 - 0.16 * edge) + np.array(accent) * 0.05 * edge
    grain = _clouds(width, height) * 3
    sheet = PIL.Image.fromarray(np.asarray(np.clip(page + grain[..., None] + 0.5, 0, 255), np.uint8))
    draw = PIL.ImageDraw.Draw(sheet)
    unit = min(width, height)
    for inset, thick in ((0.035, 0.006), (0.052, 0.0025)):
        left = unit * inset
        box = (left, left, width - 1 - left, height - 1 - left)
        draw.rounded_rectangle(box, radius=unit * 0.03, outline=accent, width=max(1, round(unit * thick)))
    return np.asarray(sheet)


def softened(frame: Frame, *, dark: float = 0.28, blur: float = 0.02) -> Frame:
    """A frame as a ground for letters: out of focus, and a little darker in the middle."""
    import PIL.Image
    import PIL.ImageFilter

    height, width = frame.shape[:2]
    soft = PIL.Image.fromarray(frame).filter(PIL.ImageFilter.GaussianBlur(blur * height))
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shade = 1 - dark * np.exp(-(down**2) * 2.2 - across**2 * 0.6)[..., None]
    return np.asarray(np.asarray(soft) * shade + 0.5, np.uint8)


def card(
    background: Frame | Iterable[Frame], layer: Layer, count: int, *, rise: int = 14, fall: int = 10
) -> Iterator[Frame]:
    """`count` frames of a card: the ground, still or moving, and the layer: in over `rise` frames, out over `fall`.

    Raises InputError when a moving background has fewer frames.
    """
    moving = cycle([background]) if isinstance(background, np.ndarray) else iter(background)
    for index in range(count):
        frame = next(moving, None)
        if frame is None:
            raise InputError(
                "background", f"ends after {index} of {count} frames", "give as many frames as the card has"
            )
        came = smooth((index + 1) / (rise + 1)) if rise else 1.0
        left = smooth((count - index) / (fall + 1)) if fall else 1.0
        yield layer.over(frame, min(came, left))


def title_card(
    title: str,
    subtitle: str = "",
    *,
    width: int,
    height: int,
    count: int,
    background: Frame | None = None,
    accent: Colour = ACCENT,
) -> Iterator[Frame]:
    """`count` frames of a film's beginning: its title on paper, or in white on a softened picture."""
    if background is None:
        layer = title_layer(title, subtitle, width=width, height=height, accent=accent)
        yield from card(paper(width, height, accent=accent), layer, count)
    else:
        layer = title_layer(title, subtitle, width=width, height=height, ink=WHITE, accent=WHITE, outline=True)
        yield from card(softened(background), layer, count)


def end_card(
    text: str,
    note: str = "",
    *,
    width: int,
    height: int,
    count: int,
    background: Frame | None = None,
    accent: Colour = ACCENT,
) -> Iterator[Frame]:
    """`count` frames of a film's end: a few words, and a note at the bottom: what made it, or that it is a draft."""
    plain = background is None
    ink = INK if plain else WHITE
    layer = title_layer(text, width=width, height=height, ink=ink, accent=accent if plain else WHITE, outline=not plain)
    if note.strip():
        layer = joined(layer, note_layer(note, width=width, height=height, ink=ink, outline=not plain))
    ground = paper(width, height, accent=accent) if background is None else softened(background)
    yield from card(ground, layer, count, fall=0)


class _Board:
    """Draws letters and ornaments on a layer of its own, with their outline and soft shadow under them."""

    def __init__(self, width: int, height: int, ink: Colour, outline: bool) -> None:
        import PIL.Image
        import PIL.ImageDraw

        self.width, self.ink, self.outline = width, ink, outline
        self.letters = PIL.Image.new("L", (width, height))
        self.edges = PIL.Image.new("L", (width, height))
        self.inks = PIL.Image.new("RGB", (width, height), ink)
        self._draws = [PIL.ImageDraw.Draw(sheet) for sheet in (self.letters, self.edges, self.inks)]

    def write(self, line: str, middle: float, size: int) -> None:
        """One line, centred on (the board's middle, `middle`)."""
        letters, edges, _ = self._draws
        place = (self.width / 2, middle)
        letters.text(place, line, fill=255, font=_font(size), anchor="mm")
        if self.outline:
            edges.text(place, line, fill=255, font=_font(size), anchor="mm", stroke_width=max(1, round(size * 0.055)))

    def ornament(self, middle: float, half: float, colour: Colour) -> None:
        """A thin line with a diamond in its middle."""
        letters, edges, inks = self._draws
        x, thick, side = self.width / 2, max(1, round(half * 0.02)), max(2.0, half * 0.055)
        diamond = [(x - side, middle), (x, middle - side), (x + side, middle), (x, middle + side)]
        for draw, fill in ((letters, 255), (inks, colour)):
            draw.polygon(diamond, fill=fill)
            for sign in (-1, 1):
                draw.line([(x + sign * side * 2.2, middle), (x + sign * half, middle)], fill=fill, width=thick)
        if self.outline:
            edges.polygon(diamond, fill=255, outline=255, width=2)

    def layer(self) -> Layer:
        """What was drawn."""
        import PIL.ImageFilter

        letters = np.asarray(self.letters, np.float32) / 255
        if not self.outline:
            return Layer(np.asarray(self.inks), np.asarray(self.letters))
        blur = PIL.ImageFilter.GaussianBlur(self.width * 0.008)
        shadow = np.clip(np.asarray(self.edges.filter(blur), np.float32) / 255 * 0.75, 0, 1)
        edges = np.maximum(np.asarray(self.edges, np.float32) / 255 * 0.92, shadow)
        cover = np.maximum(letters, edges)
        share = np.divide(letters, cover, out=np.zeros_like(cover), where=cover > 0)[..., None]
        colour = np.array(SHADE, np.float32) * (1 - share) + np.asarray(self.inks, np.float32) * share
        return Layer(np.asarray(colour + 0.5, np.uint8), np.asarray(cover * 255 + 0.5, np.uint8))


def _fit(text: str, wide: float, tall: float, size: int) -> tuple[int, list[str]]:
    """The size, `size` at most, at which the text fits into `wide` × `tall`, and its even lines.

    Letters up to a quarter smaller are taken where that saves a line.
    """
    paragraphs = [part.split() for part in text.splitlines() if part.strip()]
    best: tuple[int, list[str]] | None = None
    while True:
        lines = [line for words in paragraphs for line in _broken(words, wide, size)]
        fits = len(lines) * size * 1.2 <= tall and all(_length(line, size) <= wide for line in lines)
        if size <= SMALLEST or (best is not None and size < 0.75 * best[0]):
            return best or (size, lines)
        if fits and best is None and len(lines) <= len(paragraphs):
            return size, lines
        if fits and (best is None or len(lines) < len(best[1])):
            best = (size, lines)
        size = max(SMALLEST, min(size - 1, int(size * 0.96)))


def _broken(words: list[str], wide: float, size: int) -> list[str]:
    """As few lines as fit, and as even as they can be: the narrowest width that needs no more lines."""
    fewest = _greedy(words, wide, size)
    narrow, broad = wide * 0.3, wide
    for _ in range(7):
        middle = (narrow + broad) / 2
        lines = _greedy(words, middle, size)
        if len(lines) <= len(fewest) and max(_length(line, size) for line in lines) <= wide:
            fewest, broad = lines, middle
        else:
            narrow = middle
    return fewest


def _greedy(words: list[str], wide: float, size: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _length(longer, size) <= wide:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _length(line: str, size: int) -> float:
    return float(_font(size).getlength(line))


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    import PIL.ImageFont

    return PIL.ImageFont.load_default(size)


def _clouds(width: int, height: int) -> NDArray[np.float64]:
    """Soft unevenness of paper, about −1 to 1, always the same: a few long waves across each other."""
    down, across = np.mgrid[0 : height / width : height * 1j, 0 : 1 : width * 1j]
    waves = ((5.1, 3.3, 0.2), (-7.7, 9.2, 1.7), (13.1, -4.9, 4.0), (2.3, 17.9, 2.6))
    return np.asarray(sum(np.sin(2 * np.pi * (a * across + b * down) + phase) for a, b, phase in waves) / len(waves))
