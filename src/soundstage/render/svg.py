"""Shapes written as SVG text, and the one place where SVG becomes pixels.

Notable: drawings are plain strings, so they can be cached, hashed and joined; the rasteriser is resvg (a self-
contained wheel), called without system fonts, and it costs 2–10 ms a sprite: callers cache what they draw (see
`sprites`, `places`) and move the pixels instead. Points are (x, y) pairs in the drawing's own units, y downwards.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import resvg_py
from PIL import Image as Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Point = tuple[float, float]


def rasterise(
    body: str, width: int, height: int, *, view: tuple[float, float, float, float], defs: str = ""
) -> NDArray[np.uint8]:
    """Draw SVG elements:

    uint8 RGBA [height, width, 4], straight alpha, transparent where nothing is drawn. `view` is x, y, width,
    height.
    """
    box = " ".join(f"{v:g}" for v in view)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="none" '
        f'width="{width}" height="{height}">'
        f"<defs>{defs}</defs>{body}</svg>"
    )
    png = resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True)
    with Picture.open(io.BytesIO(bytes(png))) as picture:
        return np.array(picture.convert("RGBA"))


def vertical(name: str, stops: Sequence[tuple[float, str]], y0: float, y1: float) -> str:
    """A vertical gradient in user space, to be used as `url(#name)`. Stops are (offset, colour)."""
    inner = "".join(f'<stop offset="{o:g}" stop-color="{c[:7]}" stop-opacity="{_opacity(c):g}"/>' for o, c in stops)
    place = f'gradientUnits="userSpaceOnUse" x1="0" y1="{y0:g}" x2="0" y2="{y1:g}"'
    return f'<linearGradient id="{name}" {place}>{inner}</linearGradient>'


def radial(name: str, stops: Sequence[tuple[float, str]], x: float, y: float, r: float) -> str:
    """A round gradient in user space: glows, suns, planets."""
    inner = "".join(f'<stop offset="{o:g}" stop-color="{c[:7]}" stop-opacity="{_opacity(c):g}"/>' for o, c in stops)
    place = f'gradientUnits="userSpaceOnUse" cx="{x:g}" cy="{y:g}" r="{r:g}"'
    return f'<radialGradient id="{name}" {place}>{inner}</radialGradient>'


def _opacity(colour: str) -> float:
    """Opacity of "#rrggbbaa"; 1 for "#rrggbb"."""
    return int(colour[7:9], 16) / 255 if len(colour) == 9 else 1.0


def circle(x: float, y: float, r: float, fill: str, extra: str = "") -> str:
    """A disc."""
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" fill="{fill}" {extra}/>'


def oval(x: float, y: float, rx: float, ry: float, fill: str, turn: float = 0.0, extra: str = "") -> str:
    """An ellipse, turned clockwise by `turn` degrees."""
    rotate = f'transform="rotate({turn:.1f} {x:.2f} {y:.2f})"' if turn else ""
    return f'<ellipse cx="{x:.2f}" cy="{y:.2f}" rx="{rx:.2f}" ry="{ry:.2f}" fill="{fill}" {rotate} {extra}/>'


def box(x: float, y: float, width: float, height: float, fill: str, radius: float = 0.0, extra: str = "") -> str:
    """A rectangle from its top left corner, corners rounded by `radius`."""
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="{radius:.2f}"'
    return f'<rect {place} fill="{fill}" {extra}/>'


def shape(d: str, fill: str, extra: str = "") -> str:
    """A filled path given by SVG path data."""
    return f'<path d="{d}" fill="{fill}" {extra}/>'


def trace(letters: str, *points: Point) -> str:
    """Path data from its letters (M, L, Q, C, Z) and the points they take in turn: one, one, two, three, none."""
    rest, out = list(points), []
    for letter in letters:
        count = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}[letter]
        out.append(letter + " ".join(f"{x:.2f} {y:.2f}" for x, y in rest[:count]))
        del rest[:count]
    return "".join(out)


def polygon(points: Sequence[Point], fill: str, extra: str = "") -> str:
    """Straight edges."""
    return shape("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z", fill, extra)


def blob(points: Sequence[Point], fill: str, extra: str = "") -> str:
    """A closed smooth outline through the points."""
    return shape(_smooth(points, closed=True), fill, extra)


def line(points: Sequence[Point], width: float, colour: str, extra: str = "") -> str:
    """A smooth stroke with round ends through the points."""
    return (
        f'<path d="{_smooth(points, closed=False)}" fill="none" stroke="{colour}" stroke-width="{width:.2f}" '
        f'stroke-linecap="round" stroke-linejoin="round" {extra}/>'
    )


def capsule(a: Point, b: Point, ra: float, rb: float, fill: str) -> str:
    """The hull of two discs: a body, a neck, a log."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    distance = math.hypot(dx, dy)
    if distance <= abs(ra - rb) + 1e-6:
        x, y, r = (*a, ra) if ra >= rb else (*b, rb)
        return circle(x, y, r, fill)
    along, open_angle = math.atan2(dy, dx), math.acos((ra - rb) / distance)
    p = [
        (c[0] + r * math.cos(along + s * open_angle), c[1] + r * math.sin(along + s * open_angle))
        for c, r, s in ((a, ra, 1), (b, rb, 1), (b, rb, -1), (a, ra, -1))
    ]
    large_a, large_b = int(ra > rb), int(rb >= ra)
    d = (
        f"M{p[0][0]:.2f} {p[0][1]:.2f}L{p[1][0]:.2f} {p[1][1]:.2f}"
        f"A{rb:.2f} {rb:.2f} 0 {large_b} 0 {p[2][0]:.2f} {p[2][1]:.2f}"
        f"L{p[3][0]:.2f} {p[3][1]:.2f}A{ra:.2f} {ra:.2f} 0 {large_a} 0 {p[0][0]:.2f} {p[0][1]:.2f}Z"
    )
    return shape(d, fill)


def group(content: str, transform: str = "", extra: str = "") -> str:
    """Elements moved together."""
    return f'<g transform="{transform}" {extra}>{content}</g>'


def turned(content: str, degrees: float, x: float, y: float) -> str:
    """Elements turned clockwise about a point."""
    return group(content, f"rotate({degrees:.2f} {x:.2f} {y:.2f})")


def _smooth(points: Sequence[Point], *, closed: bool) -> str:
    """Catmull-Rom through the points, as cubic Béziers."""
    n = len(points)
    if n == 2:
        (x0, y0), (x1, y1) = points
        return f"M{x0:.2f} {y0:.2f}L{x1:.2f} {y1:.2f}"
    d = [f"M{points[0][0]:.2f} {points[0][1]:.2f}"]
    for i in range(n if closed else n - 1):
        if closed:
            p0, p1, p2, p3 = points[i - 1], points[i], points[(i + 1) % n], points[(i + 2) % n]
        else:
            p0, p1, p2, p3 = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, n - 1)]
        d.append(
            f"C{p1[0] + (p2[0] - p0[0]) / 6:.2f} {p1[1] + (p2[1] - p0[1]) / 6:.2f} "
            f"{p2[0] - (p3[0] - p1[0]) / 6:.2f} {p2[1] - (p3[1] - p1[1]) / 6:.2f} {p2[0]:.2f} {p2[1]:.2f}"
        )
    return "".join(d) + ("Z" if closed else "")
