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


@pytest.mark.parametrize("long", [False, True])
def test_a_saved_voice_is_found_by_its_name_in_a_text(
    soundstage: Run, monkeypatch: pytest.MonkeyPatch, *, long: bool
) -> None:
    from soundstage.media import read_provenance
    from soundstage.tasks.speak import speak

    if long:
        monkeypatch.setattr("soundstage.cli.commands.LONG", 10)
    speak("We walked along the old harbour wall this morning.").save("me.wav")
    assert soundstage("voice", "clone", "me.wav", "--name", "anna", "--consent", WORD)[0] == 0
    text = '<speak>She said: <voice name="anna">We walked along the old harbour wall this morning.</voice></speak>'
    code, _, err = soundstage("speak", text, "-o", "a.wav")
    assert code == 0, err
    found = read_provenance(Path("a.wav"))
    assert found is not None and (found.extra["voice"], found.extra["consent"]) == ("anna", WORD)
    assert json.loads(soundstage("info", "a.wav", "--json")[1])["watermark"]["marked"] is True
    Path("talk.txt").write_text("Anna: Good morning!\nTom: You are late.\n", encoding="utf-8")
    code, out, _ = soundstage("speak", "--file", "talk.txt", "-o", "b.wav", "--no-watermark", "--json")
    assert code == 0 and (long or json.loads(out)["voices"] == "Anna=anna, Tom=ada")
    talked = read_provenance(Path("b.wav"))
    assert talked is not None and (talked.extra["consent"], talked.extra["watermark"]) == (WORD, "no, by wish")
    code, _, err = soundstage("speak", '<speak><voice name="zed">Hello.</voice></speak>', "-o", "c.wav")
    assert code == 2 and "there is no voice 'zed'; use ada" in err.replace("\n", " ") and "saved: anna" in err
