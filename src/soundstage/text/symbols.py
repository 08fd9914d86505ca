"""The phone set of the voice: ARPAbet as the narrator uses it, with a pause, and its IPA.

Notable: ids are positions in `SYMBOLS` and are part of the weights' format; append, never reorder. `ax` is the schwa.
"""

from __future__ import annotations

PAUSE = "pau"
VOWELS = ("aa", "ae", "ah", "ao", "aw", "ax", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw")
CONSONANTS = (
    "b", "ch", "d", "dh", "f", "g", "hh", "jh", "k", "l", "m", "n", "ng", "p", "r", "s", "sh", "t", "th", "v", "w",
    "y", "z", "zh",
)  # fmt: skip
SYMBOLS = ("", PAUSE, *VOWELS, *CONSONANTS)
"""Index 0 is padding."""
IDS = {symbol: index for index, symbol in enumerate(SYMBOLS)}
STRESSED, STARTS_WORD, CONTENT = 1, 2, 4
"""Bits of a phone's flags:
the vowel of a stressed syllable, the first phone of a word, any phone of a word with meaning of its own.
"""
UNVOICED = frozenset({PAUSE, "ch", "f", "hh", "k", "p", "s", "sh", "t", "th"})

IPA = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "ay": "aɪ", "eh": "ɛ", "er": "ɝ",
    "ey": "eɪ", "ih": "ɪ",
    "iy": "i", "ow": "oʊ", "oy": "ɔɪ", "uh": "ʊ", "uw": "u", "b": "b", "ch": "tʃ", "d": "d", "dh": "ð", "f": "f",
    "g": "ɡ",
    "hh": "h", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ", "p": "p", "r": "ɹ", "s": "s",
    "sh": "ʃ", "t": "t",
    "th": "θ", "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip
IPA_SPELLINGS = {
    **{ipa: phone for phone, ipa in IPA.items()},
    "ɚ": "er", "ɜ": "er", "ɜː": "er", "ɹ̩": "er", "r": "r", "g": "g", "ɒ": "aa", "ɑː": "aa", "ɔː": "ao",
    "iː": "iy", "uː": "uw",
    "əʊ": "ow", "o": "ow", "e": "eh", "a": "aa", "ɐ": "ah", "ʧ": "ch", "ʤ": "jh", "ɫ": "l", "ɾ": "t", "ʔ": "",
    "eə": "eh", "ɪə": "ih",
    "ʊə": "uh", "i": "iy", "u": "uw", "x": "k", "y": "uw", "ø": "er",
}  # fmt: skip
"""What else a writer of IPA may put down, by the nearest phone; a plain y is a vowel in IPA."""


def from_ipa(text: str) -> tuple[str, ...]:
    """/ˈhɛloʊ/ to `hh eh1 l ow0`;
    a stress mark holds for the next vowel. Raises ValueError at what is no sound of English.
    """
    phones: list[str] = []
    stress, at = "0", 0
    while at < len(text):
        if text[at] in "ˈˌ.ː ͡‿-'":
            stress = "1" if text[at] in "ˈ'" else stress
            at += 1
            continue
        for length in (3, 2, 1):
            phone = IPA_SPELLINGS.get(text[at : at + length])
            if phone is not None and at + length <= len(text):
                break
        else:
            raise ValueError(text[at])
        if phone in VOWELS:
            phones.append(phone + stress)
            stress = "0"
        elif phone:
            phones.append(phone)
        at += length
    return tuple(phones)
