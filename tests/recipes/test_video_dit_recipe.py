"""What the latent video model learns from, and that a lesson teaches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.errors import MissingError
from soundstage.models.video_dit import Dit, VideoDit, tiny
from soundstage.models.video_dit.config import Learns
from soundstage.recipes import video_dit as recipe
from soundstage.recipes.video_dit import Pool, given, lesson, pixels
from soundstage.recipes.video_dit_clips import FRAMES, Told, draw


@pytest.fixture(scope="module")
def clips() -> Told:
    return draw(np.random.default_rng(3), 4, (64, 64))


@pytest.fixture(scope="module")
def pool(clips: Told) -> Pool:
    vae = VideoDit(tiny()).vae
    vae.blocks.begin(vae.blocks.cut(pixels(clips.frames)))
    with torch.no_grad():
        z = vae.encode(pixels(clips.frames))
    return Pool(
        latents=z.half(),
        cover=torch.zeros(4, 9, 8, 8).half(),
        poses=torch.from_numpy(clips.poses),
        who=torch.from_numpy(clips.who),
        views=torch.from_numpy(clips.views),
        hour=torch.from_numpy(clips.hour),
    )


def test_a_clip_comes_with_the_poses_of_whom_it_shows(clips: Told) -> None:
    assert clips.frames.shape == (4, FRAMES, 64, 64, 3) and clips.cover.shape == (4, FRAMES, 8, 8)
    assert (clips.who[:, 0] >= 0).all()
    for index in range(4):
        rows, columns = np.nonzero(clips.cover[index, 16] > 128)
        if len(rows) == 0 or clips.who[index, 1, 0] >= 0:
            continue
        x, _, scale = clips.poses[index, 0, 16, :3]
        assert abs((columns.mean() + 0.5) / 8 - x) < max(0.6 * scale, 0.15)


def test_nothing_falls_in_what_is_learned(clips: Told) -> None:
    again = draw(np.random.default_rng(3), 4, (64, 64))
    assert np.array_equal(again.frames, clips.frames)


@pytest.mark.parametrize("learns", ["flow", "v"])
def test_lessons_teach(pool: Pool, learns: Learns) -> None:
    torch.manual_seed(0)
    module = Dit(tiny(learns=learns))
    optimizer = torch.optim.Adam(module.parameters(), 3e-3)
    losses = []
    for index in range(40):
        optimizer.zero_grad()
        loss = lesson(module, pool, 3 if index % 2 else 1, 4, torch.Generator().manual_seed(index))
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_pictures_alone_are_never_given() -> None:
    generator = torch.Generator().manual_seed(0)
    assert not bool(given(64, 1, generator).any())
    known = given(400, 6, generator)
    assert 0.4 < float(known[:, 0].float().mean()) < 0.6
    assert bool((known[:, 1] <= known[:, 0]).all()) and not bool(known.all(1).any())


def test_parts_say_which_part_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "RUNS", tmp_path)
    with pytest.raises(MissingError, match="part code first"):
        recipe.coded()
