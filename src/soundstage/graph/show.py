"""A graph as a picture: mermaid's text, and a PNG drawn in layers.

Notable: the layers are the longest ways from the sources (Sugiyama's method): crossings are lessened by sweeps of
barycentres, and a link that passes over layers gets a place in each of them, so that no line runs behind a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundstage.errors import InputError
from soundstage.graph.graph import Graph
from soundstage.graph.types import spell

if TYPE_CHECKING:
    from PIL import ImageDraw

SWEEPS = 6
MOST_PLACES, MOST_PIXELS = 100_000, 250_000_000
PALETTE = ("#2f6f8f", "#8f5a2f", "#4f7f3f", "#7a4f8f", "#9a3f4f", "#3f6f6a", "#8a7a2f", "#5a5f8f")
INK, PAPER, LINE = "#1e2328", "#fbfaf7", "#8b929a"


def mermaid(graph: Graph) -> str:
    """The graph as a mermaid flowchart: boxes with task names, links labelled with the ports that they enter."""
    lines = ["flowchart LR"]
    lines += [f'  {_id(name)}["{name}<br/><small>{node.task.name}</small>"]' for name, node in graph.nodes.items()]
    for name, node in graph.nodes.items():
        for port, place, link in node.links:
            label = ".".join(map(str, (port, *place)))
            part = f"{'.'.join(link.parts)} → " if link.parts else ""
            lines.append(f'  {_id(link.node)} -->|"{part}{label}"| {_id(name)}')
    for name, link in graph.outputs.items():
        lines.append(f'  {_id(link.node)} --> out_{_id(name)}(["{name}"])')
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    return "n_" + name.replace("-", "_2d_")


@dataclass(frozen=True)
class Box:
    """A node's place in the picture, in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Its vertical middle."""
        return self.top + self.height / 2


def layers(graph: Graph) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """The names by layer, each layer in an order of few crossings, and the short edges between neighbours.

    Where a link passes over layers, places named `source→target#n` stand for it in them. Raises InputError for a graph
    that nobody could look at.
    """
    depth: dict[str, int] = {}
    for name in graph.order():
        depth[name] = 1 + max((depth[source] for source in graph.nodes[name].sources), default=-1)
    passing = sum(depth[name] - depth[source] for name, node in graph.nodes.items() for source in node.sources)
    if len(graph.nodes) + passing > MOST_PLACES:
        raise _too_large(graph)
    rows: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=0))]
    for name in graph.nodes:
        rows[depth[name]].append(name)
    edges: list[tuple[str, str]] = []
    for name, node in graph.nodes.items():
        for source in node.sources:
            before = source
            for step in range(depth[source] + 1, depth[name]):
                place = f"{source}→{name}#{step}"
                rows[step].append(place)
                edges.append((before, place))
                before = place
            edges.append((before, name))
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for source, target in edges:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for index in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            beside = {name: at for at, name in enumerate(rows[index - 1 if down else index + 1])}
            order = {name: at for at, name in enumerate(rows[index])}
            rows[index].sort(key=lambda name: _barycentre(neighbours.get(name, []), beside, order[name]))
    return rows, edges


def _barycentre(neighbours: list[str], place: dict[str, int], own: float) -> float:
    places = [place[name] for name in neighbours if name in place]
    return sum(places) / len(places) if places else own


def png(graph: Graph, path: Path | str) -> None:
    """Draw the graph, from left to right, and write it, atomically. Raises InputError for one too large to draw."""
    from PIL import Image, ImageDraw, ImageFont

    bold, small = ImageFont.load_default(17), ImageFont.load_default(13)
    rows, edges = layers(graph)
    boxes, width, height = _place(graph, rows, bold, small)
    if 4 * width * height > MOST_PIXELS:
        raise _too_large(graph)
    picture = Image.new("RGB", (round(width * 2), round(height * 2)), PAPER)
    bold, small = ImageFont.load_default(34), ImageFont.load_default(26)
    draw = ImageDraw.Draw(picture)
    for source, target in edges:
        _curve(draw, boxes[source], boxes[target])
    tasks = list(dict.fromkeys(node.task.name for node in graph.nodes.values()))
    outputs: dict[str, list[str]] = {}
    for name, link in graph.outputs.items():
        outputs.setdefault(link.node, []).append(name)
    for name, node in graph.nodes.items():
        colour = PALETTE[tasks.index(node.task.name) % len(PALETTE)]
        _box(draw, boxes[name], (name, f"{node.task.name} · {spell(node.task.output)}"), colour, (bold, small))
        if name in outputs:
            box = boxes[name]
            draw.text(
                (2 * box.left + 20, 2 * (box.top + box.height) + 6), "output: " + ", ".join(outputs[name]), INK, small
            )
    partial = Path(path).with_name(f".{Path(path).name}.partial")
    picture.save(partial, "PNG")
    partial.replace(path)


def _too_large(graph: Graph) -> InputError:
    return InputError("graph", f"of {len(graph.nodes):,} nodes is too large for a picture", "leave -o out for text")


Font = Any


def _place(graph: Graph, rows: list[list[str]], bold: Font, small: Font) -> tuple[dict[str, Box], float, float]:
    """Every node's and every passing link's box; and the picture's size."""
    boxes: dict[str, Box] = {}
    gap, margin, tall = 90.0, 30.0, 52.0
    heights = [sum(tall + 26 if name in graph.nodes else 20 for name in row) for row in rows]
    left, height = margin, max(heights, default=0.0)
    for row, used in zip(rows, heights, strict=True):
        named = [name for name in row if name in graph.nodes]
        texts = [(name, f"{graph.nodes[name].task.name} · {spell(graph.nodes[name].task.output)}") for name in named]
        wide = max((max(bold.getlength(a), small.getlength(b)) for a, b in texts), default=0.0) + 30
        top = margin + (height - used) / 2
        for name in row:
            box = Box(left, top, wide, tall) if name in graph.nodes else Box(left, top, wide, 6)
            boxes[name] = box
            top += tall + 26 if name in graph.nodes else 20
        left += wide + gap
    return boxes, left - gap + margin, height + 2 * margin


def _curve(draw: ImageDraw.ImageDraw, source: Box, target: Box) -> None:
    """A smooth line from the right of one box to the left of another, straight through where a link only passes."""
    x0, y0, x1, y1 = source.left + source.width, source.middle, target.left, target.middle
    points = []
    for step in range(33):
        t = step / 32
        ease = t * t * (3 - 2 * t)
        points.append((2 * (x0 + (x1 - x0) * t), 2 * (y0 + (y1 - y0) * ease)))
    draw.line(points, LINE, 4, joint="curve")
    if target.height <= 6:
        draw.line([(2 * x1, 2 * y1), (2 * (x1 + target.width), 2 * y1)], LINE, 4)
    else:
        tip = (2 * x1, 2 * y1)
        draw.polygon([tip, (tip[0] - 18, tip[1] - 9), (tip[0] - 18, tip[1] + 9)], LINE)


def _box(draw: ImageDraw.ImageDraw, box: Box, texts: tuple[str, str], colour: str, fonts: tuple[Font, Font]) -> None:
    corners = (2 * box.left, 2 * box.top, 2 * (box.left + box.width), 2 * (box.top + box.height))
    draw.rounded_rectangle(corners, 18, "#ffffff", colour, 4)
    draw.rounded_rectangle((corners[0], corners[1], corners[0] + 14, corners[3]), 7, colour)
    draw.text((corners[0] + 30, corners[1] + 12), texts[0], INK, fonts[0])
    draw.text((corners[0] + 30, corners[1] + 60), texts[1], colour, fonts[1])
