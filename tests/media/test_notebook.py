"""Notebook display: whole, self-contained, escaped."""

from __future__ import annotations

import base64
import re
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest

from soundstage.media import Audio, Beat, Image, Music, Speech, Video, Word

SOUND = Audio(np.sin(np.arange(2000) / 9)[None], 8000)
VALUES = [
    (SOUND, "audio/wav", b"RIFF"),
    (Speech(SOUND, (Word("<b>&", 0.0, 0.1),), (), "<script>"), "audio/wav", b"RIFF"),
    (Music(SOUND, {"<piano>": SOUND}, None, (Beat(0.0, 1), Beat(0.1, 2))), "audio/wav", b"RIFF"),
    (Audio(np.zeros((1, 8000 * 21), np.float32), 8000), "audio/mp4", b"ftyp"),
    (Image(np.zeros((4, 4, 3), np.uint8)), "image/png", b"PNG"),
    (Video(np.zeros((3, 16, 16, 3), np.uint8), Fraction(24)), "video/mp4", b"ftyp"),
    (Video(np.zeros((3, 15, 16, 3), np.uint8), Fraction(24)), "video/webm", b"webm"),
]


class Balance(HTMLParser):
    """Counts tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("img", "line", "polygon"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("value", "kind", "magic"), VALUES)
def test_a_value_shows_itself_with_its_file_inside(value: Audio, kind: str, magic: bytes) -> None:
    page = value._repr_html_()
    found = re.search(rf"data:{kind};base64,([A-Za-z0-9+/=]+)", page)
    assert found
    assert magic in base64.b64decode(found[1])[:64]
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert not {"script", "piano", "b"} & balance.seen
    assert "http" not in page
