from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from soundstage.errors import InputError, MissingError
from soundstage.weights import Card, Source, card_of, fingerprint, load, save_starter
from soundstage.weights.load import FAMILIES, assemble, parameters_on_meta
from soundstage.weights.reference import Reference


class Toy(nn.Module):
    """A tied head, an integer buffer that is saved, and a table that is not."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, width)
        self.layer = nn.Linear(width, width)
        self.head = nn.Linear(width, 7, bias=False)
        self.head.weight = self.embedding.weight
        self.register_buffer("count", torch.tensor([3, 4]))
        self.register_buffer("table", torch.arange(5.0) / 3, persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(torch.tanh(self.layer(self.embedding(ids)))) * self.table[1]


@dataclass(frozen=True, kw_only=True)
class ToyConfig:
    width: int


def card(**changes: Any) -> Card:
    facts: dict[str, Any] = {
        "ref": "starter/toy",
        "family": "toy",
        "task": "toy",
        "licence": "Apache-2.0",
        "commercial": True,
        "data": "none",
        "size_mb": 0,
        "memory_mb": 1,
        "parameters": 0,
        "config": {"width": 6},
    }
    return Card(**facts | changes)


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A family `toy` with a public checkpoint, and no other that could be asked."""
    module = ModuleType("toy_family")
    module.build = lambda config: Toy(**config)  # type: ignore[attr-defined]
    module.KEYS = (("net.emb.*", "embedding.*"), ("net.lin.*", "layer.*"), ("net.count", "count"))  # type: ignore[attr-defined]
    module.IGNORED = ("step", "opt.*")  # type: ignore[attr-defined]
    module.SOURCE = {  # type: ignore[attr-defined]
        "someone/toy": Source(
            files=("model.safetensors",), config=lambda: ToyConfig(width=6), card=card(commercial=False)
        ),
        "someone/old": Source(files=("model.pt",), config=lambda: ToyConfig(width=6), card=card()),
    }
    monkeypatch.setitem(sys.modules, "toy_family", module)
    for name in list(FAMILIES):
        monkeypatch.delitem(FAMILIES, name)
    monkeypatch.setitem(FAMILIES, "toy", "toy_family")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return module


def toy(seed: int = 0) -> Toy:
    module = Toy(6)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator).half())  # halves survive the disk exactly
    return module


IDS = torch.tensor([[1, 2, 6]])


def test_a_saved_starter_loads_and_gives_the_same_output(tmp_path: Path) -> None:
    module = toy()
    settled = save_starter(tmp_path, module, card())
    loaded = load(str(tmp_path))
    assert torch.equal(loaded.module(IDS), module(IDS))
    assert loaded.card == settled and not loaded.module.training
    assert not any(parameter.requires_grad for parameter in loaded.module.parameters())


def test_the_card_gets_size_parameters_and_the_hash_of_the_file(tmp_path: Path) -> None:
    settled = save_starter(tmp_path, toy(), card())
    data = (tmp_path / "weights.safetensors").read_bytes()
    assert settled.sha256 == hashlib.sha256(data).hexdigest()
    assert settled.parameters == 7 * 6 + 6 * 6 + 6
    assert settled.size_mb == round(len(data) / 2**20, 2)
    assert card_of(str(tmp_path)) == settled


def test_the_disk_holds_halves_once_and_no_tables(tmp_path: Path) -> None:
    save_starter(tmp_path, toy(), card())
    tensors = load_file(tmp_path / "weights.safetensors")
    assert set(tensors) == {"embedding.weight", "layer.weight", "layer.bias", "count"}
    assert tensors["layer.weight"].dtype is torch.float16 and tensors["count"].dtype is torch.int64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.json", "weights.safetensors"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_memory_has_the_dtype_that_is_asked_and_tables_keep_theirs(tmp_path: Path, dtype: torch.dtype) -> None:
    save_starter(tmp_path, toy(), card())
    module = load(str(tmp_path), dtype=dtype).module
    assert {parameter.dtype for parameter in module.parameters()} == {dtype}
    assert module.count.dtype is torch.int64 and torch.equal(module.table, torch.arange(5.0) / 3)


def test_weights_that_are_not_finite_in_halves_are_not_saved(tmp_path: Path) -> None:
    module = toy()
    with torch.no_grad():
        module.layer.weight[0, 0] = 1e6
    with pytest.raises(InputError, match=r"not finite in float16: layer.weight"):
        save_starter(tmp_path, module, card())
    assert not (tmp_path / "weights.safetensors").exists()


def test_building_takes_no_memory_and_no_randomness() -> None:
    before = torch.random.get_rng_state()
    with parameters_on_meta():
        module = Toy(6)
    assert all(parameter.is_meta for parameter in module.parameters()) and not module.table.is_meta
    assert module.head.weight is module.embedding.weight
    assert torch.equal(before, torch.random.get_rng_state())
    assert not next(Toy(6).parameters()).is_meta


def test_every_key_that_does_not_fit_is_named() -> None:
    tensors = dict(toy().state_dict())
    del tensors["layer.weight"], tensors["count"]
    tensors |= {"stray.a": torch.zeros(1), "layer.bias": torch.zeros(9)}
    with pytest.raises(InputError) as caught:
        assemble(lambda: Toy(6), tensors, torch.float32)
    message = str(caught.value)
    assert "2 missing: count, layer.weight" in message
    assert "1 left over: stray.a" in message
    assert "layer.bias is (9,), not (6,)" in message


def test_a_public_checkpoint_goes_through_the_key_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = toy(3)
    place = tmp_path / "someone" / "toy"
    place.mkdir(parents=True)
    state = {"net.emb.weight": module.embedding.weight, "net.lin.weight": module.layer.weight}
    state |= {
        "net.lin.bias": module.layer.bias,
        "net.count": module.count,
        "step": torch.tensor(1),
        "opt.m": torch.ones(1),
    }
    save_file({name: tensor.detach().clone() for name, tensor in state.items()}, place / "model.safetensors")
    (place / "vocab.json").write_text("{}")
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    loaded = load("someone/toy")
    assert torch.equal(loaded.module(IDS), module(IDS))
    assert loaded.card.ref == "someone/toy" and loaded.card.layout == "public" and not loaded.card.commercial
    assert list(loaded.files) == ["vocab.json"]


def test_a_hub_that_cannot_be_reached_says_what_to_place_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    for ref, files in (("someone/toy", "model.safetensors"), ("someone/else", "card.json, weights.safetensors")):
        with pytest.raises(MissingError) as caught:
            load(ref)
        assert f"place {files} in {tmp_path / ref}" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_hub_that_cannot_be_reached_is_not_asked_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    from soundstage.weights import hub

    asked: list[str] = []

    def download(repository: str, name: str, revision: str | None) -> str:
        asked.append(name)
        raise OSError("no network")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(hub, "_failed", {})
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    for _ in range(3):
        with pytest.raises(MissingError, match=r"could not be fetched \(no network\); place card.json"):
            load("someone/unheard-of")
    assert asked == ["card.json"]
    monkeypatch.setattr(hub, "PATIENCE", 0.0)
    with pytest.raises(MissingError):
        load("someone/unheard-of")
    assert len(asked) == 2


def test_pickles_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model.pt is a pickle, .*; convert it: soundstage weights convert"):
        load("someone/old")
    card().save(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match=r"weights.bin is a pickle"):
        load(str(tmp_path))


@pytest.mark.parametrize("ref", ["openai:tts-1"])
def test_adapters_that_are_not_there_yet_say_so(ref: str) -> None:
    with pytest.raises(MissingError, match="adapter yet"):
        load(ref)


def test_broken_files_get_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"has no card.json"):
        load(str(tmp_path))
    card().save(tmp_path)
    with pytest.raises(MissingError, match=r"has no weights.safetensors"):
        load(str(tmp_path))
    (tmp_path / "weights.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0 nothing of use here")
    with pytest.raises(InputError, match="cannot be read"):
        load(str(tmp_path))
    for text, message in (("{", "Invalid JSON"), ('{"ref": 1}', "valid string"), (json.dumps({"x": 1}), "card.json: ")):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(InputError, match=message):
            card_of(str(tmp_path))


def test_unknown_families_and_models_are_named(tmp_path: Path) -> None:
    save_starter(tmp_path, toy(), card(family="vanished"))
    with pytest.raises(InputError, match="'vanished' is not a family of models; known: toy"):
        load(str(tmp_path))
    with pytest.raises(MissingError, match="there is no starter/nobody"):
        load("starter/nobody")
    with pytest.raises(MissingError, match="does not exist"):
        load("./nowhere")


def test_the_fingerprint_follows_the_weights(tmp_path: Path) -> None:
    places = [tmp_path / name for name in "abc"]
    for place, seed in zip(places, (0, 0, 1), strict=True):
        save_starter(place, toy(seed), card())
    a, b, c = (fingerprint(str(place)) for place in places)
    assert a == b != c
    card().save(places[0])  # a card without a hash: the file is hashed
    assert fingerprint(str(places[0])) not in (a, c)


@pytest.mark.parametrize(
    ("text", "scheme", "name", "revision"),
    [
        ("starter/voice", "starter", "voice", None),
        ("facebook/musicgen-small", "hub", "facebook/musicgen-small", None),
        ("a/b@v1.0", "hub", "a/b", "v1.0"),
        ("./folder", "folder", "./folder", None),
        ("/abs/folder", "folder", "/abs/folder", None),
        ("openai:gpt-4o-mini-tts", "openai", "gpt-4o-mini-tts", None),
        ("transformers:a/b", "transformers", "a/b", None),
    ],
)
def test_references_are_read_and_written(text: str, scheme: str, name: str, revision: str | None) -> None:
    reference = Reference.parse(text)
    assert (reference.scheme, reference.name, reference.revision) == (scheme, name, revision)
    assert str(reference) == text


@pytest.mark.parametrize("text", ["", "voice", "starter/../etc", "a/b/c", "http://x/y", "starter/", "a b/c", "openai:"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a model reference"):
        Reference.parse(text)
