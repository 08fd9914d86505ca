"""Sources: which licence wins, and that a file carries all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Provenance, probe, read_provenance
from soundstage.media.sources import Source, joined, refused, strictest

FREE = Source(name="a", licence="MIT", commercial=True, data="our own")
NAMED = Source(name="b", licence="CC-BY-4.0", commercial=True)
SHARED = Source(name="c", licence="GPL-2.0", commercial=True, kind="sound font")
BARRED = Source(name="d", licence="CC-BY-NC-4.0", commercial=False)
DARK = Source(name="e", licence="unknown: see where it was published", commercial=False)


@pytest.mark.parametrize(
    ("sources", "licence"),
    [
        ([], ""),
        ([FREE], "MIT"),
        ([FREE, NAMED], "CC-BY-4.0"),
        ([NAMED, SHARED, FREE], "GPL-2.0"),
        ([SHARED, BARRED], "CC-BY-NC-4.0"),
        ([BARRED, DARK, FREE], DARK.licence),
        ([FREE, Source(name="f", licence="Apache-2.0", commercial=True)], "MIT, Apache-2.0"),
    ],
)
def test_the_strictest_licence_wins(sources: list[Source], licence: str) -> None:
    assert strictest(sources) == licence
    assert Provenance(task="toy", sources=tuple(sources)).licence == licence


def test_one_source_that_is_barred_bars_the_whole() -> None:
    assert Provenance(task="toy", sources=(FREE, NAMED)).commercial is True
    assert Provenance(task="toy", sources=(FREE, BARRED)).commercial is False
    assert Provenance(task="toy").commercial is None
    assert refused([FREE, BARRED, DARK]) == DARK
    assert refused([FREE, SHARED]) is None


def test_sources_are_listed_once() -> None:
    assert joined([[FREE, NAMED], [NAMED, FREE, SHARED]]) == (FREE, NAMED, SHARED)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac"])
def test_a_file_tells_all_that_it_was_made_with(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    made = Provenance(task="film", sources=(FREE, BARRED))
    Audio.silence(0.1, 24000).save(path, made)
    assert read_provenance(path) == made
    told = dict(probe(path).lines())
    assert told["licence"] == "CC-BY-NC-4.0" and told["commercial use"] == "no"
    assert told["source 1"] == "model a: MIT, commercial use allowed; made from: our own"
    plain = probe(path).to_dict()["provenance"]
    assert plain["commercial"] is False and plain["sources"][1]["name"] == "d"


def test_a_source_of_a_later_version_is_read_and_nonsense_is_not() -> None:
    assert Source.read({"name": "a", "licence": "MIT", "commercial": True, "colour": 1}).commercial
    assert not Source.read({"name": "a"}).commercial
    for nonsense in ("a", {}, {"name": 3}):
        with pytest.raises(InputError, match="sources"):
            Source.read(nonsense)
