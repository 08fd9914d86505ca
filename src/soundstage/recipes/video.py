"""Trains starter/video, part by part: `python -m soundstage.recipes.video subject --minutes 20`.

Notable: every part is small and learns by itself from the storybook renderer, so they can be trained in any order,
resumed at any moment, and retrained alone. `export` puts the parts that stand under runs/video into the starter; its
places and its seer have recipes of their own, `recipes.video_places` and `recipes.video_seer`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from soundstage import flow
from soundstage.models.layered import Layered, LayeredConfig, storybook
from soundstage.models.layered.compositor import Compositor, Fall
from soundstage.models.layered.reader import Reader
from soundstage.models.layered.subject import Painter
from soundstage.models.layered.tracker import CAMERA, ROLE, Tracker
from soundstage.models.layered.upscaler import Upscaler
from soundstage.recipes import video_pairs as pairs
from soundstage.recipes import video_pictures as pictures
from soundstage.recipes import video_plans as plans
from soundstage.train.loop import Report, fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

RUNS = "runs/video"
REFERENCE, STARTER = "starter/video", "src/soundstage/starter/video"
DATA = (
    "The storybook world drawn by soundstage.render, with captions by data.storybook and recipes.video_text; the seer "
    "also learned from the starter's own pictures of it; no other pictures or texts."
)
NOTES = (
    "Storybook pictures only: 18 subjects, 13 places, 11 colours; what lies outside becomes its nearest in that "
    "world. Places are ten layouts of each, far and near, remembered in codes and shown at any hour; either may be "
    "mirrored; they are drawn at 128 rows and are 3.5 frame heights wide, mirrored beyond. Subjects are painted at "
    "96 pixels; both are enlarged by the learned upscaler. Three subjects at most, and they do not touch each "
    "other. All parts but the seer had some thirty minutes of one CPU core (an estimate). What it sees in a given "
    "picture it sees with a small network that had about two hours of one core (it went on from an earlier one), "
    "its masks brought to the edges of the colours: some still have halos, and of a subject that it is not sure of "
    "(about one in six) it makes a part of the place; of the others 93% are named rightly."
)
SPRITE = 96
BUCKETS = 8192


def train_subject(
    *, minutes: float = 60.0, steps: int = 3000, batch: int = 16, folder: str = f"{RUNS}/subject"
) -> Report:
    """The subject model: squared and absolute error, weighted to the drawing and its rim, for most of the box is
    empty.
    """
    model = Layered(storybook()).painter.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def step(module: Painter, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        x, classes, phases = pictures.sprites(batch, pictures.numpy_rng(generator), SPRITE)
        weight = 0.2 + nn.functional.max_pool2d((x[:, 3:] > -0.98).float(), 7, 1, 3)
        error = module(classes, phases).float() - x
        square, plain = (error.square() * weight).mean(), (error.abs() * weight).mean()
        return square + 0.3 * plain, {"square": square, "plain": plain}

    return fit(
        folder, model, step, steps=steps, minutes=minutes, lr=2e-3, warmup=50, ema=0.995, autocast=torch.bfloat16
    )


def train_reader(
    *, minutes: float = 30.0, steps: int = 2000, batch: int = 48, folder: str = f"{RUNS}/reader"
) -> Report:
    """The reader: cross-entropy over every field that the sentence decides."""

    def step(module: Reader, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        pieces, scene, role = plans.sentences(batch, pictures.numpy_rng(generator), BUCKETS)
        told, cast = module(pieces)
        losses = {
            name: nn.functional.cross_entropy(told[name].float(), scene[name], ignore_index=plans.UNKNOWN)
            for name in scene
        }
        losses |= {
            name: nn.functional.cross_entropy(
                cast[name].float().flatten(0, 1), role[name].flatten(), ignore_index=plans.UNKNOWN
            )
            for name in role
        }
        return torch.stack(list(losses.values())).sum(), losses

    return fit(folder, Layered(storybook()).reader, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.995)


def train_tracker(
    *, minutes: float = 30.0, steps: int = 3000, batch: int = 32, folder: str = f"{RUNS}/tracker"
) -> Report:
    """The tracker: squared error of the finished track over 1 − t + 0.1; empty slots do not count."""

    def step(module: Tracker, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        values, scene, roles = plans.tracks(batch, pictures.numpy_rng(generator))
        x = module.normal(values)
        t = flow.uniform(batch, generator)
        noise = torch.randn(x.shape, generator=generator)
        error = (module.track(flow.interpolate(noise, x, t), t, scene, roles) - x).square()
        there = (roles[..., 0] < len(plans.ROLE_WORDS["subject"]) - 1).repeat_interleave(ROLE, 1)
        there = torch.cat((torch.ones(batch, CAMERA), there), 1)[:, None] / (1 - t + 0.1)[:, None, None]
        return (error * there).mean(), {}

    return fit(folder, Layered(storybook()).tracker, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.995)


def train_compositor(
    *, minutes: float = 15.0, steps: int = 1200, batch: int = 16, folder: str = f"{RUNS}/compositor"
) -> Report:
    """The compositor: the joined window against the renderer's. `light` then settles how actors are lit."""
    data = pairs.joins(Path(f"{RUNS}/joins.npz"), 6)

    def step(module: Compositor, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        chosen = torch.randint(len(data["hour"]), (batch,), generator=generator)
        x = {name: values[chosen] for name, values in data.items()}
        made = module.join(x["back"], x["sprite"], x["contact"], x["grounded"], x["hour"])
        error = (made - x["true"]).abs()
        return error.mean() + 4 * error.square().mean(), {"plain": error.mean()}

    return fit(
        folder, Layered(storybook()).compositor, step, steps=steps, minutes=minutes, lr=3e-3, warmup=30, ema=0.99
    )


def light(module: Compositor, steps: int = 20_000) -> float:
    """Fits the light on actors to what `pairs.lights` measures, and says how far it is off, root mean square.

    The windows' error says so little about it that it was learned last: brown rockets were grey in space.
    """
    hours, wanted = pairs.lights(pairs.joins(Path(f"{RUNS}/joins.npz"), 6))
    with torch.no_grad():
        told = torch.stack([table(hours[:, i]) for i, table in enumerate(module.tables)]).sum(0)
    optimizer = torch.optim.Adam(module.light.requires_grad_(True).parameters(), 5e-3)
    fall = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        error = (module.light(told) - wanted).square().mean()
        error.backward()
        optimizer.step()
        fall.step()
    module.light.requires_grad_(False)
    return float(error.detach().sqrt())


def train_fall(*, minutes: float = 6.0, steps: int = 400, batch: int = 4, folder: str = f"{RUNS}/fall") -> Report:
    """What falls: masks by squared error, weighted to the drops; its colours are the storybook's."""
    shades = torch.tensor([[226, 236, 248], [255, 255, 255]]) / 255
    dims = torch.tensor([1.0, 0.92, 0.72, 0.96])  # by TIMES

    def step(module: Fall, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        points, kinds, masks = pairs.falls(batch, pictures.numpy_rng(generator))
        error = ((module(points, kinds) - masks).square() * (0.1 + masks)).mean()
        colour = torch.stack([module.colour(k, t) for k in range(len(shades)) for t in range(len(dims))])
        colours = (colour - (shades[:, None] * dims[:, None]).flatten(0, 1)).square().mean()
        return 30 * error + colours, {"mask": error, "colour": colours}

    return fit(
        folder,
        Layered(storybook()).fall,
        step,
        steps=steps,
        minutes=minutes,
        lr=2e-2,
        warmup=20,
        ema=0.98,
        weight_decay=0.0,
    )


def train_upscaler(
    *, minutes: float = 20.0, steps: int = 1200, batch: int = 12, folder: str = f"{RUNS}/upscaler"
) -> Report:
    """The upscaler: absolute error against the renderer's own larger drawing."""
    large = pairs.large_layers(Path(f"{RUNS}/large.npz"), 400)

    def step(module: Upscaler, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        small, wanted = pairs.doubled(large, batch, 40, pictures.numpy_rng(generator))
        loss = (module(small).float() - wanted).abs().mean()
        return loss, {
            "plain": (nn.functional.interpolate(small, scale_factor=2.0, mode="bilinear") - wanted).abs().mean()
        }

    return fit(
        folder,
        Layered(storybook()).upscaler,
        step,
        steps=steps,
        minutes=minutes,
        lr=2e-3,
        warmup=30,
        ema=0.99,
        autocast=torch.bfloat16,
    )


PARTS = {
    "compositor": train_compositor,
    "fall": train_fall,
    "reader": train_reader,
    "subject": train_subject,
    "tracker": train_tracker,
    "upscaler": train_upscaler,
}


def join_parts() -> Layered:
    """The starter that stands, if any, with the averaged weights of the parts that were trained under runs/video."""
    standing = (Path(STARTER) / "card.json").exists()
    model = load(REFERENCE).module if standing else Layered(storybook())
    assert isinstance(model, Layered)
    for name in PARTS:
        if Path(f"{RUNS}/{name}").exists():
            load_ema(f"{RUNS}/{name}", getattr(model, "painter" if name == "subject" else name))
    if Path(f"{RUNS}/compositor").exists():
        light(model.compositor)
    return model.eval()


def with_part(old: Layered, config: LayeredConfig, name: str, part: nn.Module) -> Layered:
    """A model of a config: its places or its seer are `part`, all else is the old one's, to the bit."""
    model = Layered(config)
    weights = {key: tensor for key, tensor in old.state_dict().items() if not key.startswith(f"{name}.")}
    weights |= {f"{name}.{key}": tensor for key, tensor in part.state_dict().items()}
    model.load_state_dict(weights, strict=True)
    return model.eval()


def export(folder: str = STARTER) -> None:
    """Write the starter: weights in float16 and the card. The scores of the card that stands there are kept."""
    model = join_parts()
    standing = Path(folder) / "card.json"
    scores = Card.load(Path(folder)).scores if standing.exists() else ()
    card = Card(
        ref="starter/video",
        family="layered",
        task="shoot",
        licence="Apache-2.0",
        commercial=True,
        memory_mb=400,
        size_mb=0,
        parameters=0,
        data=DATA,
        config=model.config.plain(),
        recipe="soundstage.recipes.video",
        notes=NOTES,
        scores=scores,
    )
    settled = save_starter(folder, model, card)
    print(f"{folder}: {settled.parameters / 1e6:.1f} M parameters, {settled.size_mb} MB")


def main() -> None:
    """`python -m soundstage.recipes.video PART [--minutes M]`, or `export`."""
    import argparse

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("part", choices=[*sorted(PARTS), "export"])
    parser.add_argument("--minutes", type=float)
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.part == "export":
        export()
    else:
        PARTS[given.part](**({} if given.minutes is None else {"minutes": given.minutes}))


if __name__ == "__main__":
    main()
