"""A tiny MusicLM behind the task `compose`, and its stories from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.codec.kmeans import fit_books
from soundstage.errors import InputError
from soundstage.media import Audio, Music, Score, Track
from soundstage.models.musiclm import MusicLM, musiclm_tiny
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_musiclm import MusicLMEngine, MusicLMSettings, spelled, story
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

TINY = musiclm_tiny()
WORDS = ("calm", "piano", "wild", "drums", "sad", "jazz", "trumpet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = MusicLM(TINY)
        for book in model.acoustic.quantiser.books:
            cast(torch.Tensor, book.codebook).normal_(std=0.3)
        with torch.no_grad():  # as the recipe does, so that texts are told apart
            said = model.mulan.text(spelled([f"{word} {other}" for word in WORDS for other in WORDS], 64))
            model.mulan.said.copy_(said.mean(0))
            fit_books(model.mulan.quantiser, said - said.mean(0), rounds=5, generator=torch.Generator().manual_seed(0))
        model.semantic.averages.normal_()
        model.acoustic.folding.basis.normal_(std=0.3)
    for stage in (model.semantic_stage, model.coarse_stage):
        stage.embed.weight.data.mul_(8)
        stage.head.weight.data.mul_(4)
    card = Card(
        ref="toy", family="musiclm", task="compose", licence="MIT", commercial=True, data="none", size_mb=0,
        memory_mb=1, parameters=0, config=asdict(TINY),
    )  # fmt: skip
    place = tmp_path_factory.mktemp("musiclm")
    save_starter(place, model, card)
    return str(place)


def tone(hertz: float, seconds: float = 1.5) -> Audio:
    return Audio(np.sin(6.283 * hertz * np.arange(round(seconds * 8000)) / 8000).astype(np.float32)[None] * 0.3, 8000)


def test_the_task_makes_a_mix_of_the_very_length(folder: str) -> None:
    made = compose("calm piano", model=folder, seconds=1.2345, seed=3)
    assert isinstance(made, Music)
    assert made.mix.length == round(1.2345 * TINY.rate)
    assert made.score is None and not made.stems
    assert np.isfinite(made.mix.samples).all() and made.mix.samples.std() > 0


def test_a_seed_repeats_and_words_and_seeds_are_heard(folder: str) -> None:
    one, same, other, words = (
        compose(text, model=folder, seconds=1.0, seed=seed).mix.samples
        for text, seed in (("calm piano", 1), ("calm piano", 1), ("calm piano", 2), ("wild drums", 1))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, words)


def test_music_to_be_like_stands_in_the_place_of_words(folder: str) -> None:
    like = compose("", model=folder, seconds=1.0, reference=tone(300.0))
    assert like.mix.length == TINY.rate
    with pytest.raises(InputError, match="reference"):
        compose("calm", model=folder, reference=tone(300.0))
    with pytest.raises(InputError, match="reference"):
        compose("", model=folder, reference=tone(300.0, 0.1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bpm", 90.0), ("key", "A minor"), ("metre", "3/4"), ("chords", "Am"), ("structure", ["verse 4"]),
        ("style", "jazz"), ("instruments", ["piano"]), ("player", "synth"),
    ],
)  # fmt: skip
def test_what_only_a_score_can_keep_is_refused(folder: str, field: str, value: Any) -> None:
    with pytest.raises(InputError, match=field):
        compose("calm", model=folder, **{field: value})


def test_a_melody_is_refused(folder: str) -> None:
    score = Score(90.0, (4, 4), "C major", 1, (), (), (Track("piano", ()),))
    with pytest.raises(InputError, match="melody"):
        compose("calm", model=folder, melody=score)


def test_a_story_is_one_piece_and_its_scenes_are_heard(folder: str) -> None:
    told, same, other = (
        story([(0, "calm piano"), (0.8, second)], model=folder, seconds=1.6, seed=2)
        for second in ("wild drums", "wild drums", tone(300.0))
    )
    assert told.mix.length == round(1.6 * TINY.rate)
    assert np.array_equal(told.mix.samples, same.mix.samples)
    assert not np.array_equal(told.mix.samples, other.mix.samples)


@pytest.mark.parametrize("times", [[], [1.0], [0.0, 0.5, 0.2], [0.0, 9.0]])
def test_a_story_out_of_order_is_refused(folder: str, times: Sequence[float]) -> None:
    with pytest.raises(InputError, match="story"):
        story([(at, "calm") for at in times], model=folder, seconds=2.0)


def test_lengths_and_settings_that_mean_nothing_are_refused(folder: str) -> None:
    with pytest.raises(InputError, match="seconds"):
        story([(0, "calm")], model=folder, seconds=0.0)
    with pytest.raises(InputError, match="guidance"):
        MusicLMSettings(guidance=0.5)
    with pytest.raises(InputError, match="temperature"):
        MusicLMSettings(fine_temperature=-1)


def test_progress_is_told_to_the_end(folder: str) -> None:
    heard: list[runtime.Progress] = []
    with runtime.on(lambda event: heard.append(event) if isinstance(event, runtime.Progress) else None):
        story([(0, "calm")], model=folder, seconds=1.0)
    assert any(event.label == "composing" and event.done == event.total for event in heard)


def test_embeddings_of_the_engine_have_unit_length(folder: str) -> None:
    with runtime.use(folder, {"musiclm": MusicLMEngine}) as engine:
        for found in (engine.read(["calm", "a wild ride", ""]), engine.hear([tone(200.0), tone(400.0, 0.5)])):
            torch.testing.assert_close(found.norm(dim=1), torch.ones(len(found)))


def test_texts_of_a_batch_are_padded_with_no_words() -> None:
    made = spelled(["calm", "calm piano"], 64)
    assert made.shape[:2] == (2, 2)
    assert torch.equal(made[0, 0], made[1, 0])
    assert (made[0, 1] == 0).all()


def test_the_starter_makes_music_of_words_to_the_sample_and_another_seed_makes_another() -> None:
    first, again, other = (compose("calm piano", seconds=1.5, model="starter/musiclm", seed=seed) for seed in (1, 1, 2))
    assert first.mix.length == round(1.5 * first.mix.rate)
    assert np.array_equal(first.mix.samples, again.mix.samples)
    assert not np.array_equal(first.mix.samples, other.mix.samples)
    assert float(np.abs(first.mix.samples).max()) > 0.05
