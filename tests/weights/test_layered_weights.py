"""The family `layered` from its card."""

from soundstage.models.layered import Layered, tiny
from soundstage.weights.layered import build


def test_a_cards_config_rebuilds_the_module():
    module = build(tiny().plain())
    assert isinstance(module, Layered)
    assert module.config == tiny()
