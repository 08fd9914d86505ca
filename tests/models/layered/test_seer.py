"""What the seer sees: its shapes, its crop and its box on the tiny config."""

import pytest
import torch

from soundstage.errors import InputError
from soundstage.models.layered import Layered, LayeredConfig, tiny
from soundstage.models.layered.seer import (
    CROP,
    NOBODY,
    ROUND,
    SIDE,
    Seer,
    box,
    cropped,
    edged,
    seen,
    seen_each,
    shared,
    told_apart,
    window_of,
)


@pytest.fixture(scope="module")
def seer() -> Seer:
    """Random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        seer = Layered(tiny()).eval().requires_grad_(False).seer
    assert seer is not None
    return seer


def pictures(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, size, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def blob(left: int, top: int, right: int, bottom: int) -> torch.Tensor:
    alpha = torch.zeros(SIDE, SIDE)
    alpha[top:bottom, left:right] = 1
    return alpha


def test_every_pixel_gets_two_alphas_and_every_field_its_words(seer):
    logits, fields = seer(torch.zeros(2, 3, SIDE, SIDE))
    assert logits.shape == (2, 2, SIDE, SIDE)
    assert {name: each.shape[1] for name, each in fields.items()} == {
        name: len(words) + (name == "subject") for name, words in tiny().sights.items()
    }


def test_whoever_is_there_is_either_the_first_or_another():
    logits = 3 * torch.randn(4, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    apart = told_apart(logits).sigmoid()
    assert torch.allclose(apart.sum(1), logits[:, 0].sigmoid(), atol=1e-5)
    assert torch.equal(apart[:, 0] > apart[:, 1], logits[:, 1] > 0)


def test_a_picture_of_any_shape_is_seen_at_its_own_size(seer):
    sight = seen(seer, pictures(90, 200, 3))
    assert sight.alpha.shape == sight.others.shape == (90, 200)
    assert sum(sight.chances["place"].values()) == pytest.approx(1, abs=1e-5)
    assert NOBODY in sight.chances["subject"]


def test_a_picture_is_seen_alike_alone_and_among_others(seer, monkeypatch):
    monkeypatch.setattr("soundstage.models.layered.seer.CHUNK", 2)
    several = pictures(3, 48, 64, 3)
    together = seen_each(seer, several)
    assert len(together) == 3
    assert torch.allclose(seen(seer, several[2]).alpha, together[2].alpha, atol=1e-5)


def test_the_likeliest_word_is_taken_of_those_that_are_allowed(seer):
    sight = seen(seer, pictures(64, 64, 3))
    chances = sight.chances["action"]
    best = max(chances, key=lambda word: chances[word])
    assert sight.word("action") == best
    rest = [word for word in chances if word != best]
    assert sight.word("action", rest) == max(rest, key=lambda word: chances[word])


def test_where_nobody_is_there_is_no_box():
    with torch.random.fork_rng():
        seer = Layered(tiny()).seer
    assert seer is not None
    with torch.no_grad():
        seer.alpha.weight.zero_()
        seer.alpha.bias.fill_(-12)
    sight = seen(seer, pictures(64, 64, 3))
    assert sight.box is None
    assert sight.foot is None


def test_the_subject_is_cut_out_at_one_size_wherever_and_however_large_it_is():
    alphas = torch.stack((blob(20, 30, 40, 50), blob(60, 40, 120, 100)))
    cut = cropped(alphas[:, None], window_of(alphas, ROUND))[:, 0]
    assert cut.shape == (2, CROP, CROP)
    shares = (cut > 0.5).float().mean((1, 2))
    assert bool(((shares > 0.4) & (shares < 0.75)).all())
    assert float((shares[0] - shares[1]).abs()) < 0.12


def test_a_rough_alpha_is_brought_to_the_edges_of_the_colours():
    true = blob(40, 50, 80, 90)
    picture = torch.where(true > 0, torch.tensor([0.8, -0.5, 0.1])[:, None, None], torch.tensor(-0.4))
    rough = blob(34, 46, 76, 84)  # beside it
    made = edged(picture[None], (8 * rough - 4)[None, None])[0, 0] > 0
    before, after = (float((mask & (true > 0)).sum() / (mask | (true > 0)).sum()) for mask in (rough > 0, made))
    assert before < 0.75
    assert after > 0.9


def test_where_all_is_of_one_colour_an_alpha_stays_about_where_it_is():
    rough = blob(40, 50, 80, 90)
    made = edged(torch.zeros(1, 3, SIDE, SIDE), (8 * rough - 4)[None, None])[0, 0]
    assert float(made[65:75, 55:65].min()) > 0
    assert float(made[:30].max()) < 0
    assert float(made[:, 110:].max()) < 0


def test_pixels_share_an_alpha_only_with_their_own_colour():
    x, alpha = torch.full((1, 3, CROP, CROP), -0.9), torch.zeros(1, 1, CROP, CROP)
    x[..., CROP // 2 :] = 0.9
    alpha[..., CROP // 2 :: 2] = 1
    made = shared(x, alpha)[0, 0]
    assert float(made[:, : CROP // 2].max()) < 1e-3
    assert made[:, CROP // 2 :].mean() == pytest.approx(0.5, abs=0.05)


def test_names_do_not_pull_at_the_alpha(seer):
    x = torch.zeros(1, 3, SIDE, SIDE)
    alpha = blob(30, 30, 90, 90)[None, None].requires_grad_()
    x.requires_grad_()
    seer.names(x, alpha)["subject"].sum().backward()
    assert x.grad is not None
    assert alpha.grad is None


def test_a_box_holds_the_alpha_and_no_specks():
    alpha = blob(32, 16, 96, 64)
    assert box(alpha) == pytest.approx((32 / SIDE, 16 / SIDE, 96 / SIDE, 64 / SIDE), abs=1 / SIDE)
    alpha[120, 4] = 1
    assert box(alpha) == pytest.approx((32 / SIDE, 16 / SIDE, 96 / SIDE, 64 / SIDE), abs=1 / SIDE)


def test_what_is_no_picture_is_refused(seer):
    with pytest.raises(InputError, match="uint8"):
        seen(seer, torch.zeros(64, 64, 3))


def test_a_config_from_before_there_was_a_seer_builds_a_model_that_cannot_see():
    old = {name: value for name, value in tiny().plain().items() if not name.startswith("seer_")}
    assert Layered(LayeredConfig.of(old)).seer is None
