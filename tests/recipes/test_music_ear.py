from dataclasses import replace

import numpy as np
import pytest
import torch

from soundstage.evaluate.ear import BANDS, FINE, OCTAVES, restored, untrained
from soundstage.evaluate.tempo import A_SECOND, FASTEST, SLOWEST
from soundstage.recipes import music_ear
from soundstage.recipes.music_ear import beat_step, harmony_step, pulses_of, settle, ship, tactus_step
from soundstage.recipes.music_truth import Truth, commissions


def piece(bpm: float = 100.0, seconds: float = 9.0) -> Truth:
    """Clicks on the beat, as a piece of the lesson is kept."""
    frames = int(seconds * A_SECOND)
    beats = np.arange(0, frames - 1, 60 * A_SECOND / bpm, dtype=np.float32)
    spectrum = np.zeros((frames, BANDS), np.uint8)
    spectrum[np.round(beats).astype(int)] = 120
    slow = int(10 * seconds)
    return Truth(
        spectrum=spectrum, pitches=np.full((slow, 12 * FINE * OCTAVES), 40, np.uint8), beats=beats,
        downbeats=beats[::4], chords=np.zeros(slow, np.int64), key=0, stems=np.zeros((0, 1, 1), np.float16),
        names=np.zeros(0, np.int64),
    )  # fmt: skip


def test_every_part_of_the_ear_learns_from_a_piece():
    ear = untrained()
    for network, step in (
        (ear.beat, beat_step([piece()], batch=2)),
        (ear.harmony, harmony_step([piece()], 2)),
        (ear.tactus, tactus_step([piece()], [piece(120)], batch=2)),
    ):
        loss, _ = step(network, 0, torch.Generator().manual_seed(0))
        loss.backward()
        assert float(loss.detach()) > 0
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in network.parameters())


def test_an_excerpt_is_laid_on_its_beat_first_and_on_what_may_be_taken_for_it():
    grids, tempi = pulses_of(piece(100), np.random.default_rng(3))
    assert tempi[0] == pytest.approx(100, rel=0.02)
    assert len(tempi) == len(grids) == len({round(bpm, 1) for bpm in tempi}) > 3
    assert all(SLOWEST <= bpm <= FASTEST for bpm in tempi)
    on_beat = grids[0].reshape(-1, 12, BANDS + 1)[..., :BANDS].mean(axis=(0, 2))
    assert on_beat.argmax() in (0, 1, 5, 6, 7, 11)  # now and then a pulse is heard on the off-beat


def test_pieces_are_commissioned_at_any_tempo_and_length():
    made = commissions(5, "train", 16)
    assert made == commissions(5, "train", 16)
    lengths = [len(sheet.bars) * int(sheet.metre[0]) * 60 / sheet.bpm for sheet in made]
    assert min(lengths) < 12 and max(lengths) > 18
    trios = [sheet for sheet in made if [name for role, name in sheet.roster if role == "bass"] == ["acoustic bass"]]
    assert 1 < len(trios) < 12


def test_constants_are_those_that_get_most_right_and_the_file_keeps_them(tmp_path, monkeypatch):
    wanted = {"lean": (1.0, 2.5)}
    choices = {name: (values, lambda heard, _: float(heard.by.settled.lean == 2.5)) for name, values in wanted.items()}
    monkeypatch.setattr(music_ear, "CHOICES", choices)
    ear = untrained()
    assert settle(ear, [piece()], log=lambda _: None).settled.lean == 2.5
    made = ship(ear, [piece()], tmp_path / "ear.safetensors")
    from safetensors.torch import load_file

    read = restored(load_file(tmp_path / "ear.safetensors"))
    assert replace(read.settled, faintest=0) == replace(made.settled, faintest=0)
    assert read.settled.faintest == pytest.approx(made.settled.faintest, abs=1e-3)
    assert read.settled.lean == 2.5
