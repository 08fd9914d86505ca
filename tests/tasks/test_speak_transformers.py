"""Small checkpoints that the library transformers saved, as models of the task `speak`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.tasks.said import Manner
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_transformers import TransformersSpeaker
from soundstage.tasks.transformers_ways import WAYS, way_of
from soundstage.weights import card_of, hub, load
from soundstage.weights import transformers as checkpoints

transformers = pytest.importorskip("transformers")

NARROW = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
GROUPED = {**NARROW, "num_key_value_heads": 2, "head_dim": 8}
LINES = "{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'text' %}{{ c['text'] }}{% else %}AUDIO{% endif %}{% endfor %}{% endfor %}"  # noqa: E501


def tokenizer(*special: str, **named: Any) -> Any:
    """A tokenizer of a few words, the special ones first, from 1 on."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ("[UNK]", *special, "Hello", "there", ".")
    made = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, "[UNK]"))
    made.pre_tokenizer = Whitespace()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[UNK]", extra_special_tokens=named or list(special)
    )


def save_vits(folder: Path) -> None:
    config = transformers.VitsConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16, flow_size=16,
        spectrogram_bins=9, upsample_initial_channel=16, upsample_rates=[8, 8], upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]], prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=1,
        depth_separable_num_layers=1, num_speakers=3, speaker_embedding_size=4,
    )  # fmt: skip
    transformers.VitsModel(config).save_pretrained(folder)
    letters = folder / "vocab.json"
    letters.write_text(json.dumps({letter: index for index, letter in enumerate(" abcdefhlort.'")}))
    transformers.VitsTokenizer(str(letters), phonemize=False, pad_token=" ", unk_token=" ").save_pretrained(folder)


def save_csm(folder: Path) -> None:
    words = tokenizer("<|AUDIO|>", "<|audio_eos|>")
    mimi = {
        "model_type": "mimi", "sampling_rate": 24000, "num_filters": 4, "hidden_size": 16, "codebook_size": 32,
        "codebook_dim": 8, "vector_quantization_hidden_dimension": 8, "num_quantizers": 4, "num_hidden_layers": 1,
        "intermediate_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
        "upsampling_ratios": [8, 6, 5, 4], "upsample_groups": 16,
    }  # fmt: skip
    config = transformers.CsmConfig(
        text_vocab_size=len(words), vocab_size=32, num_codebooks=4, codebook_pad_token_id=31, codebook_eos_token_id=0,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, audio_token_id=1, audio_eos_token_id=2, codec_config=mimi,
        depth_decoder_config={**GROUPED, "num_codebooks": 4, "vocab_size": 32, "backbone_hidden_size": 16}, **GROUPED,
    )  # fmt: skip
    model = transformers.CsmForConditionalGeneration(config)
    for quantizer in ("semantic", "acoustic"):  # zeros, until they are trained
        for layer in getattr(model.codec_model.quantizer, f"{quantizer}_residual_vector_quantizer").layers:
            layer.codebook.embed_sum.normal_()
    model.save_pretrained(folder)
    feature = transformers.EncodecFeatureExtractor(feature_size=1, sampling_rate=24000)
    template = LINES.replace("AUDIO", "<|AUDIO|>")
    transformers.CsmProcessor(feature, words, chat_template=template).save_pretrained(folder)


def save_pocket(folder: Path) -> None:
    special = {"audio_prompt_bos_token": "<v>", "audio_prompt_token": "<a>", "audio_latent_token": "<l>"}
    words = tokenizer("<v>", "<a>", "<l>", "<b>", **special, audio_bos_token="<b>")
    narrow = {"hidden_size": 16, "num_hidden_layers": 1}
    codec = transformers.PocketTTSAudioTokenizerModel(
        transformers.PocketTTSAudioTokenizerConfig(
            **GROUPED, num_filters=4, upsample_groups=16, latent_dim=8
        )
    )  # fmt: skip
    codec.save_pretrained(folder / "codec")
    codec = transformers.PocketTTSAudioTokenizerModel.from_pretrained(folder / "codec")  # so that it knows its name
    config = transformers.PocketTTSConfig(
        flow_head_config={**narrow, "latent_dim": 8, "condition_dim": 16}, vocab_size=len(words), latent_dim=8,
        pad_token_id=0, audio_prompt_bos_token_id=1, audio_prompt_token_id=2, audio_latent_token_id=3,
        audio_bos_token_id=4, **NARROW,
    )  # fmt: skip
    transformers.PocketTTSForConditionalGeneration(config).save_pretrained(folder)
    template = LINES.replace("AUDIO", "<v><a>") + "<b>"
    feature = transformers.PocketTTSFeatureExtractor()
    transformers.PocketTTSProcessor(feature, words, codec, chat_template=template).save_pretrained(folder)


def save_vibevoice(folder: Path) -> None:
    words = tokenizer("<vp>", "<vs>", "<ve>", "<end>")
    heard = {"channels": 1, "hidden_size": 8, "num_filters": 4, "kernel_size": 3, "downsampling_ratios": [2, 4]}
    heard["depths"] = [1, 1, 1]
    config = transformers.VibeVoiceConfig(
        text_config={"model_type": "qwen2", "vocab_size": len(words), "max_position_embeddings": 512, **NARROW,
                     "num_key_value_heads": 2},
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", **heard},
        semantic_model_config={"model_type": "vibevoice_acoustic_tokenizer_encoder", **heard},
        diffusion_head_config={"num_hidden_layers": 1, "intermediate_size": 16}, pad_token_id=0, eos_token_id=4,
        audio_token_id=1, audio_bos_token_id=2, audio_eos_token_id=3,
    )  # fmt: skip
    model = transformers.VibeVoiceForConditionalGeneration(config)
    model.lm_head.weight.data.zero_()  # so the lowest allowed id, more sound, always wins
    model.save_pretrained(folder)
    feature = transformers.VibeVoiceAcousticTokenizerFeatureExtractor(pad_to_multiple_of=8)
    transformers.VibeVoiceProcessor(
        feature, words, LINES.replace("AUDIO", "<vp>") + "<vs>", audio_bos_token="<vs>", audio_eos_token="<ve>",
        audio_token="<vp>",
    ).save_pretrained(folder)  # fmt: skip


def save_dia(folder: Path) -> None:
    codec = transformers.DacModel(
        transformers.DacConfig(
            encoder_hidden_size=2, decoder_hidden_size=16, downsampling_ratios=[2, 4, 8, 8], n_codebooks=9,
            codebook_dim=4, sampling_rate=44100,
        )
    )  # fmt: skip
    codec.save_pretrained(folder / "codec")
    codec = transformers.DacModel.from_pretrained(folder / "codec")
    across = {"cross_hidden_size": 16, "cross_num_attention_heads": 2, "cross_num_key_value_heads": 2}
    config = transformers.DiaConfig(
        encoder_config=transformers.DiaEncoderConfig(max_position_embeddings=64, **GROUPED),
        decoder_config=transformers.DiaDecoderConfig(max_position_embeddings=48, cross_head_dim=8, **across, **GROUPED),
        eos_token_id=1024,
    )
    transformers.DiaForConditionalGeneration(config).save_pretrained(folder)
    feature = transformers.DiaFeatureExtractor(sampling_rate=44100, hop_length=512)
    transformers.DiaProcessor(feature, transformers.DiaTokenizer(), codec).save_pretrained(folder)


SAVED: dict[str, tuple[Callable[[Path], None], int]] = {
    "vits": (save_vits, 16_000),
    "csm": (save_csm, 24_000),
    "pocket_tts": (save_pocket, 24_000),
    "vibevoice": (save_vibevoice, 24_000),
    "dia": (save_dia, 44_100),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every checkpoint, moved after it was saved: its codec is found where it is now."""
    found = {}
    for name, (save, _) in SAVED.items():
        folder = tmp_path_factory.mktemp("saving") / name
        folder.mkdir()
        with torch.random.fork_rng(), checkpoints.quiet(transformers):
            torch.manual_seed(1)
            save(folder)
        found[name] = folder.rename(tmp_path_factory.mktemp("saved") / name)
    return found


@pytest.fixture(scope="module")
def recording() -> Audio:
    return speak("Hello there. The boats lay side by side.").audio


def like(recording: Audio, text: str = "") -> Voice:
    consent = "I am the speaker of this recording and agree to its cloning."
    return Voice.clone(recording, text, consent=consent)


@pytest.mark.parametrize("kind", SAVED)
def test_a_checkpoint_speaks_at_its_own_rate_by_its_seed_alone(saved: dict[str, Path], kind: str) -> None:
    model, before = f"transformers:{saved[kind]}", torch.get_rng_state()
    line = speak("Hello.", model=model, seed=2)
    assert line.audio.rate == SAVED[kind][1]
    assert np.abs(line.audio.samples).max() > 0
    assert torch.equal(before, torch.get_rng_state())
    assert line.audio == speak("Hello.", model=model, seed=2).audio
    if kind in ("vits", "vibevoice"):  # the others are not told to sample
        assert line.audio != speak("Hello.", model=model, seed=3).audio


@pytest.mark.parametrize("kind", ["csm", "pocket_tts", "vibevoice"])
def test_a_recording_changes_what_is_said(saved: dict[str, Path], recording: Audio, kind: str) -> None:
    model = f"transformers:{saved[kind]}"
    said = speak("Hello.", like(recording, "Hello there. The boats lay side by side."), model=model, seed=2)
    assert said.audio != speak("Hello.", model=model, seed=2).audio


def test_a_voice_by_number_changes_what_is_said(saved: dict[str, Path]) -> None:
    model = f"transformers:{saved['vits']}"
    first, second = (speak("Hello.", Voice.named(name), model=model).audio for name in ("0", "1"))
    assert first != second
    with pytest.raises(InputError, match="no voice '3'; use 0, 1, 2"):
        speak("Hello.", Voice.named("3"), model=model)


def test_the_first_sentence_is_the_voice_of_the_next(saved: dict[str, Path], recording: Audio) -> None:
    with runtime.use(f"transformers:{saved['pocket_tts']}", {"transformers": TransformersSpeaker}) as engine:
        sentences, speaker = engine.read("Hello there there. Hello."), engine.speaker(None)
        said = engine.say(sentences[0], speaker, Manner(), runtime.generator(1))
        assert speaker.words == "Hello there there."
        assert np.array_equal(speaker.sound, said.samples)
        named = engine.speaker(like(recording))
        kept = named.sound
        engine.say(sentences[1], named, Manner(), runtime.generator(1))
        assert named.sound is kept


def test_what_a_model_cannot_do_is_refused(saved: dict[str, Path], recording: Audio) -> None:
    vits, csm = (f"transformers:{saved[kind]}" for kind in ("vits", "csm"))
    with pytest.raises(InputError, match="vits does not clone a recording; use 0, 1, 2"):
        speak("Hello.", like(recording), model=vits)
    with pytest.raises(InputError, match="csm must know what the recording says"):
        speak("Hello.", like(recording), model=csm)
    with pytest.raises(InputError, match="csm chooses its own"):
        speak("Hello.", model=csm, speed=1.5)
    with pytest.raises(InputError, match=r"makes music; kinds that speak: .*pocket_tts"):
        way_of("musicgen")
    assert way_of("unheard_of") not in WAYS.values()


def test_the_readme_tells_the_licence(saved: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "csm"
    shutil.copytree(saved["csm"], folder)
    card = card_of(f"transformers:{folder}")
    assert (card.licence, card.commercial, card.family) == (checkpoints.UNKNOWN, False, "transformers")
    assert card.parameters > 1000
    with runtime.using(licence="commercial"), pytest.raises(InputError, match="not for commercial use"):
        speak("Hello.", model=f"transformers:{folder}")
    for text, licence, commercial in (
        ("---\ntags:\n- tts\nlicense: apache-2.0\n---\n# CSM", "apache-2.0", True),
        ("---\nlicense: other\nlicense_name: their-own\n---\n", "their-own", False),
        ("# CSM\nlicense: mit", checkpoints.UNKNOWN, False),
    ):
        (folder / "README.md").write_text(text)
        card = card_of(f"transformers:{folder}")
        assert (card.licence, card.commercial) == (licence, commercial)


def test_pickles_and_lost_weights_are_refused(saved: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "vits"
    shutil.copytree(saved["vits"], folder)
    model = f"transformers:{folder}"
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("text_encoder.embed_tokens.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"1 missing: text_encoder.embed_tokens.weight"):
        load(model)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model.bin is a pickle"):
        load(model)
    with pytest.raises(MissingError, match=r"has no config.json"):
        load(f"transformers:{tmp_path}")
    with pytest.raises(InputError, match="transformers cannot run starter/voice"):
        load("transformers:starter/voice")


def test_code_that_came_along_is_never_run(saved: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(saved["vits"], folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForTextToWaveform": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: pass\n")
    with pytest.raises(InputError, match="of no kind that this transformers knows"):
        load(f"transformers:{folder}")
    assert not (tmp_path / "ran").exists()


def test_a_hub_out_of_reach_tells_what_to_place_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    def unreachable(*_: object, **__: object) -> str:
        raise OSError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    with pytest.raises(MissingError, match=r"no route.*place config.json, \*.safetensors.* in .*someone/speaks"):
        speak("Hello.", model="transformers:someone/speaks")
    hub._failed.clear()


def test_a_checkpoint_placed_by_hand_is_found(
    saved: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    shutil.copytree(saved["vits"], tmp_path / "someone" / "vits")
    assert card_of("transformers:someone/vits").config == {"kind": "vits"}
