"""Sound block by block is the sound of the whole: read, at another rate, and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Provenance, audio_blocks, read_provenance
from soundstage.media.audio_blocks import read_blocks, rerated, write_blocks


def hum(rate: int, seconds: float = 2.1, channels: int = 1) -> Audio:
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(round(rate * seconds)) * 0.05) * 0.3
    return Audio((wave + 0.01 * rng.standard_normal((channels, len(wave)))).astype(np.float32), rate)


@pytest.mark.parametrize("rates", [(44_100, 24_000), (48_000, 24_000), (16_000, 24_000), (22_050, 48_000)])
@pytest.mark.parametrize("cuts", [[], [1, 5000, 5001], [30_000]])
def test_blocks_at_another_rate_are_the_whole_at_another_rate(
    rates: tuple[int, int], cuts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_blocks, "SECONDS", 1)
    old, new = rates
    sound = hum(old, channels=2)
    blocks = list(rerated(iter(np.split(sound.samples, cuts, axis=1)), 2, old, new))
    assert np.allclose(np.concatenate(blocks, axis=1), sound.resampled(new).samples, atol=1e-7)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".opus", ".m4a"])
def test_written_blocks_sound_as_the_whole_does(suffix: str, tmp_path: Path) -> None:
    sound = hum(24_000)
    whole, parts = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    sound.save(whole)
    blocks = iter(np.array_split(sound.samples, 5, axis=1))
    made = Provenance(task="codec.decode")
    write_blocks(parts, blocks, rate=24_000, channels=1, length=sound.length, provenance=made)
    assert Audio.load(parts) == Audio.load(whole)
    assert read_provenance(parts) == made


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".opus"])
def test_blocks_that_are_read_are_the_whole_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    hum(24_000, channels=2).save(path)
    rate, channels, blocks = read_blocks(path, seconds=0.3)
    found = list(blocks)
    whole = Audio.load(path)
    assert (rate, channels) == (whole.rate, 2)
    assert np.array_equal(np.concatenate(found, axis=1), whole.samples)
    assert suffix == ".opus" or max(block.shape[1] for block in found) <= 0.3 * rate + 1


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_blocks(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputError):
        read_blocks(tmp_path / "text.wav")
    with pytest.raises(InputError, match="suffix"):
        write_blocks(tmp_path / "a.txt", iter(()), rate=24_000, channels=1, length=1)
    with pytest.raises(InputError, match="channels"):
        write_blocks(tmp_path / "a.mp3", iter(()), rate=24_000, channels=3, length=1)
