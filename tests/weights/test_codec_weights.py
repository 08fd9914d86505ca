"""The public codecs: what their cards say is what their presets build."""

from __future__ import annotations

import pytest
import torch

from soundstage.weights import encodec, mimi

SOURCES = {**encodec.SOURCE, **mimi.SOURCE}


@pytest.mark.parametrize("name", SOURCES)
def test_a_card_rebuilds_the_codec_whose_size_it_tells(name: str) -> None:
    card = SOURCES[name].settled(name)
    with torch.device("meta"):
        module = (mimi if card.family == "mimi" else encodec).build(card.config)
    assert sum(parameter.numel() for parameter in module.parameters()) == card.parameters
    read = [tensor for key, tensor in module.state_dict().items() if not key.endswith("codebook") or "mimi" not in name]
    assert sum(tensor.numel() for tensor in read) * 4 / 2**20 == pytest.approx(card.size_mb, abs=1)
