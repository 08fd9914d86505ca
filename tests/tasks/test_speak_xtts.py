"""An XTTS in Coqui's layout as the model of the task `speak`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from soundstage.codec.hifigan import HifiganConfig
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.xtts import SpeakerConfig, Xtts, XttsConfig
from soundstage.tasks.speak import speak, speak_live
from soundstage.tasks.speak_xtts import XttsSpeaker
from soundstage.text.passage import Passage
from soundstage.weights import Card, load, save_starter

SIGNS = [*".,?!'-äöüß", *"abcdefghijklmnopqrstuvwxyz"]
MARKS = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]", "[ko]"]
TEXT = "Guten Tag. Ich habe 3 Äpfel!"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny XTTS with random weights, a vocabulary of letters and two voices."""
    made = tmp_path_factory.mktemp("xtts")
    config = XttsConfig(
        width=16, depth=1, heads=2, text_ids=60, text_start=3, text_stop=0, longest_text=300, codes=14, start=12,
        stop=13, longest=40, style_depth=1, latents=4, perceiver_heads=2, perceiver_head=6, stride=1024,
        decoder=HifiganConfig(
            latent=16, width=8, ratios=(16, 16), ratio_kernels=(32, 32), kernels=(3,), dilations=((1, 3),),
            condition=6, everywhere=True,
        ),
        speaker=SpeakerConfig(bands=16, widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), out=6, hidden=8),
    )  # fmt: skip
    model, generator = Xtts(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread + name.endswith("norm.weight"))
        model.head.bias[config.stop] = -3.0
    save_starter(made, model, Card(
        ref="tiny", family="xtts", task="speak", licence="MIT", commercial=True, data="none", size_mb=1, memory_mb=1,
        parameters=1, config=json.loads(json.dumps(asdict(config))),
    ))  # fmt: skip
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(MARKS + SIGNS)}, [], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([AddedToken(mark, normalized=False) for mark in MARKS])
    tokenizer.save(str(made / "vocab.json"))
    voices = {
        f"{name}.{part}": torch.randn(shape, generator=generator)
        for name in ("Claribel Dervla", "J. R. Smith")
        for part, shape in (("gpt_cond_latent", (1, 4, 16)), ("speaker_embedding", (1, 6, 1)))
    }
    save_file(voices, made / "speakers_xtts.safetensors")
    return made


@pytest.fixture(scope="module")
def engine(folder: Path) -> XttsSpeaker:
    return XttsSpeaker(load(str(folder)))


def tone(seconds: float = 1.0) -> Audio:
    return Audio(0.3 * np.sin(np.arange(round(seconds * 24_000)) / 20, dtype=np.float32)[None], 24_000)


def test_a_text_in_german_is_said_word_by_word_in_order(folder: Path) -> None:
    line = speak(TEXT, model=str(folder), seed=2)
    assert line.audio.rate == 24_000
    assert [word.text for word in line.words] == ["Guten", "Tag", "Ich", "habe", "3", "Äpfel"]
    times = [time for word in line.words for time in (word.start, word.end)]
    assert times == sorted(times) and times[-1] <= line.seconds
    assert line.audio == speak(TEXT, model=str(folder), seed=2).audio
    assert line.audio != speak(TEXT, model=str(folder), seed=3).audio


def test_live_speech_is_the_whole_in_pieces(folder: Path) -> None:
    for text in (TEXT, "[pause:0.3s] Guten Tag.", "Guten [pause:0.4s] Tag."):
        whole = speak(text, model=str(folder), seed=2)
        pieces = list(speak_live(text, model=str(folder), seed=2))
        joined = np.concatenate([piece.samples[0] for piece in pieces])
        np.testing.assert_allclose(joined, whole.audio.samples[0], atol=1e-4)


def test_english_words_are_aligned(folder: Path) -> None:
    line = speak("Hello there.", model=str(folder), language="en")
    assert {word.text for word in line.words} <= {"Hello", "there"}
    assert line.seconds > 0.5


def test_the_text_reaches_the_tokenizer_in_words_behind_its_language(engine: XttsSpeaker) -> None:
    def read(text: str) -> list[str]:
        return [
            engine.tokenizer.decode(engine.ids(line)[0].tolist(), skip_special_tokens=False)
            .replace(" ", "").replace("[SPACE]", " ")
            for line in engine.read(text)
        ]  # fmt: skip

    assert read(TEXT) == ["[de]guten tag.", "[de]ich habe drei äpfel!"]
    assert read("It's 3, Mr. Bell.") == ["[en]it's three, mister bell."]
    assert read("Hello. [de] 5 Katzen. [ko]안녕") == ["[en]hello.", "[de]fünf katzen.", "[ko]annyeong"]
    assert read("[laughs] [de] Ja") == ["[de]ja"]
    assert read(Passage("2 Tag", language="de")) == ["[de]zwei tag"]
    assert read(Passage("2 Tag [en] 2 day", language="de-AT")) == ["[de]zwei tag", "[en]two day"]


def test_a_text_without_words_is_refused(engine: XttsSpeaker) -> None:
    for text in ("", " ... ", "[de]", "[laughs]"):
        with pytest.raises(InputError, match="no words"):
            engine.read(text)


def test_long_sentences_are_parted_at_the_languages_cap(engine: XttsSpeaker) -> None:
    for text in ("The cat and the dog, " * 30, "Die Katze und der Hund, " * 30):
        lines = engine.read(text)
        assert len(lines) >= 3
        assert all(len(line.sentence.readable) <= 253 for line in lines)
        assert sum(len(line.sentence.tokens) for line in lines) == len(text.split())


def test_every_language_is_spoken_and_no_other(folder: Path) -> None:
    assert speak("Hola", model=str(folder), language="es").seconds > 0
    with pytest.raises(InputError, match="language"):
        speak("Hei", model=str(folder), language="fi")


def test_voices_have_names_and_recordings_are_cloned(engine: XttsSpeaker) -> None:
    assert engine.names == ("Claribel Dervla", "J. R. Smith")
    first = engine.speaker(Voice.named("claribel dervla"))
    assert torch.equal(engine.speaker(None).style_BLD, first.style_BLD)
    cloned = engine.speaker(Voice(reference=tone()))
    assert cloned.style_BLD.shape == first.style_BLD.shape
    assert float(cloned.speaker_BC.norm()) == pytest.approx(1)
    with pytest.raises(InputError, match=r"no voice 'ada'; use Claribel Dervla, J\. R\. Smith, or a recording"):
        engine.speaker(Voice.named("ada"))
    with pytest.raises(InputError, match="silent"):
        engine.speaker(Voice(reference=Audio(np.zeros((1, 24_000), np.float32), 24_000)))


def test_a_blend_is_the_mean_of_its_voices(engine: XttsSpeaker) -> None:
    voices = [Voice.named("J. R. Smith"), Voice(reference=tone())]
    one, other = (engine.speaker(voice) for voice in voices)
    both = engine.speaker(Voice.mixed([(voices[0], 1), (voices[1], 3)]))
    torch.testing.assert_close(both.style_BLD, 0.25 * one.style_BLD + 0.75 * other.style_BLD)
    torch.testing.assert_close(both.speaker_BC, 0.25 * one.speaker_BC + 0.75 * other.speaker_BC)


def test_without_named_voices_one_of_the_starters_is_taken_over(
    engine: XttsSpeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "voices", {})
    monkeypatch.setattr(engine, "names", ())
    assert engine.speaker(None).style_BLD.shape == (1, 4, 16)
    with pytest.raises(InputError, match="give a recording"):
        engine.speaker(Voice.named("ada"))


def test_twice_the_speed_is_half_as_long_and_a_pitch_is_refused(folder: Path) -> None:
    plain, fast = (speak("Guten Tag.", model=str(folder), seed=2, speed=speed).seconds for speed in (1.0, 2.0))
    assert plain / fast == pytest.approx(2, rel=0.05)
    with pytest.raises(InputError, match="pitch"):
        speak("Guten Tag.", model=str(folder), pitch=2)


def test_a_folder_without_its_vocabulary_is_told_so(folder: Path, tmp_path: Path) -> None:
    for name in ("card.json", "weights.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(MissingError, match=r"vocab\.json"):
        speak("Hallo", model=str(tmp_path))
