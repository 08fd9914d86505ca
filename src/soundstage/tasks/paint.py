"""The task `paint`: one picture of a prompt, which is a clip of one frame."""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Image
from soundstage.render.scene import Camera, Scene
from soundstage.tasks.shoot import SIZE, check
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_scene import SceneEngine, Shooting, looks, settled
from soundstage.tasks.shoot_text import one_frame, only_text


@task(version=3)
def paint(
    prompt: Annotated[str, Says('What is seen: "a red boat on the sea at sunset".')] = "",
    *,
    negative: Annotated[str, Says("What is not to be seen; for models that know of it.")] = "",
    size: Annotated[
        str | None, Says("Width x height in pixels; by default the model's own, 256x256 for the starter.")
    ] = None,
    layout: Annotated[Scene | None, Says("A scene of the storybook, kept to the pose.")] = None,
    identity: Annotated[int, Says("Which individual: the same number gives the same look in every picture.")] = 0,
    steps: Annotated[int | None, Says("Looks while it is drawn; by default the model's own."), Between(1, 200)] = None,
    guidance: Annotated[
        float | None, Says("How closely it keeps to the words, 1 is none; by default the model's own."), Between(0, 30)
    ] = None,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Image:
    """A picture: the middle of a two-second clip of the same prompt and seed, with a still camera.

    Raises InputError for an empty prompt without a layout and for a size that cannot be drawn.
    """
    _, sides = check(prompt, 2.0, None, size, layout is not None)
    with runtime.use(model, ENGINES) as engine:
        if not isinstance(engine, SceneEngine):
            only_text(model, layout=layout, identity=identity)
            request = {
                "prompt": prompt, "negative": negative, "steps": steps, "guidance": guidance, "seed": seed,
            }  # fmt: skip
            return one_frame(engine, request, sides)
        if negative.strip():
            raise InputError("negative", f"is nothing that {model} knows of", "say in the prompt what is to be seen")
        looked, guided = looks(engine, model, steps, guidance)
        width, height = sides or SIZE
        scene = layout if layout is not None else engine.read(prompt, seed)
        scene, falling = settled(scene, camera=Camera(), direction=None, seed=seed)
        how = Shooting(
            frames=3,
            fps=1.5,
            height=height,
            width=width,
            seed=seed,
            identity=identity,
            steps=looked,
            guidance=guided,
            exact=layout is not None,
        )
        return Image(engine.shoot(scene, falling, how)[1])
