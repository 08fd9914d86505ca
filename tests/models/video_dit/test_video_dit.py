"""The latent video model: both kinds of attention, both objectives, given latents, and clips of any length."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from soundstage.models.video_dit import Told, VideoDit, VideoDitConfig, storybook, tiny
from soundstage.models.video_dit.config import Learns, Looks
from soundstage.models.video_dit.sample import Drawing, draw, windows
from soundstage.render.tracks import Poses, Views


def model(looks: Looks = "full", learns: Learns = "flow") -> VideoDit:
    made = VideoDit(tiny(looks=looks, learns=learns))
    generator = torch.Generator().manual_seed(0)
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.1, generator=generator)
    return made.eval()


def told(frames: int, batch: int = 1) -> Told:
    generator = torch.Generator().manual_seed(1)

    def values(*shape: int) -> torch.Tensor:
        return 0.3 + 0.4 * torch.rand(shape, generator=generator)

    moving = [values(batch, 2, frames) for _ in Poses._fields[:-1]]
    return Told(
        poses=Poses(*moving, moving[0] > 0.5),
        who=torch.tensor([[[0, 1, 2], [3, 0, 1]]]).expand(batch, -1, -1),
        views=Views(*(values(batch, frames) for _ in Views._fields)),
        hour=torch.tensor([[0, 1, 2, 3]]).expand(batch, -1),
    )


def noise(frames: int, rows: int = 2, columns: int = 3) -> torch.Tensor:
    return torch.randn(8, frames, rows, columns, generator=torch.Generator().manual_seed(2))


def test_both_kinds_of_attention_have_the_same_weights() -> None:
    full, factored = VideoDit(storybook()), VideoDit(storybook(looks="factored"))
    shapes = [{name: each.shape for name, each in m.state_dict().items()} for m in (full, factored)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("looks", ["full", "factored"])
@torch.no_grad()
def test_every_frame_sees_every_other(looks: Looks) -> None:
    made, z = model(looks), noise(3)[None]
    known = torch.zeros(1, 3, dtype=torch.bool)
    before = made.dit(z, torch.tensor([0.5]), told(9), z, known, True)
    z = z.clone()
    z[:, :, 2, 1, 2] += 10
    after = made.dit(z, torch.tensor([0.5]), told(9), z, known, True)
    assert before.shape == z.shape
    assert float((after - before)[:, :, 0, 0, 0].abs().max()) > 0


@torch.no_grad()
def test_factored_attention_is_full_where_there_is_one_frame() -> None:
    full, factored = model("full"), model("factored")
    z, known = noise(1)[None], torch.zeros(1, 1, dtype=torch.bool)
    one, other = (m.dit.blocks[0] for m in (full, factored))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    for each in (full, factored):
        del each.dit.blocks[1]
    made = [each.dit(z, torch.tensor([0.2]), told(1), z, known, True) for each in (full, factored)]
    assert torch.allclose(*made, atol=1e-5)


def test_windows_cover_a_clip_and_overlap() -> None:
    assert windows(3, 6) == [(0, 3)]
    assert windows(13, 6) == [(0, 6), (4, 10), (7, 13)]
    for total in range(1, 40):
        spans = windows(total, 6)
        assert spans[0][0] == 0 and spans[-1][1] == total
        assert all(b[0] <= a[1] - 2 and b[1] > a[1] and b[1] - b[0] <= 6 for a, b in pairwise(spans))


@pytest.mark.parametrize("learns", ["flow", "v"])
def test_given_latents_stay_to_the_bit(learns: Learns) -> None:
    made = model(learns=learns)
    given, known = noise(7) * 3, torch.zeros(7, dtype=torch.bool)
    known[0] = known[6] = True
    drawn = draw(made, told(25), noise(7), Drawing(steps=3), given=given, known=known)
    assert torch.equal(drawn[:, known], given[:, known])
    assert not torch.equal(drawn[:, ~known], given[:, ~known]) and bool(drawn.isfinite().all())


def test_the_end_of_a_long_clip_does_not_change_its_beginning() -> None:
    made = model()
    how = Drawing(steps=2)
    long, short = draw(made, told(25), noise(7), how), draw(made, told(25).window(0, 3, 4), noise(7)[:, :3], how)
    assert torch.allclose(long[:, :3], short, atol=1e-5)


def test_guidance_changes_what_is_drawn() -> None:
    made = model()
    plain, guided = (draw(made, told(5), noise(2), Drawing(steps=2, guidance=g)) for g in (1.0, 3.0))
    assert not torch.allclose(plain, guided)


def test_steps_that_may_be_guessed_are_not_looked_at() -> None:
    made, seen = model(), []
    looked = made.dit.register_forward_hook(lambda *_: seen.append(1))
    whole = draw(made, told(5), noise(2), Drawing(steps=12))
    often = len(seen)
    spared = draw(made, told(5), noise(2), Drawing(steps=12, reuse=0.5))
    looked.remove()
    assert often == 12 and len(seen) - often < 9
    assert float((spared - whole).norm() / whole.norm()) < 0.2


def test_a_card_brings_the_config_back() -> None:
    config = tiny(looks="factored", learns="v")
    assert VideoDitConfig.of(config.plain()) == config
