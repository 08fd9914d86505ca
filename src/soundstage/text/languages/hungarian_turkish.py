"""Number words of Hungarian and Turkish, up to 10^12, whose ordinals follow the vowels of the last word."""

from __future__ import annotations

HU = "nulla egy kettő három négy öt hat hét nyolc kilenc".split()  # noqa: SIM905
HU_TENS = "_ tíz húsz harminc negyven ötven hatvan hetven nyolcvan kilencven".split()  # noqa: SIM905
HU_JOINED = {1: "tizen", 2: "huszon"}
HU_ORDINALS = {
    "nulla": "nulladik", "egy": "egyedik", "kettő": "kettedik", "három": "harmadik", "négy": "negyedik",
    "öt": "ötödik", "hat": "hatodik", "hét": "hetedik", "nyolc": "nyolcadik", "kilenc": "kilencedik",
    "tíz": "tizedik", "húsz": "huszadik", "harminc": "harmincadik", "negyven": "negyvenedik", "ötven": "ötvenedik",
    "hatvan": "hatvanadik", "hetven": "hetvenedik", "nyolcvan": "nyolcvanadik", "kilencven": "kilencvenedik",
    "száz": "századik", "ezer": "ezredik", "millió": "milliomodik", "milliárd": "milliárdodik",
}  # fmt: skip
TR = "sıfır bir iki üç dört beş altı yedi sekiz dokuz".split()  # noqa: SIM905
TR_TENS = "_ on yirmi otuz kırk elli altmış yetmiş seksen doksan".split()  # noqa: SIM905
TR_HARMONY = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}


def hungarian(value: int) -> str:
    """1234 → ezerkétszázharmincnégy; above two thousand, thousands stand apart by a hyphen."""
    if value < 10:
        return HU[value]
    if value < 100:
        ten, one = divmod(value, 10)
        return HU_JOINED.get(ten, HU_TENS[ten]) + HU[one] if one else HU_TENS[ten]
    if value < 1000:
        count, rest = divmod(value, 100)
        return ("" if count == 1 else _ket(hungarian(count))) + "száz" + (hungarian(rest) if rest else "")
    for size, name in ((10**9, "milliárd"), (10**6, "millió"), (1000, "ezer")):
        if value >= size:
            count, rest = divmod(value, size)
            head = ("" if count == 1 and size == 1000 else _ket(hungarian(count))) + name
            return head + ("" if value < 2000 else "-") * bool(rest) + (hungarian(rest) if rest else "")
    raise AssertionError


def hungarian_ordinal(value: int) -> str:
    """1 → első, 21 → huszonegyedik."""
    if value in (1, 2):
        return ("első", "második")[value - 1]
    words = hungarian(value)
    end = max((end for end in HU_ORDINALS if words.endswith(end)), key=len)
    return words.removesuffix(end) + HU_ORDINALS[end]


def turkish(value: int) -> str:
    """1234 → bin iki yüz otuz dört."""
    words: list[str] = []
    for size, name in ((10**9, "milyar"), (10**6, "milyon"), (1000, "bin"), (100, "yüz")):
        count, value = divmod(value, size)
        if count:
            words += [*([] if count == 1 and size < 10**6 else [turkish(count)]), name]
    if value >= 10:
        words.append(TR_TENS[value // 10])
        value %= 10
    if value or not words:
        words.append(TR[value])
    return " ".join(words)


def turkish_ordinal(value: int) -> str:
    """21 → yirmi birinci, 3 → üçüncü."""
    words = turkish(value)
    words = words[:-1] + "d" if words.endswith("dört") else words
    vowel = TR_HARMONY[next(letter for letter in reversed(words) if letter in TR_HARMONY)]
    return words + ("" if words[-1] in TR_HARMONY else vowel) + "nc" + vowel


def _ket(words: str) -> str:
    """Two before what it counts."""
    return f"{words[:-5]}két" if words.endswith("kettő") else words
