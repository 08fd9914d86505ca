"""VideoDit: clips drawn in latents by one spatiotemporal transformer, told where everybody is and what the camera sees.

Read `model` first; `told` is what a cell knows, `sample` draws clips of any length in windows, `config` has the shapes.
The autoencoder is `codec.vae3d`.
"""

from soundstage.models.video_dit.config import VideoDitConfig, storybook, tiny
from soundstage.models.video_dit.model import Dit, VideoDit
from soundstage.models.video_dit.told import ACTORS, NOBODY, Told

__all__ = ["ACTORS", "NOBODY", "Dit", "Told", "VideoDit", "VideoDitConfig", "storybook", "tiny"]
