"""Number words of Polish, Czech and Russian, up to 10^12, where the noun's form follows the number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

PL = """zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście
    piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście""".split()  # noqa: SIM905
PL_TENS = """_ _ dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt
    dziewięćdziesiąt""".split()  # noqa: SIM905
PL_HUNDREDS = """_ sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset""".split()  # noqa: SIM905
PL_SCALES = (
    (10**9, "miliard", "miliardy", "miliardów"), (10**6, "milion", "miliony", "milionów"),
    (1000, "tysiąc", "tysiące", "tysięcy"),
)  # fmt: skip
PL_ORDINALS = """zerowy pierwszy drugi trzeci czwarty piąty szósty siódmy ósmy dziewiąty dziesiąty jedenasty dwunasty
    trzynasty czternasty piętnasty szesnasty siedemnasty osiemnasty dziewiętnasty""".split()  # noqa: SIM905
PL_TENTHS = """_ _ dwudziesty trzydziesty czterdziesty pięćdziesiąty sześćdziesiąty siedemdziesiąty osiemdziesiąty
    dziewięćdziesiąty""".split()  # noqa: SIM905
CS = """nula jedna dva tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct šestnáct
    sedmnáct osmnáct devatenáct""".split()  # noqa: SIM905
CS_TENS = "_ _ dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát".split()  # noqa: SIM905
CS_HUNDREDS = ["_", "sto", "dvě stě", "tři sta", "čtyři sta", *(f"{n} set" for n in CS[5:10])]
CS_SCALES = (
    (10**9, "miliarda", "miliardy", "miliard"), (10**6, "milion", "miliony", "milionů"),
    (1000, "tisíc", "tisíce", "tisíc"),
)  # fmt: skip
CS_ORDINALS = """nultý první druhý třetí čtvrtý pátý šestý sedmý osmý devátý desátý jedenáctý dvanáctý třináctý čtrnáctý
    patnáctý šestnáctý sedmnáctý osmnáctý devatenáctý""".split()  # noqa: SIM905
CS_TENTHS = "_ _ dvacátý třicátý čtyřicátý padesátý šedesátý sedmdesátý osmdesátý devadesátý".split()  # noqa: SIM905
RU = """ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать
    пятнадцать шестнадцать семнадцать восемнадцать девятнадцать""".split()  # noqa: SIM905
RU_TENS = """_ _ двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто""".split()  # noqa: SIM905
RU_HUNDREDS = """_ сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот""".split()  # noqa: SIM905
RU_SCALES = (
    (10**9, "миллиард", "миллиарда", "миллиардов"), (10**6, "миллион", "миллиона", "миллионов"),
    (1000, "тысяча", "тысячи", "тысяч"),
)  # fmt: skip
RU_ORDINALS = """нулевой первый второй третий четвёртый пятый шестой седьмой восьмой девятый десятый одиннадцатый
    двенадцатый тринадцатый четырнадцатый пятнадцатый шестнадцатый семнадцатый восемнадцатый
    девятнадцатый""".split()  # noqa: SIM905
RU_TENTHS = """_ _ двадцатый тридцатый сороковой пятидесятый шестидесятый семидесятый восьмидесятый
    девяностый""".split()  # noqa: SIM905


def polish_form(value: int) -> int:
    """Which form of a noun follows: 0 for one, 1 for 2–4 at the end, 2 else."""
    return 0 if value == 1 else 1 if 2 <= value % 10 <= 4 and value % 100 // 10 != 1 else 2


def czech_form(value: int) -> int:
    """0 for one, 1 for two to four, 2 else."""
    return 0 if value == 1 else 1 if 2 <= value <= 4 else 2


def russian_form(value: int) -> int:
    """0 for a one at the end, 1 for 2–4 at the end, 2 else; eleven to fourteen are 2."""
    if value % 100 // 10 == 1:
        return 2
    return 0 if value % 10 == 1 else 1 if 2 <= value % 10 <= 4 else 2


def polish(value: int) -> str:
    """1234 → tysiąc dwieście trzydzieści cztery."""
    words: list[str] = []
    for size, *names in PL_SCALES:
        count, value = divmod(value, size)
        if count:
            words += [*([] if count == 1 else [polish(count)]), names[polish_form(count)]]
    return _below(words, value, PL, PL_TENS, PL_HUNDREDS)


def czech(value: int) -> str:
    """1234 → tisíc dvě stě třicet čtyři."""
    words: list[str] = []
    for size, *names in CS_SCALES:
        count, value = divmod(value, size)
        if count:
            said = czech(count)
            said = f"{said[:-1]}ě" if size == 10**9 and said.endswith("dva") else said
            words += [*([] if count == 1 else [said]), names[czech_form(count)]]
    return _below(words, value, CS, CS_TENS, CS_HUNDREDS)


def russian(value: int) -> str:
    """2001 → две тысячи один."""
    words: list[str] = []
    for size, *names in RU_SCALES:
        count, value = divmod(value, size)
        if count:
            said = russian(count)
            if size == 1000:
                for masculine, feminine in (("один", "одна"), ("два", "две")):
                    said = said.removesuffix(masculine) + feminine if said.endswith(masculine) else said
            words += [said, names[russian_form(count)]]
    return _below(words, value, RU, RU_TENS, RU_HUNDREDS)


def polish_ordinal(value: int) -> str:
    """21 → dwudziesty pierwszy; 100 → setny."""
    round_ones = {100: "setny", 1000: "tysięczny"}
    return round_ones.get(value) or _ordinal(value, polish, PL_ORDINALS, PL_TENTHS, PL_TENTHS)


def czech_ordinal(value: int) -> str:
    """21 → dvacátý první; 100 → stý."""
    return {100: "stý", 1000: "tisící"}.get(value) or _ordinal(value, czech, CS_ORDINALS, CS_TENTHS, CS_TENTHS)


def russian_ordinal(value: int) -> str:
    """21 → двадцать первый; 100 → сотый."""
    return {100: "сотый", 1000: "тысячный"}.get(value) or _ordinal(value, russian, RU_ORDINALS, RU_TENTHS, RU_TENS)


def _ordinal(
    value: int, spell: Callable[[int], str], ones: Sequence[str], tenths: Sequence[str], before: Sequence[str]
) -> str:
    """The cardinal of all but the part below a hundred, and that part's ordinal; `before` is how its tens stand before
    a one. 200th and their like stay cardinals.
    """
    front, last = value - value % 100, value % 100
    if front and not last:
        return spell(front)
    lead = f"{spell(front)} " if front else ""
    if last < 20:
        return f"{lead}{ones[last]}"
    return f"{lead}{before[last // 10]} {ones[last % 10]}" if last % 10 else f"{lead}{tenths[last // 10]}"


def _below(words: list[str], value: int, ones: Sequence[str], tens: Sequence[str], hundreds: Sequence[str]) -> str:
    """The words so far and those of a number below a thousand."""
    if value >= 100:
        words.append(hundreds[value // 100])
        value %= 100
    if value >= 20:
        words.append(tens[value // 10])
        value %= 10
    if value or not words:
        words.append(ones[value])
    return " ".join(words)
