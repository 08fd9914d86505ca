"""Moving pictures in files: lengths, rates, colours, sound, subtitles, and the writer that never holds a film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Image, Video, frames

FORMATS = ("a.mp4", "a.webm", "a.gif", "folder")


def clip(count: int = 6, height: int = 32, width: int = 48, fps: Fraction | str = Fraction(24)) -> Video:
    """A square that steps to the right over a plain ground, each frame a little lighter."""
    pictures = np.full((count, height, width, 3), 40, np.uint8)
    for index in range(count):
        pictures[index] += index * 3
        left = 2 + index * 3 % (width - 10)
        pictures[index, 4:12, left : left + 8] = (220, 60, 60)
    return Video(pictures, Fraction(fps))


def noise(seconds: float, rate: int = 44100) -> Audio:
    generator = np.random.default_rng(3)
    return Audio(0.1 * generator.normal(size=(2, round(seconds * rate))).astype(np.float32), rate)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.integers(1, 9),
    st.sampled_from([16, 18, 30]),
    st.sampled_from([16, 22, 34]),
    st.fractions(Fraction(1, 2), 50, max_denominator=1001) | st.sampled_from([Fraction(24000, 1001), Fraction(24)]),
)
def test_frames_and_rational_rates_come_back(name: str, count: int, height: int, width: int, fps: Fraction) -> None:
    video = clip(count, height, width, fps)
    with TemporaryDirectory() as folder:
        video.save(Path(folder) / name)
        loaded = Video.load(Path(folder) / name)
    assert loaded.frames.shape == video.frames.shape
    assert loaded.fps == fps


@pytest.mark.parametrize(("name", "worst"), [("a.mp4", 6), ("a.webm", 8), ("a.gif", 12), ("folder", 0)])
def test_colours_and_motion_survive(name: str, worst: float, tmp_path: Path) -> None:
    video = clip(height=64, width=96)
    video.save(tmp_path / name)
    loaded = Video.load(tmp_path / name)
    assert np.abs(loaded.frames.astype(int) - video.frames).mean() <= worst
    assert np.abs(loaded.frames[:, 6:10, 4:6].astype(int)[0] - (220, 60, 60)).max() <= max(worst, 12)


def test_flat_colours_are_true_in_h264(tmp_path: Path) -> None:
    for colour in ((200, 40, 90), (20, 200, 250), (255, 255, 255), (0, 0, 0)):
        Video(np.full((3, 32, 32, 3), colour, np.uint8), Fraction(24)).save(tmp_path / "a.mp4")
        assert np.abs(Video.load(tmp_path / "a.mp4").frames.astype(int) - colour).max() <= 2


@pytest.mark.parametrize("name", ["a.webm", "a.gif", "folder"])
def test_odd_sizes_are_held_where_the_format_can(name: str, tmp_path: Path) -> None:
    video = clip(3, 33, 35)
    video.save(tmp_path / name)
    assert Video.load(tmp_path / name).frames.shape == video.frames.shape


def test_an_odd_size_in_mp4_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"even sizes only.*\.webm"):
        clip(3, 33, 35).save(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("fps", ["24", "24000/1001"])
def test_sound_in_a_video_has_exactly_its_samples(suffix: str, fps: str, tmp_path: Path) -> None:
    video, audio = clip(24, fps=fps), noise(1.0017)
    video.save(tmp_path / f"a{suffix}", audio=audio)
    loaded = Audio.load(tmp_path / f"a{suffix}")
    assert (loaded.length, loaded.rate) == (audio.length, audio.rate)
    assert Video.load(tmp_path / f"a{suffix}").length == 24


def test_a_gif_cannot_hold_sound_or_a_hundred_frames_a_second(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="audio"):
        clip().save(tmp_path / "a.gif", audio=noise(0.1))
    with pytest.raises(InputError, match="at most 50"):
        clip(fps="100").save(tmp_path / "a.gif")


@pytest.mark.parametrize("name", FORMATS)
def test_a_place_that_cannot_be_written_to_is_an_input_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", Path("/proc/self/fdinfo")):  # no folder; a folder that makes no files
        with pytest.raises(InputError, match="cannot be written"):
            clip().save(folder / name)


def test_frames_are_read_one_by_one(tmp_path: Path) -> None:
    clip(9).save(tmp_path / "a.mp4")
    stream = frames(tmp_path / "a.mp4")
    assert next(stream).shape == (32, 48, 3)
    assert sum(1 for _ in stream) == 8


def test_unknown_suffixes_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.mp4, \.webm, \.gif"):
        clip().save(tmp_path / "a.avi")
    with pytest.raises(MissingError):
        Video.load(tmp_path / "a.mp4")
    Audio.silence(0.1, 8000).save(tmp_path / "a.wav")
    with pytest.raises(InputError, match="no pictures"):
        Video.load(tmp_path / "a.wav")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        Video.load(tmp_path / "empty")


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif"])
def test_half_a_file_is_one_clear_error(name: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    Video(generator.integers(0, 255, (24, 32, 32, 3), np.uint8), Fraction(24)).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        Video.load(tmp_path / name)


def test_a_folder_of_pictures_is_replaced_as_a_whole(tmp_path: Path) -> None:
    clip(6).save(tmp_path / "folder")
    clip(2).save(tmp_path / "folder")
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["000000.png", "000001.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_of_pictures_of_different_sizes_is_refused(tmp_path: Path) -> None:
    clip(1, 16, 16).frame(0).save(tmp_path / "pictures" / "1.png")
    clip(1, 16, 18).frame(0).save(tmp_path / "pictures" / "2.png")
    with pytest.raises(InputError, match="differ in size"):
        Video.load(tmp_path / "pictures")


def test_still_frames_of_a_gif_are_not_lost(tmp_path: Path) -> None:
    still = Video(np.repeat(clip(1).frames, 7, axis=0), Fraction(24))
    still.save(tmp_path / "a.gif")
    assert Video.load(tmp_path / "a.gif").length == 7


@pytest.mark.parametrize(("suffix", "worst"), [(".png", 0), (".jpg", 4), (".webp", 20)])
def test_pictures_come_back(suffix: str, worst: float, tmp_path: Path) -> None:
    picture = clip(1, 33, 47).frame(0)
    picture.save(tmp_path / f"a{suffix}")
    loaded = Image.load(tmp_path / f"a{suffix}")
    assert np.abs(loaded.pixels.astype(int) - picture.pixels).mean() <= worst
    with pytest.raises(InputError, match=r"\.png, \.jpg"):
        picture.save(tmp_path / "a.tiff")
