"""CogVideoX: text, picture or clip to video by diffusion in latents (Yang et al., 2024).

`config` has the shapes and the published presets, `transformer` the network, `vae` the autoencoder, `generate` the way
from texts and pictures to frames.
"""

from soundstage.models.cogvideox.config import (
    CogVideoXConfig,
    SamplerConfig,
    TransformerConfig,
    VaeConfig,
    cogvideox1_5_5b,
    cogvideox1_5_5b_i2v,
    cogvideox_2b,
    cogvideox_5b,
    cogvideox_5b_i2v,
)
from soundstage.models.cogvideox.generate import (
    clip_latents,
    decode,
    decode_stream,
    generate,
    latent_frames,
    picture_latents,
)
from soundstage.models.cogvideox.tiles import Tiles
from soundstage.models.cogvideox.transformer import Transformer
from soundstage.models.cogvideox.vae import Vae

__all__ = [
    "CogVideoXConfig",
    "SamplerConfig",
    "Tiles",
    "Transformer",
    "TransformerConfig",
    "Vae",
    "VaeConfig",
    "clip_latents",
    "cogvideox1_5_5b",
    "cogvideox1_5_5b_i2v",
    "cogvideox_2b",
    "cogvideox_5b",
    "cogvideox_5b_i2v",
    "decode",
    "decode_stream",
    "generate",
    "latent_frames",
    "picture_latents",
]
