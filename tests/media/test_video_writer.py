"""The writer that never holds a film: sound, subtitles, chapters, and nothing left behind by a failure."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Cue, Video, VideoWriter, probe, read_subtitles


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


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_writer_muxes_soft_subtitles_chapters_and_a_title(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{suffix}"
    cues = (Cue(0.25, 0.75, "Grüße {you} <i> & \\N", "Ada"), Cue(1.0, 1.5, "two\nlines"))
    video = clip(48)
    with VideoWriter(
        path, 24, (48, 32), audio=noise(2), subtitles=cues, chapters=(Cue(0, 2, "All"),), title="Whale"
    ) as writer:
        for frame in video.frames:
            writer.write(frame)
    assert read_subtitles(path) == cues
    facts = probe(path)
    assert facts.title == "Whale"
    assert facts.subtitles
    assert (facts.picture.frames, facts.picture.fps) == (48, 24)  # type: ignore[union-attr]
    assert facts.sound.seconds == 2.0  # type: ignore[union-attr]


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        clip(12).save(tmp_path / name, audio=noise(0.5))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_an_error_between_frames_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="stop"),
        VideoWriter(tmp_path / "a.mp4", 24, (48, 32), audio=noise(1)) as writer,
    ):
        writer.write(clip().frames[0])
        raise RuntimeError("stop")
    assert not list(tmp_path.iterdir())


def test_a_frame_of_another_size_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frame"), VideoWriter(tmp_path / "a.mp4", 24, (48, 32)) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="frames"), VideoWriter(tmp_path / "a.mp4", 24, (48, 32)):
        pass
    assert not list(tmp_path.iterdir())


def test_sound_of_a_video_is_where_it_was_put(tmp_path: Path) -> None:
    samples = np.zeros((2, 48000), np.float32)
    samples[:, 24000:26000] = 0.3 * np.sin(np.arange(2000) / 7)
    clip(24).save(tmp_path / "a.mp4", audio=Audio(samples, 48000))
    loaded = Audio.load(tmp_path / "a.mp4").samples
    shifts = {
        shift: float(samples[0, 23000:27000] @ loaded[0, 23000 + shift : 27000 + shift]) for shift in range(-60, 61)
    }
    assert max(shifts, key=shifts.__getitem__) == 0


def test_sound_longer_or_shorter_than_the_pictures_is_kept_whole(tmp_path: Path) -> None:
    for seconds in (0.3, 2.0):
        with VideoWriter(tmp_path / "a.mp4", 24, (48, 32), audio=noise(seconds)) as writer:
            for frame in clip(24).frames:
                writer.write(frame)
        assert Audio.load(tmp_path / "a.mp4").seconds == seconds
        assert Video.load(tmp_path / "a.mp4").length == 24


def test_what_the_formats_cannot_hold_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="size"):
        VideoWriter(tmp_path / "a.mp4", 24, (0, 32))
    with pytest.raises(InputError, match="at most 240"):
        VideoWriter(tmp_path / "a.webm", 300, (32, 32))
    with pytest.raises(InputError, match="audio"):
        VideoWriter(tmp_path / "a.mp4", 24, (32, 32), audio=Audio.silence(0, 48000))
    assert not list(tmp_path.iterdir())


def test_an_mp4_can_begin_to_play_before_it_is_all_there(tmp_path: Path) -> None:
    clip(12).save(tmp_path / "a.mp4", audio=noise(0.5))
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
