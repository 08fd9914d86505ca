"""What models of parts take: counted on the meta device, by dtype, and the known ones by the same count."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from soundstage.models.wan import WanConfig, WanVaeConfig
from soundstage.nn.t5 import T5Config, t5_xxl, umt5_xxl
from soundstage.runtime.room import KNOWN, Need, Sizes, resident_mb, sizes_of
from soundstage.weights import Card

SMALL = {
    "text_encoder": asdict(T5Config(ids=50, width=16, depth=1, heads=2, hidden=20, head=8)),
    "transformer": asdict(WanConfig(width=24, depth=2, heads=2, hidden=40, text=16, frequencies=8)),
    "vae": asdict(WanVaeConfig(width=4, decoder_width=4)),
}


def card(family: str, **config: object) -> Card:
    return Card(
        ref="./toy", family=family, task="shoot", licence="none", commercial=False, data="none", size_mb=1,
        memory_mb=7, parameters=1, layout="public", config=json.loads(json.dumps(config)),
    )  # fmt: skip


@pytest.mark.parametrize("at", [0, 2, 4, 5, 9])
def test_the_known_checkpoints_have_the_sizes_that_their_presets_build(at: int) -> None:
    known = KNOWN[at]
    text = umt5_xxl() if known.family == "wan" else t5_xxl()
    found = sizes_of(card(known.family, pipeline={}, transformer=asdict(known.transformer), text_encoder=asdict(text)))
    assert found == {name: known.sizes[name] for name in found} and len(found) == 2


def test_bytes_are_those_of_the_dtype_and_of_what_stays_wide() -> None:
    sizes = Sizes(all=1000, full=100, narrow=600, rows=20, widest=300)
    assert sizes.bytes("float32") == 4000 and sizes.bytes("bfloat16") == 4 * 100 + 2 * 900
    assert sizes.bytes("int8", "cuda") == sizes.bytes("fp8", "cuda") == 600 + 4 * 20 + 4 * 100 + 2 * 300
    assert sizes.bytes("int8", "cpu") == 600 + 4 * 20 + 4 * 100 + 4 * 300
    assert sizes.widened("float32") == 0
    assert sizes.widened("int8", "cuda") == 300 * 6 and sizes.widened("int8", "cpu") == 300 * 4


def test_a_model_of_parts_takes_its_largest_part_and_another_what_its_card_says() -> None:
    parts = card("wan", pipeline={}, **SMALL)
    sizes = sizes_of(parts)
    assert set(sizes) == set(SMALL) and sizes["vae"].full == sizes["vae"].all and not sizes["vae"].narrow
    largest = max(part.bytes("int8") + part.widened("int8") for part in sizes.values())
    assert resident_mb(parts, "int8", "cpu") == pytest.approx(1.05 * largest / 2**20)
    assert sizes["transformer"].bytes("bfloat16") < sizes["transformer"].bytes("float32")
    assert sizes_of(card("layered")) == {} and resident_mb(card("layered"), "float32", "cpu") == 7


def test_a_large_model_fits_a_card_of_24_gigabytes_with_a_byte_a_weight() -> None:
    from soundstage.tasks.shoot_estimate import need_of

    need = need_of(next(known for known in KNOWN if known.ref.endswith("T2V-14B-Diffusers")), "cuda")
    assert isinstance(need, Need)
    assert (
        need.peak_mb("bfloat16", whole=False)
        > 24 * 1024
        > need.peak_mb("int8", whole=False)
        == need.peak_mb("fp8", whole=False)
    )
    assert need.fit("bfloat16", 24 * 1024).way == "with int8 weights"
    assert need.fit("fp8", 24 * 1024).way == "one part at a time"
