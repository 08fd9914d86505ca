"""A tiny F5 of phones with random weights as the model of the task `speak`, with the shipped vocoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.codec.folding import QUIET
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.f5 import AlignedF5, f5_tiny
from soundstage.tasks.speak import speak, speak_live, speak_many
from soundstage.tasks.speak_f5_aligned import ruled
from soundstage.text.prosody import Prosody
from soundstage.text.symbols import SYMBOLS
from soundstage.weights import Card, save_starter

AGREED = "I made this voice and agree to its cloning."
TEXT = "Yes, we will come tomorrow."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("f5")
    config = f5_tiny(len(SYMBOLS))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AlignedF5(config)
        model.voices.data.normal_()
        for name, parameter in model.named_parameters():  # a new network's are zero: it would hear nobody
            if "project" in name or "out.weight" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        sound = torch.randn(4000, 102) * torch.cat((torch.full((100,), 3.0), torch.tensor([0.2, 1.0])))
        model.folding.fit(sound.clamp_min(QUIET + 8) + torch.cat((torch.full((100,), -8.0), torch.tensor([5.0, 0.3]))))
    card = Card(
        ref=str(made), family="f5", task="speak", licence="Apache-2.0", commercial=True, data="none", size_mb=0,
        memory_mb=1, parameters=0, config={**config.plain(), "names": ["ada", "finn"], "steps": 4},
    )  # fmt: skip
    save_starter(made, model, card)
    return made


def test_words_and_phonemes_cover_what_is_said(folder: Path) -> None:
    said = speak(TEXT, model=str(folder), seed=1)
    assert [word.text for word in said.words] == ["Yes", "we", "will", "come", "tomorrow"]
    assert all(word.end > word.start for word in said.words)
    assert said.phonemes[0].start > 0 and said.phonemes[-1].end <= said.seconds
    assert said.audio == speak(TEXT, model=str(folder), seed=1).audio
    assert said.audio != speak(TEXT, model=str(folder), seed=2).audio


def test_live_pieces_are_what_is_said_whole(folder: Path) -> None:
    whole = speak(TEXT, model=str(folder), seed=1).audio.samples[0]
    pieces = [piece.samples[0] for piece in speak_live(TEXT, model=str(folder), seed=1)]
    assert len(pieces) > 2
    live = np.concatenate(pieces)
    loud = float(np.abs(live).max())
    assert np.allclose(live * float(np.abs(whole).max()) / loud, whole, atol=2e-3)


def test_texts_of_a_list_are_said_as_they_are_alone(folder: Path) -> None:
    texts = ["Yes.", "We will all come along tomorrow, if it does not rain."]
    for alone, batched in zip((speak(text, model=str(folder)) for text in texts), speak_many(texts, model=str(folder)),
                              strict=True):  # fmt: skip
        assert alone.words == batched.words
        assert np.allclose(alone.audio.samples, batched.audio.samples, atol=2e-3)


def test_names_and_recordings_are_voices_and_need_no_words(folder: Path) -> None:
    ada, finn = (speak("Yes.", Voice.named(name), model=str(folder)) for name in ("ada", "finn"))
    assert ada.audio != finn.audio
    heard = speak("We walked along the old harbour wall.", Voice.named("finn"))
    assert speak("Yes.", Voice(reference=heard.audio, consent=AGREED), model=str(folder)).audio != ada.audio
    with pytest.raises(InputError, match="ada, finn"):
        speak("Yes.", Voice.named("nobody"), model=str(folder))
    with pytest.raises(InputError, match="silent"):
        speak("Yes.", Voice(reference=Audio.silence(2.0, 24_000), consent=AGREED), model=str(folder))


def test_speed_shortens(folder: Path) -> None:
    assert speak(TEXT, model=str(folder), speed=2.0).seconds < 0.7 * speak(TEXT, model=str(folder)).seconds


def test_rules_bend_pitch_and_raise_the_level_of_the_phones_they_name() -> None:
    envelope, f0, voiced = torch.full((1, 40, 3), -5.0), torch.full((1, 40), 100.0), torch.ones(1, 40)
    f0[:, 20:] = 121.0
    durations = torch.tensor([20, 20])
    plain = Prosody((0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (0.0, 0.0))
    same = ruled(envelope, f0, voiced, durations, plain, span=1.0, lift=0.0)
    assert torch.allclose(same[0], envelope) and torch.allclose(same[1], f0)
    bent = Prosody((0.0, 12.0), (1.0, 1.0), (1.0, 1.0), (0.0, 10.0))
    louder, higher = ruled(envelope, f0, voiced, durations, bent, span=1.0, lift=0.0)
    assert float(higher[0, 0]) == pytest.approx(100) and float(higher[0, -1]) == pytest.approx(242)
    assert float(louder[0, -1, 0] - louder[0, 0, 0]) == pytest.approx(2.3026, abs=1e-3)
    flat = Prosody((0.0, 0.0), (0.0, 0.0), (1.0, 1.0), (0.0, 0.0))
    assert torch.allclose(ruled(envelope, f0, voiced, durations, flat, span=1.0, lift=12.0)[1], torch.tensor(220.0))


@pytest.mark.parametrize("text", ["Yes.", "Tomorrow!", "Absolutely not.", "1984"])
def test_the_starter_says_every_word_of_a_short_text_and_nothing_else(text: str) -> None:
    said = speak(text, model="starter/f5")
    level = [float(said.audio.cut(word.start, word.end).samples.std()) for word in said.words]
    assert len(level) == len(text.split())
    assert min(level) > 0.1 * max(level) > 0.001
    outside = said.audio.samples.copy()
    for word in said.words:
        outside[:, round(word.start * 24_000) : round(word.end * 24_000)] = 0
    assert float(np.square(outside).sum()) < 0.05 * float(np.square(said.audio.samples).sum())
    assert said.seconds < 0.5 + sum(word.end - word.start for word in said.words)


def test_the_starter_takes_its_voice_from_the_reference() -> None:
    text = "We walked along the old wall."
    low, high = (speak(text, Voice.named(name), model="starter/f5") for name in ("ben", "ada"))
    clone = speak("The ship sails.", Voice(reference=low.audio, consent=AGREED), model="starter/f5")
    pitch = [_pitch(each.audio.samples[0]) for each in (low, clone, high)]
    assert abs(pitch[1] - pitch[0]) < abs(pitch[1] - pitch[2])


def _pitch(samples: np.ndarray) -> float:
    """Its median pitch in Hz, by the strongest lag of its autocorrelation between 60 and 300 Hz."""
    pitches = []
    for start in range(0, len(samples) - 1200, 1200):
        part = samples[start : start + 1200]
        if part.std() > 0.03:
            lags = np.correlate(part, part, "full")[len(part) - 1 :]
            pitches.append(24_000 / (80 + int(lags[80:400].argmax())))
    return float(np.median(pitches))
