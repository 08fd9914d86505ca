from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from soundstage.media import Audio, Voice
from soundstage.media.watermark import mark
from soundstage.tasks.voices import keep

Run = Callable[..., tuple[int, str, str]]
WORD = "This is a synthetic speaker of Soundstage's own narrator."


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSTAGE_VOICES", str(tmp_path / "voices"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_recording_is_cloned_listed_shown_and_deleted(soundstage: Run) -> None:
    from soundstage.tasks.speak import speak

    speak("We walked along the old harbour wall this morning.").save("me.wav")
    code, _, err = soundstage("voice", "clone", "me.wav", "--name", "me")
    assert code == 2 and "needs its speaker's word" in err and '--consent "…"' in err
    code, out, err = soundstage("voice", "clone", "me.wav", "--name", "me", "--consent", WORD, "--by", "Anna", "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["consent"] == WORD and facts["agreed"].startswith("Anna, 20") and len(facts["source"]) == 64
    code, out, _ = soundstage("voice", "list", "--json")
    assert [row["name"] for row in json.loads(out)["saved"]] == ["me"] and "ada" in json.loads(out)["starter/voice"]
    assert WORD in soundstage("voice", "show", "me")[1]
    assert soundstage("voice", "clone", "me.wav", "--name", "me", "--consent", WORD)[0] == 2
    assert soundstage("voice", "delete", "me")[0] == 0
    code, _, err = soundstage("voice", "show", "me")
    assert code == 3 and "no voice 'me' is saved" in err


def test_voices_are_mixed_by_weights(soundstage: Run) -> None:
    wave = 0.3 * np.sin(np.arange(24_000) * 0.05).astype(np.float32)
    keep(Voice(reference=Audio(wave[None], 24_000), consent=WORD), "me")
    code, out, err = soundstage("voice", "blend", "ada", "me", "--weights", "0.3,0.7", "--name", "both", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["of"] == "0.30 ada + 0.70 me"
    code, out, _ = soundstage("voice", "list")
    assert code == 0 and "both" in out and "0.30 ada" in out
    assert "are not numbers" in soundstage("voice", "blend", "ada", "ben", "--weights", "a,b", "--name", "x")[2]
    assert "is a voice of starter/voice" in soundstage("voice", "blend", "ada", "ben", "--name", "ada")[2]


def test_info_tells_a_mark_from_none(soundstage: Run) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 72_000)).astype(np.float32)
    Audio(noise, 24_000).save("plain.wav")
    mark(Audio(noise, 24_000)).save("marked.mp3")
    assert "none found" in soundstage("info", "plain.wav")[1]
    assert "a voice that Soundstage cloned" in soundstage("info", "marked.mp3")[1]
    code, out, _ = soundstage("info", "marked.mp3", "--json")
    found = json.loads(out)["watermark"]
    assert code == 0 and found["marked"] is True and found["chance"] < 1e-4 and found["score"] > 5
