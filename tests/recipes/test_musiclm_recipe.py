"""MusicLM's recipe: batches are laid out as the stages will be used, and all parts in turn leave a model that plays."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.data.composer import sheets
from soundstage.errors import MissingError
from soundstage.models.musiclm import MusicLM, MusicLMConfig, musiclm_tiny
from soundstage.recipes import musiclm, musiclm_batches
from soundstage.recipes import musiclm_makers as makers
from soundstage.recipes.musiclm_batches import (
    Piece,
    Tokens,
    captioned,
    drawn,
    mel_stretches,
    spectra,
    stretches,
    token_batch,
)
from soundstage.tasks.compose_musiclm import story

TINY = musiclm_tiny()
CONFIG: MusicLMConfig = replace(TINY, acoustic=replace(TINY.acoustic, codes=16))


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tones(seconds: float, seed: int) -> np.ndarray:
    time = np.arange(round(seconds * CONFIG.rate)) / CONFIG.rate
    rng = np.random.default_rng(seed)
    wave = np.sin(6.283 * rng.uniform(150, 2500, (3, 1)) * time).sum(0) * (1 + np.sin(9 * time))
    return np.asarray(3000 * wave, np.int16)


@pytest.fixture(scope="module")
def found() -> list[Piece]:
    return [Piece(sheet, tones(1 + index % 3, index)) for index, sheet in enumerate(islice(sheets(2), 6))]


def test_stretches_are_of_one_length_and_a_short_piece_goes_on_in_silence(found: list[Piece]) -> None:
    made = drawn(found[:1], 2, 2 * CONFIG.rate, draws())
    assert made.shape == (2, 2 * CONFIG.rate)
    assert (made[:, CONFIG.rate :] == 0).all()
    assert (made[:, : CONFIG.rate].std(1) > 0).all()


def test_captions_are_drawn_for_the_very_pieces(found: list[Piece], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(musiclm_batches, "described", lambda sheet, rng: str(id(sheet)))
    mels = [torch.full((3, 9), float(index)).half() for index in range(len(found))]
    monkeypatch.setattr(musiclm_batches, "mel_stretches", lambda mels, picks, frames, generator: torch.tensor(picks))
    picks, captions = captioned(found, mels, 4, 100, draws())
    assert captions == [str(id(found[pick].sheet)) for pick in picks.tolist()]
    assert len(set(captions)) == 4


def test_stretches_of_spectra_are_those_of_the_sound(found: list[Piece]) -> None:
    spectrum = MusicLM(CONFIG).spectrum
    mels, frames = spectra(found, spectrum), CONFIG.rate // CONFIG.hop
    heard = mel_stretches(mels, [1, 2], frames, draws(3))
    sound = stretches(found, [1, 2], CONFIG.rate, draws(3))
    assert heard.shape == (2, CONFIG.bands, frames)
    assert float((heard - spectrum.mel(sound)).abs().median()) < 0.25  # they begin up to a frame apart
    assert (mel_stretches(mels, [0], 3 * frames, draws())[..., frames + 1 :] == heard.new_tensor(1e-4).log()).all()


def test_a_batch_of_tokens_is_of_one_time_and_asked_for_what_sounds_then() -> None:
    found = []
    for length in (40, 100, 100):
        at = torch.arange(length)
        found.append(Tokens(at.short(), torch.stack((at, at + 1)).short(), torch.arange(length // 25)[:, None].short()))
    for seed in range(20):
        batch = token_batch(found, 5, 60, 25, draws(seed))
        assert batch.semantic.shape[1] in (40, 60)
        assert torch.equal(batch.codes[:, 1], batch.semantic + 1)
        late = batch.asked[:, 0] * 25 - batch.semantic[:, 0]
        assert ((late > -25) & (late < batch.semantic.shape[1])).all()


def test_a_part_before_its_time_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="musiclm data"):
        makers.make_books(tmp_path, CONFIG)
    with pytest.raises(MissingError, match="checkpoint"):
        makers.train_mulan(1, 1, tmp_path, CONFIG)
    with pytest.raises(MissingError, match="tokens"):
        makers.corpus(tmp_path)


def test_all_parts_in_turn_leave_a_model_that_plays(tmp_path: Path, found: list[Piece]) -> None:
    for split, some in (("train", found), ("test", found[:2])):
        (tmp_path / split).mkdir()
        for index, piece in enumerate(some):
            np.save(tmp_path / split / f"{index:05d}.npy", piece.wave)
    makers.make_books(tmp_path, CONFIG)
    for train in (makers.train_mulan, makers.train_semantic, makers.train_mender, makers.train_vocoder):
        train(1, 2, tmp_path, CONFIG)
    makers.make_tokens(tmp_path, CONFIG)
    tokens = makers.corpus(tmp_path)
    assert [len(each.semantic) for each in tokens] == [len(piece.wave) // CONFIG.token for piece in found]
    assert len({tuple(each.asked[0].tolist()) for each in tokens}) > 1
    for stage in ("semantic", "coarse", "fine"):
        musiclm.train_stage(stage, 1, 2, tmp_path, CONFIG, rows=3)
    card = musiclm.export(tmp_path / "model", tmp_path, CONFIG)
    assert card.config["semantic"]["depth"] == 0  # what generates does not hear
    made = story([(0, "calm piano"), (0.6, "loud drums")], model=str(tmp_path / "model"), seconds=1.5)
    assert made.mix.length == round(1.5 * CONFIG.rate)
    assert np.isfinite(made.mix.samples).all() and made.mix.samples.std() > 0
