"""Flicker, motion, warping, freezes and streaks: each meter on clips whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.evaluate.flicker import (
    block_flow,
    dynamic_degree,
    flicker,
    judge,
    longest_freeze,
    streak_score,
    warping_error,
)
from soundstage.render import Actor, Camera, Scene, render_scene, render_truth

PAN = Scene(
    place="city",
    actors=(Actor(subject="car", colour="red", action="drive", direction="right"),),
    camera=Camera(move="pan right"),
)


@pytest.fixture(scope="module")
def clip() -> NDArray[np.uint8]:
    return render_scene(PAN, 2, 12, (96, 96)).frames


def test_a_frozen_clip_is_called_frozen_although_nothing_flickers(clip: NDArray[np.uint8]) -> None:
    still = np.repeat(clip[:1], 12, 0)
    verdict = judge(still, 12)
    assert verdict.flicker == 1
    assert verdict.dynamic == 0
    assert verdict.frozen
    assert verdict.freeze == pytest.approx(11 / 12)
    assert not judge(clip, 12).frozen


def test_noise_between_frames_raises_flicker_and_warping_error(clip: NDArray[np.uint8]) -> None:
    noise = np.random.default_rng(0).normal(0, 14, clip.shape)
    noisy = np.clip(clip + noise, 0, 255).astype(np.uint8)
    assert flicker(noisy) < flicker(clip) - 0.01
    assert warping_error(noisy[:6]) > 2 * warping_error(clip[:6])


def test_true_flow_explains_motion_better_than_no_flow() -> None:
    truth = render_truth(PAN, 2, 8, (96, 96))
    frames = truth.video.frames
    assert warping_error(frames, truth.flow) < 0.6 * warping_error(frames, np.zeros_like(truth.flow))


def test_block_flow_finds_a_shift() -> None:
    picture = np.random.default_rng(1).uniform(0, 255, (64, 64)).astype(np.float32)
    moved = np.roll(picture, (3, -5), (0, 1))
    flow = block_flow(picture, moved)[16:48, 16:48]
    np.testing.assert_array_equal(flow, np.broadcast_to((-5.0, 3.0), flow.shape))


def test_a_held_stretch_is_measured_in_seconds(clip: NDArray[np.uint8]) -> None:
    held = np.concatenate((clip[:6], np.repeat(clip[6:7], 6, 0), clip[7:]))
    assert longest_freeze(held, 12) == pytest.approx(5 / 12)
    assert dynamic_degree(held, 12) < dynamic_degree(clip, 12)


def test_smeared_edges_are_seen_and_real_ones_are_not(clip: NDArray[np.uint8]) -> None:
    smeared = clip.copy()
    smeared[12:, :, 76:] = smeared[12:, :, 76:77]
    assert judge(smeared, 12).streaked
    assert not judge(clip, 12).streaked
    assert streak_score(smeared) > streak_score(clip) + 0.02


def test_one_frame_is_no_clip() -> None:
    with pytest.raises(InputError, match="frames"):
        judge(np.zeros((1, 32, 32, 3), np.uint8), 24)
