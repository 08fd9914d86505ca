"""Text of one language as it is spoken: numbers, money, ordinals, signs and titles in words; then small letters.

Notable: digits behind a decimal sign are read one by one; numbers beyond 10^12 too. Chinese, Korean and Japanese end in
Latin letters, as XTTS reads them.
"""

from __future__ import annotations

import re

from soundstage.errors import InputError
from soundstage.text.languages.languages import LANGUAGES, SIGNS, Forms, Language
from soundstage.text.languages.romance import feminine
from soundstage.text.languages.romanise import hangul, pinyin, romaji

LARGEST = 10**12
GROUPED = {True: r"\d{1,3}(?:[.\u00a0\u202f]\d{3})+(?!\d)", False: r"\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)"}
PLAIN = str.maketrans({"’": "'", "‘": "'", **dict.fromkeys('“”„«»"', ""), "…": "...", "—": "-", "–": "-"})
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९０１２３４５６７８９", "0123456789" * 4)


def spoken(text: str, code: str) -> str:
    """The words of a text, as XTTS was taught to read them, in small letters.

    Raises InputError for a language that we lack, MissingError where Chinese, or Japanese with kanji, needs a package
    that is not there.
    """
    language = language_of(code)
    text = text.translate(PLAIN).translate(DIGITS)
    text = _numbers(text, language)
    for short, words in language.titles.items():
        text = re.sub(rf"\b{short}\.", words, text, flags=re.I)
    for sign, words in zip(SIGNS, language.signs, strict=False):
        text = text.replace(sign, f" {words} " if language.spaced else words)
    text = lowered(text, code)
    if code == "zh-cn":
        text = pinyin(text)
    elif code == "ja":
        text = romaji(text)
    elif code == "ko":
        text = hangul(text)
    return re.sub(r"\s+([,.!?;:])", r"\1", re.sub(r"\s+", " ", text)).strip()


def language_of(code: str) -> Language:
    """The language of a code. Raises InputError for one that XTTS does not speak."""
    if code not in LANGUAGES:
        raise InputError("language", f"{code[:20]!r} is not spoken", f"choose {', '.join(LANGUAGES)}")
    return LANGUAGES[code]


def lowered(text: str, code: str) -> str:
    """Small letters; the dotted capital of Turkish loses its dot only once."""
    return (text.replace("İ", "i") if code == "tr" else text).lower()


def number(text: str, language: Language) -> str:
    """ "-1.234,5" → the words of it, grouped and parted as the language does."""
    sign = f"{language.minus} " if text[:1] in "-−" else ""
    plain = re.sub(r"[^\d.,]", "", text)
    group, point = (".", ",") if language.comma else (",", ".")
    if re.fullmatch(GROUPED[language.comma] + rf"(?:\{point}\d+)?", plain):
        plain = plain.replace(group, "")
    whole, _, part = plain.replace(",", ".").partition(".")
    words = _whole(whole, language)
    if part:
        gap = " " if language.spaced else ""
        words = gap.join((words, language.point, *(language.cardinal(int(digit)) for digit in part)))
    return sign + words


def _whole(digits: str, language: Language) -> str:
    if int(digits) < LARGEST:
        return language.cardinal(int(digits))
    return (" " if language.spaced else "").join(language.cardinal(int(digit)) for digit in digits)


def _numbers(text: str, language: Language) -> str:
    amount = rf"(?:{GROUPED[language.comma]}|\d+)(?:{'[,.]' if language.comma else '[.]'}\d+)?"
    if language.money:
        coins = "".join(language.money)
        text = re.sub(
            rf"([{coins}])\s?({amount})|({amount})\s?([{coins}])",
            lambda m: _apart(_money(m[2] or m[3], m[1] or m[4], language), m, language),
            text,
        )
    if language.percent_first:
        text = re.sub(rf"({amount})\s?%", r"%\1", text)
    if language.ordinal is not None and language.ordinal_mark:
        text = re.sub(
            rf"(?<![\w.,])(\d{{1,4}})(?:{language.ordinal_mark})", lambda m: _ordinal(m[0], int(m[1]), language), text
        )
    text = re.sub(r"(?<=\d):(?=\d\d)", " ", text)
    if not language.spaced:  # pinyin ends with the number of its tone
        amount = rf"(?<![A-Za-z]){amount}"
    return re.sub(rf"(?:(?<![\w-])[-−])?{amount}", lambda m: _apart(number(m[0], language), m, language), text)


def _ordinal(written: str, value: int, language: Language) -> str:
    assert language.ordinal is not None
    if written.endswith(".") and value > 99:  # a year at the end of a sentence
        return written
    words = language.ordinal(value)
    return feminine(words) if written.lstrip("0123456789") in language.feminine else words


def _money(amount: str, coin: str, language: Language) -> str:
    """The words of "20,15" and a coin's sign; without hundredths where there are none."""
    gap = " " if language.spaced else ""
    whole, hundredths = language.money[coin]
    m = re.fullmatch(r"(.*?)(?:[.,](\d\d?))?", amount)
    assert m is not None
    digits = re.sub(r"\D", "", m[1])
    if not digits or int(digits) >= LARGEST:
        return number(amount, language) + gap + whole[-1]
    count, rest = int(digits), int((m[2] or "0").ljust(2, "0"))
    words = gap.join(_counted(count, whole, language))
    return words + language.joint + gap.join(_counted(rest, hundredths, language)) if rest else words


def _counted(count: int, forms: Forms, language: Language) -> tuple[str, str]:
    """A number before what it counts, and that in the form which follows it."""
    words = language.cardinal(count)
    for end, other in language.counting.items():
        if words.endswith(end):
            words = words.removesuffix(end) + other
            break
    return words, forms[min(language.form(count), len(forms) - 1)]


def _apart(words: str, m: re.Match[str], language: Language) -> str:
    """Words in the place of a match, a space between them and letters that touch it."""
    if not language.spaced or not language.parted:
        return words
    before, behind = m.string[: m.start()][-1:], m.string[m.end() :][:1]
    return " " * before.isalpha() + words + " " * behind.isalpha()
