"""The command `speak`: texts from files, dialogues, lexicons, subtitles, long texts, and sound to a pipe."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from soundstage.cli import commands
from soundstage.media import Audio, read_subtitles
from soundstage.tasks.speak import speak

Run = Callable[..., tuple[int, str, str]]
TEXT = "Anna: Good morning!\nBen: You are late.\n"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("talk.txt").write_text(TEXT, encoding="utf-8")


def test_a_file_is_spoken_with_its_voices_and_subtitles(soundstage: Run) -> None:
    code, out, _ = soundstage(
        "speak", "--file", "talk.txt", "--voices", "Anna=clara", "-o", "a.wav", "--subtitles", "a.vtt", "--json"
    )
    assert code == 0
    facts = json.loads(out)
    assert (facts["voices"], facts["subtitles"]) == ("Anna=clara, Ben=ben", "a.vtt")
    assert [(cue.speaker, cue.text) for cue in read_subtitles("a.vtt")] == [
        ("Anna", "Good morning!"),
        ("Ben", "You are late."),
    ]
    assert Audio.load("a.wav").seconds == pytest.approx(float(facts["length"].split()[0]), abs=0.01)


@pytest.mark.parametrize("suffix", [".wav", ".opus"])
def test_a_long_text_is_written_as_it_is_made(soundstage: Run, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(commands, "LONG", 10)
    code, _, err = soundstage("speak", "--file", "talk.txt", "-o", f"a{suffix}", "--subtitles", "a.srt")
    assert (code, err) == (0, "")
    whole, found = speak(TEXT).audio, Audio.load(f"a{suffix}")
    assert found.seconds == pytest.approx(whole.seconds, abs=0.01)
    if suffix == ".wav":
        assert float(np.abs(found.samples - whole.samples).max()) < 1e-4
    assert [cue.speaker for cue in read_subtitles("a.srt")] == ["Anna", "Ben"]


def test_a_pipe_gets_samples_and_nothing_else(soundstage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.StringIO):
        buffer = io.BytesIO()

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe := Pipe())
        code, _, err = soundstage("speak", "Hello there.", "-o", "-")
    assert code == 0 and pipe.getvalue() == "" and "s16le, 24000 Hz, mono" in err
    samples = np.frombuffer(Pipe.buffer.getvalue(), "<i2") / 32768
    assert float(np.abs(samples - speak("Hello there.").audio.samples[0]).max()) < 1e-3


def test_a_lexicon_is_a_file(soundstage: Run) -> None:
    Path("words.txt").write_text("hello b ay1\nbad zz qq", encoding="utf-8")
    code, _, err = soundstage("speak", "Hello.", "--lexicon", "words.txt", "-o", "a.wav")
    assert (code, err.count("\n")) == (2, 1)
    assert "line 2 of words.txt: 'zz' is no phone" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--file", "none.txt"], 3, "none.txt is not there"),
        (["Hello.", "--file", "talk.txt"], 2, "file: is given beside a text"),
        ([], 2, "Missing argument 'TEXT', or --file"),
        (["Hello.", "--voices", "Anna"], 2, "voices: 'Anna' is no list of NAME=VALUE"),
        (["Hello.", "--voices", "Anna=ada"], 2, "voices: 'Anna' says nothing"),
        (["Hello.", "--subtitles", "a.txt"], 2, "use .srt, .vtt, .ass, .lrc"),
        (["Hello.", "--subtitles", "nowhere/a.srt"], 2, "does not exist"),
        (["Hello.", "-o", "-", "--subtitles", "a.srt"], 2, "subtitles: cannot be had"),
        (["<speak>Hello", "-o", "a.wav"], 2, "line 1, column 13"),
        (["Hello.", "--language", "de"], 2, "does not speak 'de'"),
    ],
)
def test_what_cannot_be_done_is_one_line(soundstage: Run, arguments: list[str], code: int, message: str) -> None:
    given, out, err = soundstage("speak", *arguments)
    assert (given, out, err.count("\n")) == (code, "", 1)
    assert message in err
    assert not Path("a.wav").exists() and not Path("speak.wav").exists()
