"""Number words of Chinese, Korean and Japanese (in kana), up to 10^16: they count in ten thousands."""

from __future__ import annotations

ZH, ZH_UNITS, ZH_SCALES = "零一二三四五六七八九", ("", "十", "百", "千"), ("", "万", "亿", "万亿")
KO, KO_UNITS, KO_SCALES = "영일이삼사오육칠팔구", ("", "십", "백", "천"), ("", "만", "억", "조")
KO_COUNTED = "_ 한 두 세 네 다섯 여섯 일곱 여덟 아홉".split()  # noqa: SIM905
KO_TENS = "_ 열 스물 서른 마흔 쉰 예순 일흔 여든 아흔".split()  # noqa: SIM905
JA = "れい いち に さん よん ご ろく なな はち きゅう".split()  # noqa: SIM905
JA_UNITS, JA_SCALES = ("", "じゅう", "ひゃく", "せん"), ("", "まん", "おく", "ちょう")
JA_SOUNDS = {
    (3, "ひゃく"): "さんびゃく", (6, "ひゃく"): "ろっぴゃく", (8, "ひゃく"): "はっぴゃく", (3, "せん"): "さんぜん",
    (8, "せん"): "はっせん",
}  # fmt: skip


def chinese(value: int) -> str:
    """1010 → 一千零一十, 12 → 十二."""
    if value == 0:
        return ZH[0]
    words, gap = "", False
    for place, name in reversed(list(enumerate(ZH_SCALES))):
        group = value // 10 ** (4 * place) % 10_000
        if not group:
            gap = bool(words)
            continue
        words += ZH[0] * (bool(words) and (gap or group < 1000)) + _chinese_group(group) + name
        gap = False
    return words[1:] if words.startswith("一十") else words


def _chinese_group(group: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            words += ZH[0] * (gap and bool(words)) + ZH[digit] + ZH_UNITS[place]
        gap = digit == 0
    return words


def korean(value: int) -> str:
    """12345 → 만 이천삼백사십오: the Sino-Korean numbers."""
    if value == 0:
        return KO[0]
    groups: list[str] = []
    for place, name in reversed(list(enumerate(KO_SCALES))):
        group = value // 10 ** (4 * place) % 10_000
        if group:
            words = "".join(
                ("" if digit == 1 and unit else KO[digit]) + KO_UNITS[unit]
                for unit in (3, 2, 1, 0)
                if (digit := group // 10**unit % 10)
            )
            groups.append(name if group == 1 and name == "만" else words + name)
    return " ".join(groups)


def korean_ordinal(value: int) -> str:
    """1 → 첫, 21 → 스물한: the Korean numbers, as they stand before 번째; from a hundred on the others."""
    if value == 1:
        return "첫"
    if not 0 < value < 100:
        return korean(value)
    if value == 20:
        return "스무"
    return (KO_TENS[value // 10] if value >= 10 else "") + (KO_COUNTED[value % 10] if value % 10 else "")


def japanese(value: int) -> str:
    """1300 → せんさんびゃく."""
    if value == 0:
        return JA[0]
    words = ""
    for place, name in reversed(list(enumerate(JA_SCALES))):
        group = value // 10 ** (4 * place) % 10_000
        if group:
            words += "".join(_japanese_digit(group, unit, bool(name)) for unit in (3, 2, 1, 0)) + name
    return words


def _japanese_digit(group: int, unit: int, scaled: bool) -> str:
    digit, name = group // 10**unit % 10, JA_UNITS[unit]
    if digit == 0:
        return ""
    if digit == 1 and unit and not (unit == 3 and scaled and group < 2000):
        return name
    if digit == 1 and unit == 3:
        return "いっせん"
    sound: str = JA_SOUNDS.get((digit, name), JA[digit] + name)
    return sound
