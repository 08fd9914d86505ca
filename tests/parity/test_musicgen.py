"""Against transformers: its own checkpoint of random weights, the same logits and the same greedy song."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from soundstage.decode import greedy
from soundstage.errors import InputError
from soundstage.models.musicgen import Musicgen, generate
from soundstage.weights import musicgen as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
CONFIG = {"width": 32, "depth": 3, "heads": 4, "hidden": 64, "books": 4, "codes": 40, "delays": [0, 1, 2, 3]}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Musicgen, Path]:
    from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

    config = MusicgenDecoderConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, ffn_dim=64, num_codebooks=4,
        pad_token_id=40, bos_token_id=40, max_position_embeddings=64,
    )  # fmt: skip
    theirs = transformers.MusicgenForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2.0 if "lm_heads" in name else 0.3))
    folder = tmp_path_factory.mktemp("musicgen")
    theirs.save_pretrained(folder)
    tensors = rename(load_file(folder / "model.safetensors"), weights.KEYS, weights.IGNORED)
    ours = assemble(lambda: weights.build(CONFIG), tensors, torch.float32)
    assert isinstance(ours, Musicgen)
    return theirs, ours, folder


def test_logits_agree(pair: tuple[Any, Musicgen, Path]) -> None:
    theirs, ours, _ = pair
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 41, (2, 4, 11), generator=generator)
    text = torch.randn(2, 6, 32, generator=generator)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    with torch.no_grad():
        reference = theirs(
            input_ids=ids.reshape(8, 11), encoder_hidden_states=text, encoder_attention_mask=mask.long()
        ).logits
        assert torch.allclose(ours(ids, text, text_mask=mask), reference.reshape(2, 4, 11, 40), atol=1e-4)


def test_greedy_songs_agree_with_guidance(pair: tuple[Any, Musicgen, Path]) -> None:
    theirs, ours, _ = pair
    text = torch.randn(1, 6, 32, generator=torch.Generator().manual_seed(2))
    null = torch.zeros_like(text)
    mask = torch.ones(1, 6, dtype=torch.long)
    cache = transformers.EncoderDecoderCache(transformers.DynamicCache(), transformers.DynamicCache())
    song = theirs.generate(
        torch.full((4, 1), 40),
        attention_mask=torch.ones(1, 1, dtype=torch.long),  # without it, generate masks the start token as padding
        encoder_hidden_states=torch.cat((text, null)),
        encoder_attention_mask=torch.cat((mask, 0 * mask)),
        past_key_values=cache,
        guidance_scale=3.0,
        do_sample=False,
        max_length=30 + 4,
        num_return_sequences=1,
        num_beams=1,
        use_cache=True,
        decoder_start_token_id=40,
    )
    ours_song = generate(ours, text, 30, greedy, guidance=3.0)
    assert torch.equal(ours_song, song)
    assert len(ours_song.unique()) > 5


def test_a_missing_key_is_named(pair: tuple[Any, Musicgen, Path]) -> None:
    _, _, folder = pair
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.decoder.layers.1.fc2.weight"]
    with pytest.raises(InputError, match=r"blocks\.1\.feed\.fall\.weight"):
        assemble(lambda: weights.build(CONFIG), rename(tensors, weights.KEYS, weights.IGNORED), torch.float32)
