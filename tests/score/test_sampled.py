import struct

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media.score import Note, Score, Tempo, Track
from soundstage.score import sampled


def font_file(path, title: str):
    name = title.encode() + b"\0" * (2 - len(title) % 2)
    info = b"INFO" + b"INAM" + struct.pack("<I", len(name)) + name
    body = b"sfbk" + b"LIST" + struct.pack("<I", len(info)) + info
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def test_a_given_font_tells_its_name_and_its_licence(tmp_path):
    font = sampled.find_font(font_file(tmp_path / "FluidR3_GM.sf2", "Fluid R3 GM"))
    assert (font.name, font.licence, font.commercial) == ("Fluid R3 GM", "MIT", True)
    other = sampled.find_font(font_file(tmp_path / "mine.sf2", "Mine"))
    assert (other.name, other.licence, other.commercial) == ("Mine", "unknown", None)


def test_the_environment_names_a_font(tmp_path, monkeypatch):
    monkeypatch.setenv(sampled.VARIABLE, str(font_file(tmp_path / "mine.sf2", "Mine")))
    assert sampled.find_font().name == "Mine"
    monkeypatch.setenv(sampled.VARIABLE, str(tmp_path / "gone.sf2"))
    with pytest.raises(MissingError, match=sampled.VARIABLE):
        sampled.find_font()


def test_without_a_font_the_remedy_is_told(monkeypatch):
    monkeypatch.delenv(sampled.VARIABLE, raising=False)
    monkeypatch.setattr(sampled, "PLACES", ())
    assert not sampled.available()
    with pytest.raises(MissingError, match="apt-get install"):
        sampled.find_font()


def test_a_file_that_is_no_font_is_refused(tmp_path):
    (tmp_path / "song.sf2").write_bytes(b"not a font at all")
    with pytest.raises(InputError, match="sound font"):
        sampled.find_font(tmp_path / "song.sf2")


@pytest.mark.skipif(not sampled.available(), reason="FluidSynth or a font is not installed")
def test_sampled_notes_keep_to_the_tempo_map():
    notes = (Note(60, 6.0, 0.5, 100),)
    score = Score(60.0, (4, 4), "C major", 2, (), (), (Track("marimba", notes),), tempi=(Tempo(4.0, 120.0),))
    stem = sampled.play(score, 6 * 16_000, 16_000)["marimba"]
    assert stem.shape == (2, 96_000)
    assert stem.dtype == np.float32
    onset = np.flatnonzero(np.abs(stem).max(axis=0) > 0.1 * np.abs(stem).max())[0]
    assert onset / 16_000 == pytest.approx(5.0, abs=0.03)
