"""Bark's configs and voices from files: what is published is read, what is not supported is named."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundstage.errors import InputError, MissingError
from soundstage.models.bark import Bark, VoicePrompt, bark_small
from soundstage.weights import bark
from soundstage.weights.load import FAMILIES, parameters_on_meta

SMALL: dict[str, Any] = {
    "model_type": "bark",
    "semantic_config": {"bias": False, "input_vocab_size": 129_600},
    "coarse_acoustics_config": {"bias": False, "input_vocab_size": 12_096, "output_vocab_size": 12_096},
    "fine_acoustics_config": {"bias": False, "input_vocab_size": 1056, "output_vocab_size": 1056},
    "codec_config": {"model_type": "encodec"},
}


def voice() -> VoicePrompt:
    rows = torch.arange(16).reshape(8, 2)
    return VoicePrompt(semantic_S=torch.arange(5), coarse_KT=rows[:2], fine_KT=rows)


def same(a: VoicePrompt, b: VoicePrompt) -> bool:
    pairs = ((a.semantic_S, b.semantic_S), (a.coarse_KT, b.coarse_KT), (a.fine_KT, b.fine_KT))
    return all(torch.equal(one, other) for one, other in pairs)


def test_the_small_checkpoints_config_is_the_small_preset() -> None:
    generation = {"semantic_config": {"eos_token_id": 10_000, "semantic_rate_hz": 49.9}, "codebook_size": 1024}
    assert bark.from_config(SMALL, generation) == bark_small()
    assert bark.from_config(
        SMALL | {"semantic_config": {"input_vocab_size": 129_600}}, {}
    ).semantic.bias  # what is left out is their class's


def test_a_card_rebuilds_the_module() -> None:
    with parameters_on_meta():
        module = bark.build(asdict(bark_small()))
    assert isinstance(module, Bark)
    assert module.config == bark_small()
    assert FAMILIES["bark"] == bark.__name__


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("fine_acoustics_config", "tie_word_embeddings", False),
        ("fine_acoustics_config", "n_codes_given", 2),
        ("fine_acoustics_config", "output_vocab_size", 1024),
        (None, "model_type", "vits"),
        ("codec_config", "norm_type", "batch_norm"),
    ],
)
def test_a_field_that_is_not_supported_is_named(part: str | None, name: str, value: Any) -> None:
    changed = SMALL | ({name: value} if part is None else {part: SMALL[part] | {name: value}})
    with pytest.raises(InputError, match=name):
        bark.from_config(changed)


def test_an_end_that_is_not_behind_the_semantic_ids_is_named() -> None:
    with pytest.raises(InputError, match="eos_token_id"):
        bark.from_config(SMALL, {"semantic_config": {"eos_token_id": 10_001}})


def test_a_voice_that_was_kept_is_read_again(tmp_path: Path) -> None:
    bark.write_voice(tmp_path / "me.npz", voice())
    assert same(bark.read_voice(tmp_path / "me.npz"), voice())
    assert [path.name for path in tmp_path.iterdir()] == ["me.npz"]
    with np.load(tmp_path / "me.npz") as kept:
        assert sorted(kept) == ["coarse_prompt", "fine_prompt", "semantic_prompt"]


def test_a_voice_of_three_files_is_read(tmp_path: Path) -> None:
    for name, tokens in zip(bark.PROMPTS, (voice().semantic_S, voice().coarse_KT, voice().fine_KT), strict=True):
        np.save(tmp_path / f"en_speaker_6_{name}.npy", tokens.numpy())
    assert same(bark.read_voice(tmp_path / "en_speaker_6"), voice())


def test_a_voice_that_is_not_there_is_missing(tmp_path: Path) -> None:
    for name in ("me.npz", "en_speaker_6"):
        with pytest.raises(MissingError, match="is not there"):
            bark.read_voice(tmp_path / name)


class Trap:
    """Raises when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return RuntimeError, ("opened",)


def test_a_file_that_holds_no_voice_is_refused_and_no_pickle_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "me.npz"
    objects = {name: np.array([Trap()], dtype=object) for name in bark.PROMPTS}
    np.savez(path, allow_pickle=True, **objects)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="allow_pickle"):
        bark.read_voice(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(InputError, match="voice"):
        bark.read_voice(path)
    for broken in (b"", b"PK\x03\x04 and no more"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="voice"):
            bark.read_voice(path)
    part = io.BytesIO()
    np.savez(part, semantic_prompt=np.arange(3))
    path.write_bytes(part.getvalue())
    with pytest.raises(InputError, match="coarse_prompt"):
        bark.read_voice(path)
