"""Number words of Arabic (the masculine forms) and Hindi, up to 10^12."""

from __future__ import annotations

AR = """صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة""".split()  # noqa: SIM905
AR_TEENS = ["أحد عشر", "اثنا عشر", *(f"{n} عشر" for n in AR[3:10])]
AR_TENS = "_ _ عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون".split()  # noqa: SIM905
AR_HUNDREDS = "_ مئة مئتان ثلاثمئة أربعمئة خمسمئة ستمئة سبعمئة ثمانمئة تسعمئة".split()  # noqa: SIM905
AR_SCALES = (
    (10**9, "مليار", "ملياران", "مليارات"), (10**6, "مليون", "مليونان", "ملايين"), (1000, "ألف", "ألفان", "آلاف"),
)  # fmt: skip
AR_ORDINALS = "_ الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر".split()  # noqa: SIM905
HI = """शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
    बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस
    अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन
    तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर
    इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी
    छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे
    निन्यानवे""".split()  # noqa: SIM905
HI_SCALES = ((10**9, "अरब"), (10**7, "करोड़"), (10**5, "लाख"), (1000, "हज़ार"), (100, "सौ"))
HI_ORDINALS = {1: "पहला", 2: "दूसरा", 3: "तीसरा", 4: "चौथा", 6: "छठा"}


def arabic(value: int) -> str:
    """123 → مئة وثلاثة وعشرون: hundred and three and twenty."""
    parts: list[str] = []
    for size, one, two, few in AR_SCALES:
        count, value = divmod(value, size)
        if count in (1, 2):
            parts.append((one, two)[count - 1])
        elif count:
            parts.append(f"{arabic(count)} {few if 3 <= count % 100 <= 10 else one}")
    if value >= 100:
        parts.append(AR_HUNDREDS[value // 100])
        value %= 100
    if value > 19:
        parts += [*([AR[value % 10]] if value % 10 else []), AR_TENS[value // 10]]
    elif value > 10:
        parts.append(AR_TEENS[value - 11])
    elif value or not parts:
        parts.append(AR[value])
    return " و".join(parts)


def arabic_ordinal(value: int) -> str:
    """3 → الثالث; beyond ten the cardinal."""
    return AR_ORDINALS[value] if 0 < value <= 10 else arabic(value)


def hindi(value: int) -> str:
    """123456 → एक लाख तेईस हज़ार चार सौ छप्पन."""
    words: list[str] = []
    for size, name in HI_SCALES:
        count, value = divmod(value, size)
        if count:
            words += [hindi(count), name]
    if value or not words:
        words.append(HI[value])
    return " ".join(words)


def hindi_ordinal(value: int) -> str:
    """3 → तीसरा."""
    return HI_ORDINALS.get(value) or f"{hindi(value)}वाँ"
