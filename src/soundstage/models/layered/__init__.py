"""Layered: clips made of planned tracks, painted subjects, wide flowing backgrounds and a learned compositor.

Read `model` first; each part has a file of its own: `reader` (text to scene), `tracker` (scene to tracks, flow
matching), `subject` (sprites), `pictures` (backgrounds, flow matching), `compositor` (shadow, light, weather),
`upscaler`, and `compose`, the moving of layers.
"""

from soundstage.models.layered.model import Cast, Layered, LayeredConfig, Plan, frames, storybook, tiny

__all__ = ["Cast", "Layered", "LayeredConfig", "Plan", "frames", "storybook", "tiny"]
