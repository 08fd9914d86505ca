"""Tokenizers from both kinds of files, and what is none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from soundstage.errors import InputError, MissingError
from soundstage.text.unigram import sentencepiece, tokenizer

PIECES = [
    ("<pad>", 0.0, 3), ("</s>", 0.0, 3), ("<unk>", 0.0, 2), ("▁", -3.0, 1), ("▁calm", -2.0, 1), ("▁pia", -2.5, 1),
    ("no", -2.5, 1), ("▁piano", -6.0, 1), ("s", -4.0, 1),
]  # fmt: skip


def field(number: int, data: bytes) -> bytes:
    length, size = b"", len(data)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


def spiece(kind: int = 1) -> bytes:
    pieces = b"".join(
        field(1, field(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([3 << 3, type_]))
        for text, score, type_ in PIECES
    )
    return pieces + field(2, bytes([3 << 3, kind])) + field(3, field(1, b"identity" * 20))


def test_a_sentencepiece_file_cuts_by_the_best_sum_and_ends_the_text(tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes(spiece())
    made = tokenizer({"spiece.model": tmp_path / "spiece.model"})
    assert made.encode("calm  piano").tokens == ["▁calm", "▁pia", "no", "</s>"]
    assert made.encode("calm pianos").ids == [4, 5, 6, 8, 1]
    assert made.encode("").ids == [1]
    assert made.encode("calm x").ids == [4, 3, 2, 1]
    assert made.encode("</s> calm").ids == [1, 4, 1]


def test_a_ready_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes(spiece())
    sentencepiece(tmp_path / "spiece.model").save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "spiece.model").write_bytes(b"")
    made = tokenizer({path.name: path for path in tmp_path.iterdir()})
    assert made.encode("calm piano").ids == [4, 5, 6, 1]


@pytest.mark.parametrize("data", [b"", b"\x0a", spiece()[:40], b"hello", spiece(kind=2)])
def test_what_is_no_unigram_model_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "spiece.model").write_bytes(data)
    with pytest.raises(InputError, match="no SentencePiece file"):
        sentencepiece(tmp_path / "spiece.model")


def test_a_broken_ready_file_and_none_at_all_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        tokenizer({"tokenizer.json": tmp_path / "tokenizer.json"})
    with pytest.raises(MissingError, match="no tokenizer"):
        tokenizer({})
