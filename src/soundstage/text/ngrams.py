"""Words as bags of hashed character n-grams, so that no word is unknown (Bojanowski et al., 2017).

Notable: there is no vocabulary file. A word is the hashes of itself and of its character 3- to 5-grams, taken with
its edges marked; `puppies` shares most of its pieces with `puppy`, and a misspelt `moutains` most of its with
`mountains`, so an embedding learned on one answers for the other.

N words · P pieces of a word, 0 = none
"""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[a-z0-9]+")
PIECES = 16
LENGTHS = (3, 4, 5)


def words(text: str) -> list[str]:
    """The words of a text in order: lower case, without accents, possessives (`'s`) taken off."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return WORD.findall(re.sub(r"'s\b", " ", plain))


def pieces(word: str, buckets: int, limit: int = PIECES) -> list[int]:
    """Bucket numbers in [1, buckets) of a word and of its character n-grams, the whole word first, shorter grams
    next.
    """
    marked = f"<{word}>"
    grams = [marked] + [marked[i : i + n] for n in LENGTHS for i in range(len(marked) - n + 1) if n < len(marked)]
    return [1 + crc32(gram.encode()) % (buckets - 1) for gram in grams[:limit]]


def ngrams(text: str, buckets: int, limit: int = 48) -> NDArray[np.int64]:
    """The pieces of the first `limit` words, [N, P]; a text without words gives one row of zeros."""
    rows = [pieces(word, buckets) for word in words(text)[:limit]] or [[]]
    out = np.zeros((len(rows), PIECES), np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
