"""Adapters of a clip: how they are written, what they make a result depend on, and that nobody else wears them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from soundstage import runtime, weights
from soundstage.errors import InputError, MissingError
from soundstage.graph import Cache
from soundstage.runtime.licences import sources_of_call
from soundstage.tasks import shoot_lora
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_lora import adapters_of, engines_for, worn_besides
from soundstage.weights import Card


def adapter(folder: Path, name: str = "style.safetensors", value: float = 1.0, **metadata: str) -> str:
    save_file({"a": torch.full((2,), value)}, folder / name, metadata)
    return str(folder / name)


def test_a_strength_follows_the_file_and_is_one_where_it_is_not_said(tmp_path: Path) -> None:
    path = adapter(tmp_path)
    strange = adapter(tmp_path, "of:0.5")
    found = adapters_of([path, f"{path}:0.8", f"{path}:-1", strange, f"{strange}:2"])
    assert [each.strength for each in found] == [1, 0.8, -1, 1, 2]
    assert [each.path.name for each in found] == ["style.safetensors"] * 3 + ["of:0.5"] * 2
    with pytest.raises(InputError, match=r"lora: .* has the strength 'much'"):
        adapters_of([f"{path}:much"])
    with pytest.raises(MissingError, match=r"other\.safetensors is not there"):
        adapters_of(["other.safetensors:0.8"])


def test_a_clip_depends_on_what_is_in_the_file_and_not_on_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "moved").mkdir()
    cache = Cache(tmp_path / "cache")

    def digest(path: str) -> str:
        return cache.digest_of(shoot.task.read_besides({"prompt": "a dog", "lora": [f"{path}:0.8"]})["lora"])

    path = adapter(tmp_path)
    first = digest(path)
    assert digest(adapter(tmp_path / "moved")) == first
    assert digest(adapter(tmp_path, value=2.0)) != first
    assert shoot.task.read_besides({"prompt": "a dog"}) == {} == worn_besides({"lora": ["nowhere.safetensors"]})


def test_an_adapter_is_a_source_with_the_licence_that_its_header_says(tmp_path: Path) -> None:
    free, unknown = adapter(tmp_path, license="Apache-2.0"), adapter(tmp_path, "mine.safetensors")
    found = sources_of_call(shoot.task, {"prompt": "a dog", "lora": [free, unknown]})
    kinds = [(each.name, each.licence, each.commercial) for each in found if each.kind == "adapter"]
    assert kinds == [("style.safetensors", "Apache-2.0", True), ("mine.safetensors", "unknown", False)]
    with runtime.using(licence="commercial"), pytest.raises(InputError, match=r"mine\.safetensors"):
        runtime.permit(found)


def test_a_model_that_wears_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lora: is nothing that starter/video can wear"):
        shoot("a dog", seconds=0.3, size="64x64", lora=[adapter(tmp_path)])


class Dressed:
    """A model that draws from text, as bright as what it wears is strong."""

    dtypes = ("float32",)
    fps, size = 10.0, (64, 64)
    made = 0

    def __init__(self, loaded: Any) -> None:
        type(self).made += 1
        self.bright = 100.0

    def wear(self, worn):
        self.bright += sum(10 * strength for _, strength in worn)

    def frames_for(self, count):
        return count

    def shoot(self, request):
        return np.full((request.frames, request.height, request.width, 3), self.bright, np.uint8)


def test_what_is_worn_in_one_clip_does_not_show_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(ref="toy", family="toy", task="shoot", licence="MIT", commercial=True, data="none", size_mb=1,
                memory_mb=1, parameters=1)  # fmt: skip
    for place in (weights, shoot_lora):
        monkeypatch.setattr(place, "card_of", lambda model: card)
    monkeypatch.setattr(weights, "load", lambda *given: SimpleNamespace(card=card))
    monkeypatch.setattr(shoot_lora, "ENGINES", {"toy": Dressed})
    path = adapter(tmp_path)

    def bright(*lora: str) -> int:
        return int(shoot("a dog", seconds=0.3, model="toy", lora=list(lora)).frames[0, 0, 0, 0])

    try:
        assert [bright(), bright(path), bright(f"{path}:2"), bright(), bright(f"{path}:2")] == [100, 110, 120, 100, 120]
        assert Dressed.made == 3  # each is kept for its next use
        adapter(tmp_path, value=2.0)
        bright(path)
        assert Dressed.made == 4  # another file of that name is another adapter
    finally:
        runtime.release()
    assert engines_for("toy", ()) == {"toy": Dressed}
