from dataclasses import replace
from itertools import islice

import pytest

from soundstage.data.composer import sheets
from soundstage.errors import InputError
from soundstage.score.structure import Part, counted, parse_structure, places_of, returned, sections_of, shared


def test_entries_name_sections_and_maybe_their_bars():
    assert parse_structure(["intro 4", "[Verse]", "chorus: 8 bars"]) == (
        Part("intro", 4), Part("verse", 0), Part("chorus", 8),
    )  # fmt: skip
    assert parse_structure(["intro, verse 8, [verse 2] 8"])[1:] == (Part("verse", 8), Part("verse", 8))
    assert parse_structure(["verse 2: 4"]) == (Part("verse", 4),)


@pytest.mark.parametrize(
    ("entries", "message"),
    [(["fugue"], "'fugue' is not known"), ([" , "], "is empty"), (["verse 0"], "has no bars"), (["8"], "not known")],
)
def test_what_is_no_structure_is_refused(entries, message):
    with pytest.raises(InputError, match=f"structure.*{message}"):
        parse_structure(entries)


@pytest.mark.parametrize("bars", range(5, 60))
def test_bars_are_shared_to_the_last(bars):
    parts = shared(parse_structure(["intro", "verse", "chorus", "verse", "outro"]), bars)
    assert sum(part.bars for part in parts) == bars
    assert all(part.bars >= 1 for part in parts)
    assert counted(parts) == bars


def test_what_was_said_is_kept_and_what_cannot_be_is_refused():
    assert shared(parse_structure(["intro 3", "verse"]), 11) == (Part("intro", 3), Part("verse", 8))
    with pytest.raises(InputError, match="needs 9 bars where the length gives 8"):
        shared(parse_structure(["intro 8", "verse"]), 8)


def test_places_count_down_to_the_ending():
    places = places_of((Part("verse", 5), Part("chorus", 2)))
    assert [place.section for place in places] == ["A"] * 5 + ["B"] * 2 + ["end"]
    assert [place.phrase for place in places] == [0, 1, 2, 3, 0, 0, 1, 0]
    assert [place.left for place in places] == [7, 6, 5, 4, 3, 2, 1, 0]


def test_a_chorus_that_returns_is_the_same_music():
    parts = (Part("chorus", 2), Part("verse", 2), Part("chorus", 2))
    sheet = next(sheet for sheet in islice(sheets(11), 40) if len(sheet.bars) >= 7)
    sheet = replace(sheet, bars=(*sheet.bars[:6], sheet.bars[-1]))
    same = returned(sheet, parts)
    assert [bar.parts for bar in same.bars[4:6]] == [bar.parts for bar in sheet.bars[0:2]]
    assert same.bars[:4] == sheet.bars[:4]
    assert same.bars[6] == sheet.bars[6]
    assert [(s.name, s.start_bar, s.bars) for s in sections_of(parts)] == [
        ("chorus", 0, 2), ("verse", 2, 2), ("chorus", 4, 2), ("end", 6, 1),
    ]  # fmt: skip
