from pathlib import Path

import torch

from soundstage.models.voice import VoiceModel, voice_tiny
from soundstage.weights import Card, load, save_starter


def test_a_saved_voice_loads_as_it_was(tmp_path: Path) -> None:
    config = voice_tiny(42)
    model = VoiceModel(config).eval()
    card = Card(
        ref="./voice", family="voice", task="speak", licence="Apache-2.0", commercial=True, data="none", size_mb=0,
        memory_mb=1,
        parameters=0, config={**config.plain(), "names": ["a", "b"]},
    )  # fmt: skip
    save_starter(tmp_path, model, card)
    loaded = load(str(tmp_path)).module
    assert isinstance(loaded, VoiceModel)
    sound = torch.randn(1, 16000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(loaded.listen(sound), model.half().float().listen(sound), atol=1e-3)


def test_the_starters_weights_fit_its_card() -> None:
    loaded = load("starter/voice")
    assert loaded.card.size_mb <= 25
    assert len(loaded.card.config["names"]) == len(loaded.module.table) >= 4  # type: ignore[arg-type]
