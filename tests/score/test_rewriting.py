from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from soundstage.data.composer import sheets
from soundstage.score.language import brief_of
from soundstage.score.rewriting import Rewriter
from soundstage.score.sheet import ROLES

PIECES = [sheet for sheet in islice(sheets(11), 40) if len(sheet.bars) >= 6][:4]


def walked(grammar: Rewriter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    while not grammar.done:
        options = grammar.allowed()
        grammar.push(options[rng.integers(len(options))])


@pytest.mark.parametrize("index", range(4))
def test_any_walk_keeps_the_bars_that_stand(index):
    sheet = PIECES[index]
    grammar = Rewriter(brief_of(sheet), sheet, known=3, until=5, roles=ROLES)
    walked(grammar, index)
    assert len(grammar.bars) == 5
    assert tuple(grammar.bars[:3]) == sheet.bars[:3]
    assert any(grammar.bars[i].parts != sheet.bars[i].parts for i in (3, 4))


@pytest.mark.parametrize("index", range(4))
def test_any_walk_keeps_the_parts_that_stand(index):
    sheet = PIECES[index]
    free = sheet.roster[-1][0]
    given = tuple(tuple(chord for _, chord in bar.chords) for bar in sheet.bars)
    grammar = Rewriter(replace(brief_of(sheet), chords=given), sheet, known=2, until=5, roles={free})
    walked(grammar, index)
    for mine, theirs in zip(grammar.bars[2:5], sheet.bars[2:5], strict=True):
        assert mine.chords == theirs.chords
        assert {r: p for r, p in mine.parts.items() if r != free} == {
            r: p for r, p in theirs.parts.items() if r != free
        }


def test_a_whole_piece_can_be_dictated():
    sheet = PIECES[0]
    grammar = Rewriter(brief_of(sheet), sheet, known=len(sheet.bars), until=len(sheet.bars), roles=())
    walked(grammar, 0)
    assert grammar.speller.sheet() == sheet
