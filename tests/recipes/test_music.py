from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from soundstage.data.composer import sheets
from soundstage.data.composer_captions import caption
from soundstage.data.composer_render import Shot
from soundstage.evaluate.prompts import prompts
from soundstage.models.ensemble import build_player, build_reader, build_writer, ensemble_starter
from soundstage.recipes.music import ship
from soundstage.recipes.music_player import crop_step, measure_partials, spectral_loss
from soundstage.recipes.music_reader import batch_of, reading_loss
from soundstage.recipes.music_writer import piece_loss
from soundstage.score.instruments import VOICES
from soundstage.score.language import SIDE_SIZES, VOCABULARY
from soundstage.score.roster import place
from soundstage.score.speller import encode
from soundstage.score.styles import STYLES

SMALL = replace(ensemble_starter(), player_width=16, player_depth=1, writer_width=16, writer_depth=1, writer_heads=2)


def test_the_starter_fits_the_score_language():
    config = ensemble_starter()
    assert config.vocabulary == VOCABULARY
    assert config.sides == tuple(SIDE_SIZES)
    assert config.voices == len(VOICES)
    assert config.drums == sum(note >= 0 for _, note in VOICES)
    assert config.answers["style"] == len(STYLES)


def test_equal_sounds_have_no_spectral_distance():
    wave = torch.randn(2, 8192, generator=torch.Generator().manual_seed(0))
    assert float(spectral_loss(wave, wave)) == 0
    assert float(spectral_loss(wave, 0.5 * wave)) > 0.3


def test_a_crop_of_the_bank_trains_the_player():
    rng = np.random.default_rng(0)
    t = np.arange(40_000) / 32_000
    sound = np.concatenate([8000 * np.sin(2 * np.pi * 440 * t), 3000 * rng.standard_normal(40_000) * np.exp(-9 * t)])
    bank = [
        Shot(voice=0, pitch=69, velocity=100, held=0.7, start=0, length=40_000),
        Shot(voice=28, pitch=36, velocity=100, held=0.1, start=40_000, length=40_000),
    ]
    player = build_player(SMALL)
    measure_partials(player, bank, sound.astype(np.int16))
    assert player.stretch_VPK[0, 69, 0].abs() < 2
    loss, _ = crop_step(bank, sound.astype(np.int16), 3)(player, 0, torch.Generator().manual_seed(0))
    loss.backward()
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in player.parameters())
    assert float(loss.detach()) > 0


def test_an_untrained_writer_is_as_unsure_as_it_should_be():
    ids, sides = encode(next(sheets(1)))
    loss, _ = piece_loss(
        build_writer(SMALL),
        torch.from_numpy(ids.astype(np.int64))[None],
        torch.from_numpy(sides.astype(np.int64))[None],
    )
    assert float(loss.detach()) == pytest.approx(np.log(VOCABULARY), rel=0.2)


def test_captions_become_pieces_and_targets():
    rng = np.random.default_rng(0)
    captions = [caption(rng) for _ in range(5)]
    pieces, targets = batch_of(captions, SMALL.buckets)
    assert pieces.shape[0] == 5
    assert int(targets["instruments"].sum()) == sum(len(wish.instruments) for _, wish in captions)
    assert float(reading_loss(build_reader(SMALL)(pieces), targets).detach()) > 0


def test_held_out_prompts_are_the_same_each_time_and_can_be_played():
    wanted = list(islice(prompts(3), 40))
    assert wanted == list(islice(prompts(3), 40))
    assert all(place(tuple(one.asked_instruments), STYLES[0]) for one in wanted if one.asked_instruments)


def test_shipping_writes_a_card_and_weights(tmp_path):
    card = ship(tmp_path / "no-run", tmp_path / "music")
    assert card.family == "ensemble"
    assert 0 < card.size_mb < 25
    assert (tmp_path / "music" / "weights.safetensors").is_file()
