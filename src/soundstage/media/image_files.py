"""Pictures through Pillow: png, jpg and webp; written atomically, with provenance in their metadata.

Notable: jpg and webp carry it as the EXIF user comment (UTF-16, which EXIF calls UNICODE) unless it is longer than
EXIF's 64 kB can hold; then the graph is left out, for a picture without its recipe is better than no picture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from soundstage.errors import InputError
from soundstage.media.image import Image
from soundstage.media.paths import damaged, existing, known_suffix, written
from soundstage.media.provenance import Provenance
from soundstage.media.tags import KEY, tag_text

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
USER_COMMENT, EXIF_FOLDER = 0x9286, 0x8769
EXIF_LIMIT = 65_000
JPEG_SIDE = 65_500


def write_image(image: Image, path: Path, provenance: Provenance | None = None) -> None:
    """Writes `image` to `path` atomically; see `Image.save`. Raises InputError for an unknown suffix."""
    import PIL.Image

    suffix = known_suffix(path, SUFFIXES)
    limit = {".png": 2**31 - 1, ".webp": 16_383}.get(suffix, JPEG_SIDE)
    if max(image.width, image.height) > limit:
        raise InputError(
            "pixels", f"are {image.width}×{image.height}", f"{suffix} holds at most {limit} a side; use .png"
        )
    options: dict[str, Any] = {} if suffix == ".png" else {"quality": 95}
    if suffix in (".jpg", ".jpeg"):
        options["subsampling"] = 0
    if suffix == ".png":
        options["pnginfo"] = png_text(tag_text(provenance))
    elif provenance is not None:
        options["exif"] = _exif(provenance)
    with written(path) as part:
        PIL.Image.fromarray(image.pixels).save(part, FORMATS[suffix], **options)


def read_image(path: Path) -> Image:
    """Reads a picture of any kind that Pillow knows; see `Image.load`. Raises MissingError; InputError when damaged."""
    import PIL.Image
    import PIL.ImageOps

    existing(path)
    try:
        with PIL.Image.open(path) as picture:
            upright = PIL.ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise damaged(path, error) from error
    white = PIL.Image.new("RGBA", upright.size, "white")
    return Image(np.asarray(PIL.Image.alpha_composite(white, upright).convert("RGB")))


def read_picture_tag(path: Path) -> str | None:
    """The comment in a picture's metadata: png text, EXIF user comment, or gif comment."""
    import PIL.Image

    try:
        with PIL.Image.open(path) as picture:
            comment = picture.info.get(KEY) or picture.getexif().get_ifd(EXIF_FOLDER).get(USER_COMMENT)
    except (OSError, ValueError, SyntaxError) as error:
        raise damaged(path, error) from error
    if isinstance(comment, bytes) and comment.startswith(b"UNICODE\0"):
        return comment[8:].decode("utf-16-le", "replace")
    return comment.decode("utf-8", "replace") if isinstance(comment, bytes) else comment


def png_text(text: str | None) -> Any:
    """Pillow's metadata for a png that carries `text`."""
    from PIL.PngImagePlugin import PngInfo

    information = PngInfo()
    if text is not None:
        information.add_itxt(KEY, text, zip=len(text) > 1000)
    return information


def _exif(provenance: Provenance) -> Any:
    import PIL.Image

    comment = _unicode(tag_text(provenance))
    if len(comment) > EXIF_LIMIT:
        comment = _unicode(tag_text(replace(provenance, graph=None)))
    if len(comment) > EXIF_LIMIT:
        raise InputError("provenance", "is longer than EXIF can hold", "shorten its prompt and extra, or save a .png")
    exif = PIL.Image.Exif()
    exif.get_ifd(EXIF_FOLDER)[USER_COMMENT] = comment
    return exif


def _unicode(text: str | None) -> bytes:
    return b"UNICODE\0" + (text or "").encode("utf-16-le")
