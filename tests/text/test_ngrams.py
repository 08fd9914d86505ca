"""Hashed character n-grams."""

import numpy as np

from soundstage.text.ngrams import PIECES, ngrams, pieces, words


def test_words_are_plain_lower_case_without_possessives():
    assert words("The Keeper's CAT, in a café!") == ["the", "keeper", "cat", "in", "a", "cafe"]


def test_an_inflected_or_misspelt_word_shares_more_pieces_than_another_word_does():
    def shared(a: str, b: str) -> int:
        return len(set(pieces(a, 8192)) & set(pieces(b, 8192)))

    assert shared("mountains", "moutains") > shared("mountains", "meadow") == 0
    assert shared("puppies", "puppy") > 2


def test_a_text_without_words_is_one_empty_row():
    assert np.array_equal(ngrams("…!", 512), np.zeros((1, PIECES), np.int64))


def test_ids_are_stable_and_in_range():
    ids = ngrams("a golden dog runs " * 40, 512, limit=20)
    assert ids.shape == (20, PIECES)
    assert ids.max() < 512
    assert np.array_equal(ids, ngrams("a golden dog runs " * 40, 512, limit=20))
