"""X-SAMPA, phonetics in plain ASCII, to IPA (Wells, 1995): the symbols that English needs, and their neighbours."""

from __future__ import annotations

IPA = {
    "A:": "ɑː", "A": "ɑ", "{": "æ", "V": "ʌ", "O:": "ɔː", "O": "ɔ", "@U": "oʊ", "@`": "ɚ", "@": "ə", "E": "ɛ",
    "3`": "ɝ", "3:": "ɜː", "3": "ɜ", "I": "ɪ", "i:": "iː", "i": "i", "U": "ʊ", "u:": "uː", "u": "u", "Q": "ɒ",
    "e": "e", "a": "a", "o": "o", "6": "ɐ", "2": "ø", "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "ɡ",
    "tS": "tʃ", "dZ": "dʒ", "f": "f", "v": "v", "T": "θ", "D": "ð", "s": "s", "z": "z", "S": "ʃ", "Z": "ʒ",
    "h": "h", "m": "m", "n": "n", "N": "ŋ", "l": "l", "5": "ɫ", "r\\": "ɹ", "r": "r", "j": "j", "w": "w",
    "4": "ɾ", "?": "ʔ", "x": "x", "y": "y", '"': "ˈ", "%": "ˌ", ".": ".", ":": "ː", "_": "", "=": "̩", "-": "-",
    "aI": "aɪ", "aU": "aʊ", "eI": "eɪ", "oU": "oʊ", "OI": "ɔɪ", " ": " ",
}  # fmt: skip


def to_ipa(text: str) -> str:
    """`h@"loU` to həˈloʊ. Raises ValueError at what is no symbol of English."""
    out, at = "", 0
    while at < len(text):
        for length in (2, 1):
            if (found := IPA.get(text[at : at + length])) is not None and at + length <= len(text):
                out += found
                at += length
                break
        else:
            raise ValueError(text[at])
    return out
