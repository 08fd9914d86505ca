"""Number words of Spanish, French, Italian and Portuguese (Brazil's), up to 10^12."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ES = """cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete
    dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete
    veintiocho veintinueve""".split()  # noqa: SIM905
ES_TENS = "_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()  # noqa: SIM905
ES_HUNDREDS = """_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos
    novecientos""".split()  # noqa: SIM905
ES_ORDINALS = """_ primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo undécimo
    duodécimo""".split()  # noqa: SIM905
ES_TENTHS = """_ décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo
    nonagésimo""".split()  # noqa: SIM905
FR = """zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
    dix-neuf""".split()  # noqa: SIM905
FR_TENS = "_ _ vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()  # noqa: SIM905
IT = """zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici
    diciassette diciotto diciannove""".split()  # noqa: SIM905
IT_TENS = "_ _ venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split()  # noqa: SIM905
IT_ORDINALS = "_ primo secondo terzo quarto quinto sesto settimo ottavo nono decimo".split()  # noqa: SIM905
PT = """zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete
    dezoito dezenove""".split()  # noqa: SIM905
PT_TENS = "_ _ vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split()  # noqa: SIM905
PT_HUNDREDS = """_ cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos
    novecentos""".split()  # noqa: SIM905
PT_ORDINALS = "_ primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono".split()  # noqa: SIM905
PT_TENTHS = """_ décimo vigésimo trigésimo quadragésimo quinquagésimo sexagésimo septuagésimo octogésimo
    nonagésimo""".split()  # noqa: SIM905


def spanish(value: int) -> str:
    """1021 → mil veintiuno."""
    if value < 30:
        return ES[value]
    if value < 100:
        return ES_TENS[value // 10] + (f" y {ES[value % 10]}" if value % 10 else "")
    if value == 100:
        return "cien"
    if value < 1000:
        return _with(ES_HUNDREDS[value // 100], value % 100, spanish)
    if value < 10**6:
        head = "mil" if value < 2000 else f"{_short_uno(spanish(value // 1000))} mil"
        return _with(head, value % 1000, spanish)
    head = "un millón" if value < 2 * 10**6 else f"{_short_uno(spanish(value // 10**6))} millones"
    return _with(head, value % 10**6, spanish)


def spanish_ordinal(value: int) -> str:
    """21 → vigésimo primero; beyond 99 the cardinal, as it is said."""
    return _tenths(value, ES_ORDINALS, ES_TENTHS) or spanish(value)


def french(value: int) -> str:
    """1981 → mille neuf cent quatre-vingt-un."""
    if value < 20:
        return FR[value]
    if value < 100:
        ten, one = divmod(value, 10)
        if ten in (7, 9):
            one += 10
        if one == 0:
            return FR_TENS[ten] + ("s" if ten == 8 else "")
        return FR_TENS[ten] + (" et " if one in (1, 11) and ten < 8 else "-") + FR[one]
    if value < 1000:
        count, rest = divmod(value, 100)
        head = "cent" if count == 1 else f"{FR[count]} cent" + ("" if rest else "s")
        return _with(head, rest, french)
    if value < 10**6:
        said = french(value // 1000)
        said = said.removesuffix("s") if said.endswith(("cents", "vingts")) else said
        return _with("mille" if value < 2000 else f"{said} mille", value % 1000, french)
    size, name = (10**9, "milliard") if value >= 10**9 else (10**6, "million")
    return _with(f"{french(value // size)} {name}" + ("s" if value >= 2 * size else ""), value % size, french)


def french_ordinal(value: int) -> str:
    """21 → vingt et unième."""
    if value == 1:
        return "premier"
    words = french(value)
    stem = words.removesuffix("s") if words.endswith(("cents", "vingts", "millions")) else words.removesuffix("e")
    if stem.endswith("cinq"):
        stem += "u"
    return f"{stem[:-1]}vième" if stem.endswith("neuf") else f"{stem}ième"


def italian(value: int) -> str:
    """1981 → millenovecentottantuno."""
    if value < 20:
        return IT[value]
    if value < 100:
        ten, one = divmod(value, 10)
        stem = IT_TENS[ten][:-1] if one in (1, 8) else IT_TENS[ten]
        return stem + ("tré" if one == 3 else IT[one] if one else "")
    if value < 1000:
        count, rest = divmod(value, 100)
        head = ("" if count == 1 else IT[count]) + "cento"
        return (head[:-1] if 80 <= rest < 90 else head) + ("tré" if rest == 3 else italian(rest) if rest else "")
    if value < 10**6:
        head = "mille" if value < 2000 else f"{italian(value // 1000).replace('é', 'e')}mila"
        return head + (italian(value % 1000) if value % 1000 else "")
    size, name, many = (10**9, "miliardo", "miliardi") if value >= 10**9 else (10**6, "milione", "milioni")
    return _with(f"un {name}" if value < 2 * size else f"{italian(value // size)} {many}", value % size, italian)


def italian_ordinal(value: int) -> str:
    """21 → ventunesimo."""
    if 0 < value <= 10:
        return IT_ORDINALS[value]
    words = italian(value)
    if words.endswith("tré"):
        return f"{words[:-1]}eesimo"
    return f"{words}esimo" if words.endswith("sei") else f"{words[:-1]}esimo"


def portuguese(value: int) -> str:
    """1234 → mil duzentos e trinta e quatro."""
    if value < 20:
        return PT[value]
    if value < 100:
        return PT_TENS[value // 10] + (f" e {PT[value % 10]}" if value % 10 else "")
    if value == 100:
        return "cem"
    if value < 1000:
        return PT_HUNDREDS[value // 100] + (f" e {portuguese(value % 100)}" if value % 100 else "")
    for size, one, many in ((10**9, "bilhão", "bilhões"), (10**6, "milhão", "milhões"), (1000, "", "mil")):
        if value >= size:
            count, rest = divmod(value, size)
            head = "mil" if size == 1000 and count == 1 else f"{portuguese(count)} {one if count == 1 else many}"
            joint = " e " if rest < 100 or (rest < 1000 and rest % 100 == 0) else " "
            return head + (joint + portuguese(rest) if rest else "")
    raise AssertionError


def portuguese_ordinal(value: int) -> str:
    """21 → vigésimo primeiro; beyond 99 the cardinal."""
    return _tenths(value, PT_ORDINALS, PT_TENTHS) or portuguese(value)


def feminine(words: str) -> str:
    """Each word that ends with o ends with a: primero → primera; premier → première."""
    words = " ".join(word[:-1] + "a" if word.endswith("o") else word for word in words.split(" "))
    return "première" if words == "premier" else words


def _short_uno(words: str) -> str:
    """As it stands before what it counts: veintiuno → veintiún."""
    if words.endswith("veintiuno"):
        return words.removesuffix("uno") + "ún"
    return words.removesuffix("o") if words == "uno" or words.endswith(" uno") else words


def _tenths(value: int, ones: Sequence[str], tens: Sequence[str]) -> str:
    if 0 < value < len(ones):
        return ones[value]
    if 0 < value < 100:
        return " ".join((tens[value // 10], *([ones[value % 10]] if value % 10 else [])))
    return "centésimo" if value == 100 else ""


def _with(head: str, rest: int, spell: Callable[[int], str]) -> str:
    return f"{head} {spell(rest)}" if rest else head
