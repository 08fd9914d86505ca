from __future__ import annotations

import copy

import pytest
import torch

from soundstage.models.bark.model import CausalModel, TransformerConfig
from soundstage.nn.packed import PackedLinear, pack, packs


@pytest.mark.skipif(not packs(), reason="this machine does not pack")
def test_a_packed_stage_takes_the_steps_of_the_plain_one() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        stage = CausalModel(TransformerConfig(width=256, depth=2, heads=4, ids=300, out=320, context=64))
    stage.eval().requires_grad_(False)
    packed = pack(copy.deepcopy(stage))
    assert isinstance(packed.head, PackedLinear)
    ids = torch.randint(0, 300, (1, 30), generator=torch.Generator().manual_seed(1))
    made = []
    with torch.inference_mode():
        for model in (stage, packed):
            cache = model.room(1, 30)
            steps = [model(ids[:, :20], cache=cache, since=-1, among=slice(8, 300))]  # a window, then step by step
            steps += [model(ids[:, at : at + 1], cache=cache, among=slice(8, 300)) for at in range(20, 30)]
            made.append(torch.cat(steps, 1))
    assert made[0].shape == made[1].shape == (1, 11, 292)
    assert float((made[1] - made[0]).abs().max()) < 0.02 * float(made[0].std())
