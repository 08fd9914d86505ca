"""Against transformers: T5, T5 1.1 and UMT5 that it saved, the same states; and the same tokens."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from soundstage.nn.t5 import T5Encoder
from soundstage.text.unigram import sentencepiece, tokenizer
from soundstage.weights import load

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity

SHAPE = {"vocab_size": 40, "d_model": 20, "d_kv": 4, "d_ff": 24, "num_layers": 3, "num_heads": 4}
NEAR = {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 20}
KINDS = {
    "t5": ("T5Config", "T5EncoderModel", {}),
    "t5 whole": ("T5Config", "T5ForConditionalGeneration", {}),
    "t5 1.1": ("T5Config", "T5EncoderModel", {"feed_forward_proj": "gated-gelu"}),
    "t5 near": ("T5Config", "T5EncoderModel", NEAR),
    "umt5": ("UMT5Config", "UMT5EncoderModel", {"feed_forward_proj": "gated-gelu"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_states_agree(kind: str, tmp_path: Path) -> None:
    config, model, more = KINDS[kind]
    theirs: Any = getattr(transformers, model)(getattr(transformers, config)(**SHAPE, **more)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    theirs.save_pretrained(tmp_path)
    loaded = load(str(tmp_path))
    assert loaded.card.family == "t5"
    assert isinstance(loaded.module, T5Encoder)
    ids = torch.randint(0, 40, (2, 150), generator=generator)  # beyond the furthest bucket
    mask = torch.ones(2, 150, dtype=torch.long)
    mask[1, 9:] = 0
    with torch.no_grad():
        reference = theirs.get_encoder()(ids, attention_mask=mask).last_hidden_state
        mine = loaded.module(ids, mask > 0)
        alone = loaded.module(ids[1:, :9])
    assert torch.allclose(mine[mask > 0], reference[mask > 0], atol=1e-4)
    assert torch.allclose(alone[0], reference[1, :9], atol=1e-4)


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def test_tokens_agree_from_either_file(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    letters = [*"abcdefgh", "▁", "é"]
    longer = ["".join(letters[at] for at in torch.randint(0, 10, (3,), generator=generator)) for _ in range(60)]
    regular = [*letters, *dict.fromkeys([*longer, *(f"▁{piece[:2]}" for piece in longer)])]
    scores = [-float(score) for score in torch.rand(len(regular), generator=generator) * 9]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *zip(regular, scores, strict=True)]
    theirs = transformers.T5Tokenizer(vocab=pieces, extra_ids=0)
    theirs.save_pretrained(tmp_path)
    data = b"".join(
        field(
            1,
            field(1, text.encode())
            + b"\x15"
            + struct.pack("<f", score)
            + bytes([3 << 3, {"<unk>": 2, "<pad>": 3, "</s>": 3}.get(text, 1)]),
        )
        for text, score in pieces
    )
    (tmp_path / "spiece.model").write_bytes(data)
    ready, made = tokenizer({"tokenizer.json": tmp_path / "tokenizer.json"}), sentencepiece(tmp_path / "spiece.model")
    for length in range(1, 40):
        drawn = torch.randint(0, 10, (length,), generator=generator)
        text = "".join((*"abcdefgh", " ", "é")[at] for at in drawn) + " xyz</s> abc"
        reference = theirs(text).input_ids
        assert ready.encode(text).ids == reference
        assert made.encode(text).ids == reference
