"""The storybook: an illustrated world of 2D vector scenes, drawn by our own code.

A `Scene` says what is seen (`scene`); `sprite` draws a subject alone, `background` and `planes` a place alone,
`render_scene` the whole clip, `render_truth` a clip with its masks, depth and flow, `animatic.draw` a stream of
frames.
"""

from soundstage.render.animatic import draw, render_scene
from soundstage.render.motion import View, camera_path, track
from soundstage.render.places import Plane, background, planes
from soundstage.render.scene import Actor, Camera, Pose, Scene
from soundstage.render.sprites import anchor_of, sprite
from soundstage.render.truth import Truth, render_truth

__all__ = [
    "Actor",
    "Camera",
    "Plane",
    "Pose",
    "Scene",
    "Truth",
    "View",
    "anchor_of",
    "background",
    "camera_path",
    "draw",
    "planes",
    "render_scene",
    "render_truth",
    "sprite",
    "track",
]
