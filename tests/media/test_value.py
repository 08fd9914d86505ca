"""Media values: what they refuse, what they keep, and that storing loses nothing."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from soundstage.errors import InputError, MissingError
from soundstage.media import (
    Audio,
    Beat,
    Chord,
    Image,
    Music,
    Note,
    Phoneme,
    Provenance,
    Score,
    Section,
    Speech,
    Track,
    Value,
    Video,
    Voice,
    Word,
    frame_rate,
)


def tone(seconds: float = 0.1, rate: int = 8000, channels: int = 1) -> Audio:
    wave = 0.5 * np.sin(np.arange(round(seconds * rate)) / rate * 2 * np.pi * 440)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)), rate)


def examples() -> list[Value]:
    audio = tone()
    notes = (Note(60, 0.0, 1.5, 90), Note(64, 1.5, 0.5, 70))
    form = (Section("theme", 0, 2),), (Chord("Am7", 0.0, 4.0),), (Track("piano", notes), Track("rest", ()))
    score = Score(81.5, (3, 4), "A minor", 2, *form)
    return [
        audio,
        Speech(audio, (Word("grüß", 0.0, 0.05),), (Phoneme("G", 0.0, 0.01), Phoneme("R", 0.01, 0.02)), "grüß"),
        score,
        Music(audio, {"b/ass": audio, "piano": audio}, score, (Beat(0.0, 1), Beat(0.05, 2))),
        Music(audio),
        Image(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)),
        Video(np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3), Fraction(24000, 1001)),
        Voice.named("ada"),
        Voice(reference=tone(1.0), text="la", consent="I agree to it.", notes=("raised",), label="me", source="ab"),
        Voice.mixed([(Voice.named("ada"), 3), (Voice(reference=tone(1.0)), 1)]),
        Provenance(task="speak", seed=7, graph={"nodes": {"a": {"x": [1, 2.5, None]}}}, extra={"k": "ü"}),
    ]


@pytest.mark.parametrize("value", examples(), ids=lambda value: value.kind)
def test_what_is_stored_is_restored_equal(value: Value, tmp_path: Path) -> None:
    value.store(tmp_path / "a")
    assert type(value).restore(tmp_path / "a") == value


@pytest.mark.parametrize("value", examples(), ids=lambda value: value.kind)
def test_storing_twice_gives_the_same_bytes(value: Value, tmp_path: Path) -> None:
    def digest(folder: Path) -> list[tuple[str, str]]:
        value.store(folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return [(str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]

    first = digest(tmp_path / "a")
    assert first
    assert first == digest(tmp_path / "b")


@pytest.mark.parametrize("value", examples(), ids=lambda value: value.kind)
def test_restoring_from_an_empty_folder_is_an_input_error(value: Value, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        type(value).restore(tmp_path)


def test_equal_values_have_equal_hashes() -> None:
    for one, other in zip(examples(), examples(), strict=True):
        assert one == other
        assert hash(one) == hash(other)


def test_arrays_of_values_cannot_be_written_to() -> None:
    samples = np.zeros((1, 8), np.float32)
    audio = Audio(samples, 8000)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1
    samples[0, 0] = 1
    assert audio.samples[0, 0] == 0


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("samples", lambda: Audio(np.zeros(8, np.float32), 8000)),
        ("samples", lambda: Audio(np.zeros((48000, 2), np.float32), 8000)),
        ("samples", lambda: Audio(np.zeros((1, 8), np.int16), 8000)),
        ("samples", lambda: Audio(np.full((1, 8), np.nan, np.float32), 8000)),
        ("rate", lambda: Audio(np.zeros((1, 8), np.float32), 0)),
        ("rate", lambda: Audio(np.zeros((1, 8), np.float32), 44100.5)),  # type: ignore[arg-type]
        ("pixels", lambda: Image(np.zeros((4, 4), np.uint8))),
        ("pixels", lambda: Image(np.zeros((4, 4, 3), np.float32))),
        ("frames", lambda: Video(np.zeros((0, 4, 4, 3), np.uint8), Fraction(24))),
        ("frames", lambda: Video(np.zeros((2, 4, 4, 4), np.uint8), Fraction(24))),
        ("fps", lambda: Video(np.zeros((2, 4, 4, 3), np.uint8), Fraction(0))),
        ("start", lambda: Word("a", 1.0, 0.5)),
        ("start", lambda: Phoneme("a", -1.0, 0.5)),
        ("words", lambda: Speech(tone(), (Word("b", 0.2, 0.3), Word("a", 0.1, 0.2)), (), "b a")),
        ("pitch", lambda: Note(128, 0, 1, 64)),
        ("velocity", lambda: Note(60, 0, 1, 0)),
        ("length", lambda: Chord("C", 0, 0)),
        ("bars", lambda: Score(80, (4, 4), "C major", 0, (), (), ())),
        ("bpm", lambda: Score(float("nan"), (4, 4), "C major", 1, (), (), ())),
        ("metre", lambda: Score(80, (4, 3), "C major", 1, (), (), ())),
        ("stems", lambda: Music(tone(0.1), {"a": tone(0.2)})),
        ("number", lambda: Beat(0.0, 0)),
        ("voice", lambda: Voice()),
        ("voice", lambda: Voice("ada", tone(1.0))),
        ("name", lambda: Voice.named(" ")),
        ("reference", lambda: Voice(reference=tone(0.2))),
    ],
)
def test_bad_values_are_refused_by_the_name_of_the_field(field: str, make: object) -> None:
    with pytest.raises(InputError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


def test_a_sound_file_that_is_not_there_is_no_name_of_a_voice() -> None:
    with pytest.raises(MissingError, match=r"none.wav is not there"):
        Voice.named("none.wav")
    assert Voice.named("v2/en_speaker_6").name == "v2/en_speaker_6"


def test_durations_follow_from_lengths() -> None:
    assert tone(0.5).seconds == 0.5
    assert Score(120, (3, 4), "C major", 8, (), (), ()).seconds == 12.0
    assert Video(np.zeros((24, 2, 2, 3), np.uint8), Fraction(24000, 1001)).seconds == pytest.approx(1.001)


@pytest.mark.parametrize(
    ("given_rate", "exact"),
    [
        (24, Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        (12.5, Fraction(25, 2)),
        (Fraction(2997, 100), Fraction(2997, 100)),
    ],
)
def test_frame_rates_are_exact(given_rate: float | str | Fraction, exact: Fraction) -> None:
    assert frame_rate(given_rate) == exact


@pytest.mark.parametrize("rate", ["abc", 0, -24, float("nan"), float("inf"), 10**6, "1/0"])
def test_impossible_frame_rates_are_refused(rate: object) -> None:
    with pytest.raises(InputError, match="fps"):
        frame_rate(rate)  # type: ignore[arg-type]


@given(npst.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(0, 40)), elements=st.floats(-2, 2, width=32)))
def test_mono_stereo_and_fitted_keep_the_clock(samples: np.ndarray) -> None:
    audio = Audio(samples, 16000)
    assert audio.mono().length == audio.stereo().length == audio.length
    assert audio.stereo().channels == 2
    longer = audio.fitted(audio.length + 5)
    assert longer.length == audio.length + 5
    assert longer.fitted(audio.length) == audio


def test_joined_parts_are_cut_out_again() -> None:
    one, two = tone(0.1), Audio.silence(0.2, 8000)
    whole = Audio.join([one, two])
    assert whole.cut(0, 0.1) == one
    assert whole.cut(0.1) == two
    with pytest.raises(InputError, match="parts"):
        Audio.join([one, one.resampled(16000)])


@given(st.integers(1, 3000), st.sampled_from([8000, 11025, 22050, 24000, 48000]), st.sampled_from([8000, 24000, 44100]))
def test_resampling_gives_the_length_that_the_rates_say(length: int, old: int, new: int) -> None:
    assert Audio(np.zeros((1, length), np.float32), old).resampled(new).length == -(-length * new // old)


def test_an_odd_ratio_is_quick_and_keeps_the_pitch() -> None:
    tone_at = Audio(np.sin(2 * np.pi * 1000 * np.arange(44101) / 44101)[None].astype(np.float32), 44101)
    there = tone_at.resampled(47999)
    wanted = np.sin(2 * np.pi * 1000 * np.arange(there.length) / 47999)
    assert there.length == 47999
    assert np.abs(there.samples[0, 500:-500] - wanted[500:-500]).max() < 2e-3


def test_resampling_keeps_a_tone_and_lets_no_alias_through() -> None:
    rate, count = 48000, 48000
    time = np.arange(count) / rate
    kept = Audio(np.sin(2 * np.pi * 5000 * time)[None], rate).resampled(24000)
    wanted = np.sin(2 * np.pi * 5000 * np.arange(kept.length) / 24000)
    assert np.abs(kept.samples[0, 500:-500] - wanted[500:-500]).max() < 1e-3
    gone = Audio(np.sin(2 * np.pi * 13000 * time)[None], rate).resampled(24000)
    assert np.abs(gone.samples[0, 500:-500]).max() < 1e-3


def test_importing_media_loads_nothing_heavy() -> None:
    code = "import sys, soundstage.media; print({'torch', 'av', 'PIL', 'scipy', 'pydantic'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
