"""Learns letter-to-sound from the pronouncing dictionary and measures it on words left out.

    python -m soundstage.data.narrator_letters src/soundstage/text/letters.xz

Notable: letters are aligned to none, one or two phones each by Viterbi training, then a context tree is grown and
pruned.
"""

from __future__ import annotations

import lzma
import math
import os
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from soundstage.text.letters import ORDER, context, pronounce
from soundstage.text.lexicon import Lexicon, Pronunciation

MOST = 2
"""Phones that one letter may stand for."""


def held_out(word: str) -> bool:
    """One word in twenty, chosen by its spelling."""
    return zlib.crc32(word.encode()) % 20 == 0


def words(lexicon: Lexicon) -> dict[str, Pronunciation]:
    """What is learned from: plain words with their pronunciations."""
    return {word: lexicon.entries[word] for word in lexicon.words() if word.isalpha() and word in lexicon.entries}


def align(word: str, phones: Pronunciation, score: Mapping[tuple[str, str], float]) -> list[str] | None:
    """The best way to share the phones out to the letters; None when there are too many phones."""
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for letter in word:
        row: dict[int, tuple[float, int]] = {}
        for at, (cost, _) in best[-1].items():
            for count in range(MOST + 1):
                if at + count > len(phones):
                    break
                said = " ".join(phones[at : at + count])
                new = cost + score.get((letter, said), 14.0)
                if at + count not in row or new < row[at + count][0]:
                    row[at + count] = (new, at)
        best.append(row)
    at = len(phones)
    if at not in best[-1]:
        return None
    chunks = []
    for row in reversed(best[1:]):
        before = row[at][1]
        chunks.append(" ".join(phones[before:at]))
        at = before
    return chunks[::-1]


def learn_alignment(table: Mapping[str, Pronunciation], rounds: int = 5) -> dict[tuple[str, str], float]:
    """Costs (negative log probabilities) of a letter standing for phones."""
    counts: Counter[tuple[str, str]] = Counter()
    for word, phones in table.items():  # at first: whatever lies near the diagonal
        for index, letter in enumerate(word):
            middle = index * len(phones) / len(word)
            for at in range(max(0, int(middle) - 1), min(len(phones), int(middle) + 2)):
                counts[letter, phones[at]] += 1
            counts[letter, ""] += 1
    costs: dict[tuple[str, str], float] = {}
    for _ in range(rounds):
        totals: Counter[str] = Counter()
        for (letter, _said), number in counts.items():
            totals[letter] += number
        costs = {key: -math.log(number / totals[key[0]]) + 0.5 * key[1].count(" ") for key, number in counts.items()}
        counts = Counter()
        for word, phones in table.items():
            if chunks := align(word, phones, costs):
                counts.update(zip(word, chunks, strict=True))
    return costs


def grow(examples: Sequence[tuple[str, str]], prefix: str = "", said: str | None = None) -> dict[str, str]:
    """The tree below `prefix` as {context:
    phones}; nodes that add nothing to `said`, their parent's answer, are left out.
    """
    counts = Counter(phones for _, phones in examples)
    common = max(counts, key=lambda phones: (counts[phones], phones == said))
    below: dict[str, str] = {}
    if (len(counts) > 1 or not prefix) and len(prefix) < len(ORDER):
        groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for example in examples:
            groups[example[0][len(prefix)]].append(example)
        for letter, group in groups.items():
            below |= grow(group, prefix + letter, common if prefix else None)
    if prefix and (below or common != said):
        below[prefix] = common
    return below


def learn(table: Mapping[str, Pronunciation]) -> dict[str, str]:
    """The context tree of a dictionary."""
    some = {word: phones for index, (word, phones) in enumerate(sorted(table.items())) if index % 4 == 0}
    costs = learn_alignment(some)
    examples = []
    for word, phones in table.items():
        if chunks := align(word, phones, costs):
            examples += [(context(word, index), chunk) for index, chunk in enumerate(chunks)]
    return grow(examples)


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Edits that make one sequence the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def score(tree: Mapping[str, str], table: Mapping[str, Pronunciation]) -> dict[str, float]:
    """Share of words wholly right with and without stress, and share of phones right."""
    right = bare = errors = phones = 0
    for word, truth in table.items():
        made = pronounce(word, tree)
        right += made == truth
        a, b = [p.rstrip("01") for p in made], [p.rstrip("01") for p in truth]
        bare += a == b
        errors += distance(a, b)
        phones += len(b)
    return {"words": right / len(table), "words without stress": bare / len(table), "phones": 1 - errors / phones}


def main(target: str) -> None:
    """Learn without the held-out words, measure on them, then learn from all and write."""
    table = words(Lexicon.shipped())
    tree = learn({word: phones for word, phones in table.items() if not held_out(word)})
    measured = score(tree, {word: phones for word, phones in table.items() if held_out(word)})
    print(f"{len(tree)} nodes; held-out words: " + ", ".join(f"{name} {value:.1%}" for name, value in measured.items()))
    text = "\n".join(f"{around} {phones}".rstrip() for around, phones in sorted(tree.items())) + "\n"
    partial = Path(target).with_name(f".{Path(target).name}.{os.getpid()}")
    partial.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    partial.replace(target)
    print(f"{Path(target).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:2])
