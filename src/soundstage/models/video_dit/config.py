"""The shape of the latent video model: its vocabularies, its parts' sizes, and the starter's.

Notable: class numbers are places in the vocabularies, so that a card rebuilds what the weights mean; one more class
than words stands for what is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from soundstage.codec.vae3d import Vae3dConfig
from soundstage.render.scene import ACTIONS, COLOURS, PLACES, SUBJECTS, TIMES, WEATHERS

Looks = Literal["full", "factored"]
Learns = Literal["flow", "v"]


@dataclass(frozen=True, kw_only=True)
class VideoDitConfig:
    """All that rebuilds the module. Vocabularies are in the order of the class numbers.

    `looks`: every block attends to the whole window, or blocks attend in turn within a frame and along time. `learns`:
    the straight flow from noise to data, or diffusion told by its velocity.
    """

    places: tuple[str, ...]
    times: tuple[str, ...]
    weathers: tuple[str, ...]
    subjects: tuple[str, ...]
    actions: tuple[str, ...]
    colours: tuple[str, ...]
    layouts: int  # arrangements of a place that are known by number
    remembered: int  # features of each point of them
    rows: int  # pixels of a frame's height
    latent: int
    vae_widths: tuple[int, ...]
    vae_doubles_time: tuple[bool, ...]
    vae_blocks: int
    width: int
    depth: int
    heads: int
    hidden: int
    condition: int
    actor_width: int
    window: int  # latent frames that are drawn together
    looks: Looks = "full"
    learns: Learns = "flow"

    @property
    def vae(self) -> Vae3dConfig:
        """Of the autoencoder."""
        return Vae3dConfig(
            channels=3,
            latent=self.latent,
            widths=self.vae_widths,
            doubles_time=self.vae_doubles_time,
            blocks=self.vae_blocks,
        )

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> VideoDitConfig:
        """From a card's config, where tuples are lists."""
        fields: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in config.items()}
        return cls(**fields)

    def plain(self) -> dict[str, Any]:
        """For a card."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def storybook(*, looks: Looks = "full", learns: Learns = "flow") -> VideoDitConfig:
    """The config of starter/video-dit."""
    return VideoDitConfig(
        places=PLACES,
        times=TIMES,
        weathers=WEATHERS,
        subjects=SUBJECTS,
        actions=ACTIONS,
        colours=COLOURS,
        layouts=8,
        remembered=12,
        rows=64,
        latent=48,
        vae_widths=(16, 48, 96),
        vae_doubles_time=(True, True),
        vae_blocks=1,
        width=192,
        depth=6,
        heads=3,
        hidden=576,
        condition=128,
        actor_width=192,
        window=6,
        looks=looks,
        learns=learns,
    )


def tiny(*, looks: Looks = "full", learns: Learns = "flow") -> VideoDitConfig:
    """A config for tests: the same parts, as narrow as they go."""
    few = {"latent": 8, "vae_widths": (4, 4, 8), "width": 32, "depth": 2, "heads": 1, "hidden": 32, "condition": 16,
           "actor_width": 16, "window": 3, "remembered": 2}  # fmt: skip
    return VideoDitConfig(**{**asdict(storybook(looks=looks, learns=learns)), **few})
