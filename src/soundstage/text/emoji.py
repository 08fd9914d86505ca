"""Emoji in words, by their Unicode names: 😂 is face with tears of joy.

Notable: no table but for the names that Unicode gave by looks rather than by meaning. A run of one emoji is said once,
a skin's tone is not said, and the parts of a joined one are said one after another.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

BY_MEANING = {
    "❤": "red heart", "♥": "heart", "☺": "smiling face", "👍": "thumbs up", "👎": "thumbs down", "👌": "okay",
    "🙏": "folded hands", "💯": "hundred points", "✅": "check mark", "✔": "check mark", "✓": "check mark",
    "❌": "cross mark", "✗": "cross mark", "⭐": "star", "★": "star", "☆": "star", "✨": "sparkles", "☀": "sun",
    "💪": "flexed arm", "🎉": "party popper", "🤣": "rolling on the floor laughing", "😭": "loudly crying face",
    "💔": "broken heart", "⚠": "warning", "☕": "hot drink", "✌": "victory hand", "👏": "clapping hands",
    "🙌": "raised hands", "👋": "waving hand", "🔥": "fire", "🚀": "rocket", "☎": "telephone", "✈": "aeroplane",
    "➡": "right arrow", "⬅": "left arrow", "⬆": "up arrow", "⬇": "down arrow", "♻": "recycling",
}  # fmt: skip
PICTURES = (
    "\u2600-\u2613\u2615-\u266f\u2670-\u27bf\u2b05-\u2b07\u2b50\u2b55\u231a\u231b\u23e9-\u23f3\U0001f300-\U0001faff"
)
FLAG = r"[\U0001f1e6-\U0001f1ff]{2}"
NOTES = "♩♪♫♬♭♮♯"
TONE = r"[\ufe0f\ufe0e\u20e3\U0001f3fb-\U0001f3ff]"
ONE = rf"(?:{FLAG}|(?![{NOTES}])[{PICTURES}])"
EMOJI = re.compile(rf"(?P<first>{ONE}{TONE}*(?:\u200d{ONE}{TONE}*)*)(?:\s*(?P=first))*")
KEYCAP = re.compile(r"(?<=[\d#*])\ufe0f?\u20e3")


def words(found: str) -> list[str]:
    """What `EMOJI` found, in small words; empty for what has no name."""
    first = EMOJI.fullmatch(found)
    parts = re.findall(ONE, first["first"] if first else found)
    return [word for part in parts for word in _name(part).split()]


@cache
def _name(part: str) -> str:
    if len(part) == 2:  # the letters of a country
        letters = (chr(ord("a") + ord(letter) - 0x1F1E6) for letter in part)
        return "flag of " + " ".join("double you" if letter == "w" else f"{letter}." for letter in letters)
    if part in BY_MEANING:
        return BY_MEANING[part]
    name = unicodedata.name(part, "").lower().removeprefix("heavy ").removeprefix("black ").removeprefix("white ")
    return "" if name.startswith("emoji modifier") else re.sub(r"[^a-z ]+", " ", name).removesuffix(" sign").strip()
