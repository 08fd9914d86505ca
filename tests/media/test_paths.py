"""Paths: atomic writes of files and folders, and damaged files of every kind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError, SoundstageError
from soundstage.media import Audio, Image, Provenance, Video, probe, read_provenance
from soundstage.media.paths import known_suffix, written

SOUND = (".wav", ".flac", ".mp3", ".opus", ".ogg", ".m4a")
STILL = (".png", ".jpg", ".webp")
MOVING = (".mp4", ".webm", ".gif")


def test_a_written_file_appears_at_the_end(tmp_path: Path) -> None:
    with written(tmp_path / "a.txt") as part:
        part.write_text("new")
        assert part.suffix == ".txt"
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_keeps_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), written(tmp_path / "a.txt") as part:
        part.write_text("new")
        raise KeyError("x")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_by_a_folder(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with written(tmp_path / "folder") as part:
            part.mkdir()
            (part / text).write_text(text)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_suffixes_are_known_in_any_case() -> None:
    assert known_suffix(Path("A.WAV"), SOUND) == ".wav"
    with pytest.raises(InputError, match=r"\.wav, \.flac"):
        known_suffix(Path("wav"), SOUND)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("suffix", [*SOUND, *STILL, *MOVING])
def test_damaged_bytes_never_raise_anything_but_our_own_errors(suffix: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(len(suffix) + ord(suffix[1]) + ord(suffix[-1]))
    path, made = tmp_path / f"a{suffix}", Provenance(task="test")
    video = Video(generator.integers(0, 255, (4, 16, 16, 3), np.uint8), Fraction(24))
    readers: list[Callable[[Path], object]] = [probe, read_provenance]
    if suffix in SOUND:
        Audio((0.1 * generator.normal(size=(1, 3000))).astype(np.float32), 24000).save(path, made)
        readers.append(Audio.load)
    elif suffix in STILL:
        video.frame(0).save(path, made)
        readers.append(Image.load)
    else:
        video.save(path, made)
        readers.append(Video.load)
    whole = path.read_bytes()
    for reader in readers:
        reader(path)
    refused = 0
    for _ in range(25):
        data = bytearray(whole)
        for place in generator.integers(0, min(len(data), 400), 8):
            data[place] = generator.integers(256)
        path.write_bytes(data[: generator.integers(len(data) // 3, len(data) + 1)])
        for reader in readers:
            try:
                reader(path)
            except SoundstageError:
                refused += 1
    assert refused
