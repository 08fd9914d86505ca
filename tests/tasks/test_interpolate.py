"""More frames a second, and larger ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from soundstage.errors import InputError
from soundstage.media import Video
from soundstage.models.layered.upscaler import Upscaler
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Actor, Camera, Scene
from soundstage.tasks.interpolate import interpolate
from soundstage.tasks.upscale import upscale

DOG = Scene(
    place="meadow", actors=(Actor(subject="dog", action="run", direction="right"),), camera=Camera(move="pan left")
)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(((a.astype(float) - b) ** 2).mean() / 255**2))


def test_what_was_there_stays_and_what_comes_between_is_truer_than_a_mixture() -> None:
    true = render_scene(DOG, 1, 16, (96, 96))
    made = interpolate(Video(true.frames[::2], Fraction(8)))
    assert (made.length, made.fps) == (16, 16)
    assert np.array_equal(made.frames[::2], true.frames[::2])
    mixed = (true.frames[0:-2:2].astype(float) + true.frames[2::2]) / 2
    assert psnr(made.frames[1:-1:2], true.frames[1:-1:2]) > psnr(mixed, true.frames[1:-1:2]) + 1


def test_any_rate_above_its_own_keeps_the_length() -> None:
    clip = render_scene(DOG, 0.5, 8, (64, 64))
    made = interpolate(clip, fps=30)
    assert (made.length, made.fps) == (15, 30)
    assert np.array_equal(made.frames[0], clip.frames[0])
    for fps in (8, 7, 200):
        with pytest.raises(InputError, match="fps"):
            interpolate(clip, fps=fps)


def test_a_cut_stays_a_cut() -> None:
    frames = np.concatenate((np.zeros((2, 32, 32, 3), np.uint8), np.full((2, 32, 32, 3), 255, np.uint8)))
    made = interpolate(Video(frames, Fraction(8)))
    assert set(np.unique(made.frames)) == {0, 255}


def test_tiles_join_to_what_the_whole_gives() -> None:
    network = Upscaler(8, 2)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.2)
    x = torch.randn(1, 4, 40, 50, generator=draw)
    assert torch.allclose(network.tiled(x, 16), network(x), atol=1e-5)


def test_the_starter_enlarges_drawings_better_than_a_smooth_curve() -> None:
    from PIL import Image as Picture

    true = render_scene(DOG, 0.25, 8, (128, 128)).frames
    small = np.stack([np.asarray(Picture.fromarray(f).resize((64, 64), Picture.Resampling.BOX)) for f in true])
    smooth = np.stack([np.asarray(Picture.fromarray(f).resize((128, 128), Picture.Resampling.BICUBIC)) for f in small])
    made = upscale(Video(small, Fraction(8)))
    assert made.frames.shape == true.shape
    assert psnr(made.frames, true) > psnr(smooth, true)


def test_more_than_4k_is_refused() -> None:
    with pytest.raises(InputError, match="4096"):
        upscale(Video(np.zeros((1, 64, 2050, 3), np.uint8), Fraction(8)))
