"""Words in other alphabets as English can say them: accents taken off, Greek and Cyrillic in Latin letters.

Notable: what no English reader could say (Chinese, Arabic …) comes out empty, and whoever reads says so.
"""

from __future__ import annotations

import unicodedata

LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ð": "th", "ı": "i", "ŋ": "ng",
    "ə": "e", "ħ": "h", "ĸ": "k",
}  # fmt: skip
CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяієїґђјљњћџў",
        """a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i ye yi g dj y ly ny ch dzh
        w""".split(),  # noqa: SIM905
        strict=True,
    )
)
GREEK = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t i f ch ps o".split(), strict=True)  # noqa: SIM905
)
TABLE = {**LATIN, **{key: value.strip("-") for key, value in (CYRILLIC | GREEK).items()}}


def latin(text: str) -> str:
    """A word in plain Latin letters, its case kept by the letter; letters of other scripts are lost."""
    out = []
    for letter in unicodedata.normalize("NFC", text):
        low = letter.lower()
        if low in TABLE:
            out.append(TABLE[low] if letter == low else TABLE[low].title())
            continue
        plain = unicodedata.normalize("NFKD", letter)
        bare = plain[:1].lower()
        out.append((TABLE[bare] if bare == plain[:1] else TABLE[bare].title()) if bare in TABLE else plain)
    return "".join(out).encode("ascii", "ignore").decode()


def letter_name(letter: str) -> str:
    """The name of a Greek letter that stands alone: π → pi, Ω → omega; empty for any other."""
    name = unicodedata.name(letter, "").split()
    return name[-1].lower() if name[:1] == ["GREEK"] and len(name) == 4 and name[2] == "LETTER" else ""
