"""Layered: clips made of planned tracks, painted subjects, wide remembered places and a learned compositor.

Read `model` first; each part has a file of its own: `reader` (text to scene), `tracker` (scene to tracks, flow
matching), `subject` (sprites), `places` (layouts shown at any hour), `compositor` (shadow, light, weather),
`upscaler`, `seer` (what a picture shows), and `compose`, the moving of layers; `config` has the shapes, `living` sets a
given picture in motion.
"""

from soundstage.models.layered.config import LayeredConfig, storybook, tiny
from soundstage.models.layered.model import Cast, Layered, Plan, frames

__all__ = ["Cast", "Layered", "LayeredConfig", "Plan", "frames", "storybook", "tiny"]
