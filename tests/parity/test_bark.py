"""Against transformers: its own checkpoint of random weights, the same logits, and the same greedy tokens and sound."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.decode import greedy
from soundstage.errors import InputError
from soundstage.models.bark import Bark, VoicePrompt, coarse, fine, generate, semantic, wave
from soundstage.models.bark.stages import text_ids
from soundstage.weights import bark as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity

SHAPE = {"num_layers": 2, "num_heads": 2, "hidden_size": 16, "bias": False}
# Ids: 20 semantic and their end, text from 22, its padding 60 and the start 61; 16 codes a book, from 20 on.
SEMANTIC = {
    "eos_token_id": 20, "semantic_vocab_size": 20, "text_encoding_offset": 22, "text_pad_token": 60,
    "semantic_infer_token": 61, "max_input_semantic_length": 8, "max_new_tokens": 24, "pad_token_id": 20,
}  # fmt: skip
COARSE = {
    "coarse_semantic_pad_token": 52, "coarse_infer_token": 54, "max_coarse_input_length": 8,
    "max_coarse_history": 14, "sliding_window_len": 6,
}  # fmt: skip
FINE = {"max_fine_history_length": 8, "max_fine_input_length": 16}


class Pair(NamedTuple):
    theirs: Any
    ours: Bark
    folder: Path
    tensors: dict[str, Tensor]
    semantic: Any  # their generation configs
    coarse: Any
    fine: Any

    def stages(self) -> dict[str, Any]:
        return {"semantic_generation_config": self.semantic, "coarse_generation_config": self.coarse}


def drawn(theirs: Any) -> Any:
    """Random weights, large enough that tokens vary."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            size = 1.0 if "embeds" in name or "lm_head" in name else 0.3
            if not name.startswith("codec"):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * size)
        for name, buffer in theirs.named_buffers():
            if name.endswith("codebook.embed"):  # zeros, else
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
    return theirs.eval()


def made(folder: Path, **shape: Any) -> Pair:
    from transformers.models.bark import generation_configuration_bark as generation

    torch.manual_seed(3)  # their codec draws its weights from the global state
    codec = transformers.EncodecConfig(
        num_filters=4, hidden_size=8, codebook_size=16, codebook_dim=8, upsampling_ratios=[4, 2], num_lstm_layers=1,
        target_bandwidths=[120.0], chunk_length_s=None,
    )  # fmt: skip
    config = transformers.BarkConfig(
        semantic_config={**SHAPE, **shape, "block_size": 32, "input_vocab_size": 64, "output_vocab_size": 24},
        coarse_acoustics_config={**SHAPE, **shape, "block_size": 32, "input_vocab_size": 56, "output_vocab_size": 52},
        fine_acoustics_config={**SHAPE, **shape, "block_size": 16, "input_vocab_size": 18, "output_vocab_size": 18},
        codec_config=codec.to_dict(),
    )
    theirs = drawn(transformers.BarkModel(config))
    parts = (
        generation.BarkSemanticGenerationConfig(**SEMANTIC),
        generation.BarkCoarseGenerationConfig(**COARSE),
        generation.BarkFineGenerationConfig(**FINE),
    )
    theirs.save_pretrained(folder)  # before it has its generation config, whose own check fails in 5.23
    whole = generation.BarkGenerationConfig.from_sub_model_configs(*parts, codebook_size=16)
    layout = json.loads(json.dumps(whole.to_dict()))
    theirs.generation_config = SimpleNamespace(**layout)  # as it is when read from a file: parts are dicts
    tensors = load_file(folder / "model.safetensors")
    shapes = weights.from_config(json.loads((folder / "config.json").read_text()), layout)
    plain = json.loads(json.dumps(asdict(shapes)))  # as a card keeps it
    ours = assemble(lambda: weights.build(plain), rename(tensors, weights.KEYS, weights.IGNORED), torch.float32)
    assert isinstance(ours, Bark)
    return Pair(theirs, ours, folder, tensors, *parts)


@pytest.fixture(scope="module", params=[False, True], ids=["no biases", "biases"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return made(tmp_path_factory.mktemp("bark"), bias=request.param)


def ids(high: int, *shape: int, seed: int = 1) -> Tensor:
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(seed))


def voice(frames: int = 17) -> VoicePrompt:
    """As long as it takes to be cut at every stage."""
    return VoicePrompt(semantic_S=ids(20, 11), coarse_KT=ids(16, 2, frames), fine_KT=ids(16, 8, frames, seed=2))


def history(voice: VoicePrompt | None) -> dict[str, Tensor] | None:
    if voice is None:
        return None
    return {"semantic_prompt": voice.semantic_S, "coarse_prompt": voice.coarse_KT, "fine_prompt": voice.fine_KT}


def test_logits_of_the_causal_stages_agree(pair: Pair) -> None:
    with torch.no_grad():
        for stage, high in (("semantic", 64), ("coarse", 56)):
            tokens = ids(high, 2, 19)
            theirs = pair.theirs.semantic if stage == "semantic" else pair.theirs.coarse_acoustics
            assert torch.allclose(getattr(pair.ours, stage)(tokens), theirs(tokens).logits, atol=1e-4)


def test_logits_of_summed_text_and_history_agree(pair: Pair) -> None:
    text, past, last = ids(64, 2, 8), ids(21, 2, 8, seed=2), ids(64, 2, 5, seed=3)
    embed = pair.theirs.semantic.input_embeds_layer
    with torch.no_grad():
        summed = torch.cat((embed(text) + embed(past), embed(last)), 1)
        reference = pair.theirs.semantic(inputs_embeds=summed).logits
        got = pair.ours.semantic(torch.cat((past, last), 1), beside_BS=text)
    assert torch.allclose(got, reference, atol=1e-4)


def test_logits_of_the_fine_stage_agree_for_every_book(pair: Pair) -> None:
    codes = ids(18, 2, 8, 16)
    with torch.no_grad():
        for book in range(1, 8):
            reference = pair.theirs.fine_acoustics(book, codes.transpose(1, 2)).logits
            assert torch.allclose(pair.ours.fine(codes, book), reference, atol=1e-4)


@pytest.mark.parametrize("said", [None, voice()], ids=["no voice", "voice"])
@pytest.mark.parametrize("min_eos_p", [None, 0.05])
def test_greedy_semantic_tokens_agree(pair: Pair, said: VoicePrompt | None, min_eos_p: float | None) -> None:
    for seed in range(3):
        text, mask = ids(30, 2, 6, seed=seed), torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
        padded = torch.nn.functional.pad(text, (0, 2)), torch.nn.functional.pad(mask.long(), (0, 2))
        theirs = pair.theirs.semantic.generate(
            padded[0],
            attention_mask=padded[1],
            history_prompt=history(said),
            semantic_generation_config=pair.semantic,
            min_eos_p=min_eos_p,
        )
        ours = semantic(pair.ours, text, greedy, mask_BS=mask, voice=said, min_eos_p=min_eos_p)
        assert torch.equal(ours, theirs[:, : ours.shape[1]])
        assert (theirs[:, ours.shape[1] :] == 20).all()
        assert torch.equal(text_ids(pair.ours.config, text, mask), text_ids(pair.ours.config, padded[0], padded[1] > 0))


@pytest.mark.parametrize("frames", [None, 2, 5, 17])
def test_greedy_coarse_codes_agree_over_many_windows(pair: Pair, frames: int | None) -> None:
    said = None if frames is None else voice(frames)
    tokens = ids(20, 2, 13)
    tokens[1, 8:] = 20
    theirs, lengths = pair.theirs.coarse_acoustics.generate(
        tokens.clone(), codebook_size=16, history_prompt=history(said), return_output_lengths=True, **pair.stages()
    )
    ours = coarse(pair.ours, tokens, greedy, voice=said)
    assert torch.equal(ours.transpose(1, 2).reshape(2, -1), (theirs - 20) % 16)
    assert lengths.tolist() == [38, 24]
    assert ours.shape == (2, 2, 19)


@pytest.mark.parametrize("said", [None, voice(3), voice()], ids=["no voice", "short voice", "voice"])
@pytest.mark.parametrize("frames", [1, 9, 16, 17, 41])
def test_greedy_fine_codes_agree_over_many_windows(pair: Pair, said: VoicePrompt | None, frames: int) -> None:
    codes = ids(16, 2, 2, frames)
    flat = (codes + torch.tensor([20, 36])[:, None]).transpose(1, 2).reshape(2, -1)
    theirs = pair.theirs.fine_acoustics.generate(
        flat, fine_generation_config=pair.fine, codebook_size=16, history_prompt=history(said), **pair.stages()
    )
    assert torch.equal(fine(pair.ours, codes, voice=said), theirs)


@pytest.mark.parametrize("said", [None, voice()], ids=["no voice", "voice"])
def test_text_to_sound_agrees(pair: Pair, said: VoicePrompt | None) -> None:
    text, mask = ids(30, 2, 8, seed=5), torch.tensor([[True] * 8, [True] * 3 + [False] * 5])
    sound, lengths = pair.theirs.generate(
        text, attention_mask=mask.long(), history_prompt=history(said), return_output_lengths=True, min_eos_p=0.05
    )
    spoken = generate(pair.ours, text, greedy, mask_BS=mask, voice=said, min_eos_p=0.05)
    ours, counts = wave(pair.ours, spoken)
    assert counts.tolist() == lengths
    assert counts.min() > 0
    assert torch.allclose(ours[:, 0], sound, atol=1e-4)
    assert ours.std() > 0.02


def test_a_missing_key_is_named(pair: Pair) -> None:
    tensors = {name: tensor for name, tensor in pair.tensors.items() if name != "semantic.layers.1.mlp.in_proj.weight"}
    ours = rename(tensors, weights.KEYS, weights.IGNORED)
    plain = asdict(pair.ours.config)
    with pytest.raises(InputError, match=r"semantic\.body\.blocks\.1\.feed\.rise\.weight"):
        assemble(lambda: weights.build(plain), ours, torch.float32)
