"""The examples of the documentation stand, and are those that its recipe names."""

from __future__ import annotations

import re
from pathlib import Path

from soundstage.media import Audio
from soundstage.recipes import examples

ROOT = Path(__file__).parents[2]


def test_every_example_that_the_page_shows_can_be_heard_and_seen() -> None:
    page = (ROOT / "docs/music.md").read_text(encoding="utf-8")
    shown = re.findall(r"\((examples/[^)]*)\)", page)
    assert len(shown) >= 14
    for name in shown:
        assert (ROOT / "docs" / name).is_file(), name
    kept = {path.name for path in (ROOT / examples.FOLDER).iterdir()}
    assert kept == {name.removeprefix("examples/") for name in shown}


def test_the_example_with_another_line_is_the_same_song_elsewhere() -> None:
    song, other = (Audio.load(ROOT / examples.FOLDER / f"{name}.opus") for name in ("song", "song-other-line"))
    assert song.length == other.length
    apart = abs(song.samples - other.samples).max(0)
    assert apart[: 4 * song.rate].max() < 0.02  # opus rounds
    assert apart.max() > 0.05
