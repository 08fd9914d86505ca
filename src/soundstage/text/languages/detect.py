"""Which of XTTS's languages a text is in: by its script, and among those in Latin letters by their small words.

Notable: a few words decide as well as many, for the small words of these languages hardly overlap; letters that only
one language has count for as much. A text that says nothing is taken for English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SCRIPTS = (
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff]"),
    ("ja", r"[\u3040-\u30ff]"),
    ("zh-cn", r"[\u3400-\u9fff]"),
    ("ar", r"[\u0600-\u06ff]"),
    ("hi", r"[\u0900-\u097f]"),
    ("ru", r"[\u0400-\u04ff]"),
)
"""In this order: Japanese has Chinese characters too."""
WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        code: frozenset(words.split())
        for code, words in {
            "en": """the of and to in is was it that he she you for with as his her at be this have from or had by but
                not what all were we when your can said it's mr mrs there an my which do how if will up out them then
                so some would i'm don't hello good thank yes no""",
            "es": """el la los las de que y en un una es por con para como está pero más su sus al lo se del yo tú él
                ella muy esto esta este hola qué cuando también hay fue eran nos mi buenos días gracias""",
            "fr": """le la les des et est un une dans pour que qui sur avec pas ne ce cette il elle nous vous je tu
                mais plus du au aux son sa ses être été très où c'est j'ai bonjour merci comme l'on sont""",
            "de": """der die das und ist ein eine nicht mit für auf den dem des zu sich von ich du er sie es wir ihr
                aber auch wie nach bei noch nur war sind haben hat über im am zum guten danke hallo tag morgen""",
            "it": """il lo gli le di che è un una per con non sono del della dei nel alla più ma come questo questa
                anche io lui lei noi ho ha hanno era molto ciao buongiorno grazie si mi da""",
            "pt": """o os as de que e em um uma é por com para como está mas mais seu sua ao do da dos das no na não eu
                ele ela você muito isto este esta olá também foi bom dia obrigado tem são""",
            "pl": """i w nie na się z do jest to że jak po ale o od za przez jego jej ten ta tak czy już tylko są był
                była dla co mnie może dzień dobry dziękuję oraz bardzo""",
            "tr": """ve bir bu da de için çok ne gibi daha ben sen o biz siz onlar mi mı var yok ama değil kadar olan
                olarak ile en her şey merhaba günaydın teşekkür bugün""",
            "nl": """de het een en van is in op te dat niet met voor zijn er maar aan ook als bij naar om hij zij ze ik
                je jij wij we dit deze wat nog wel geen hallo goed goedemorgen dank hebben heeft""",
            "cs": """a je se v na to že s z do i o jako ale jsem jsou byl byla není po pro tak už jen by ten ta mi co
                když nebo dobrý den děkuji velmi také""",
            "hu": """a az és nem hogy egy is van volt ez de ha meg mint csak már még el ki mi én te ő lesz vagy nagyon
                jó köszönöm szia reggelt nap""",
        }.items()
    }
)
LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "es": "ñ¿¡", "fr": "œèêùûâîô", "de": "ßä", "it": "ìò", "pt": "ãõ", "pl": "łąęśźżćń", "tr": "ğışİ", "nl": "ĳ",
        "cs": "řěůčšžď", "hu": "őű",
    }
)  # fmt: skip
"""Letters that hardly another of these languages has."""
PIECES: Mapping[str, str] = MappingProxyType(
    {
        "en": "th|sh|wh|ing\\b|ck|ght|ly\\b", "es": "ll|ción|dad\\b|ue|rr|ito\\b",
        "fr": "eau|oi|eux\\b|aient|ou|qu'|\\b[dlj]'",
        "de": "sch|ch|ei|ung\\b|tz|äf", "it": "tt|zz|cch|gli|zion|ggi|cc|à\\b", "pt": "ção|ções|nh|lh|ão",
        "pl": "cz|sz|rz|dz|ow|ej\\b|ć", "tr": "[ıiuü]yor|l[ae]r|ş|d[ıi]r\\b|[ıiuü]y", "nl": "ij|aa|oe|ee|uu|aap|sch",
        "cs": "ě|ou\\b|č|ž|ý|ky\\b", "hu": "sz|gy|ny|ik\\b|ek\\b|cs|ly|ö",
    }
)  # fmt: skip
"""Stretches of letters that one language has more often than the others."""


def detect(text: str) -> str:
    """The code of a text's language, one of `LANGUAGES`."""
    for code, script in SCRIPTS:
        letters = len(re.findall(script, text))
        if letters and letters * 3 >= len(re.findall(r"[^\W\d_]", text)):
            return code
    lower = text.replace("İ", "i̇").lower()
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", lower.replace("’", "'"))
    scores = {
        code: sum(word in known for word in words)
        + 1.5 * sum(lower.count(letter) for letter in LETTERS.get(code, ""))
        + 0.4 * len(re.findall(PIECES[code], lower))
        + 0.5 * (code == "en")
        for code, known in WORDS.items()
    }
    return max(scores, key=lambda code: scores[code])
