"""The recipe of starter/vits: its batches are the narrator's, and a few steps teach, by the prior's draws too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import soundstage as ss
from soundstage.codec.source import SourceConfig, SourceDecoder, Told
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import HOP
from soundstage.errors import MissingError
from soundstage.models.vits import DurationConfig, Vits, VitsConfig, WavenetConfig
from soundstage.models.voice import VoiceModel, voice_tiny
from soundstage.recipes import vits as recipe
from soundstage.recipes.vits import heard_apart, lend
from soundstage.recipes.vits_batches import FLAGS, FOLD, QUIET, Corpus, batch, corpus, names, symbol, vocabulary
from soundstage.recipes.vits_losses import SIZE, duel_loss, foreseen_loss, told_loss, warm_loss
from soundstage.text.symbols import IDS, STRESSED, SYMBOLS
from soundstage.train.discriminators import Jury
from soundstage.train.loop import fit

SMALL = VitsConfig(
    symbols=len(SYMBOLS) * FLAGS, rate=24_000, bins=SIZE // 2 + 1, width=16, hidden=16, depth=1, flows=1,
    convolved=True, fold=FOLD, frames=1, frames_width=16,
    decoder=SourceConfig(
        latent=8, width=16, depth=1, rate=24_000, hop=FOLD * HOP, fold=FOLD, filter_width=16, filter_depth=1,
        condition=4,
    ),
    flow=WavenetConfig(layers=1), posterior=WavenetConfig(layers=1), duration=DurationConfig(stochastic=False, width=8),
    speakers=2, speaker_width=4,
)  # fmt: skip


def toy(seed: int) -> Recording:
    rng = np.random.default_rng(seed)
    durations = rng.integers(5, 9, 14).astype(np.uint16)
    frames = int(durations.sum())
    tone = 0.2 * np.sin(np.arange(frames * HOP) * 0.05)
    return Recording(
        "toy", tone.astype(np.float32), np.full(frames, 120, np.float32), np.full((frames, 100), -6, np.float32),
        rng.integers(1, 40, 14).astype(np.uint8), rng.integers(0, 8, 14).astype(np.uint8), durations, (),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Corpus:
    recordings = sorted((toy(seed) for seed in range(20)), key=lambda each: len(each.f0))
    return Corpus(recordings, [index % 2 for index in range(20)], 2)


def test_a_batch_holds_every_phone_with_its_flags_and_fills_whole_latents(found: Corpus) -> None:
    rows = batch(found, torch.Generator().manual_seed(0), 300)
    assert rows["durations"].sum(1).tolist() == rows["frames"].tolist()
    assert bool((rows["frames"] % FOLD == 0).all())
    assert rows["samples"].shape[1] == int(rows["frames"].max()) * HOP
    assert rows["mask"].sum(1).tolist() == rows["frames"].tolist()
    assert int(rows["ids"].max()) < len(SYMBOLS) * FLAGS


def test_the_vocabulary_names_a_phone_as_the_engine_does() -> None:
    assert vocabulary()[f"aa.{STRESSED}"] == symbol(IDS["aa"], STRESSED)
    assert len(set(vocabulary().values())) == len(SYMBOLS) * FLAGS


def test_a_few_steps_lower_the_loss_of_what_the_prior_draws(found: Corpus) -> None:
    torch.manual_seed(0)
    model, told = Vits(SMALL), []
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    rows = batch(found, torch.Generator().manual_seed(0), 200)
    for _ in range(8):
        loss, parts = warm_loss(model, rows, torch.Generator().manual_seed(1))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        told.append((float(parts["prior"]), float(parts["posterior"]), float(loss.detach())))
    assert all(last < 0.8 * first for first, last in zip(told[0], told[-1], strict=True))


def test_what_is_only_read_is_told_as_what_is_read_beside_the_speech(found: Corpus) -> None:
    """The two kinds of step teach the same: without noise the prior's part of one is the other."""
    torch.manual_seed(0)
    model, rows = Vits(SMALL), batch(found, torch.Generator().manual_seed(0), 300)
    with torch.no_grad():
        model.text.out.bias[SMALL.latent :] = -30.0
        _, whole = warm_loss(model, rows, torch.Generator().manual_seed(1))
        _, alone = foreseen_loss(model, rows, torch.Generator().manual_seed(2))
    for name in ("prior", "duration", "envelope", "pitch", "voicing"):
        assert float(alone[name]) == pytest.approx(float(whole[name]), rel=1e-4)


def test_the_duel_teaches_every_part_and_the_filters_too(found: Corpus) -> None:
    torch.manual_seed(0)
    model, jury = Vits(SMALL), Jury((2,), (256,), width=2)
    rows = batch(found, torch.Generator().manual_seed(0), 300)
    loss, parts = duel_loss(model, jury, rows, torch.Generator().manual_seed(1))
    loss.backward()  # type: ignore[no-untyped-call]
    still = {name for name, weight in model.named_parameters() if weight.grad is None}
    assert not still and all(weight.grad is not None for weight in jury.parameters())
    assert {"judge", "fool", "features", "mel", "kl", "duration"} <= set(parts)


def test_the_furthest_run_is_exported_with_the_voices_that_have_names(
    found: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "starter", lambda speakers: replace(SMALL, speakers=speakers))
    torch.manual_seed(0)
    rows = batch(found, torch.Generator().manual_seed(0), 200)
    speaker, both = Vits(replace(SMALL, speakers=11)), recipe.Duel(11)

    def warm(model: Vits, index: int, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        return foreseen_loss(model, rows, generator)

    def duel(
        model: recipe.Duel, index: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        return foreseen_loss(model.speaker, rows, generator)

    fit(tmp_path / "warm", speaker, warm, steps=1, log=lambda _: None)
    first = recipe.trained(tmp_path)
    assert first.voices is not None and first.voices.weight.shape == (9, 4)
    assert torch.allclose(first.text.out.weight, speaker.text.out.weight, atol=1e-2)  # the average lags a step
    fit(tmp_path / "duel", both, duel, steps=1, log=lambda _: None)
    last = recipe.trained(tmp_path)
    assert torch.allclose(last.text.out.weight, both.speaker.text.out.weight, atol=1e-2)
    assert not torch.allclose(last.text.out.weight, first.text.out.weight, atol=1e-1)
    card = recipe.export(tmp_path / "vits", tmp_path)
    spoken = ss.speak("Yes.", "leo", model=str(tmp_path / "vits"), seed=1)
    assert card.family == "vits" and spoken.audio.rate == 24_000 and [word.text for word in spoken.words] == ["Yes"]


def test_a_decoder_takes_over_the_filters_of_a_voice_and_their_statistics() -> None:
    torch.manual_seed(0)
    voice = VoiceModel(voice_tiny(len(SYMBOLS)))
    voice.centre.fill_(-3.0)  # type: ignore[operator]
    assert isinstance(SMALL.decoder, SourceConfig)
    decoder = SourceDecoder(replace(SMALL.decoder, condition=0))
    lend(decoder, voice)
    envelope, pitch, voiced = torch.full((1, 20, 100), -4.0), torch.full((1, 20), 5.0), torch.ones(1, 20)
    noise = torch.randn(1, 20 * HOP, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours, theirs = decoder.sound(envelope, pitch, voiced, noise), voice.sound(envelope, pitch.exp(), voiced, noise)
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_speakers_who_sound_alike_begin_alike() -> None:
    torch.manual_seed(0)
    voice = VoiceModel(voice_tiny(len(SYMBOLS)))
    low, high = (torch.sin(torch.arange(24_000) * step) for step in (0.05, 0.9))
    hiss = torch.randn(24_000, generator=torch.Generator().manual_seed(1))
    table = heard_apart(voice, [low, high, low + 0.01 * hiss, hiss], 8)
    assert table.shape == (4, 8) and float(table.square().mean()) == pytest.approx(1, rel=1e-3)
    away = torch.cdist(table, table)
    assert float(away[0, 2]) < 0.5 * float(away[0, [1, 3]].min())


def test_to_tell_the_truth_costs_nothing_and_padding_is_not_asked(found: Corpus) -> None:
    rows = batch(found, torch.Generator().manual_seed(0), 300)
    decoder, sure = SourceDecoder(SMALL.decoder), (rows["voiced"] - 0.5) * 80  # type: ignore[arg-type]
    true, _ = told_loss(Told(rows["envelope"], rows["pitch"], sure), rows, decoder)
    assert float(true) == pytest.approx(0, abs=1e-5)
    behind = rows["mask"] == 0
    wild = Told(rows["envelope"] + 9 * behind[..., None], rows["pitch"] + 9 * behind, sure)
    assert float(told_loss(wild, rows, decoder)[0]) == pytest.approx(0, abs=1e-5)
    quieter = Told(torch.where(rows["envelope"] <= QUIET, QUIET - 5, rows["envelope"]), rows["pitch"], sure)
    assert float(told_loss(quieter, rows, decoder)[0]) == pytest.approx(0, abs=1e-5)
    high = Told(rows["envelope"], rows["pitch"] + 0.1, sure)
    assert float(told_loss(high, rows, decoder)[0]) > 0.1


def test_without_data_the_error_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="voice data"):
        corpus(tmp_path)
    assert len(names()) == 9
