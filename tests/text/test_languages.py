"""XTTS's text side: number words, money, signs and titles of seventeen languages, and which one it is."""

from __future__ import annotations

import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.text import languages
from soundstage.text.languages import LANGUAGES, detect, named, romanise, sentences, shortened, spoken, stretches
from soundstage.text.languages.expand import number
from soundstage.text.passage import Insert, Passage, Token

NUMBERS = {
    "es": {21: "veintiuno", 100: "cien", 101: "ciento uno", 1999: "mil novecientos noventa y nueve",
           21_000: "veintiún mil", 1_000_000: "un millón"},
    "fr": {71: "soixante et onze", 80: "quatre-vingts", 99: "quatre-vingt-dix-neuf", 200: "deux cents",
           80_000: "quatre-vingt mille", 2_000_001: "deux millions un"},
    "de": {1: "eins", 21: "einundzwanzig", 101: "einhunderteins", 1001: "eintausendeins",
           2_100_000: "zwei Millionen einhunderttausend"},
    "it": {21: "ventuno", 23: "ventitré", 28: "ventotto", 180: "centottanta", 2000: "duemila", 23_000: "ventitremila"},
    "pt": {16: "dezesseis", 123: "cento e vinte e três", 1100: "mil e cem", 2021: "dois mil e vinte e um"},
    "pl": {22: "dwadzieścia dwa", 1000: "tysiąc", 2000: "dwa tysiące", 5000: "pięć tysięcy"},
    "cs": {21: "dvacet jedna", 200: "dvě stě", 2000: "dva tisíce", 5000: "pět tisíc"},
    "ru": {21: "двадцать один", 1000: "одна тысяча", 2000: "две тысячи", 11_000: "одиннадцать тысяч"},
    "nl": {22: "tweeëntwintig", 31: "eenendertig", 100: "honderd", 1921: "duizendnegenhonderdeenentwintig"},
    "tr": {11: "on bir", 100: "yüz", 1000: "bin", 2345: "iki bin üç yüz kırk beş"},
    "hu": {11: "tizenegy", 22: "huszonkettő", 200: "kétszáz", 1990: "ezerkilencszázkilencven", 2001: "kétezer-egy"},
    "ar": {11: "أحد عشر", 21: "واحد وعشرون", 200: "مئتان", 3000: "ثلاثة آلاف"},
    "hi": {45: "पैंतालीस", 99: "निन्यानवे", 123_456: "एक लाख तेईस हज़ार चार सौ छप्पन"},
    "zh-cn": {0: "零", 12: "十二", 110: "一百一十", 1001: "一千零一", 10_010: "一万零一十", 100_000_000: "一亿"},
    "ko": {10: "십", 111: "백십일", 10_000: "만", 20_300: "이만 삼백"},
    "ja": {300: "さんびゃく", 8800: "はっせんはっぴゃく", 10_000: "いちまん", 11_000: "いちまんせん"},
}  # fmt: skip
READ = [
    ("es", "Cuesta 20,15€ o $1.000, un 14% más.",
     "cuesta veinte euros con quince céntimos o mil dólares, un catorce por ciento más."),
    ("it", "€21,01", "ventun euro e un centesimo"),
    ("hu", "€2", "két euró"),
    ("es", "La 3ª vez, el 1er día: -5°", "la tercera vez, el primero día: menos cinco grados"),
    ("fr", "Mme. Noël a la 1ère place, le 21e", "madame noël a la première place, le vingt et unième"),
    ("fr", "12,5kg à 14:30 & 100.000,5", "douze virgule cinq kg à quatorze trente et cent mille virgule cinq"),
    ("de", "Am 3. Mai kam Dr. Bär, 1990.", "am dritte mai kam doktor bär, eintausendneunhundertneunzig."),
    ("de", "Das macht €1 oder 1,01 €", "das macht ein euro oder ein euro und ein cent"),
    ("it", "Il 1° posto, la 2ª, 36,6°", "il primo posto, la seconda, trentasei virgola sei gradi"),
    ("pt", "O 1º dia e a 2a noite por £5", "o primeiro dia e a segunda noite por cinco libras"),
    ("pl", "22€ i 5,02€", "dwadzieścia dwa euro i pięć euro, dwa centy"),
    ("cs", "1. test za $2", "první test za dva dolary"),
    ("ru", "2-й тест: 20.15€ и £3", "второй тест: двадцать евро, пятнадцать центов и три фунта"),
    ("nl", "De 8ste dag, de 3de, dhr. Bos", "de achtste dag, de derde, de heer bos"),
    ("tr", "İyi 1. test, %14, 3'üncü", "iyi birinci test, yüzde on dört, üçüncü"),
    ("hu", "Az 1. teszt, 2. óra, 3,5", "az első teszt, második óra, három egész öt"),
    ("ar", "٥٠ و 1,200", "خمسون و ألف ومئتان"),
    ("hi", "14% और 1ला", "चौदह प्रतिशत और पहला"),
    ("ko", "3번째 물엿 12.5", "sebeon-jjae mul-yeos sib-i jeom o"),
    ("ja", "カメラを ３だい、ちょっと！", "kamerao sandai, chotto!"),
]  # fmt: skip


@pytest.mark.parametrize("code", NUMBERS)
def test_numbers_have_their_languages_words(code: str) -> None:
    spell = LANGUAGES[code].cardinal
    assert {value: spell(value) for value in NUMBERS[code]} == NUMBERS[code]


@pytest.mark.parametrize(("code", "text", "read"), READ)
def test_what_is_written_is_read_in_words(code: str, text: str, read: str) -> None:
    assert spoken(text, code) == read


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code not in ("zh-cn", "en")])
def test_no_digit_and_no_sign_is_left(code: str) -> None:
    read = spoken("1 22 333 4.444 55.555,5 666,666.6 7777777 €8 9% 10.11.2012 13:14 @#&+= 10000000000000000", code)
    assert not any(character.isdigit() or character in languages.languages.SIGNS for character in read)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**12 - 1))
def test_every_number_has_words_and_no_two_the_same(value: int) -> None:
    for code, language in LANGUAGES.items():
        words = language.cardinal(value)
        assert words.strip() == words and "  " not in words and "_" not in words, code
        assert words != language.cardinal(value + 1), code


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 999))
def test_every_ordinal_has_words(value: int) -> None:
    for code, language in LANGUAGES.items():
        if language.ordinal is not None:
            words = language.ordinal(value)
            assert words and words.strip() == words and "_" not in words, code


def test_numbers_are_grouped_and_parted_as_the_language_does() -> None:
    assert number("1.234,5", LANGUAGES["it"]) == "milleduecentotrentaquattro virgola cinque"
    assert number("1,234.5", LANGUAGES["hi"]) == "एक हज़ार दो सौ चौंतीस दशमलव पाँच"
    assert number("0,05", LANGUAGES["es"]) == "cero coma cero cinco"
    assert number("−3", LANGUAGES["fr"]) == "moins trois"
    assert number("12345678901234", LANGUAGES["es"]).split()[:2] == ["uno", "dos"]


def test_korean_syllables_are_parted_where_they_could_be_read_otherwise() -> None:
    assert spoken("안녕하세요", "ko") == "annyeonghase-yo"
    assert spoken("한국어, 읽다", "ko") == "hangug-eo, ilgda"
    assert spoken("갓사", "ko") == "gas-sa"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("きっぷ", "kippu"), ("まっちゃ", "matcha"), ("とうきょう", "toukyou"), ("ジャズ", "jazu"),
        ("ファイル", "fairu"), ("シャツを", "shatsuo"), ("スーパー", "suupaa"), ("「はい」。", "hai."),
    ],
)  # fmt: skip
def test_kana_is_read_by_hepburns_rules(text: str, read: str) -> None:
    assert romanise.kana(text) == read


def test_characters_need_a_dictionary_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(romanise, "_optional", lambda _: None)
    for text, code, package in (("你好", "zh-cn", "pypinyin"), ("日本", "ja", "cutlet")):
        with pytest.raises(MissingError, match=rf"{package}; pip install 'soundstage\[languages\]'"):
            spoken(text, code)
    assert spoken("ni3hao3", "zh-cn") == "ni3hao3"


def test_chinese_numbers_reach_the_dictionary_as_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def pinyin(text: str, **how: object) -> list[list[str]]:
        asked.append(text)
        assert how == {"style": 8, "heteronym": False, "neutral_tone_with_five": True}
        return [["shi2"], ["er4"], ["!"]]

    module = types.SimpleNamespace(Style=types.SimpleNamespace(TONE3=8), pinyin=pinyin)
    monkeypatch.setattr(romanise, "_optional", lambda _: module)
    assert spoken("14%，12.5", "zh-cn") == "shi2er4!"
    assert asked == ["百分之十四，十二点五"]


def test_japanese_is_read_by_the_dictionary_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cutlet:
        def romaji(self, text: str) -> str:
            return f"Nihon {text}"

    monkeypatch.setattr(romanise, "_optional", lambda _: types.ModuleType("cutlet"))
    monkeypatch.setattr(romanise, "_cutlet", lambda _: Cutlet())
    assert spoken("3", "ja") == "nihon さん"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The ship sails at dawn."), ("en", "xyz"), ("en", ""), ("en", "Hi!"), ("de", "Die Katze schläft."),
        ("fr", "Le chat dort."), ("es", "El gato duerme."), ("it", "Il gatto dorme."), ("pt", "O gato dorme."),
        ("pl", "Kot śpi na dachu."), ("nl", "De kat slaapt."), ("tr", "Kedi uyuyor."), ("hu", "A macska alszik."),
        ("cs", "Kočka spí na střeše."), ("ru", "Кошка спит."), ("ar", "القطة نائمة"), ("hi", "बिल्ली सो रही है"),
        ("zh-cn", "猫在睡觉"), ("ja", "猫がねている"), ("ko", "고양이가 자고 있다"),
        ("en", "He said 你好 to all of the people."),
    ],
)  # fmt: skip
def test_a_few_words_tell_their_language(code: str, text: str) -> None:
    assert detect(text) == code


def test_tags_change_the_language_from_where_they_stand() -> None:
    text = "Hello you. [de] Guten Tag. [ZH] 你好。[fr]Oui"
    assert stretches(text) == [("en", "Hello you. "), ("de", "Guten Tag. "), ("zh-cn", "你好。"), ("fr", "Oui")]
    assert stretches("Oui [laughs]", "de") == [("de", "Oui [laughs]")]
    assert stretches("[it] Ciao", "de") == [("it", "Ciao")]
    assert [named(each) for each in ("de-AT", "zh", "zh-CN", "pt-br", "")] == ["de", "zh-cn", "zh-cn", "pt", ""]


def test_sentences_end_at_full_stops_that_end_them() -> None:
    text = "Am 3. Mai kam Dr. Bär. „Gut!“ Sie ging... und blieb. „Halt!“ rief er.\n\nEnde"
    found = [sentence.written for sentence in sentences(text, "de")]
    assert found == ["Am 3. Mai kam Dr. Bär.", "„Gut!“", "Sie ging... und blieb.", "„Halt!“ rief er.", "Ende"]
    assert [sentence.written for sentence in sentences("Ela foi em 1990. Depois? Sim。", "pt")][:2] == [
        "Ela foi em 1990.", "Depois?",
    ]  # fmt: skip
    assert len(sentences("क्या? हाँ। ठीक", "hi")) == 3


def test_words_keep_how_they_are_written_and_what_stands_around_them() -> None:
    (sentence,) = sentences("„Drei“ Äpfel, [lacht] *ja*?", "de")
    assert [(token.written, token.mark, token.shown) for token in sentence.tokens] == [
        ("Drei", "", "„Drei“"), ("Äpfel", ",", "Äpfel,"), ("ja", "?", "ja?"),
    ]  # fmt: skip
    assert sentence.readable == "drei äpfel, ja?"


def test_rests_stand_where_they_are_asked_for_in_spaced_and_unspaced_text() -> None:
    found = sentences("[pause:1s] Guten [pause:500ms] Tag. [pause:99s] Ja", "de")
    assert [(each.lead, [token.silence for token in each.tokens]) for each in found] == [(1, [0.5, 0]), (10, [0])]
    (sentence,) = sentences("はい、[pause:2s]ええ", "ja")
    assert [(token.written, token.silence) for token in sentence.tokens] == [("はい", 2), ("ええ", 0)]


def test_what_markup_puts_in_is_said_and_rests() -> None:
    text = "Der Dr. kam"
    inserts = (Insert(4, 7, Token(written="Dr.", spoken=("doktor",))), Insert(11, 11, Token(silence=0.7)))
    (sentence,) = sentences(Passage(text, inserts), "de")
    assert sentence.readable == "der doktor kam"
    assert sentence.tokens[-1].silence == 0.7


def test_a_text_without_words_has_no_sentences() -> None:
    assert sentences(" ... [laughs] „“ ", "de") == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab ,;", max_size=400), st.integers(5, 60))
def test_a_shortened_text_keeps_its_letters_and_its_parts_are_short(text: str, cap: int) -> None:
    parts = list(shortened(text, cap))
    assert all(0 < len(part) <= cap or " " not in part for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_sentence_is_parted_at_a_mark_before_a_space() -> None:
    assert list(shortened("eins zwei, drei vier fünf", 20)) == ["eins zwei,", "drei vier fünf"]
    assert list(shortened("eins; zwei, drei vier", 18)) == ["eins; zwei,", "drei vier"]


def test_a_language_that_is_not_spoken_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"'fi' is not spoken; choose en, es, fr"):
        spoken("Hei", "fi")
