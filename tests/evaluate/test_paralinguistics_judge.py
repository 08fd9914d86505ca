"""The judge counts rightly, and the one that is shipped knows the makers' sounds."""

from __future__ import annotations

import ctypes.util

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from soundstage.data import narrator
from soundstage.data.paralinguistics import listen, perform, places, tagged
from soundstage.errors import InputError
from soundstage.evaluate import paralinguistics
from soundstage.evaluate.bark import plain
from soundstage.evaluate.paralinguistics import (
    CLASSES,
    HOP,
    RATE,
    Listener,
    features,
    heard,
    judge,
    measure,
    named,
    sentences,
    with_tag,
)
from soundstage.media import Audio

TEXTS = ["One two.", "Three, four.", "Five six seven."]


class Loud(nn.Module):
    """A judge that hears a laugh wherever a sound is at its loudest for long."""

    def forward(self, mel: Tensor) -> Tensor:
        logits = torch.zeros(1, mel.shape[-1], len(CLASSES))
        logits[..., CLASSES.index("laughs")] = torch.where(mel[0].mean(0) > -0.4, 20.0, -20.0)
        return logits


def sound(*, loud: bool) -> Audio:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.1
    if not loud:
        noise[RATE // 20 :] *= 0.01
    return Audio(noise[None], RATE)


def test_hits_and_false_alarms_are_counted_by_kind() -> None:
    judged: list[tuple[Audio, str | None]] = [
        (sound(loud=True), "laughs"), (sound(loud=True), "sighs"), (sound(loud=False), "laughs"),
        (sound(loud=True), None), (sound(loud=False), None),
    ]  # fmt: skip
    count = judge(judged, Loud())  # type: ignore[arg-type]
    assert (count.right, count.asked, count.alarms, count.plain) == (1, 3, 1, 2)
    assert count.by_kind == {"laughs": (1, 2), "sighs": (0, 1)}
    assert count.hits == pytest.approx(1 / 3)


def test_a_sound_shorter_than_its_span_is_refused() -> None:
    with pytest.raises(InputError, match=r"0\.10 s"):
        heard(Audio(np.zeros((1, RATE // 10), np.float32), RATE), Listener())


def test_level_does_not_matter() -> None:
    samples = torch.tensor(sound(loud=True).samples)
    assert torch.allclose(features(samples), features(0.3 * samples), atol=1e-4)
    assert features(samples).shape[-1] == 1 + RATE // HOP


def test_half_of_the_sentences_are_tagged_with_the_three_kinds_in_turn() -> None:
    asked = sentences(TEXTS, 6)
    assert [kind for _, kind in asked] == ["laughs", "sighs", "hums"] * 2 + [None] * 6
    assert all(("[" in text) == (kind is not None) for text, kind in asked)


def test_a_tag_stands_before_behind_or_at_the_comma() -> None:
    places = [with_tag("Three, four.", "sighs", place) for place in range(3)]
    assert places == ["[sighs] Three, four.", "Three, four. [sighs]", "Three, [sighs] four."]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("place", range(3))
def test_a_sentence_is_plain_again_without_its_tag(text: str, place: int) -> None:
    assert plain(with_tag(text, "hums", place)).replace(", ", ",") == text.replace(", ", ",")


def test_what_was_said_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paralinguistics, "load_listener", Loud)
    count, spoken = measure(lambda text: sound(loud="laughs" in text), TEXTS, 3)
    assert (count.right, count.alarms) == (1, 0)
    assert len(spoken) == 6


@pytest.mark.skipif(not paralinguistics.WEIGHTS.exists(), reason="the judge is not trained yet")
@pytest.mark.skipif(ctypes.util.find_library("flite_cmu_us_kal16") is None, reason="flite is not installed")
@pytest.mark.parametrize("kind", ["laughs", "sighs", "hums", None])
def test_the_shipped_judge_knows_a_speaker_whom_it_never_heard(kind: str | None) -> None:
    pytest.importorskip("pyworld")
    speaker, generator = narrator.speakers(14, held_out=True)[-1], np.random.default_rng(2)
    timbre, spoken = listen(speaker), narrator.record(speaker, "The harbour was quiet, and the lights went out.")
    got = []
    for _ in range(4):
        said = spoken
        if kind is not None:
            said = tagged(spoken, perform(timbre, kind, generator), int(generator.choice(places(spoken))), generator)
        got.append(named(Audio(said.samples[None], RATE)))
    assert got.count(kind) >= 3
