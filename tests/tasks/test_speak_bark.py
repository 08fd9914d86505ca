"""A Bark that transformers saved, as the model of the task `speak`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.tasks.cast import Line
from soundstage.tasks.said import Manner
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_bark import BarkSpeaker

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Bark with random weights, its layout of ids, a tokenizer of words, and one voice."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers.models.bark import configuration_bark as theirs

    made = tmp_path_factory.mktemp("bark")
    shape = {"block_size": 128, "num_layers": 1, "num_heads": 2, "hidden_size": 16, "bias": False}
    config = theirs.BarkConfig(
        semantic_config={**shape, "input_vocab_size": 80, "output_vocab_size": 41},
        coarse_acoustics_config={**shape, "input_vocab_size": 110, "output_vocab_size": 110},
        fine_acoustics_config={**shape, "input_vocab_size": 33, "output_vocab_size": 33, "n_codes_total": 4},
        codec_config={
            "sampling_rate": 24000, "codebook_size": 32, "num_filters": 4, "hidden_size": 8,
            "upsampling_ratios": [8, 5, 4, 2], "target_bandwidths": [1.5], "codebook_dim": 8,
        },
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.BarkModel(config)
        for part in (model.semantic, model.coarse_acoustics):  # else all ids are alike, whatever was said before
            for parameter in part.parameters():
                parameter.data.normal_(0, 0.4)
        for layer in model.codec_model.quantizer.layers:  # zeros, until they are trained
            layer.codebook.embed.normal_()
        model.save_pretrained(made)
    (made / "generation_config.json").write_text(json.dumps({
        "codebook_size": 32,
        "semantic_config": {
            "semantic_vocab_size": 40, "eos_token_id": 40, "text_encoding_offset": 45, "text_pad_token": 70,
            "semantic_infer_token": 71, "max_input_semantic_length": 32, "max_new_tokens": 60,
        },
        "coarse_acoustics_config": {
            "coarse_semantic_pad_token": 105, "coarse_infer_token": 106, "max_coarse_input_length": 32,
            "max_coarse_history": 48, "sliding_window_len": 12,
        },
        "fine_acoustics_config": {"max_fine_input_length": 64, "max_fine_history_length": 32},
    }))  # fmt: skip
    words = ("[UNK]", "[", "]", "laughs", "hello", "there", ".")
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(made / "tokenizer.json"))
    (made / "speaker_embeddings" / "v2").mkdir(parents=True)
    for name, books in (("semantic", 0), ("coarse", 2), ("fine", 4)):
        shape_ = (30,) if not books else (books, 45)
        tokens = np.random.default_rng(books).integers(0, 30, shape_)
        np.save(made / "speaker_embeddings" / "v2" / f"en_speaker_6_{name}_prompt.npy", tokens)
    return made


def test_a_folder_speaks_sentence_by_sentence(folder: Path) -> None:
    line = speak("Hello there [laughs]. Hello.", model=str(folder), seed=2)
    assert line.audio.rate == 24_000
    assert line.seconds > 0.2
    assert line.audio == speak("Hello there [laughs]. Hello.", model=str(folder), seed=2).audio
    assert all(0 <= word.start <= word.end <= line.seconds for word in line.words)


def test_a_preset_changes_what_is_said(folder: Path) -> None:
    preset = speak("Hello there.", Voice.named("v2/en_speaker_6"), model=str(folder), seed=2)
    assert preset.audio != speak("Hello there.", model=str(folder), seed=2).audio
    with pytest.raises(MissingError, match="v2/en_speaker_7"):
        speak("Hello there.", Voice.named("v2/en_speaker_7"), model=str(folder))
    with pytest.raises(InputError, match="no preset's name"):
        speak("Hello there.", Voice.named("../../etc/passwd"), model=str(folder))


@pytest.mark.parametrize("how", [{"speed": 1.5}, {"pitch": 2.0}])
def test_what_bark_cannot_do_is_refused(folder: Path, how: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Bark chooses its own"):
        speak("Hello.", model=str(folder), **how)  # type: ignore[arg-type]


TEXTS = ["Hello.", "Hello there [laughs].", "There hello there.", "There. Hello there."]


@pytest.mark.parametrize("voice", [None, "v2/en_speaker_6"])
def test_texts_said_together_are_those_said_alone(folder: Path, voice: str | None, monkeypatch: Any) -> None:
    sizes: list[int] = []
    batched = BarkSpeaker.say_many

    def counted(self: BarkSpeaker, sentences: Any, *rest: Any) -> Any:
        sizes.append(len(sentences))
        return batched(self, sentences, *rest)

    monkeypatch.setattr(BarkSpeaker, "say_many", counted)
    who = None if voice is None else Voice.named(voice)
    together = speak(TEXTS, who, model=str(folder), seed=2)
    assert sizes == ([4, 1] if voice is None else [5])
    for text, made in zip(TEXTS, together, strict=True):
        alone = speak(text, who, model=str(folder), seed=2)
        assert made.audio == alone.audio
        assert made.words == alone.words
    assert len({made.seconds for made in together}) > 1


def test_a_voice_not_yet_chosen_is_that_of_the_first_sentence(folder: Path) -> None:
    with runtime.use(str(folder), {"bark": BarkSpeaker}) as engine:
        anna, ben = engine.speaker(None), engine.speaker(None)
        preset = engine.speaker(Voice.named("v2/en_speaker_6"))
        sentence, manner = engine.read("Hello.")[0], Manner()
        lines = [Line(sentence, "", who, manner) for who in (anna, anna, preset, ben, ben, preset)]
        assert engine.together(lines) == [[0, 3], [1], [2, 5], [4]]
        assert engine.together(lines[2:3] * 10) == [list(range(8)), [8, 9]]
