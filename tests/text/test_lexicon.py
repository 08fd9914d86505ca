"""A user's own pronunciations: files, mappings, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundstage.errors import InputError, MissingError
from soundstage.text.lexicon import Pronunciations
from soundstage.text.passage import Passage
from soundstage.text.phonemes import Frontend
from soundstage.text.symbols import PAUSE

FILE = """;;; CMUdict's way
TOMATO  T AH0 M AA1 T OW2
TOMATO(1)  T AH0 M EY1 T OW2
# ours
nginx = eh1 n jh ax0 n eh1 k s   # a server
gif /dʒɪf/
wi-fi w iy1 f iy0
SQL S IY1 K W AH0 L
"""


@pytest.fixture
def words(tmp_path: Path) -> Pronunciations:
    (tmp_path / "words.txt").write_text(FILE, encoding="utf-8")
    return Pronunciations.load(tmp_path / "words.txt")


def test_arpabet_ipa_and_the_dictionarys_own_shape_are_read(words: Pronunciations) -> None:
    assert words.words["tomato"] == ("t", "ax0", "m", "aa1", "t", "ow0")
    assert words.words["nginx"] == ("eh1", "n", "jh", "ax0", "n", "eh1", "k", "s")
    assert [phone.rstrip("01") for phone in words.words["gif"]] == ["jh", "ih", "f"]


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("Tomato", "t ax m aa t ow"),
        ("NGINX", "eh n jh ax n eh k s"),
        ("wi-fi", "w iy f iy"),
        ("SQL", "s iy k w ax l"),
        ("the gif's", "dh ax jh ih f s"),
    ],
)
def test_a_users_word_is_said_as_told_however_it_is_written(words: Pronunciations, text: str, phones: str) -> None:
    said = Frontend().read(Passage(text, words=words.words))
    assert " ".join(phone.symbol for each in said for phone in each.phones if phone.symbol != PAUSE) == phones


def test_other_texts_do_not_see_them(words: Pronunciations) -> None:
    frontend = Frontend()
    own = frontend.read(Passage("tomato", words=words.words))
    assert own[0].ids != frontend.read("tomato")[0].ids


def test_it_is_stored_and_restored(words: Pronunciations, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    words.store(tmp_path / "kept")
    assert Pronunciations.restore(tmp_path / "kept") == words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello hh ax0 l ow1\nfoo zz qq", r"line 2 of words\.txt: 'zz' is no phone"),
        ("foo", r"line 1 of words\.txt: 'foo' has no pronunciation"),
        ("\n\nfoo ʘ", r"line 3 of words.txt: .*no sound of English"),
        ("-- b ay1", r"line 1 of words\.txt: '--' is no word"),
    ],
)
def test_a_mistake_in_a_file_names_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Pronunciations.load(tmp_path / "words.txt")


def test_a_mistake_in_a_mapping_names_its_word() -> None:
    with pytest.raises(InputError, match="lexicon: 'foo': 'zz' is no phone"):
        Pronunciations.of({"foo": "zz qq"})


def test_a_missing_or_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"none\.txt is not there"):
        Pronunciations.load(tmp_path / "none.txt")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(InputError, match="give a text in UTF-8"):
        Pronunciations.load(tmp_path / "bytes.txt")
