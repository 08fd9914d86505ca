"""The languages of XTTS: how many characters it takes of each at once, and how each reads numbers, signs and titles.

Notable: a noun's forms are one that never changes, or one and many, or the three of Slavic languages; `form` picks
among them. English is read by `text.normalise`, which knows much more; of it only the name and the cap stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from soundstage.text.languages import arabic_hindi, far_eastern, germanic, hungarian_turkish, romance, slavic
from soundstage.text.numbers import cardinal

Forms = tuple[str, ...]
Spell = Callable[[int], str]
SIGNS = "&@%#$£€°+="


def _english(value: int) -> str:
    return " ".join(cardinal(value))


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language. `signs` are the readings of `SIGNS` in order; `ordinal_mark` is a pattern behind a number."""

    cap: int
    cardinal: Spell
    point: str = ""
    minus: str = "minus"
    comma: bool = True  # the decimal sign is a comma, a point groups thousands
    ordinal: Spell | None = None
    ordinal_mark: str = ""
    feminine: Forms = ()  # which of these marks ask for it
    signs: Forms = ()
    money: Mapping[str, tuple[Forms, Forms]] = field(default_factory=dict)  # its whole coins, and its hundredths
    joint: str = ", "  # between them
    counting: Mapping[str, str] = field(default_factory=dict)  # how a number ends before what it counts
    form: Callable[[int], int] = lambda value: 0 if value == 1 else 1
    titles: Mapping[str, str] = field(default_factory=dict)  # before a full stop
    spaced: bool = True  # words stand apart
    parted: bool = True  # numbers and letters, too
    percent_first: bool = False


def _money(
    dollars: str, cents: str, euros: str, hundredths: str, pounds: str, pence: str
) -> Mapping[str, tuple[Forms, Forms]]:
    """Coins of $, € and £; forms are parted by slashes."""
    pairs = {"$": (dollars, cents), "€": (euros, hundredths), "£": (pounds, pence)}
    return {sign: (tuple(a.split("/")), tuple(b.split("/"))) for sign, (a, b) in pairs.items()}


LANGUAGES: Mapping[str, Language] = MappingProxyType({
    "en": Language(cap=250, cardinal=_english),
    "es": Language(
        cap=239, cardinal=romance.spanish, point="coma", minus="menos", ordinal=romance.spanish_ordinal,
        ordinal_mark=r"(?:º|ª|(?:er|[rdtmvn][oa])\b)", feminine=("ª", "ra", "da", "ta", "ma", "va", "na"),
        signs=("y", "arroba", "por ciento", "numeral", "dólares", "libras", "euros", "grados", "más", "igual a"),
        money=_money("dólar/dólares", "centavo/centavos", "euro/euros", "céntimo/céntimos", "libra/libras",
            "penique/peniques"),
        joint=" con ", counting={"veintiuno": "veintiún", "uno": "un"},
        titles={"sra": "señora", "sr": "señor", "dr": "doctor", "dra": "doctora", "ud": "usted", "uds": "ustedes",
            "núm": "número"},
    ),
    "fr": Language(
        cap=273, cardinal=romance.french, point="virgule", minus="moins", ordinal=romance.french_ordinal,
        ordinal_mark=r"(?:º|ª|(?:ère|er|re|ième|ème|e)\b)", feminine=("ère", "re", "ª"),
        signs=("et", "arobase", "pour cent", "dièse", "dollars", "livres", "euros", "degrés", "plus", "égale"),
        money=_money("dollar/dollars", "cent/cents", "euro/euros", "centime/centimes", "livre/livres", "penny/pence"),
        joint=" et ",
        titles={"mme": "madame", "mr": "monsieur", "m": "monsieur", "dr": "docteur", "st": "saint",
            "mlle": "mademoiselle", "av": "avenue"},
    ),
    "de": Language(
        cap=253, cardinal=germanic.german, point="Komma", ordinal=germanic.german_ordinal,
        ordinal_mark=r"\.(?=\s+\w)",
        signs=("und", "at", "Prozent", "Raute", "Dollar", "Pfund", "Euro", "Grad", "plus", "gleich"),
        money=_money("Dollar", "Cent", "Euro", "Cent", "Pfund", "Pence"), joint=" und ",
        counting={"eins": "ein"},
        titles={"dr": "Doktor", "hr": "Herr", "fr": "Frau", "prof": "Professor", "nr": "Nummer", "str": "Straße",
            "st": "Sankt", "bzw": "beziehungsweise", "ca": "circa", "usw": "und so weiter"},
    ),
    "it": Language(
        cap=213, cardinal=romance.italian, point="virgola", minus="meno", ordinal=romance.italian_ordinal,
        ordinal_mark="º|°|ª", feminine=("ª",),
        signs=("e", "chiocciola", "per cento", "cancelletto", "dollari", "sterline", "euro", "gradi", "più",
            "uguale"),
        money=_money("dollaro/dollari", "centesimo/centesimi", "euro", "centesimo/centesimi", "sterlina/sterline",
            "penny/pence"),
        joint=" e ", counting={"uno": "un"},
        titles={"sig": "signor", "dr": "dottore", "dott": "dottore", "prof": "professore", "ing": "ingegnere",
            "ecc": "eccetera"},
    ),
    "pt": Language(
        cap=203, cardinal=romance.portuguese, point="vírgula", minus="menos", ordinal=romance.portuguese_ordinal,
        ordinal_mark=r"(?:º|ª|[oa]\b)", feminine=("ª", "a"),
        signs=("e", "arroba", "por cento", "cardinal", "dólares", "libras", "euros", "graus", "mais", "igual a"),
        money=_money("dólar/dólares", "centavo/centavos", "euro/euros", "centavo/centavos", "libra/libras",
            "péni/pence"),
        joint=" e ",
        titles={"sra": "senhora", "sr": "senhor", "dr": "doutor", "dra": "doutora", "prof": "professor",
            "av": "avenida"},
    ),
    "pl": Language(
        cap=224, cardinal=slavic.polish, point="przecinek", ordinal=slavic.polish_ordinal,
        ordinal_mark=r"\.(?=\s+\w)|º|-(?:szy|gi|ci|ty|y)\b",
        signs=("i", "małpa", "procent", "krzyżyk", "dolarów", "funtów", "euro", "stopni", "plus", "równa się"),
        money=_money("dolar/dolary/dolarów", "cent/centy/centów", "euro", "cent/centy/centów", "funt/funty/funtów",
            "pens/pensy/pensów"),
        form=slavic.polish_form,
        titles={"dr": "doktor", "prof": "profesor", "inż": "inżynier", "św": "święty", "ul": "ulica",
            "np": "na przykład"},
    ),
    "tr": Language(
        cap=226, cardinal=hungarian_turkish.turkish, point="virgül", minus="eksi",
        ordinal=hungarian_turkish.turkish_ordinal,
        ordinal_mark=r"\.(?=\s+\w)|'?[iıuü]?nc[iıuü]\b",
        signs=("ve", "et", "yüzde", "diyez", "dolar", "sterlin", "euro", "derece", "artı", "eşittir"),
        money=_money("dolar", "sent", "euro", "sent", "sterlin", "peni"), joint=" ",
        titles={"dr": "doktor", "prof": "profesör", "sn": "sayın", "av": "avukat", "vb": "ve benzeri"},
    ),
    "ru": Language(
        cap=182, cardinal=slavic.russian, point="запятая", minus="минус", ordinal=slavic.russian_ordinal,
        ordinal_mark=r"-(?:й|ый|ий|я|ая|е|ое|го|му)\b",
        signs=("и", "собака", "процентов", "решётка", "долларов", "фунтов", "евро", "градусов", "плюс", "равно"),
        money=_money("доллар/доллара/долларов", "цент/цента/центов", "евро", "цент/цента/центов",
            "фунт/фунта/фунтов", "пенс/пенса/пенсов"),
        form=slavic.russian_form,
        titles={"г": "город", "ул": "улица", "им": "имени", "т": "товарищ", "тыс": "тысяч", "млн": "миллионов",
            "руб": "рублей"},
    ),
    "nl": Language(
        cap=251, cardinal=germanic.dutch, point="komma", minus="min", ordinal=germanic.dutch_ordinal,
        ordinal_mark=r"(?:ste|de|e)\b",
        signs=("en", "at", "procent", "hekje", "dollar", "pond", "euro", "graden", "plus", "is"),
        money=_money("dollar", "cent", "euro", "cent", "pond", "pence"),
        titles={"dhr": "de heer", "mevr": "mevrouw", "mw": "mevrouw", "dr": "dokter", "prof": "professor",
            "jhr": "jonkheer", "nr": "nummer", "enz": "enzovoort"},
    ),
    "cs": Language(
        cap=186, cardinal=slavic.czech, point="celá", ordinal=slavic.czech_ordinal, ordinal_mark=r"\.(?=\s+\w)",
        signs=("a", "zavináč", "procent", "křížek", "dolarů", "liber", "eur", "stupňů", "plus", "rovná se"),
        money=_money("dolar/dolary/dolarů", "cent/centy/centů", "euro/eura/eur", "cent/centy/centů",
            "libra/libry/liber", "pence"),
        form=slavic.czech_form, counting={"jedna": "jeden"},
        titles={"dr": "doktor", "ing": "inženýr", "prof": "profesor", "p": "pan", "např": "například", "č": "číslo"},
    ),
    "ar": Language(
        cap=166, cardinal=arabic_hindi.arabic, point="فاصلة", minus="ناقص", ordinal=arabic_hindi.arabic_ordinal,
        signs=("و", "آت", "بالمئة", "رقم", "دولار", "جنيه", "يورو", "درجة", "زائد", "يساوي"), comma=False,
        money=_money("دولار", "سنت", "يورو", "سنت", "جنيه", "بنس"), joint=" و",
    ),
    "zh-cn": Language(
        cap=82, cardinal=far_eastern.chinese, point="点", minus="负", ordinal=far_eastern.chinese,
        signs=("和", "艾特", "百分之", "井号", "美元", "英镑", "欧元", "度", "加", "等于"), comma=False, spaced=False,
        percent_first=True, money=_money("美元", "美分", "欧元", "欧分", "英镑", "便士"), joint="",
    ),
    "hu": Language(
        cap=224, cardinal=hungarian_turkish.hungarian, point="egész", minus="mínusz",
        ordinal=hungarian_turkish.hungarian_ordinal,
        ordinal_mark=r"\.(?=\s+\w)|-?(?:adik|edik|odik|ödik|ik)\b",
        signs=("és", "kukac", "százalék", "kettőskereszt", "dollár", "font", "euró", "fok", "plusz", "egyenlő"),
        money=_money("dollár", "cent", "euró", "cent", "font", "penny"), counting={"kettő": "két"},
        titles={"dr": "doktor", "prof": "professzor", "ifj": "ifjabb", "id": "idősebb", "stb": "satöbbi",
            "pl": "például"},
    ),
    "ko": Language(
        cap=95, cardinal=far_eastern.korean, point="점", minus="마이너스", ordinal=far_eastern.korean_ordinal,
        ordinal_mark=r"(?=\s?(?:번째|째))", comma=False, parted=False,
        signs=("그리고", "골뱅이", "퍼센트", "샵", "달러", "파운드", "유로", "도", "더하기", "는"),
        money=_money("달러", "센트", "유로", "센트", "파운드", "펜스"), joint=" ",
    ),
    "ja": Language(
        cap=71, cardinal=far_eastern.japanese, point="てん", minus="マイナス", ordinal=far_eastern.japanese,
        signs=("と", "アット", "パーセント", "シャープ", "ドル", "ポンド", "ユーロ", "ど", "プラス", "イコール"),
        comma=False, spaced=False, money=_money("ドル", "セント", "ユーロ", "セント", "ポンド", "ペンス"), joint="",
    ),
    "hi": Language(
        cap=150, cardinal=arabic_hindi.hindi, point="दशमलव", minus="ऋण", ordinal=arabic_hindi.hindi_ordinal,
        ordinal_mark="वाँ|वां|वीं|ला|रा|था|st|nd|rd|th", comma=False,
        signs=("और", "ऐट", "प्रतिशत", "हैश", "डॉलर", "पाउंड", "यूरो", "डिग्री", "जमा", "बराबर"),
        money=_money("डॉलर", "सेंट", "यूरो", "सेंट", "पाउंड", "पेंस"), joint=" ",
    ),
})  # fmt: skip
"""By the code that XTTS's vocabulary has for it."""
