"""How addresses are read aloud: of pages, mail, machines, files and people, and the numbers of telephones and things.

Notable: `ADDRESSES` is an ordered list of rules as in `text.dates`.
"""

from __future__ import annotations

import re

from soundstage.text import numbers
from soundstage.text.dates import Rule, spell

PIECES = {
    ".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore", "?": "question mark", "=": "equals",
    "&": "and", "#": "hash", "+": "plus", "%": "percent", "~": "tilde", ":": "colon", "\\": "backslash",
}  # fmt: skip
SPELLED = frozenset("www html htm php io uk eu de fr ch jp ca ai tv js py md txt xml usr etc".split())  # noqa: SIM905
DOMAINS = (
    r"(?:com|org|net|edu|gov|mil|int|io|ai|app|dev|info|co\.uk|ac\.uk|org\.uk|gov\.uk|com\.au|uk|de|fr|eu|ca|ch|jp|tv)"
)
FILES = (
    r"(?:txt|pdf|docx?|xlsx?|pptx?|csv|json|xml|ya?ml|toml|html?|css|js|ts|py|rs|cpp|java|sh|exe|zip|tar|gz|png|jpe?g|gif"
    r"|svg|webp|wav|mp3|mp4|flac|opus|ogg|avi|mov|mkv|webm|srt|vtt|md|log|cfg|ini|sql|db|safetensors|npz)"
)
TOLL_FREE = ("800", "888", "877", "866", "855", "844", "833", "900")
SMALL = r"[A-Za-z]+|\d+|[^A-Za-z\d]"


def address(text: str) -> list[str]:
    """A page, a mailbox or a file, piece by piece: example.com/a → example dot com slash a."""
    words: list[str] = []
    for piece in re.findall(SMALL, re.sub(r"^[a-z]+://", "", text).rstrip("/")):
        lower = piece.lower()
        if piece.isdigit():
            words += numbers.digits(piece)
        elif piece.isalpha():
            spelled = lower in SPELLED or len(piece) < 3 or not re.search("[aeiouy]", lower)
            words += spell(piece) if spelled else [lower]
        else:
            words += PIECES.get(piece, "").split()
    return words


def digits(text: str) -> list[str]:
    """Figures one by one, letters as words: +44 20 → plus four four two zero; 1-800- → one eight hundred."""
    words: list[str] = []
    for index, piece in enumerate(re.findall(r"\+|\d+|[A-Za-z]+", text)):
        if piece in TOLL_FREE and index < 2:
            words += [*numbers.digits(piece[0]), "hundred"]
        else:
            words += ["plus"] if piece == "+" else numbers.digits(piece) if piece.isdigit() else [piece.lower()]
    return words


def dotted(text: str, between: str = "point") -> list[str]:
    """Figures between dots one by one: 1.2.3 → one point two point three."""
    parts = [numbers.digits(part) if len(part) > 2 else numbers.cardinal(int(part)) for part in text.split(".")]
    return [word for index, part in enumerate(parts) for word in ([between] if index else []) + part]


def _hashtag(m: re.Match[str]) -> list[str]:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", m["tag"])
    return ["hashtag", *(word for part in parts for word in _hashtag_part(part))]


def _hashtag_part(part: str) -> list[str]:
    if part.isdigit():
        return numbers.year(int(part)) if len(part) == 4 else numbers.cardinal(int(part))
    return spell(part) if part.isupper() and len(part) < 4 else [part.lower()]


def _machine(m: re.Match[str]) -> list[str]:
    host, _, port = m[0].partition(":")
    parts = [numbers.digits(part) for part in host.split(".")]
    words = [word for index, part in enumerate(parts) for word in (["dot"] if index else []) + part]
    return words + (["colon", *numbers.digits(port)] if port else [])


ADDRESSES: tuple[Rule, ...] = (
    (r"[\w.+-]+@[\w-]+\.[\w.-]*\w", lambda m: address(m[0])),
    (r"(?:https?|ftp)://[\w./?=&%~#:+@-]*\w/?", lambda m: address(m[0])),
    (
        rf"(?:www\.[\w-]+(?:\.[\w-]+)+|[\w-]+(?:\.[\w-]+)*\.{DOMAINS}(?![\w-])|localhost(?=[:/]))"
        r"(?::\d+)?(?:/[\w./?=&%~#+-]*[\w/])?(?:\?[\w=&%+-]*\w)?",
        lambda m: address(m[0]),
    ),
    (r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![.\d])", _machine),
    (r"[A-Za-z]:\\[\w.\\-]*\w|(?:~|\.{1,2})?/[\w-]+(?:/[\w.-]*\w)+/?(?=[\s,.;:!?)]|$)", lambda m: address(m[0])),
    (rf"[A-Za-z][\w-]*\.{FILES}\b(?!\.\w)", lambda m: address(m[0])),
    (r"(?<!\w)@(?P<who>[A-Za-z_]\w+)", lambda m: ["at", *address(m["who"])]),
    (r"(?<![\w&])#(?P<tag>[A-Za-z_]\w*)", _hashtag),
    (r"\+\d{1,3}[\s.-]?(?:\(\d{1,4}\)[\s.-]?)?\d{2,4}(?:[\s.-]\d{2,4}){1,4}(?![\d-])", lambda m: digits(m[0])),
    (r"\(\d{2,5}\)\s?\d{3,4}[\s-]\d{3,4}(?!\d)", lambda m: digits(m[0])),
    (r"0\d{2,4}(?:[\s-]\d{3,4}){1,3}(?!\d)", lambda m: digits(m[0])),
    (r"1-8\d\d-[A-Z\d]{3,}(?:-[A-Z\d]+)*", lambda m: digits(m[0])),
    (r"(?:1[-.])?\d{3}([-.])\d{3}\1\d{4}(?!\d)|\d{3}-\d{4}(?![\d-])", lambda m: digits(m[0])),
    (r"\d+(?:-\d+){3,}(?!\w)", lambda m: digits(m[0])),
    (r"(?<=[Cc]all )\d{3}\b|(?<=[Dd]ial )\d{3}\b|(?<=[Rr]ang )\d{3}\b", lambda m: numbers.digits(m[0])),
)  # fmt: skip
