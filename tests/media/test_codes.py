"""Files of codes: what is written is read back, a code takes its bits, and damage is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.media import Provenance
from soundstage.media.codes import Codes, packed, unpacked


def some(books: int = 3, frames: int = 50, size: int = 1024, scale: bool = False) -> Codes:
    rng = np.random.default_rng(0)
    return Codes(
        codes=rng.integers(0, size, (books, frames)).astype(np.uint16), size=size, rate=24_000, channels=1,
        length=frames * 480 - 7, model="starter/codec", books="ab12",
        scale=rng.random(4).astype(np.float32) if scale else None,
    )  # fmt: skip


@pytest.mark.parametrize("scale", [False, True])
def test_codes_come_back_from_their_file(tmp_path: Path, scale: bool) -> None:
    codes = some(scale=scale)
    codes.save(tmp_path / "a.codes", Provenance(task="codec.encode", model="starter/codec"))
    back = Codes.load(tmp_path / "a.codes")
    assert back == codes and back.provenance is not None and back.provenance.task == "codec.encode"


@pytest.mark.parametrize("scale", [False, True])
def test_codes_come_back_from_a_cache(tmp_path: Path, scale: bool) -> None:
    codes = some(scale=scale)
    codes.store(tmp_path)
    assert Codes.restore(tmp_path) == codes


def test_a_file_is_as_long_as_the_bit_rate_says(tmp_path: Path) -> None:
    codes = some(books=6, frames=5000)
    codes.save(tmp_path / "a.codes")
    assert codes.kbps == pytest.approx(3.0, abs=0.001)
    assert (tmp_path / "a.codes").stat().st_size - codes.kbps * 1000 / 8 * codes.seconds < 600


@given(st.integers(1, 16), st.integers(1, 5), st.integers(0, 20), st.integers(0, 1000))
def test_packed_codes_are_unpacked(bits: int, books: int, frames: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 2**bits, (books, frames)).astype(np.uint16)
    data = packed(codes, bits)
    assert len(data) == -(-bits * books * frames // 8)
    assert np.array_equal(unpacked(data, bits, books, frames), codes)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.codes"
    some().save(path)
    whole = path.read_bytes()
    for data in (whole[:-5], b"RIFF" + whole, b""):
        path.write_bytes(data)
        with pytest.raises(InputError, match="not a file of codes"):
            Codes.load(path)
    with pytest.raises(MissingError):
        Codes.load(tmp_path / "none.codes")
    with pytest.raises(InputError, match="suffix"):
        some().save(tmp_path / "a.wav")


def test_codes_that_no_book_has_are_refused() -> None:
    with pytest.raises(InputError, match="from 0 to 15"):
        Codes(codes=np.full((1, 3), 16), size=16, rate=24_000, channels=1, length=9, model="m", books="b")
    with pytest.raises(InputError, match="codebooks, frames"):
        Codes(codes=np.zeros(3, np.uint16), size=16, rate=24_000, channels=1, length=9, model="m", books="b")
