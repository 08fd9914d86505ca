from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from soundstage.data.composer import sheets
from soundstage.score.language import SIDE_SIZES, STOP, TOKENS, VOCABULARY, brief_of, spell
from soundstage.score.speller import Speller, decode, encode
from soundstage.score.theory import Harmony

PIECES = list(islice(sheets(11), 40))


def test_every_piece_is_spelled_and_read_back_exactly():
    for sheet in PIECES:
        assert decode(brief_of(sheet), list(spell(sheet))) == sheet


def test_the_composer_writes_only_what_the_grammar_allows():
    for sheet in PIECES:
        speller = Speller(brief_of(sheet))
        for token in spell(sheet):
            assert token in speller.allowed(), (TOKENS[token], speller.state)
            speller.push(token)
        assert speller.done


def test_sides_stay_within_their_tables():
    ids, sides = encode(PIECES[0])
    assert ids.max() < VOCABULARY
    assert ids[-1] == STOP
    assert (sides.max(axis=0) < np.array(SIDE_SIZES)).all()
    assert sides.min() >= 0


@pytest.mark.parametrize("seed", range(6))
def test_any_walk_through_the_grammar_is_a_piece(seed):
    rng = np.random.default_rng(seed)
    brief = brief_of(PIECES[seed])
    speller = Speller(brief, patience=2)
    while not speller.done:
        options = speller.allowed()
        speller.push(options[rng.integers(len(options))])
    sheet = speller.sheet()
    assert len(sheet.bars) == len(brief.places)
    assert sheet.bars[-1].chords[0][1].degree == 0
    assert all(set(bar.parts) == {role for role, _ in brief.roster} for bar in sheet.bars)
    assert decode(brief, list(spell(replace(sheet)))).bars[-1].section == "end"


@pytest.mark.parametrize("seed", range(3))
def test_given_chords_are_what_any_walk_writes(seed):
    rng = np.random.default_rng(seed)
    brief = brief_of(PIECES[seed])
    given = ((Harmony(5, 0, "m"),), (Harmony(3, 0, "maj7"), Harmony(6, -1, "")))
    chords = tuple(given[index % 2] for index in range(len(brief.places) - 1))
    speller = Speller(replace(brief, chords=chords))
    while not speller.done:
        options = speller.allowed()
        speller.push(options[rng.integers(len(options))])
    bars = speller.sheet().bars
    assert tuple(tuple(chord for _, chord in bar.chords) for bar in bars[:-1]) == chords
    assert bars[-1].chords[0][1].degree == 0


def test_a_part_cannot_rest_longer_than_patience():
    brief = brief_of(next(s for s in PIECES if len(s.bars) > 6))
    speller = Speller(brief, patience=2)
    while not speller.done:
        rests = [token for token in speller.allowed() if TOKENS[token][0] == "rest"]
        speller.push((rests or speller.allowed()[-1:])[0])
    for role, _ in brief.roster:
        silent = [not bar.parts[role] for bar in speller.bars]
        assert not any(all(silent[i : i + 3]) for i in range(len(silent) - 3))
