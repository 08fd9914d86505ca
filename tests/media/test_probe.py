"""Facts of files, as `soundstage info` prints them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Image, Music, Provenance, Video, probe

MADE = Provenance(task="shoot", model="starter/video", seed=3, prompt="a dog", graph={"nodes": {"a": {}}})


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".opus", ".m4a"])
def test_sound_facts_are_those_of_the_loaded_sound(suffix: str, tmp_path: Path) -> None:
    Audio.silence(0.7, 22050, 2).save(tmp_path / f"a{suffix}", MADE)
    facts = probe(tmp_path / f"a{suffix}")
    assert facts.sound is not None
    assert (facts.sound.rate, facts.sound.channels) == (22050, 2)
    assert facts.seconds == facts.sound.seconds == Audio.load(tmp_path / f"a{suffix}").seconds
    assert facts.picture is None
    assert facts.provenance == MADE


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "folder"])
def test_picture_facts_are_those_of_the_loaded_video(name: str, tmp_path: Path) -> None:
    Video(np.zeros((5, 16, 32, 3), np.uint8), Fraction(24000, 1001)).save(tmp_path / name, MADE)
    facts = probe(tmp_path / name)
    assert facts.picture is not None
    assert (facts.picture.width, facts.picture.height, facts.picture.frames) == (32, 16, 5)
    assert facts.picture.fps == Fraction(24000, 1001)
    assert facts.sound is None


def test_a_still_has_no_rate_and_no_length(tmp_path: Path) -> None:
    Image(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "a.png")
    facts = probe(tmp_path / "a.png")
    assert facts.picture is not None
    assert (facts.picture.fps, facts.picture.frames, facts.seconds) == (None, 1, None)
    assert ("made by", "unknown: the file carries no provenance") in facts.lines()


def test_facts_are_json_and_lines(tmp_path: Path) -> None:
    video = Video(np.zeros((5, 16, 32, 3), np.uint8), Fraction(24000, 1001))
    video.save(tmp_path / "a.mp4", MADE, audio=Audio.silence(0.2, 48000, 2))
    facts = probe(tmp_path / "a.mp4")
    read = json.loads(json.dumps(facts.to_dict()))
    assert read["picture"]["fps"] == "24000/1001"
    assert read["provenance"]["seed"] == 3
    lines = dict(facts.lines())
    assert lines["sound"] == "aac, 48000 Hz, stereo, 0.200 s"
    assert lines["prompt"] == "a dog"
    assert lines["graph"].startswith("1 nodes")


def test_other_files_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        probe(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_text("hello")
    with pytest.raises(InputError, match="cannot be read"):
        probe(tmp_path / "a.mp4")


def test_a_project_tells_its_mix_its_stems_and_who_made_it(tmp_path: Path) -> None:
    mix = Audio.silence(0.5, 8000, 2)
    Music(mix, {"piano": mix}).save(tmp_path / "a.music", MADE)
    facts = probe(tmp_path / "a.music")
    assert facts.sound is not None
    assert (facts.sound.codec, facts.sound.rate, facts.seconds) == ("mix and 1 stem", 8000, 0.5)
    assert facts.provenance == MADE
    (tmp_path / "b.music").write_bytes(b"no archive")
    with pytest.raises(InputError, match="not a project"):
        probe(tmp_path / "b.music")
