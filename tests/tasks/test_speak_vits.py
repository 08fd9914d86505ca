"""A checkpoint that transformers saved, as the model of the task `speak`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_vits import VitsSpeaker, _ipa
from soundstage.text.phonemes import Frontend

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


def test_voices_are_numbers_and_nothing_is_cloned(tmp_path: Path) -> None:
    folder = str(checkpoint(tmp_path, speakers=3))
    one, two = (speak("We sail.", Voice.named(name), model=folder) for name in ("0", "2"))
    assert one.audio != two.audio
    with pytest.raises(InputError, match="from 0 to 2"):
        speak("We sail.", Voice.named("ada"), model=folder)
    tone = Audio(np.sin(np.arange(16000) * 0.1).astype(np.float32)[None], 16000)
    with pytest.raises(InputError, match="clone"):
        speak("We sail.", Voice.clone(tone), model=folder)
    with pytest.raises(InputError, match="pitch"):
        speak("We sail.", pitch=2.0, model=folder)


def test_without_its_tokenizer_a_checkpoint_says_what_is_missing(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path)
    (folder / "vocab.json").unlink()
    with pytest.raises(MissingError, match=r"vocab\.json"):
        speak("We sail.", model=str(folder))


def test_phones_are_written_as_espeak_writes_them() -> None:
    (sentence,) = Frontend().read("Hello, bird!")
    assert "".join(symbol for symbol, _ in _ipa(sentence)) == "həlˈoʊ, bˈɜːd!"
