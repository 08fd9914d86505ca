"""Places that are remembered as codes, on the tiny config."""

import pytest
import torch

from soundstage.models.layered import Layered, tiny
from soundstage.models.layered.places import COLUMNS, HOURS, MARGIN, ROWS, Hour, Places


@pytest.fixture
def places() -> Places:
    """Random codes, layouts and mixtures."""
    places, draw = Layered(tiny()).places.eval(), torch.Generator().manual_seed(4)
    with torch.no_grad():
        for backdrop in (places.far, places.near):
            backdrop.codes.copy_(torch.randint(-127, 128, backdrop.codes.shape, generator=draw, dtype=torch.int8))
            backdrop.index.copy_(torch.randint(len(backdrop.codes), backdrop.index.shape, generator=draw))
            backdrop.steps.fill_(1 / 127)
            for parameter in backdrop.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=draw) / max(1, parameter[0].numel()) ** 0.5)
    return places.requires_grad_(False)


def hour(place: int = 1, time: int = 0, weather: int = 0) -> Hour:
    return Hour(*(torch.tensor([number]) for number in (place, time, weather)))


def test_both_layers_have_the_panoramas_size(places):
    far, near = places.draw(hour(), places.choose(torch.Generator().manual_seed(0)))
    assert far.shape == (1, 3, ROWS + 2 * MARGIN, COLUMNS)
    assert near.shape == (1, 4, ROWS + 2 * MARGIN, COLUMNS)
    assert float(torch.cat((far, near), 1).abs().max()) <= 1


def test_an_hour_shows_the_mixture_of_those_that_are_kept_and_its_own_air(places):
    backdrop = places.near
    kept = backdrop.kept(torch.tensor([1]), torch.tensor([0]))
    assert kept.shape[1] == HOURS * 4
    weights, air = torch.zeros(4, HOURS * 4), torch.zeros(4, kept.shape[2])
    weights[:, 4:8] = torch.eye(4)  # the second of the hours, as it is
    air[:, 100] = 0.25  # but for a brighter row
    row = int(backdrop.row(hour()))
    backdrop.mixture.weight[row], backdrop.air.weight[row] = weights.flatten(), air.flatten()
    assert torch.allclose(backdrop(hour(), torch.tensor([0])), kept[:, 4:8] + air[None, :, :, None], atol=1e-5)


def test_blocks_of_the_same_number_look_the_same_wherever_they_are(places):
    for backdrop in (places.far, places.near):
        backdrop.index[1, 0, 0, 3, 4], backdrop.index[1, 1, 0, 7, 9] = 5, 5
        one, other = (backdrop.kept(torch.tensor([1]), torch.tensor([layout])) for layout in (0, 1))
        shared = HOURS * backdrop.channels // backdrop.groups  # channels of the first group
        assert torch.allclose(one[:, :shared, 24:32, 32:40], other[:, :shared, 56:64, 72:80], atol=1e-6)


def test_every_hour_of_every_place_has_a_mixture_of_its_own(places):
    counts = places.far.counts
    rows = {
        int(places.far.row(hour(p, t, w)))
        for p in range(counts[0]) for t in range(counts[1]) for w in range(counts[2])
    }  # fmt: skip
    assert rows == set(range(places.far.mixture.num_embeddings))


def test_distance_and_nearness_are_chosen_and_mirrored_apart(places):
    drawn = [places.draw(hour(), places.choose(torch.Generator().manual_seed(seed))) for seed in range(24)]
    kinds = [{layer[0].numpy().tobytes() for layer in layers} for layers in zip(*drawn, strict=True)]
    assert [len(kind) for kind in kinds] == [2 * places.layouts] * 2
    assert len({(a.numpy().tobytes(), b.numpy().tobytes()) for a, b in drawn}) > 2 * places.layouts


def test_every_choice_is_there_once(places):
    every = places.every()
    assert len({(int(a), bool(b)) for a, b in zip(every.near, every.near_mirrored, strict=True)}) == 2 * places.layouts


def test_mirrored_pictures_are_mirrored_to_the_pixel(places):
    pictures = [places.draw(hour(), places.choose(torch.Generator().manual_seed(seed)))[0] for seed in range(24)]
    drawn = {picture.numpy().tobytes() for picture in pictures}
    assert drawn == {picture.flip(3).contiguous().numpy().tobytes() for picture in pictures}
