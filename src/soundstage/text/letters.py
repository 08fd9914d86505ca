"""Letter to sound for words that no dictionary has: for each letter, the longest known context decides.

Notable: an instance-based tree (IGTree; Daelemans and van den Bosch, 1996). A node is a letter with some of its
neighbours, asked in a fixed order (right, left, right …); a node that says what its parent says was pruned. Vowels
come out with their stress. The table is made from the dictionary by `data/narrator_letters` and shipped beside it.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("letters.xz")
ORDER = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""Offsets of the letters that a context asks for, most informative first."""


def context(word: str, index: int) -> str:
    """The letters around `index` in the order that the tree asks them; # stands outside the word."""
    return "".join(word[index + offset] if 0 <= index + offset < len(word) else "#" for offset in ORDER)


def pronounce(word: str, table: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Phones of a lower-case word of the letters a–z;
    other characters are silent. Never empty for a word with letters.
    """
    table = _shipped() if table is None else table
    phones: list[str] = []
    for index in range(len(word)):
        around = context(word, index)
        said = ""
        for length in range(1, len(around) + 1):
            found = table.get(around[:length])
            if found is None:
                break
            said = found
        phones += said.split()
    phones = [
        phone for index, phone in enumerate(phones) if index == 0 or phone != phones[index - 1] or phone[-1].isdigit()
    ]
    return _one_stress(tuple(phones)) or ("ax0",)


def _one_stress(phones: tuple[str, ...]) -> tuple[str, ...]:
    """Letters decide alone, so a word may come out without any stress: its first full vowel then takes it."""
    if any(phone.endswith("1") for phone in phones):
        return phones
    vowels = [index for index, phone in enumerate(phones) if phone.endswith("0")]
    full = next((index for index in vowels if phones[index] not in ("ax0", "er0", "ih0")), vowels[0] if vowels else -1)
    return tuple(phone[:-1] + "1" if index == full else phone for index, phone in enumerate(phones))


@cache
def _shipped() -> dict[str, str]:
    lines = lzma.decompress(FILE.read_bytes()).decode().splitlines()
    return {around: phones for around, _, phones in (line.partition(" ") for line in lines)}
