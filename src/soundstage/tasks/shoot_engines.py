"""The engine of each family that shoots video.

Notable: there are two kinds. One reads a prompt into a scene, a plain value, and draws scenes: its camera, actors and
paths can be said exactly. The other draws what a text says, from noise, and decides all that itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soundstage.tasks.shoot_cogvideox import CogVideoXShooter
from soundstage.tasks.shoot_diffusers import DiffusersShooter
from soundstage.tasks.shoot_dit import DitShooter
from soundstage.tasks.shoot_latent import LatentShooter
from soundstage.tasks.shoot_layered import LayeredShooter
from soundstage.tasks.shoot_scene import SceneEngine
from soundstage.tasks.shoot_wan import WanShooter
from soundstage.weights import Loaded

ENGINES: Mapping[str, Callable[[Loaded], SceneEngine | LatentShooter]] = {
    "layered": LayeredShooter,
    "video_dit": DitShooter,
    "wan": WanShooter,
    "cogvideox": CogVideoXShooter,
    "diffusers": DiffusersShooter,
}
