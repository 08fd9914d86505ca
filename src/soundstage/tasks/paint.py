"""The task `paint`: one picture of a prompt, which is a clip of one frame."""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Image
from soundstage.render.scene import Camera, Scene
from soundstage.tasks.shoot import check
from soundstage.tasks.shoot_engines import ENGINES, Shooting, settled


@task(version=1)
def paint(
    prompt: Annotated[str, Says('What is seen: "a red boat on the sea at sunset".')] = "",
    *,
    size: Annotated[str, Says("Width x height in pixels.")] = "256x256",
    layout: Annotated[Scene | None, Says("A scene of the storybook, kept to the pose.")] = None,
    identity: Annotated[int, Says("Which individual: the same number gives the same look in every picture.")] = 0,
    steps: Annotated[int, Says("Looks at the place while it is drawn."), Between(1, 100)] = 10,
    guidance: Annotated[float, Says("How closely the place keeps to its words; 1 is none."), Between(0, 10)] = 1.0,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Image:
    """A picture: the middle of a two-second clip of the same prompt and seed, with a still camera.

    Raises InputError for an empty prompt without a layout and for a size that cannot be drawn.
    """
    _, width, height = check(prompt, 2.0, 24, size, layout)
    with runtime.use(model, ENGINES) as engine:
        scene = layout if layout is not None else engine.read(prompt, seed)
        scene, falling = settled(scene, camera=Camera(), direction=None, seed=seed)
        how = Shooting(
            frames=3,
            fps=1.5,
            height=height,
            width=width,
            seed=seed,
            identity=identity,
            steps=steps,
            guidance=guidance,
            exact=layout is not None,
        )
        return Image(engine.shoot(scene, falling, how)[1])
