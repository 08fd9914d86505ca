"""The reader of clips: what it is given, how it is scored, and how well the shipped weights read real renders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.data.storybook import sample_scene
from soundstage.errors import InputError
from soundstage.evaluate.adherence import Reading, agreement, calibrate, measures, read_clips, wanted_of
from soundstage.evaluate.reader import ATTRIBUTES, CELLS, CROP, FRAMES, SIDE, Doer, Reader, prepare, trail
from soundstage.recipes.storybook_clips import CHUNK, draw_pool, kept_pool
from soundstage.recipes.storybook_reader import MIRROR, REVERSE, spoil
from soundstage.render import Actor, Camera, Scene
from soundstage.render.scene import ABILITIES


def test_any_clip_becomes_five_square_frames() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (7, 40, 60, 3), np.uint8)
    x = prepare(frames)
    assert x.shape == (FRAMES, 3, SIDE, SIDE)
    assert -1 <= float(x.min()) < float(x.max()) <= 1
    with pytest.raises(InputError, match="frames"):
        prepare(frames[0])


def test_a_trail_follows_the_middle_and_the_size_of_its_map() -> None:
    maps = torch.zeros(1, 5, 12, 12)
    for k in range(5):
        maps[0, k, 5, 2 + 2 * k] = 1.0
    way = trail(maps)[0]
    assert (way[1:, 0] > way[:-1, 0]).all()
    assert torch.allclose(way[:, 1], way[:1, 1].expand(5))
    small, large = trail(maps[:, :1])[0, 0, 2], trail(torch.ones(1, 5, 12, 12))[0, 0, 2]
    assert small < large


def test_the_net_answers_every_question_with_log_probabilities() -> None:
    answers = Reader().eval()(torch.zeros(2, FRAMES, 3, SIDE, SIDE))
    assert set(answers) == set(ATTRIBUTES)
    for name, logits in answers.items():
        assert logits.shape == (2, len(ATTRIBUTES[name]))
        assert torch.allclose(logits.exp().sum(1), torch.ones(2), atol=1e-4)


def test_nobody_is_read_to_do_what_it_cannot() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        doer = Doer().eval()
    who = torch.eye(len(ATTRIBUTES["subject"]))
    crops = torch.randn(len(who), FRAMES, 3, CROP, CROP, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = doer(crops, torch.zeros(len(who), FRAMES, 8), who)["action"].argmax(1)
    for subject, action in zip(ATTRIBUTES["subject"], found.tolist(), strict=True):
        assert ATTRIBUTES["action"][action] in ABILITIES[subject]


def test_mirroring_and_running_backwards_twice_change_nothing() -> None:
    for tables in (MIRROR, REVERSE):
        for table in tables.values():
            assert (table[table] == torch.arange(len(table))).all()
    left, right = ATTRIBUTES["direction"].index("left"), ATTRIBUTES["direction"].index("right")
    assert int(MIRROR["direction"][left]) == right == int(REVERSE["direction"][left])


def test_spoiled_clips_stay_clips() -> None:
    pool = draw_pool(np.random.default_rng(0), 2)
    x = torch.from_numpy(pool.frames).permute(0, 1, 4, 2, 3).float() / 127.5 - 1
    cover = torch.from_numpy(pool.covered(np.arange(2)))
    worse, moved = spoil(x.flatten(1, 2), cover, torch.Generator().manual_seed(1))
    assert worse.shape == x.flatten(1, 2).shape
    assert moved.shape == cover.shape
    assert float(worse.abs().max()) <= 1
    assert float(moved[0].max()) > 0.5


def test_the_cover_is_shifted_with_the_picture() -> None:
    x, cover = torch.full((40, 3, SIDE, SIDE), -1.0), torch.zeros(40, CELLS, CELLS)
    x[:, :, 40:60, 20:40], cover[:, 10:15, 5:10] = 1.0, 1.0
    worse, moved = spoil(x, cover, torch.Generator().manual_seed(3))
    assert not torch.equal(moved, cover)
    lit = torch.nn.functional.avg_pool2d(worse.mean(1), 4) > 0
    assert ((lit & (moved > 0.5)).flatten(1).sum(1) >= 24).all()


def test_a_kept_pool_is_drawn_in_chunks_and_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundstage.recipes.storybook_clips.CHUNK", 3)
    assert CHUNK > 3
    for _ in range(2):
        pool = kept_pool(tmp_path, 4, processes=0)
        assert len(pool.frames) == len(pool.marks["subject"]) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips-000.npz", "clips-001.npz"]


def test_what_was_not_asked_is_not_judged() -> None:
    seen = Reading(words={name: words[0] for name, words in ATTRIBUTES.items()}, trust=dict.fromkeys(ATTRIBUTES, 1.0))
    found = agreement((seen, seen), ({"place": ATTRIBUTES["place"][0]}, {"place": ATTRIBUTES["place"][1]}))
    assert found == {"place": (0.5, 2)}
    row = measures(found, {"place": (0.9, 100)})[0]
    assert (row.value, row.ceiling, row.count) == (0.5, 0.9, 2)
    with pytest.raises(InputError, match="wanted"):
        agreement((seen,), ())


def test_a_following_camera_is_not_asked_for() -> None:
    scene = Scene(actors=(Actor(subject="dog"),), camera=Camera(move="follow"))
    assert "camera" not in wanted_of(scene)
    assert wanted_of(sample_scene(np.random.default_rng(0)))["camera"]


def test_the_shipped_reader_reads_real_renders() -> None:
    found = {name: share for name, (share, _) in calibrate(40, seed=11, fps=6).items()}
    assert min(found["place"], found["time"], found["weather"]) >= 0.95
    assert min(found.values()) >= 0.9  # of 40 clips; on 600 every attribute is above 0.97


def test_a_dark_noisy_clip_gets_a_reading_and_no_error() -> None:
    noise = np.random.default_rng(0).integers(0, 90, (9, 64, 64, 3), np.uint8)
    (reading,) = read_clips([noise])
    assert set(reading.words) == set(ATTRIBUTES)
    assert all(0 < trust <= 1 for trust in reading.trust.values())
