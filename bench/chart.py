"""Charts of measured points and curves, drawn with Pillow: panels with two axes, their units, and a legend.

Notable: everything is drawn at twice its size and halved, so that lines and letters are smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

PAPER, INK, FAINT = (255, 255, 255), (40, 40, 40), (222, 222, 222)
COLOURS = ((46, 98, 140), (200, 92, 40), (70, 140, 80), (130, 80, 150), (120, 120, 120))
SCALE = 2
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Points that are joined by a line, or stand alone as dots; the label goes into the legend, if it has one."""

    points: Sequence[Point]
    colour: int = 0
    label: str = ""
    line: bool = True
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A chart with both axes logarithmic; `levels` are horizontal lines with a name."""

    title: str
    across: str
    up: str
    series: Sequence[Series]
    levels: Sequence[tuple[float, str]] = field(default_factory=tuple)
    ticks: Sequence[float] = ()  # of the axis across; those of 1, 2 and 5 otherwise


def draw(panels: Sequence[Panel], columns: int, size: tuple[int, int] = (640, 430)) -> PIL.Image.Image:
    """All panels, row by row, each of `size` pixels."""
    width, height = size[0] * SCALE, size[1] * SCALE
    rows = -(-len(panels) // columns)
    canvas = PIL.Image.new("RGB", (width * columns, height * rows), PAPER)
    pen = PIL.ImageDraw.Draw(canvas)
    for index, panel in enumerate(panels):
        _Plot(canvas, pen, panel, (index % columns * width, index // columns * height), (width, height)).draw()
    return canvas.resize((canvas.width // SCALE, canvas.height // SCALE), PIL.Image.Resampling.LANCZOS)


class _Plot:
    """One panel on the canvas."""

    def __init__(
        self, canvas: PIL.Image.Image, pen: Any, panel: Panel, corner: tuple[int, int], size: tuple[int, int]
    ) -> None:
        self.canvas, self.pen, self.panel = canvas, pen, panel
        left, top = corner
        self.box = (left + 78 * SCALE, top + 44 * SCALE, left + size[0] - 22 * SCALE, top + size[1] - 58 * SCALE)
        self.corner = corner
        points = [point for series in panel.series for point in series.points]
        ups = [y for _, y in points] + [y for y, _ in panel.levels]
        self.x, self.y = _reach([x for x, _ in points]), _reach(ups)
        named = sum(bool(series.label) for series in panel.series)
        taken = (18 * named + 14) * SCALE / (self.box[3] - self.box[1]) if named else 0.0
        self.y = self.y[0], self.y[0] * (self.y[1] / self.y[0]) ** (1 / (1 - taken))  # the legend stands above all

    def draw(self) -> None:
        """Frame, axes, lines, legend."""
        left, top, right, bottom = self.box
        middle = (left + right) // 2
        self.pen.text((left, self.corner[1] + 14 * SCALE), self.panel.title, fill=INK, font=_font(16))
        for value in self.panel.ticks or _ticks(*self.x):
            at = self._at((value, self.y[0]))[0]
            self.pen.line([(at, top), (at, bottom)], fill=FAINT, width=SCALE)
            self.pen.text((at, bottom + 6 * SCALE), _said(value), fill=INK, font=_font(12), anchor="ma")
        for value in _ticks(*self.y):
            at = self._at((self.x[0], value))[1]
            self.pen.line([(left, at), (right, at)], fill=FAINT, width=SCALE)
            self.pen.text((left - 6 * SCALE, at), _said(value), fill=INK, font=_font(12), anchor="rm")
        self.pen.rectangle(self.box, outline=INK, width=SCALE)
        self.pen.text((middle, bottom + 28 * SCALE), self.panel.across, fill=INK, font=_font(13), anchor="ma")
        self._upright(self.panel.up, (self.corner[0] + 8 * SCALE, (top + bottom) // 2))
        for value, name in self.panel.levels:
            at = self._at((self.x[0], value))[1]
            self._dashes((left, at), (right, at), INK)
            self.pen.text((right - 6 * SCALE, at - 3 * SCALE), name, fill=INK, font=_font(12), anchor="rb")
        for series in self.panel.series:
            self._series(series)
        self._legend()

    def _series(self, series: Series) -> None:
        colour = COLOURS[series.colour]
        places = [self._at(point) for point in series.points]
        for start, stop in pairwise(places) if series.line else ():
            if series.dashed:
                self._dashes(start, stop, colour)
            else:
                self.pen.line([start, stop], fill=colour, width=2 * SCALE)
        for x, y in places if series.dots else ():
            self.pen.ellipse([x - 4 * SCALE, y - 4 * SCALE, x + 4 * SCALE, y + 4 * SCALE], fill=colour, outline=PAPER)

    def _legend(self) -> None:
        left, top = self.box[0] + 12 * SCALE, self.box[1] + 10 * SCALE
        named = [series for series in self.panel.series if series.label]
        if not named:
            return
        wide = max(self.pen.textlength(series.label, font=_font(12)) for series in named)
        self.pen.rectangle(
            [left - 4 * SCALE, top - 4 * SCALE, left + wide + 40 * SCALE, top + 18 * SCALE * len(named)], fill=PAPER
        )
        for row, series in enumerate(named):
            y = top + (18 * row + 7) * SCALE
            colour = COLOURS[series.colour]
            if series.line and series.dashed:
                self._dashes((left, y), (left + 24 * SCALE, y), colour)
            elif series.line:
                self.pen.line([(left, y), (left + 24 * SCALE, y)], fill=colour, width=2 * SCALE)
            if series.dots:
                x = left + 12 * SCALE
                self.pen.ellipse([x - 4 * SCALE, y - 4 * SCALE, x + 4 * SCALE, y + 4 * SCALE], fill=colour)
            self.pen.text((left + 32 * SCALE, y), series.label, fill=INK, font=_font(12), anchor="lm")

    def _dashes(self, start: Point, stop: Point, colour: tuple[int, int, int]) -> None:
        length, dash = math.dist(start, stop), 6.0 * SCALE
        for index in range(0, int(length / dash) + 1, 2):
            ends = [min(1.0, step * dash / max(length, 1e-9)) for step in (index, index + 1)]
            line = [(start[0] + (stop[0] - start[0]) * t, start[1] + (stop[1] - start[1]) * t) for t in ends]
            self.pen.line(line, fill=colour, width=3 * SCALE // 2)

    def _upright(self, text: str, place: tuple[int, int]) -> None:
        wide = int(self.pen.textlength(text, font=_font(13))) + 2
        strip = PIL.Image.new("RGB", (wide, 20 * SCALE), PAPER)
        PIL.ImageDraw.Draw(strip).text((0, 0), text, fill=INK, font=_font(13))
        self.canvas.paste(strip.rotate(90, expand=True), (place[0], place[1] - wide // 2))

    def _at(self, point: Point) -> Point:
        left, top, right, bottom = self.box
        x, y = (math.log(value / low) / math.log(high / low) for value, (low, high) in
                zip(point, (self.x, self.y), strict=True))  # fmt: skip
        return left + x * (right - left), bottom - y * (bottom - top)


def _reach(values: Sequence[float]) -> tuple[float, float]:
    """From a little below the least to a little above the most."""
    return min(values) / 1.3, max(values) * 1.3


def _ticks(low: float, high: float) -> list[float]:
    """Ones, twos and fives, or only ones where the reach is wide."""
    wide = math.log10(high / low) > 2.7
    steps = (1,) if wide else (1, 2, 5)
    made = [step * 10.0**power for power in range(-6, 16) for step in steps]
    return [value for value in made if low <= value <= high]


def _said(value: float) -> str:
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * size or value == size:
            return f"{value / size:g}{sign}"
    return f"{value:g}"


def _font(size: int) -> Any:
    return PIL.ImageFont.load_default(size * SCALE)
