"""Counts against numbers made by hand, and against torch's own counter on the meta device."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from soundstage import runtime
from soundstage.models.cogvideox import Transformer, TransformerConfig, VaeConfig, cogvideox_2b, cogvideox_5b
from soundstage.models.wan import TOKENS, Told, Wan, WanConfig, WanVaeConfig, wan_1_3b, wan_14b
from soundstage.nn.t5 import T5Config
from soundstage.runtime.room import KNOWN
from soundstage.tasks import shoot_estimate
from soundstage.tasks.shoot_estimate import (
    decoded,
    estimate,
    foretold,
    look,
    machine_speed,
    need_of,
    spelled,
    tokens,
)
from soundstage.tasks.shoot_latent import Request
from soundstage.weights import Card

WAN = WanConfig(width=24, depth=2, heads=2, hidden=40, text=16, frequencies=8)
COGVIDEOX = TransformerConfig(heads=2, head=16, depth=3, channels=4, out=4, text=16, tokens=6, time=12)


def card(family: str = "wan") -> Card:
    """Of a small model, with the configs of its parts."""
    text = T5Config(ids=50, width=16, depth=1, heads=2, hidden=20, head=8)
    vae: Any = WanVaeConfig(width=4, decoder_width=4)
    network: Any = WAN
    if family == "cogvideox":
        vae, network = VaeConfig(latent=4, widths=(4, 4, 8, 8), blocks=1, groups=2), COGVIDEOX
    config = {"text_encoder": asdict(text), "transformer": asdict(network), "vae": asdict(vae), "pipeline": {}}
    return Card(
        ref="./toy", family=family, task="shoot", licence="none", commercial=False, data="none", size_mb=1,
        memory_mb=1, parameters=1, layout="public", config=json.loads(json.dumps(config)),
    )  # fmt: skip


def counted(work: Any) -> int:
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        work()
    return int(counter.get_total_flops())


def test_wan_looks_at_the_tokens_and_makes_the_products_that_were_counted_by_hand() -> None:
    small, large = wan_1_3b(), wan_14b()
    assert tokens(small, 81, 480, 832) == 21 * 30 * 52 == 32_760
    assert tokens(large, 81, 720, 1280) == 21 * 45 * 80 == 75_600
    assert look(small, 81, 480, 832) == pytest.approx(283e12, rel=0.002)
    assert tokens(small, 1, 480, 832) == 30 * 52


def test_cogvideox_looks_at_the_tokens_and_makes_the_products_that_were_counted_by_hand() -> None:
    n, d, layers = 13 * 30 * 45, 1920, 30
    config = cogvideox_2b().transformer
    assert tokens(config, 49, 480, 720) == n == 17_550
    t = n + 226
    whole = layers * (24 * t * d * d + 4 * t * t * d)
    assert look(config, 49, 480, 720) == pytest.approx(whole, rel=0.005)
    assert look(config, 49, 480, 720) < whole
    assert tokens(cogvideox_5b().transformer, 49, 480, 720) == n


def test_torch_counts_the_same_products() -> None:
    with torch.device("meta"):
        wan, cogvideox = Wan(WAN), Transformer(COGVIDEOX)
        x, z = torch.empty(1, 16, 3, 4, 6), torch.empty(1, 3, 4, 4, 6)
        time = torch.zeros(1)
        read = wan.read(Told(torch.empty(1, TOKENS, 16)).states)
        said = cogvideox.read(torch.empty(1, 6, 16))
    ours = look(WAN, 9, 32, 48)
    assert ours == pytest.approx(counted(lambda: wan(x, time, read)), rel=0.03) and tokens(WAN, 9, 32, 48) == 18
    ours = look(COGVIDEOX, 9, 32, 48)
    assert ours == pytest.approx(counted(lambda: cogvideox(z, time, said)), rel=0.03)


@pytest.mark.parametrize("family", ["wan", "cogvideox"])
def test_an_estimate_grows_with_steps_and_sizes_and_halves_without_guidance(family: str, tmp_path: Path) -> None:
    one = estimate(card(family), 9, 64, 96, 10, speed=1e9)
    assert estimate(card(family), 9, 64, 96, 20, speed=1e9).drawing == 2 * one.drawing
    assert estimate(card(family), 9, 64, 96, 10, guided=False, speed=1e9).drawing == one.drawing / 2
    assert one.seconds == pytest.approx((one.drawing + one.decoding) / 1e9 / shoot_estimate.SHARE)
    twice = estimate(card(family), 9, 128, 96, 10, speed=1e9)
    assert twice.decoding == pytest.approx(2 * one.decoding, rel=0.05) and twice.drawing > 2 * one.drawing
    assert twice.memory_mb > one.memory_mb > 0


def test_decoding_costs_every_latent_the_same() -> None:
    vae = json.dumps(asdict(WanVaeConfig(width=4, decoder_width=4)))
    short, long, longer = (decoded("wan", vae, frames, 64, 64) for frames in (9, 13, 17))
    assert longer - long == pytest.approx(long - short, rel=1e-6)


def test_a_checkpoint_fits_by_the_best_way_that_there_is_room_for() -> None:
    needs = need_of(KNOWN[0], "cuda")
    ways = [needs.fit("bfloat16", have) for have in (64e3, 20e3, 16.5e3, 12.5e3, 8e3, 2e3)]
    assert [fit.way for fit in ways] == [
        "whole", "whole", "whole", "one part at a time", "with int8 weights", "not at all"
    ]  # fmt: skip
    assert ways[0].needed_mb > ways[3].needed_mb and not ways[0].tiles and ways[2].tiles
    assert all(fit.needed_mb <= have for fit, have in zip(ways[:5], (64e3, 20e3, 16.5e3, 12.5e3, 8e3), strict=True))


def test_the_speed_of_a_machine_is_measured_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path))
    monkeypatch.setitem(shoot_estimate.SIDES, "cpu", 64)
    first = machine_speed()
    assert first > 0 and list(json.loads((tmp_path / "speed.json").read_text()).values()) == [first]
    monkeypatch.setattr(shoot_estimate, "measured", lambda device, dtype: 1.0)
    assert machine_speed() == first
    with runtime.using(dtype="bfloat16"):
        assert machine_speed() == 1.0
    (tmp_path / "speed.json").write_text("no JSON")
    assert machine_speed() == 1.0


def test_what_a_clip_takes_stands_on_the_board_while_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def __init__(self, card: Card) -> None:
            self.card = card

    monkeypatch.setattr(shoot_estimate, "machine_speed", lambda: 1e6)
    told: list[runtime.Progress] = []
    request = Request(prompt="a fox", frames=9, height=64, width=96, steps=10)
    with runtime.on(told.append):
        with foretold(Engine(card()), request):
            pass
        with foretold(Engine(card().model_copy(update={"family": "diffusers"})), request), foretold(object(), request):
            pass
    assert len(told) == 2 and told[0].label.startswith("about ") and told[0].label.endswith(" GB")
    assert told[0].remaining and told[1].finished


def test_times_are_said_as_people_say_them() -> None:
    said = [spelled(seconds) for seconds in (0.2, 40, 240, 3 * 3600, 3.1 * 86400)]
    assert said == ["1 s", "40 s", "4 min", "3 h", "3 days"]
