"""What the seer learns from, and how it joins the starter."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from soundstage.models.layered import Layered, tiny
from soundstage.recipes.video import with_part
from soundstage.recipes.video_seer import batch, lesson, measured, moved, new_seer, seeing
from soundstage.recipes.video_sights import FIELDS, SIDE, UNKNOWN, Sights, made, rendered, two_faced
from soundstage.render.scene import Actor

COLUMN = {name: i for i, name in enumerate(FIELDS)}


@pytest.fixture(scope="module")
def sights() -> Sights:
    return rendered(np.random.default_rng(5), 6)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_first_subject_is_the_one_of_which_most_is_seen(sights):
    first, others = (sights.alphas[:, i].astype(float).sum((1, 2)) for i in (0, 1))
    assert sights.pictures.shape == (6, SIDE, SIDE, 3)
    nobody = sights.marks[:, COLUMN["subject"]] == len(FIELDS["subject"])
    assert bool(((first > 0) | nobody).all())
    assert bool((first * 2 >= others).all())  # of three at most


def test_the_models_own_pictures_come_with_alpha_where_the_subject_was_laid():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Layered(replace(tiny(), front=())).eval()
    with torch.no_grad():
        model.painter.head.weight.zero_()
        model.painter.head.bias.fill_(1.0)  # squares, opaque and white
    drawn = made(np.random.default_rng(1), 6, model, split="test")
    assert int((drawn.alphas[:, 0] > 250).sum()) > 300
    for picture, alpha in zip(drawn.pictures, drawn.alphas, strict=True):
        inside, outside = picture[alpha[0] > 250], picture[alpha.sum(0) == 0]
        assert not len(inside) or abs(float(inside.mean()) - float(outside.mean())) > 20


def test_a_mirrored_picture_is_faced_the_other_way():
    x, alphas = torch.rand(64, 3, SIDE, SIDE, generator=generator()), torch.zeros(64, 2, SIDE, SIDE)
    alphas[:, 0, 40:90, 40:80] = 1
    marks = torch.zeros(64, len(FIELDS), dtype=torch.long)
    new_x, new_alphas, new_marks = moved(x, alphas, marks, generator())
    turned = new_marks[:, COLUMN["facing"]] == 1
    whole = torch.tensor([torch.allclose(a.flip(-1), b, atol=1e-4) for a, b in zip(x, new_x, strict=True)])
    assert 10 < int(turned.sum()) < 54
    assert bool(turned[whole].all())
    assert bool(whole.any())
    assert torch.allclose(new_alphas[whole], alphas[whole].flip(-1), atol=1e-4)


def test_what_is_cut_off_is_not_asked_for():
    alphas = torch.zeros(200, 2, SIDE, SIDE)
    alphas[:, 0, :8, :8] = 1  # in a corner
    marks = torch.ones(200, len(FIELDS), dtype=torch.long)
    _, left, new = moved(torch.zeros(200, 3, SIDE, SIDE), alphas, marks, generator())
    gone = left[:, 0].sum((1, 2)) < 1
    assert bool(gone.any())
    assert bool((new[gone, COLUMN["subject"]] == UNKNOWN).all())
    assert bool((new[~gone, COLUMN["place"]] == 1).all())


def test_balloons_and_standing_rockets_face_no_way():
    assert not two_faced(Actor(subject="balloon", action="float"))
    assert not two_faced(Actor(subject="rocket", action="stand"))
    assert two_faced(Actor(subject="rocket", action="fly", direction="left"))
    assert two_faced(Actor(subject="dog"))


def test_a_few_steps_lower_the_loss(sights):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        seer = Layered(tiny()).seer
    assert seer is not None
    optimizer = torch.optim.Adam(seer.parameters(), 1e-2)
    losses = []
    for _ in range(8):
        loss, _parts = lesson(seer, *batch(sights, torch.arange(6), generator()), generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_scores_count_only_what_can_be_told(sights):
    class Knowing(torch.nn.Module):
        def forward(self, x):
            fields = {
                name: torch.nn.functional.one_hot(torch.from_numpy(sights.marks[:, i]).clamp_min(0), 32).float()
                for name, i in COLUMN.items()
            }
            return torch.from_numpy(sights.alphas).float() - 127.5, fields

    scores = measured(Knowing(), sights)
    assert all(value == 1 for value, count in scores.values() if count)
    assert scores["facing"][1] == int((sights.marks[:, COLUMN["facing"]] != UNKNOWN).sum())


def test_a_seer_joins_a_model_and_leaves_its_other_weights_as_they_are():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        old, seer = Layered(tiny()), new_seer()
    grown = with_part(old, seeing(old.config), "seer", seer)
    before, after = old.state_dict(), grown.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before if not name.startswith("seer."))
    assert all(torch.equal(tensor, after[f"seer.{name}"]) for name, tensor in seer.state_dict().items())
