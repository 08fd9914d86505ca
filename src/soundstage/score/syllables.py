"""Words as they are sung: their phones, and their letters, parted into syllables.

Notable: phones are parted by the longest onset that English allows (a word may begin with it), so that vowels end
open and can be held. Letters follow the phones: each phone takes the letters that usually write it along the cheapest
path, so that the parts of the word as it is written are as many as its vowels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from soundstage.text.phonemes import Phone
from soundstage.text.symbols import CONTENT, STRESSED, VOWELS

SONORANTS = frozenset({"l", "r", "w", "y", "m", "n", "ng"})
ONSETS = frozenset(
    """p-l p-r b-l b-r t-r t-w d-r d-w k-l k-r k-w g-l g-r g-w f-l f-r th-r th-w sh-r hh-w s-l s-m s-n s-p s-t s-k s-w
    s-f p-y b-y k-y g-y f-y v-y m-y hh-y n-y t-y d-y l-y th-y s-y s-p-l s-p-r s-p-y s-t-r s-t-y s-k-r s-k-w s-k-l
    s-k-y""".split()  # noqa: SIM905
)
"""What may begin an English syllable besides a single consonant: sonority rises to the vowel, but for s before a
stop."""
GRAPHEMES: dict[str, tuple[str, ...]] = {
    row.partition(":")[0].strip(): tuple(row.partition(":")[2].split())
    for row in """aa: o a ah au ow ea ho | ae: a ai au i | ah: u o ou oo oe a | ao: o a aw au ou oa augh ough oo
    aw: ow ou ough | ax: a e i o u ou ai ia io eo y ea | ay: i y igh ie ye eye ui uy ai eigh
    eh: e ea a ai ei ie ay eo u | er: er ir ur or ear ar our re yr r ere | ey: a ai ay ei ey ea eigh e aigh
    ih: i y e ui u o ie ee ea a ei | iy: e ee ea y ie i ei ey eo ay oe | ow: o ow oa oe ough ou ew eau
    oy: oi oy | uh: oo u ou o | uw: oo u ou ew ue o ui oe ough eu wo | b: b bb | ch: ch tch t c | d: d dd ed
    dh: th | f: f ff ph gh | g: g gg gh gu | hh: h wh | jh: j g dg gg d dj | k: k c ck cc ch q qu x | l: l ll
    m: m mm mb mn | n: n nn kn gn | ng: ng n | p: p pp | r: r rr wr rh | s: s ss c sc st ps x
    sh: sh ti ci ss ch s ssi si c t | t: t tt ed th ght | th: th | v: v f ve | w: w wh u o | y: y i u e
    z: z s zz x ss | zh: s si g z""".replace("\n", "|").split("|")
}
"""What usually writes each phone."""
SILENT, SWALLOWED, ODD, LONGEST = 0.8, 1.1, 1.6, 4
"""Costs of a letter that is not heard, of a phone that has no letter, of a spelling that is not in the table; and the
most letters of a phone."""
LETTER_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True)
class Syllable:
    """One syllable: its phones, which of them is held, and how it is written (`hel-` where the word goes on).

    `stress` is 2 on the stressed vowel of a word with meaning of its own, 1 on that of another, 0 elsewhere.
    """

    text: str
    phones: tuple[Phone, ...]
    vowel: int
    word: int
    stress: int

    @property
    def goes_on(self) -> bool:
        """Whether the word has more syllables."""
        return self.text.endswith("-")


def parted(phones: Sequence[Phone]) -> list[tuple[Phone, ...]]:
    """The phones of one word by syllable; a word without a vowel (`shh`) is one."""
    vowels = [index for index, phone in enumerate(phones) if phone.symbol in VOWELS]
    cuts = [0]
    for left, right in pairwise(vowels):
        cut = right
        while cut - 1 > left and begins([phone.symbol for phone in phones[cut - 1 : right]]):
            cut -= 1
        cuts.append(cut)
    return [tuple(phones[a:b]) for a, b in zip(cuts, [*cuts[1:], len(phones)], strict=True)]


def begins(consonants: Sequence[str]) -> bool:
    """Whether an English syllable may begin so."""
    return "-".join(consonants) in ONSETS if len(consonants) > 1 else consonants[0] not in ("ng", "zh")


def held(phones: Sequence[Phone]) -> int:
    """Which phone of a syllable is held: a stressed vowel before others, else the fullest; without vowels what hums."""
    vowels = [index for index, phone in enumerate(phones) if phone.symbol in VOWELS]
    if vowels:
        weak = {"ax": 2, "ih": 1, "er": 1}
        return min(vowels, key=lambda i: (not phones[i].flags & STRESSED, weak.get(phones[i].symbol, 0), i))
    humming = [index for index, phone in enumerate(phones) if phone.symbol in SONORANTS]
    return humming[-1] if humming else len(phones) - 1


def of_word(written: str, phones: Sequence[Phone], word: int) -> list[Syllable]:
    """One word's syllables, its letters parted as its phones are. Fire, hour and desire end in one syllable."""
    parts = parted(phones)
    texts = spelled(written, parts)
    if len(parts) > 1 and parts[-1][0].symbol == "er" and texts[-1].startswith("r"):
        parts = [*parts[:-2], parts[-2] + parts[-1]]
        texts = spelled(written, parts)
    return [made(text, part, word) for text, part in zip(texts, parts, strict=True)]


def made(text: str, phones: Sequence[Phone], word: int) -> Syllable:
    """A syllable of these phones."""
    vowel = held(phones)
    flags = phones[vowel].flags
    stress = (2 if flags & CONTENT else 1) if flags & STRESSED else 0
    return Syllable(text, tuple(phones), vowel, word, stress)


def regrouped(parts: list[tuple[Phone, ...]], count: int) -> list[tuple[Phone, ...]]:
    """A word's syllables as `count` parts, as a writer of notes parted it: weak ones join what stands before them.

    With more parts than syllables the last vowels are sung again.
    """
    parts = list(parts)
    while len(parts) > count:
        join = min(range(1, len(parts)), key=lambda i: (_weight(parts[i - 1]) + _weight(parts[i]), -i))
        parts[join - 1 : join + 1] = [parts[join - 1] + parts[join]]
    while len(parts) < count:
        last = parts.pop()
        vowel = held(last)
        parts += [last[: vowel + 1], last[vowel:]]
    return parts


def _weight(phones: Sequence[Phone]) -> int:
    vowel = phones[held(phones)]
    return 2 if vowel.flags & STRESSED else int(vowel.symbol not in ("ax", "er", "ih"))


def spelled(written: str, parts: Sequence[Sequence[Phone]]) -> list[str]:
    """A word's letters in as many pieces as its phones have syllables, each but the last with a hyphen behind it.

    Doubled consonants are parted (hel-lo). Where there are fewer letters than syllables, pieces repeat none: the last
    of them then are held notes ("_").
    """
    if len(parts) == 1:
        return [written]
    cuts = _cuts(written, parts)
    pieces = [written[a:b].strip("-") for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    shown = [piece for piece in pieces if piece]
    last = len(shown) - 1
    return [piece + "-" * (index < last) for index, piece in enumerate(shown)] + ["_"] * (len(pieces) - len(shown))


def _cuts(written: str, parts: Sequence[Sequence[Phone]]) -> list[int]:
    """Letters at which syllables begin, but the first."""
    letters = written.lower()
    starts = _starts(letters, tuple(phone.symbol for part in parts for phone in part))
    cuts: list[int] = []
    at = 0
    for part in parts[:-1]:
        at += len(part)
        cut = starts[at]
        if 0 < cut < len(letters) - 1 and letters[cut] == letters[cut + 1] and letters[cut] not in LETTER_VOWELS:
            cut += 1
        cuts.append(max(cut, cuts[-1] if cuts else 0))
    return cuts


@lru_cache(maxsize=4096)
def _starts(letters: str, phones: tuple[str, ...]) -> tuple[int, ...]:
    """The letter at which each phone begins, along the cheapest path."""
    far = float("inf")
    best = [[far] * (len(letters) + 1) for _ in range(len(phones) + 1)]
    back = [[(0, 0)] * (len(letters) + 1) for _ in range(len(phones) + 1)]
    best[0][0] = 0.0
    for i in range(len(phones) + 1):
        for j in range(len(letters) + 1):
            here = best[i][j]
            if here == far:
                continue
            if j < len(letters) and (cost := here + (SILENT if letters[j].isalpha() else 0.0)) < best[i][j + 1]:
                best[i][j + 1], back[i][j + 1] = cost, (i, j)
            if i == len(phones):
                continue
            for size in range(min(LONGEST, len(letters) - j) + 1):
                cost = here + _cost(phones[i], letters[j : j + size])
                if cost < best[i + 1][j + size]:
                    best[i + 1][j + size], back[i + 1][j + size] = cost, (i, j)
    starts = [0] * len(phones)
    i, j = len(phones), len(letters)
    while (i, j) != (0, 0):
        before = back[i][j]
        if before[0] < i:
            starts[before[0]] = before[1]
        i, j = before
    return tuple(starts)


def _cost(phone: str, letters: str) -> float:
    """How unlikely it is that these letters write the phone."""
    if not letters:
        return SWALLOWED
    usual = GRAPHEMES[phone]
    if letters in usual:
        return 0.02 * usual.index(letters)
    if not letters.isalpha():
        return ODD * 10
    alike = all((letter in LETTER_VOWELS) == (phone in VOWELS) for letter in letters)
    return ODD * len(letters) * (0.6 if alike else 1.5)
