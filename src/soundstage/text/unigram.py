"""Tokenizers of public text encoders: `tokenizer.json`, or the SentencePiece file that older checkpoints have instead.

Notable: a SentencePiece model is a protocol buffer of which a few fields matter, its pieces with their scores and the
table by which characters are made alike; they are read here and given to the library `tokenizers`, whose unigram model
cuts as SentencePiece does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from soundstage.errors import InputError, MissingError

READY, PIECES = "tokenizer.json", ("spiece.model", "sentencepiece.model")
SPACE = "▁"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # kinds of pieces
UNIGRAM = 1  # kind of model


def tokenizer(files: Mapping[str, Path]) -> Tokenizer:
    """The tokenizer among a checkpoint's files, by name.

    Raises MissingError when there is none, InputError for a broken one.
    """
    if (ready := files.get(READY)) is not None:
        try:
            return Tokenizer.from_file(str(ready))
        except Exception as error:  # the library raises plain ones
            raise InputError("model", f"{ready} cannot be read ({error})", "fetch the file again") from None
    found = next((files[name] for name in PIECES if name in files), None)
    if found is None:
        raise MissingError("the checkpoint has no tokenizer", f"put its {READY} or {PIECES[0]} beside its weights")
    return sentencepiece(found)


def sentencepiece(path: Path) -> Tokenizer:
    """A T5's tokenizer from its SentencePiece file: every text ends with `</s>`.

    Raises InputError for what is no unigram model.
    """
    try:
        pieces, charsmap = _model(path.read_bytes())
    except (ValueError, IndexError, struct.error, UnicodeDecodeError):
        raise InputError("model", f"{path} is no SentencePiece file", "fetch the file again") from None
    unknown = next((at for at, piece in enumerate(pieces) if piece[2] == UNKNOWN), None)
    end = next((at for at, piece in enumerate(pieces) if piece[0] == "</s>"), None)
    if unknown is None or end is None:
        raise InputError("model", f"{path} is no unigram model with <unk> and </s>", "give that of a T5")
    vocabulary = [(text, score) for text, score, _ in pieces]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=any(kind == BYTE for *_, kind in pieces)))
    if charsmap:
        made.normalizer = normalizers.Precompiled(charsmap)
    words = pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(SPACE, "always")
    made.pre_tokenizer = pre_tokenizers.Sequence(list(words))
    made.decoder = decoders.Metaspace(SPACE, "always")
    made.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", end)])
    made.add_special_tokens([text for text, _, kind in pieces if kind in (UNKNOWN, CONTROL)])
    return made


Piece = tuple[str, float, int]


def _model(data: bytes) -> tuple[list[Piece], bytes]:
    """Pieces, and the table that makes characters alike."""
    pieces: list[Piece] = []
    charsmap = b""
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            piece = dict(_fields(value))
            text, score = piece[1], piece.get(2, b"\0\0\0\0")
            assert isinstance(text, bytes) and isinstance(score, bytes)
            pieces.append((text.decode("utf-8"), struct.unpack("<f", score)[0], int(piece.get(3, NORMAL))))
        elif number == 2 and isinstance(value, bytes):
            kind = dict(_fields(value)).get(3, UNIGRAM)
            if kind != UNIGRAM:
                raise ValueError(f"a model of kind {kind!r}")
        elif number == 3 and isinstance(value, bytes):
            table = dict(_fields(value)).get(2, b"")
            charsmap = table if isinstance(table, bytes) else b""
    if not pieces:
        raise ValueError("no pieces")
    return pieces, charsmap


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protocol buffer: numbers as ints, all else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + length > len(data):
            raise ValueError("cut off")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
