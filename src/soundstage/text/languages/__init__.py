"""The text side of XTTS: seventeen languages as they are spoken, each by its own rules and number words.

`languages` is the table, `expand` turns a sentence into the words that XTTS reads, `reading` parts a text into
sentences and finds their language (`detect`); `romanise` writes Korean, Japanese and Chinese in Latin letters. The
number words stand by kinship: `romance`, `germanic`, `slavic`, `hungarian_turkish`, `arabic_hindi`, `far_eastern`.
"""

from soundstage.text.languages.detect import detect
from soundstage.text.languages.expand import language_of, lowered, spoken
from soundstage.text.languages.languages import LANGUAGES, Language
from soundstage.text.languages.reading import named, sentences, shortened, stretches

__all__ = [
    "LANGUAGES",
    "Language",
    "detect",
    "language_of",
    "lowered",
    "named",
    "sentences",
    "shortened",
    "spoken",
    "stretches",
]
