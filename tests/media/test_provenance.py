"""Provenance: its JSON, and that every container carries it there and back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Image, Provenance, Video, read_provenance

GRAPH = {
    "soundstage": 1,
    "nodes": {f"n{index}": {"task": "speak", "inputs": {"text": "Grüße"}} for index in range(200)},
}
FULL = Provenance(
    task="speak",
    model="starter/voice",
    licence="Apache-2.0",
    seed=7,
    prompt='Grüße, "Käpt\'n";\n=#\\ 二 😀 <b>',
    version="0.1.0",
    graph=GRAPH,
    extra={"engine": "voice", "steps": 12, "deep": {"a": [1.5, None, True]}},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".opus", ".ogg", ".m4a"])
def test_sound_files_carry_provenance(suffix: str, tmp_path: Path) -> None:
    Audio.silence(0.1, 24000).save(tmp_path / f"a{suffix}", FULL)
    assert read_provenance(tmp_path / f"a{suffix}") == FULL


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp"])
def test_pictures_carry_provenance(suffix: str, tmp_path: Path) -> None:
    Image(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / f"a{suffix}", FULL)
    assert read_provenance(tmp_path / f"a{suffix}") == FULL


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "folder"])
def test_videos_carry_provenance(name: str, tmp_path: Path) -> None:
    Video(np.zeros((2, 16, 16, 3), np.uint8), Fraction(24)).save(tmp_path / name, FULL)
    assert read_provenance(tmp_path / name) == FULL


@pytest.mark.parametrize("suffix", [".wav", ".opus", ".m4a"])
def test_a_file_saved_without_provenance_has_none(suffix: str, tmp_path: Path) -> None:
    Audio.silence(0.1, 24000).save(tmp_path / f"a{suffix}")
    assert read_provenance(tmp_path / f"a{suffix}") is None


def test_a_graph_too_long_for_exif_is_left_out_of_a_jpg(tmp_path: Path) -> None:
    long = Provenance(task="paint", seed=1, graph={"nodes": {str(index): "x" * 100 for index in range(1000)}})
    Image(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.jpg", long)
    Image(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png", long)
    assert read_provenance(tmp_path / "a.jpg") == Provenance(task="paint", seed=1)
    assert read_provenance(tmp_path / "a.png") == long


def test_no_file_and_nonsense_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_provenance(tmp_path / "a.wav")
    for name in ("a.wav", "a.png", "a.mp4"):
        (tmp_path / name).write_bytes(b"nonsense" * 100)
        with pytest.raises(InputError, match="cannot be read"):
            read_provenance(tmp_path / name)


@given(
    st.builds(
        Provenance,
        task=st.text(min_size=1),
        model=st.text(),
        seed=st.none() | st.integers(),
        prompt=st.text(),
        graph=st.none() | st.dictionaries(st.text(min_size=1), JSON, min_size=1, max_size=3),
        extra=st.dictionaries(st.text(min_size=1), JSON, max_size=3),
    )
)
def test_json_round_trip_is_the_identity(provenance: Provenance) -> None:
    assert Provenance.from_json(provenance.to_json()) == provenance
    assert "\n" not in provenance.to_json()


def test_fields_of_a_later_version_are_kept_as_extra() -> None:
    read = Provenance.from_json('{"soundstage":9,"task":"speak","colour":"blue","extra":{"a":1}}')
    assert read == Provenance(task="speak", extra={"colour": "blue", "a": 1})


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "hello", '{"soundstage":1}', '{"task":"speak"}', '{"soundstage":1,"task":3}']
)
def test_other_texts_are_no_provenance(text: str) -> None:
    with pytest.raises(InputError):
        Provenance.from_json(text)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="JSON"):
        Provenance(task="speak", extra={"a": float("nan")}).to_json()
    with pytest.raises(InputError, match="JSON"):
        Provenance(task="speak", extra={"a": object()}).to_json()
    with pytest.raises(InputError, match="task"):
        Provenance(task="")
