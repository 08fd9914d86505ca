"""Against transformers: its own whole checkpoints of random weights, the same logits and the same greedy songs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from soundstage.decode import greedy
from soundstage.errors import InputError
from soundstage.models.musicgen import Guidance, Heard, Musicgen, generate
from soundstage.weights import load

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity

KINDS = ("text", "stereo", "melody", "stereo melody")
CODES, CHROMA = 64, 7
IDS = torch.tensor([[5, 9, 12, 40, 1, 0], [7, 30, 1, 0, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0]])


class Pair(NamedTuple):
    kind: str
    theirs: Any
    ours: Musicgen
    folder: Path

    def melody(self, frames: int = 5) -> Tensor | None:
        if "melody" not in self.kind:
            return None
        notes = torch.randint(0, 12, (2, frames), generator=torch.Generator().manual_seed(3))
        return torch.nn.functional.one_hot(notes, 12).float()

    def heard(self, melody: Tensor | None = None, rows: int = 2) -> Heard:
        mask = MASK[:rows] > 0
        return self.ours.decoder.hear(
            self.ours.read(IDS[:rows], mask), mask_BS=mask, melody_BNM=None if melody is None else melody[:rows]
        )

    def asked(self, melody: Tensor | None = None, rows: int = 2) -> dict[str, Tensor]:
        given = {"input_ids": IDS[:rows], "attention_mask": MASK[:rows]}
        return given if melody is None else {**given, "input_features": melody[:rows]}


def made(kind: str, folder: Path) -> Pair:
    stereo, melodic = "stereo" in kind, "melody" in kind
    text = transformers.T5Config(vocab_size=50, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4)
    codec = transformers.EncodecConfig(
        num_filters=4, hidden_size=8, codebook_size=CODES, codebook_dim=8, upsampling_ratios=[4, 2], num_lstm_layers=1,
        sampling_rate=16_000, target_bandwidths=[48.0], use_causal_conv=False, use_conv_shortcut=False,
    )  # fmt: skip
    decoder = {
        "vocab_size": CODES, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64,
        "num_codebooks": 8 if stereo else 4, "audio_channels": 2 if stereo else 1, "pad_token_id": CODES,
        "bos_token_id": CODES, "max_position_embeddings": 64,
    }  # fmt: skip
    torch.manual_seed(3)  # their codec draws its weights from the global state
    if melodic:
        whole = transformers.MusicgenMelodyConfig(
            text_encoder=text, audio_encoder=codec,
            decoder=transformers.models.musicgen_melody.configuration_musicgen_melody.MusicgenMelodyDecoderConfig(**decoder),
            chroma_length=CHROMA,
        )  # fmt: skip
        theirs = transformers.MusicgenMelodyForConditionalGeneration(whole)
    else:
        config = transformers.models.musicgen.configuration_musicgen.MusicgenDecoderConfig(**decoder)
        theirs = transformers.MusicgenForConditionalGeneration(
            transformers.MusicgenConfig(text_encoder=text, audio_encoder=codec, decoder=config)
        )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if not name.startswith("audio_encoder"):
                size = 2.0 if "lm_heads" in name else 0.3
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * size)
        for name, buffer in theirs.named_buffers():
            if name.endswith("codebook.embed"):  # zeros, else
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
    for name, value in (("decoder_start_token_id", CODES), ("pad_token_id", CODES), ("bos_token_id", CODES)):
        setattr(theirs.generation_config, name, value)
    theirs.eval().save_pretrained(folder)
    ours = load(str(folder)).module
    assert isinstance(ours, Musicgen)
    return Pair(kind, theirs, ours, folder)


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return made(request.param, tmp_path_factory.mktemp(request.param.replace(" ", "_")))


def test_text_states_agree(pair: Pair) -> None:
    with torch.no_grad():
        reference = pair.theirs.text_encoder(IDS, attention_mask=MASK).last_hidden_state
        mine = pair.ours.read(IDS, MASK > 0)
    assert torch.allclose(mine[MASK > 0], reference[MASK > 0], atol=1e-4)


def test_logits_agree(pair: Pair) -> None:
    books = pair.ours.config.decoder.books
    codes = torch.randint(0, CODES + 1, (2, books, 11), generator=torch.Generator().manual_seed(1))
    for melody in (None, pair.melody(), pair.melody(CHROMA + 4)):
        with torch.no_grad():
            reference = pair.theirs(**pair.asked(melody), decoder_input_ids=codes.reshape(2 * books, 11)).logits
            mine = pair.ours.decoder(codes, pair.heard(melody))
        assert torch.allclose(mine, reference.reshape(2, books, -1, CODES)[:, :, -11:], atol=1e-4)


def song(pair: Pair, rows: int, guidance: float | None, melody: Tensor | None, **more: Any) -> tuple[Tensor, Tensor]:
    """What transformers makes, codes and samples. Frames are decided as in `generate`, behind the start token."""
    sides: list[Tensor] = []
    codec = pair.theirs.audio_encoder
    decode = codec.decode

    def listened(codes: Tensor, **given: Any) -> Any:
        sides.append(codes[0])
        return decode(codes, **given)

    codec.decode = listened
    try:
        sound = pair.theirs.generate(
            **pair.asked(melody, rows), do_sample=False, guidance_scale=guidance, max_length=20 + 4, **more
        )
    finally:
        del codec.decode
    return torch.stack(sides, 2).flatten(1, 2), sound


def check(pair: Pair, mine: Tensor, theirs: tuple[Tensor, Tensor]) -> None:
    codes, sound = theirs
    assert torch.equal(mine, codes)
    assert torch.allclose(pair.ours.decode(mine), sound, atol=1e-4)
    assert sound.std() > 1e-3
    assert len(mine.unique()) > 5


@pytest.mark.parametrize("guidance", [None, 3.0])
@pytest.mark.parametrize("apart", [False, True])
def test_greedy_songs_agree(pair: Pair, guidance: float | None, apart: bool) -> None:
    melody = pair.melody()
    scale = Guidance(scale=guidance or 1.0, apart=apart)
    mine = generate(pair.ours.decoder, pair.heard(melody, 1), 20, greedy, guidance=scale)
    check(pair, mine, song(pair, 1, guidance, melody))


def test_greedy_songs_of_texts_of_unlike_length_agree(pair: Pair) -> None:
    mine = generate(pair.ours.decoder, pair.heard(pair.melody()), 20, greedy)
    check(pair, mine, song(pair, 2, 3.0, pair.melody()))


def test_greedy_continuations_of_a_recording_agree(pair: Pair) -> None:
    channels = pair.ours.channels
    past = torch.randn(1, channels, 7 * 8, generator=torch.Generator().manual_seed(6))
    prompt = pair.ours.encode(past)
    if "melody" in pair.kind:  # theirs reads no recording; its codes are given
        codec = pair.theirs.audio_encoder
        sides = [codec.encode(past[:, side : side + 1]).audio_codes[0] for side in range(channels)]
        given = {"decoder_input_ids": torch.stack(sides, 2).reshape(-1, 7)}
    else:
        given = {"input_values": past}
    mine = generate(pair.ours.decoder, pair.heard(pair.melody(), 1), 20, greedy, prompt_BKT=prompt)
    assert torch.equal(mine[..., :7], prompt)
    check(pair, mine, song(pair, 1, 3.0, pair.melody(), **given))


def test_a_missing_key_is_named(pair: Pair, tmp_path: Path) -> None:
    tensors = load_file(pair.folder / "model.safetensors")
    del tensors["decoder.model.decoder.layers.1.fc2.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((pair.folder / "config.json").read_text())
    with pytest.raises(InputError, match=r"decoder\.blocks\.1\.feed\.fall\.weight"):
        load(str(tmp_path))


def test_what_is_not_supported_is_named(pair: Pair, tmp_path: Path) -> None:
    config = json.loads((pair.folder / "config.json").read_text())
    (tmp_path / "model.safetensors").write_bytes((pair.folder / "model.safetensors").read_bytes())
    for part, field, value in (
        ("decoder", "activation_function", "relu"),
        ("decoder", "pad_token_id", 3),
        ("text_encoder", "feed_forward_proj", "swish"),
    ):
        wrong = {**config, part: {**config[part], field: value}}
        (tmp_path / "config.json").write_text(json.dumps(wrong))
        with pytest.raises(InputError, match=field):
            load(str(tmp_path))


def test_the_task_composes_with_a_folder_that_transformers_saved(pair: Pair) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    from soundstage.tasks.compose import compose

    words = Tokenizer(models.Unigram([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁calm", -1.0)], unk_id=2))
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    words.save(str(pair.folder / "tokenizer.json"))
    one, two = (compose("calm", seconds=1.0, model=str(pair.folder), seed=seed) for seed in (1, 2))
    assert one.mix.length == one.mix.rate
    assert one.mix.channels == (2 if "stereo" in pair.kind else 1)
    assert one.mix.samples.std() > 0
    assert one.mix != two.mix
    assert one.score is None
    with pytest.raises(InputError, match="bpm: cannot be kept by"):
        compose("calm", seconds=1.0, bpm=100, model=str(pair.folder))
