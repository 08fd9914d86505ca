"""CogVideoX's transformer on its own: a golden output of a tiny one, its fast paths, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.cogvideox import Transformer, TransformerConfig, cogvideox1_5_5b, cogvideox_2b, cogvideox_5b
from soundstage.models.cogvideox.positions import turns
from soundstage.models.cogvideox.transformer import JointBlock, patchify, unpatchify
from soundstage.nn.packed import pack
from soundstage.ops.rope import rotate_plain

TINY = TransformerConfig(
    heads=2, depth=2, head=16, channels=3, out=3, text=10, tokens=4, time=12, positions="turned", grid=(4, 6), frames=5
)
GOLDEN = [
    0.1516, -1.04426, 0.92704, -0.10023, -1.42575, -1.79989, -0.27846, -3.51052, -0.29088, -0.83345, -1.12203, 0.74117,
]  # fmt: skip


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def tiny(config: TransformerConfig = TINY) -> Transformer:
    model, generator = Transformer(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model.eval()


@torch.no_grad()
def test_the_golden_prediction_of_the_tiny_model() -> None:
    out = tiny()(draw(1, 1, 3, 2, 2), torch.tensor([300]), draw(1, 4, 10))
    assert out.flatten().tolist() == pytest.approx(GOLDEN, abs=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("positions", ["waves", "turned", "learned"])
def test_one_time_for_all_and_text_read_once_change_nothing(positions: str) -> None:
    model = tiny(replace(TINY, positions=positions))  # type: ignore[arg-type]
    x, text = draw(2, 2, 3, 4, 6), draw(2, 4, 10)
    plain = model(x, torch.tensor([250, 250]), text)
    assert torch.allclose(model(x, torch.tensor([250]), model.read(text)), plain, atol=1e-5)


@torch.no_grad()
def test_the_last_block_makes_the_same_video_without_the_text() -> None:
    block = JointBlock(TINY)
    for parameter in block.parameters():
        parameter.copy_(draw(*parameter.shape, seed=parameter.numel()) * 0.3)
    text, video, time = draw(2, 4, 32), draw(2, 6, 32, seed=2), draw(1, 12)
    rope = turns(TINY, (1, 2, 3), 4, torch.device("cpu"))
    kept, short = block(text, video, time, rope, last=True)
    changed, whole = block(text, video, time, rope, last=False)
    assert torch.allclose(short, whole, atol=1e-5)
    assert torch.equal(kept, text) and not torch.allclose(changed, text, atol=0.1)


@torch.no_grad()
def test_text_does_not_turn_and_video_does() -> None:
    rope = turns(TINY, (2, 2, 3), 4, torch.device("cpu"))
    x = draw(1, 1, 16, 16)
    turned = rotate_plain(x, rope)
    assert torch.equal(turned[:, :, :5], x[:, :, :5])  # and the first token of video stands where the text does
    assert not torch.allclose(turned[:, :, 5:], x[:, :, 5:], atol=0.1)


@torch.no_grad()
def test_the_network_hears_text_time_and_its_second_time() -> None:
    model = tiny(replace(TINY, offset=True))
    x, text = draw(1, 2, 3, 4, 6), draw(1, 4, 10)
    plain = model(x, torch.tensor([250]), text)
    for other in (
        model(x, torch.tensor([750]), text),
        model(x, torch.tensor([250]), draw(1, 4, 10, seed=5)),
        model(x, torch.tensor([250]), text, offset=5.0),
    ):
        assert float((other - plain).abs().mean()) > 1e-3


@torch.no_grad()
def test_packed_weights_give_the_same_prediction() -> None:
    wide = replace(TINY, heads=16)
    x, text, time = draw(1, 2, 3, 4, 6), draw(1, 4, 10), torch.tensor([250])
    plain = tiny(wide)(x, time, text)
    assert torch.allclose(pack(tiny(wide), half=False)(x, time, text), plain, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("span", [1, 2])
def test_patches_come_back(span: int) -> None:
    x = draw(2, 4, 3, 4, 6)
    assert torch.equal(unpatchify(patchify(x, span, 2), (4 // span, 2, 3), span, 2), x)


def test_gradients_reach_every_weight_but_those_of_the_text_in_the_last_block() -> None:
    model = tiny()
    model(draw(1, 2, 3, 4, 6), torch.tensor([250]), draw(1, 4, 10)).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_sizes_that_do_not_fit_are_refused() -> None:
    time, text = torch.tensor([1]), draw(1, 4, 10)
    with pytest.raises(InputError, match="multiples of the patch"):
        tiny()(draw(1, 1, 3, 3, 4), time, text)
    with pytest.raises(InputError, match="multiples of the patch"):
        tiny(replace(TINY, patch_time=2))(draw(1, 3, 3, 4, 4), time, text)
    with pytest.raises(InputError, match="4 × 6 only"):
        tiny(replace(TINY, positions="learned"))(draw(1, 2, 3, 4, 4), time, text)
    with pytest.raises(InputError, match="pad it to 4"):
        tiny(replace(TINY, positions="learned"))(draw(1, 2, 3, 4, 6), time, text[:, :3])


def test_the_presets_have_the_published_sizes() -> None:
    for preset, size in ((cogvideox_2b, 1.69e9), (cogvideox_5b, 5.57e9), (cogvideox1_5_5b, 5.57e9)):
        with torch.device("meta"):
            model = Transformer(preset().transformer)
        assert sum(p.numel() for p in model.parameters()) == pytest.approx(size, rel=0.01)
