"""A checkpoint that transformers saved, as the model of the task `speak`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.codec.vocoder import VocoderConfig
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.vits import DurationConfig, Vits, VitsConfig, WavenetConfig
from soundstage.tasks.speak import speak, speak_live
from soundstage.tasks.speak_vits import VitsSpeaker, _ipa
from soundstage.text.phonemes import Frontend
from soundstage.text.symbols import SYMBOLS
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

transformers = pytest.importorskip("transformers")
LETTERS = {symbol: index for index, symbol in enumerate("_ abcdefghijklmnopqrstuvwxyz'-")}


def checkpoint(folder: Path, speakers: int = 1, **tokenizer: object) -> Path:
    """A tiny VITS with random weights and the tokenizer's files."""
    config = transformers.VitsConfig(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=24, flow_size=8,
        spectrogram_bins=33, upsample_initial_channel=16, upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], prior_encoder_num_flows=2,
        prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=2,
        depth_separable_num_layers=1, duration_predictor_flow_bins=4, num_speakers=speakers,
        speaker_embedding_size=8 if speakers > 1 else 0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.VitsModel(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(LETTERS))
    (folder / "tokenizer_config.json").write_text(json.dumps({"phonemize": False, "language": "eng", **tokenizer}))
    return folder


def test_a_folder_speaks_with_the_times_of_its_words(tmp_path: Path) -> None:
    line = speak("It cost $3, and no more.", model=str(checkpoint(tmp_path)), seed=1)
    assert [word.text for word in line.words] == ["It", "cost", "$3", "and", "no", "more"]
    assert line.audio.rate == 16_000
    assert 0 <= line.words[0].start < line.words[-1].end <= line.seconds
    assert all(a.end <= b.start for a, b in zip(line.words, line.words[1:], strict=False))
    again = speak("It cost $3, and no more.", model=str(tmp_path), seed=1)
    assert line.audio == again.audio


def test_the_ids_are_those_of_the_checkpoints_own_tokenizer(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path)
    theirs = transformers.VitsTokenizer.from_pretrained(folder)("the old cat's lantern")["input_ids"]
    (sentence,) = Frontend().read("The old cat's lantern.")
    from soundstage.weights import load

    engine = VitsSpeaker(load(str(folder)))
    ours = [LETTERS[symbol] for symbol, _ in engine.symbols(sentence) if symbol in LETTERS]
    assert ours == theirs[1::2]


def test_another_language_is_read_as_it_is_written(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, language="deu")
    line = speak("Guten Tag! Wie geht es?", model=str(folder))
    assert [word.text for word in line.words] == ["Guten", "Tag", "Wie", "geht", "es"]
    with pytest.raises(InputError, match="alphabet"):
        speak("Привет", model=str(folder))


def test_a_bfloat16_decoder_says_the_same_words(tmp_path: Path) -> None:
    model = str(checkpoint(tmp_path))
    exact = speak("We sail.", model=model, seed=1)
    with runtime.using(dtype="bfloat16"):
        narrow = speak("We sail.", model=model, seed=1)
    assert [word.text for word in narrow.words] == ["We", "sail"]
    assert abs(narrow.seconds - exact.seconds) < 0.1 * exact.seconds  # its weights are rounded, too
    assert narrow.audio != exact.audio


def test_voices_are_numbers_and_nothing_is_cloned(tmp_path: Path) -> None:
    folder = str(checkpoint(tmp_path, speakers=3))
    one, two = (speak("We sail.", Voice.named(name), model=folder) for name in ("0", "2"))
    assert one.audio != two.audio
    with pytest.raises(InputError, match="from 0 to 2"):
        speak("We sail.", Voice.named("ada"), model=folder)
    tone = Audio(np.sin(np.arange(16000) * 0.1).astype(np.float32)[None], 16000)
    with pytest.raises(InputError, match="clone"):
        speak("We sail.", Voice(reference=tone, consent="Nobody is cloned here."), model=folder)
    with pytest.raises(InputError, match="pitch"):
        speak("We sail.", pitch=2.0, model=folder)
    with pytest.raises(InputError, match="mixtures"):
        speak("We sail.", Voice.mixed([(Voice.named("0"), 0.5), (Voice.named("1"), 0.5)]), model=folder)


def test_without_its_tokenizer_a_checkpoint_says_what_is_missing(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path)
    (folder / "vocab.json").unlink()
    with pytest.raises(MissingError, match=r"vocab\.json"):
        speak("We sail.", model=str(folder))


def test_phones_are_written_as_espeak_writes_them() -> None:
    (sentence,) = Frontend().read("Hello, bird!")
    assert "".join(symbol for symbol, _ in _ipa(sentence)) == "həlˈoʊ, bˈɜːd!"


def test_a_model_of_our_own_phones_knows_their_times_and_its_voices_names(tmp_path: Path) -> None:
    config = VitsConfig(
        symbols=8 * len(SYMBOLS), rate=8000, bins=17, width=8, hidden=8, depth=1, flows=1,
        decoder=VocoderConfig(latent=4, width=8, depth=1, size=160, hop=80, condition=4),
        flow=WavenetConfig(layers=1), posterior=WavenetConfig(layers=1),
        duration=DurationConfig(stochastic=False, width=8), speakers=2, speaker_width=4,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Vits(config)
    card = Card(
        ref="tiny", family="vits", task="speak", licence="Apache-2.0", commercial=True, data="none", size_mb=0,
        memory_mb=1, parameters=0, config=asdict(config),
    )  # fmt: skip
    save_starter(tmp_path, model, card)
    phones = {f"{phone}.{flags}": 8 * index + flags for index, phone in enumerate(SYMBOLS) for flags in range(8)}
    (tmp_path / "vocab.json").write_text(json.dumps(phones))
    rules = {"alphabet": "phones", "add_blank": False, "phonemize": False, "voices": ["ada", "ben"]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(rules))
    line = speak("We sail, now.", Voice.named("Ben"), model=str(tmp_path))
    assert [phone.symbol for phone in line.phonemes] == ["w", "iy", "s", "ey", "l", "n", "aw"]
    assert [word.text for word in line.words] == ["We", "sail", "now"]
    assert line.words[-1].end <= line.seconds
    with pytest.raises(InputError, match="ada, ben"):
        speak("We sail.", Voice.named("hugo"), model=str(tmp_path))


def test_the_starter_says_every_phone_for_a_while_and_live_what_it_says_whole() -> None:
    line = speak("Yes. The cat sat by the fire.", Voice.named("wren"), model="starter/vits", seed=1)
    assert [word.text for word in line.words] == ["Yes", "The", "cat", "sat", "by", "the", "fire"]
    assert all(0.08 < word.end - word.start < 1.2 for word in line.words if word.text not in ("The", "the"))
    samples = line.audio.samples
    assert 0.02 < float(np.sqrt((samples**2).mean())) < 0.3 and float(np.abs(samples).max()) <= 1
    pieces = list(speak_live("Yes. The cat sat by the fire.", Voice.named("wren"), model="starter/vits", seed=1))
    joined = np.concatenate([piece.samples for piece in pieces], 1)
    assert len(pieces) > 3 and joined.shape == samples.shape and np.abs(joined - samples).max() < 1e-4
