"""A tiny F5 with random weights, and a vocoder beside it, as the model of the task `speak`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.models.f5 import F5, F5Config, Line
from soundstage.models.vocos import Vocos, VocosConfig
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_f5 import LONGEST, _cut, line_of
from soundstage.weights import Card, save_starter

AGREED = "I made this voice and agree to its cloning."
LETTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'\""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("f5")
    f5 = F5Config(width=32, depth=1, heads=2, hidden=48, vocabulary=len(LETTERS), text=16, text_depth=1, text_hidden=24)
    vocos = VocosConfig(width=16, depth=1, hidden=24, bands=100, rate=24_000, size=1024, hop=256)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for place, family, module, config in (
            (made, "f5", F5(f5), f5), (made / "vocoder", "vocos", Vocos(vocos), vocos)
        ):  # fmt: skip
            card = Card(
                ref=str(place), family=family, task="speak", licence="Apache-2.0", commercial=True, data="none",
                size_mb=0, memory_mb=1, parameters=0, config=asdict(config),
            )  # fmt: skip
            save_starter(place, module, card)
    (made / "vocab.txt").write_text("\n".join(LETTERS), encoding="utf-8")
    return made


def test_it_speaks_as_long_as_the_rule_says_and_again_the_same(folder: Path) -> None:
    short, long = (speak(text, model=str(folder), seed=1) for text in ("Yes.", "Yes, we will all come along tomorrow."))
    assert 0.3 < short.seconds < 1.5 < long.seconds < 5
    assert short.audio == speak("Yes.", model=str(folder), seed=1).audio
    assert short.audio != speak("Yes.", model=str(folder), seed=2).audio


def test_a_reference_is_continued_and_must_bring_its_words(folder: Path, tmp_path: Path) -> None:
    example = speak("We walked along the old harbour wall.", Voice.named("finn"))
    with_words = speak("Yes.", Voice(reference=example.audio, text=example.text, consent=AGREED), model=str(folder))
    assert with_words.audio != speak("Yes.", model=str(folder)).audio
    with pytest.raises(InputError, match="what the reference says"):
        speak("Yes.", Voice(reference=example.audio, consent=AGREED), model=str(folder))
    example.save(tmp_path / "me.wav")
    (tmp_path / "me.txt").write_text(example.text + "\n")
    (tmp_path / "me.consent.txt").write_text(AGREED)
    assert Voice.clone(tmp_path / "me.wav").text == example.text


def test_a_long_reference_is_cut_behind_a_word() -> None:
    text = "The captain counted his men twice before the storm, and then he closed the heavy iron door behind them. "
    line = speak(text * 3, Voice.named("finn"), speed=0.8)
    assert line.seconds > LONGEST
    audio, words = _cut(line.audio, text * 3)
    assert LONGEST - 2 < audio.seconds <= LONGEST
    last = [word for word in line.words if word.end <= audio.seconds + 0.1][-1]
    assert words.split()[-1] == last.text


@pytest.mark.parametrize("how", [{"pitch": 2.0}, {"style": "lively"}])
def test_what_the_reference_decides_is_refused(folder: Path, how: dict[str, object]) -> None:
    with pytest.raises(InputError, match="from the reference"):
        speak("Yes.", model=str(folder), **how)  # type: ignore[call-overload]


def test_chinese_and_a_missing_vocabulary_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pinyin"):
        speak("Well, 你好.", model=str(folder))
    import shutil

    shutil.copytree(folder, tmp_path / "x")
    (tmp_path / "x" / "vocab.txt").unlink()
    with pytest.raises(MissingError, match=r"vocab\.txt"):
        speak("Yes.", model=str(tmp_path / "x"))


def test_a_line_counts_phones_and_inner_pauses() -> None:
    assert line_of("Yes.") == Line(phones=3, pauses=0)
    assert line_of("Yes, no.").pauses == 1
