"""Pictures through Pillow: png, jpg and webp; written atomically, with provenance in their metadata.

Notable: png has a text for it, jpg and webp the EXIF user comment. What is longer than a format can hold (64 kB of
EXIF in jpg) loses its graph, for a picture without its recipe is better than no picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from soundstage.errors import InputError
from soundstage.media.image import Image
from soundstage.media.paths import known_suffix, pictured, written
from soundstage.media.provenance import Provenance
from soundstage.media.tags import KEY, tag_text

USER_COMMENT, EXIF_FOLDER = 0x9286, 0x8769
ASCII, UNICODE = b"ASCII\0\0\0", b"UNICODE\0"


@dataclass(frozen=True, kw_only=True)
class Format:
    """What Pillow calls a format, the longest side and the longest comment that it holds, and how it is written."""

    name: str
    side: int
    comment: int
    options: dict[str, Any] = field(default_factory=dict)


JPEG = Format(name="JPEG", side=65_500, comment=64_000, options={"quality": 95, "subsampling": 0})
FORMATS = {
    ".png": Format(name="PNG", side=2**31 - 1, comment=1_000_000),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": Format(name="WEBP", side=16_383, comment=4_000_000, options={"quality": 95}),
}
SUFFIXES = tuple(FORMATS)


def write_image(image: Image, path: Path, provenance: Provenance | None = None) -> None:
    """Writes `image` atomically; see `Image.save`. Raises InputError for an unknown suffix, or a side too long."""
    import PIL.Image

    suffix = known_suffix(path, SUFFIXES)
    known = FORMATS[suffix]
    if max(image.width, image.height) > known.side:
        size = f"are {image.width}×{image.height}"
        raise InputError("pixels", size, f"{suffix} holds at most {known.side} a side; use .png")
    options = dict(known.options)
    if provenance is not None:
        options |= _metadata(provenance, suffix)
    with written(path) as part:
        PIL.Image.fromarray(image.pixels).save(part, known.name, **options)


def read_image(path: Path) -> Image:
    """Reads a picture of any kind that Pillow knows; see `Image.load`. Raises MissingError; InputError when damaged."""
    import PIL.Image
    import PIL.ImageOps

    with pictured(path) as picture:
        upright = PIL.ImageOps.exif_transpose(picture).convert("RGBA")
    white = PIL.Image.new("RGBA", upright.size, "white")
    return Image(np.asarray(PIL.Image.alpha_composite(white, upright).convert("RGB")))


def read_picture_tag(path: Path) -> str | None:
    """The comment in a picture's metadata: png text, EXIF user comment, or gif comment."""
    with pictured(path) as picture:
        comment = picture.info.get(KEY) or picture.getexif().get_ifd(EXIF_FOLDER).get(USER_COMMENT)
    if isinstance(comment, bytes):
        if comment.startswith(UNICODE):
            return comment[len(UNICODE) :].decode("utf-16-le", "replace")
        return comment.removeprefix(ASCII).decode("utf-8", "replace")
    return comment if isinstance(comment, str) else None


def png_text(text: str | None) -> Any:
    """Pillow's metadata for a png that carries `text`."""
    from PIL.PngImagePlugin import PngInfo

    information = PngInfo()
    if text is not None:
        information.add_itxt(KEY, text, zip=len(text) > 1000)
    return information


def _comment(provenance: Provenance, longest: int, *, ascii_only: bool) -> str:
    """Its JSON, without the graph if that is longer than `longest` bytes. Raises InputError if it still is."""
    for kept in (provenance, replace(provenance, graph=None)):
        facts = json.loads(tag_text(kept) or "{}")
        text = json.dumps(facts, ensure_ascii=ascii_only, separators=(",", ":"))
        if len(text.encode()) <= longest:
            return text
    raise InputError("provenance", f"is longer than {longest} bytes", "shorten its prompt and extra")


def _metadata(provenance: Provenance, suffix: str) -> dict[str, Any]:
    """Pillow's options that write it: UTF-8 text in png; elsewhere ASCII in EXIF, where JSON escapes the rest."""
    import PIL.Image

    longest = FORMATS[suffix].comment
    if suffix == ".png":
        return {"pnginfo": png_text(_comment(provenance, longest, ascii_only=False))}
    exif = PIL.Image.Exif()
    exif.get_ifd(EXIF_FOLDER)[USER_COMMENT] = ASCII + _comment(provenance, longest, ascii_only=True).encode()
    return {"exif": exif}
