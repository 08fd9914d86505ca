"""Wan 2.1: text, and where wished a first and a last picture, to video, in latents and back (Wan team, 2025).

`transformer` is the velocity, `vae` the way between pixels and latents, `generate` the way from noise to a clip.
"""

from soundstage.models.wan.generate import TOKENS, Over, Told, condition, generate, latent_shape, planned
from soundstage.models.wan.transformer import (
    Read,
    Wan,
    WanConfig,
    grid_rope,
    velocity,
    wan_1_3b,
    wan_14b,
    wan_flf2v_14b,
    wan_i2v_14b,
)
from soundstage.models.wan.vae import WanVae, WanVaeConfig

__all__ = [
    "TOKENS",
    "Over",
    "Read",
    "Told",
    "Wan",
    "WanConfig",
    "WanVae",
    "WanVaeConfig",
    "condition",
    "generate",
    "grid_rope",
    "latent_shape",
    "planned",
    "velocity",
    "wan_1_3b",
    "wan_14b",
    "wan_flf2v_14b",
    "wan_i2v_14b",
]
