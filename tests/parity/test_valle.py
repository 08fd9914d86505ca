"""Against the open implementation: what `make_valle.py` kept of it, two checkpoints of random weights and their speech.

Theirs stops at the 129th frame, 16 for each phone of prompt and text and one more.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from soundstage.decode import greedy
from soundstage.models.valle import Line, Stack, Valle, ValleConfig, generate
from soundstage.weights import valle as weights
from soundstage.weights.card import Card
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble, load

pytestmark = pytest.mark.parity
DATA = Path(__file__).parent / "data"
SAID = 3  # phones of the prompt
STACK = Stack(width=16, depth=2, heads=2, hidden=64)
SHAPES = {"x": {"begin": True, "languages": 3}, "plain": {}}


def checkpoint(case: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Their weights, and what else was kept."""
    kept = load_file(DATA / f"valle_{case}.safetensors")
    theirs = {name.removeprefix("weights."): kept.pop(name) for name in list(kept) if name.startswith("weights.")}
    return theirs, kept


def config(case: str) -> ValleConfig:
    return ValleConfig(symbols=20, ar=STACK, nar=STACK, books=4, codes=12, tied=False, **SHAPES[case])  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=SHAPES)
def both(request: pytest.FixtureRequest) -> tuple[Valle, dict[str, Tensor], Tensor | None]:
    theirs, kept = checkpoint(request.param)
    tensors = rename(theirs, weights.KEYS, weights.IGNORED)
    model = assemble(lambda: Valle(config(request.param)), tensors, torch.float32)
    assert isinstance(model, Valle)
    count = kept["phones"].shape[1]
    tongues = torch.tensor([[2] * SAID + [0] * (count - SAID)]) if request.param == "x" else None
    return model, kept, tongues


@torch.no_grad()
def test_the_first_book_has_their_logits(both: tuple[Valle, dict[str, Tensor], Tensor | None]) -> None:
    model, kept, tongues = both
    found = model.ar(model.ar.read(kept["phones"], None, tongues), kept["tokens"]).tokens_BTV
    print(f"max abs difference {float((found - kept['first']).abs().max()):.1e} at {float(kept['first'].std()):.2f}")
    assert torch.allclose(found, kept["first"], atol=1e-4)


def test_greedy_speech_is_theirs_in_all_books(both: tuple[Valle, dict[str, Tensor], Tensor | None]) -> None:
    model, kept, tongues = both
    line = Line(phones_BP=kept["phones"], prompt_BKR=kept["prompt"].transpose(1, 2), start=SAID, language_BP=tongues)
    spoken = generate(model, line, greedy, longest=129)
    assert torch.equal(spoken.codes_BKT.transpose(1, 2), kept["spoken"])
    assert spoken.frames_B.tolist() == [kept["spoken"].shape[1]]


def test_a_folder_with_their_checkpoint_loads(tmp_path: Path) -> None:
    theirs, _ = checkpoint("plain")
    save_file(theirs, tmp_path / "model.safetensors")
    Card(
        ref=str(tmp_path), family="valle", task="speak", licence="none", commercial=False, data="none", size_mb=0,
        memory_mb=0, parameters=0, layout="public", config=config("plain").plain(),
    ).save(tmp_path)  # fmt: skip
    loaded = load(str(tmp_path)).module
    stage = theirs["nar_stage_embeddings.1.word_embeddings.weight"][0].float()
    assert torch.equal(loaded.state_dict()["nar.stages.1"], stage)
