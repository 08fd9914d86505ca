"""Sound files: exact lengths in every format, faithful samples, clear errors."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Provenance
from soundstage.media.audio_files import CODINGS

LOSSY = (".mp3", ".opus", ".ogg", ".m4a")


def sweep(length: int, rate: int, channels: int = 1) -> Audio:
    """A quiet sweep with a little noise, so that a shift by one sample shows."""
    time = np.arange(length) / rate
    noise = np.random.default_rng(length).normal(size=(channels, length))
    return Audio((0.3 * np.sin(2 * np.pi * (200 + 0.04 * rate * time) * time) + 0.01 * noise).astype(np.float32), rate)


def there_and_back(audio: Audio, suffix: str, bits: int = 16) -> Audio:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{suffix}"
        audio.save(path, bits=bits)
        assert [child.name for child in Path(folder).iterdir()] == [path.name]
        return Audio.load(path)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(CODINGS)),
    st.integers(1, 6000),
    st.sampled_from([7350, 8000, 16000, 22050, 24000, 44100, 44101, 48000, 96000]),
    st.integers(1, 2),
)
def test_every_format_gives_back_the_length_and_rate_that_were_saved(
    suffix: str, length: int, rate: int, channels: int
) -> None:
    loaded = there_and_back(sweep(length, rate, channels), suffix)
    assert (loaded.length, loaded.rate, loaded.channels) == (length, rate, channels)


@pytest.mark.parametrize(("suffix", "bits"), [(".wav", 16), (".flac", 16), (".wav", 24), (".flac", 24)])
def test_lossless_formats_are_within_half_a_step(suffix: str, bits: int) -> None:
    audio = sweep(10_007, 22_050, 2)
    error = np.abs(there_and_back(audio, suffix, bits=bits).samples - audio.samples).max()
    assert error <= 0.5 / 2 ** (bits - 1) + 1e-7


def test_float_wav_is_exact_even_above_full_scale() -> None:
    audio = Audio(np.array([[0.1, -3.0, 1.5, 1e-7]], np.float32), 8000)
    assert there_and_back(audio, ".wav", bits=32) == audio


def test_whole_number_formats_clip_at_full_scale() -> None:
    audio = Audio(np.array([[2.0, -2.0, 0.0, 1.0]], np.float32), 8000)
    loaded = there_and_back(audio, ".wav").samples[0]
    assert loaded == pytest.approx([1, -1, 0, 1], abs=1e-4)


@pytest.mark.parametrize("suffix", LOSSY)
@pytest.mark.parametrize("rate", [24000, 48000])
def test_lossy_formats_keep_every_sample_in_its_place(suffix: str, rate: int) -> None:
    audio = sweep(rate // 2 + 1, rate)
    loaded = there_and_back(audio, suffix)
    before, after = audio.samples[0, 2000:9000], loaded.samples[0]
    shifts = {shift: float(before @ after[2000 + shift : 9000 + shift]) for shift in range(-40, 41)}
    assert max(shifts, key=shifts.__getitem__) == 0


def test_aac_is_clean_from_its_first_sample() -> None:
    rate = 48000
    time = np.arange(rate // 4) / rate
    audio = Audio((0.3 * np.sin(2 * np.pi * (300 + 400 * time) * time))[None].astype(np.float32), rate)
    error = np.abs(there_and_back(audio, ".m4a").samples - audio.samples)
    assert error[0, :2048].max() < 0.01


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_lossless_formats_hold_surround(suffix: str) -> None:
    assert there_and_back(sweep(500, 48000, 6), suffix).channels == 6


def test_compressed_formats_refuse_more_than_two_channels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stereo"):
        sweep(500, 48000, 3).save(tmp_path / "a.mp3")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.wav, \.flac, \.mp3, \.opus"):
        sweep(10, 8000).save(tmp_path / "a.xyz")
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_a_missing_error(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="is not there"):
        Audio.load(tmp_path / "nothing.wav")


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".m4a"])
def test_a_file_of_nonsense_is_one_clear_error(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(InputError, match="cannot be read") as caught:
        Audio.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", list(CODINGS))
def test_a_file_cut_in_half_is_not_taken_for_a_whole_one(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    sweep(48000, 24000).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        Audio.load(path)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    old = sweep(100, 8000)
    old.save(path)

    def fail(*_: object) -> None:
        raise RuntimeError("no more ink")

    monkeypatch.setattr("soundstage.media.audio_files.audio_frames", fail)
    with pytest.raises(RuntimeError, match="ink"):
        sweep(200, 8000).save(path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [path]
    assert Audio.load(path).length == 100


def test_a_place_that_cannot_be_written_to_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", Path("/proc/self/fdinfo")):  # no folder; a folder that makes no files
        with pytest.raises(InputError, match="cannot be written"):
            sweep(10, 8000).save(folder / "a.wav")


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    sweep(10, 8000).save(tmp_path / "new" / "folder" / "a.wav", Provenance(task="speak"))
    assert Audio.load(tmp_path / "new" / "folder" / "a.wav").length == 10


def test_no_sound_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="samples"):
        Audio.silence(0, 8000).save(tmp_path / "a.wav")
