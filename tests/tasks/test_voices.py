from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.graph import Graph, task
from soundstage.media import Audio, Voice, voice_shelf
from soundstage.runtime.record import recipe_of, traits
from soundstage.tasks.voices import described, keep, mix, own_names, permitted

WORD = "I am the speaker and agree to it."


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSTAGE_VOICES", str(tmp_path / "voices"))
    return tmp_path / "voices"


def recording(height: float = 200.0, consent: str = WORD) -> Voice:
    wave = 0.3 * np.sin(np.arange(24_000) * 2 * np.pi * height / 24_000)
    return Voice(
        reference=Audio(wave.astype(np.float32)[None], 24_000), text="la la", consent=consent, notes=("raised",)
    )


def test_a_saved_voice_comes_back_with_its_word_and_its_notes(shelf: Path) -> None:
    kept = keep(recording(), "me", by="Anna", about="my own")
    assert Voice.parse("me") == kept == Voice.saved("me")
    assert (kept.label, kept.text, kept.consent, kept.notes) == ("me", "la la", WORD, ("raised",))
    assert kept.reference is not None
    np.testing.assert_allclose(kept.reference.samples, recording().reference.samples, atol=1e-6)  # type: ignore[union-attr]
    facts = json.loads((shelf / "me" / "voice.json").read_text())
    assert facts["agreed"]["by"] == "Anna" and facts["about"] == "my own" and facts["consent"] == WORD
    assert described("me")["consent"] == WORD and described("me")["kind"] == "clone"
    assert voice_shelf.names() == ["me"]
    assert not [child for child in shelf.iterdir() if child.name.startswith(".")]


def test_names_that_hide_others_are_refused(shelf: Path) -> None:
    keep(recording(), "me")
    with pytest.raises(InputError, match="is a voice of starter/voice"):
        keep(recording(), own_names()[0])
    with pytest.raises(InputError, match="saved already"):
        keep(recording(), "me")
    for name in ("Me", "../me", "", "0", "me.wav", "a" * 41):
        with pytest.raises(InputError, match="cannot be a voice's"):
            keep(recording(), name)
    assert voice_shelf.names() == ["me"]


def test_without_a_sentence_nothing_is_cloned(tmp_path: Path) -> None:
    file = tmp_path / "me.wav"
    recording().reference.save(file)  # type: ignore[union-attr]
    for consent in ("", "   ", "yes"):
        with pytest.raises(InputError, match=r"me\.consent\.txt") as caught:
            Voice.clone(file, consent=consent)
        assert caught.value.field == "consent"
    with pytest.raises(InputError, match="consent"):
        keep(recording(consent=""), "me")
    with pytest.raises(InputError, match="consent"):
        permitted([None, recording(consent="")])
    assert permitted([None, recording()]) and not permitted([None, Voice.named("ada")])


def test_what_is_deleted_is_gone_and_what_is_not_there_is_said() -> None:
    keep(recording(), "me")
    voice_shelf.delete("me")
    assert voice_shelf.names() == [] and Voice.parse("me").name == "me"
    for missing in (voice_shelf.delete, Voice.saved):
        with pytest.raises(MissingError, match="no voice 'me' is saved"):
            missing("me")


def test_a_damaged_voice_is_one_clear_line(shelf: Path) -> None:
    keep(recording(), "me")
    (shelf / "me" / "voice.json").write_text('{"soundstage_voice": 1}')
    with pytest.raises(InputError, match="is damaged"):
        Voice.saved("me")
    (shelf / "me" / "voice.json").write_text("not json")
    with pytest.raises(InputError, match="is damaged"):
        Voice.saved("me")


def test_a_mixture_keeps_shares_words_and_recordings_of_its_own() -> None:
    keep(recording(), "me")
    first, second = own_names()[:2]
    keep(mix([first, "me"], [1, 3]), "both")
    voice_shelf.delete("me")
    both = Voice.saved("both")
    assert [round(share, 3) for _, share in both.blend] == [0.25, 0.75]
    assert both.cloned and both.statements == (WORD,)
    assert described("both")["of"] == f"0.25 {first} + 0.75 me"
    nested = mix(["both", second])
    assert [round(share, 3) for _, share in nested.blend] == [0.125, 0.375, 0.5]


def test_mixtures_of_nobody_or_by_nothing_are_refused() -> None:
    first, second = own_names()[:2]
    with pytest.raises(MissingError, match="no voice 'zed'"):
        mix([first, "zed"])
    with pytest.raises(InputError, match="one for each"):
        mix([first, second], [1.0])
    with pytest.raises(InputError, match="above 0"):
        mix([first, second], [1.0, 0.0])
    with pytest.raises(InputError, match="at least two"):
        mix([first])


@task(version=1, name="toy.said")
def said(text: str, voice: Voice | None = None, *, watermark: bool = True) -> Audio:
    """Says nothing."""
    return Audio.silence(1, 8000)


def test_the_speakers_word_is_in_the_provenance_of_whatever_used_the_voice() -> None:
    keep(recording(), "me", by="Anna")
    graph = Graph()
    graph.output("out", graph.add("line", said, text="hello", voice="me"))
    made = recipe_of(graph, "out")
    assert made.extra == {"voice": "me", "consent": WORD, "mended": "raised", "watermark": "yes"}
    assert made.graph is not None and made.graph["nodes"]["line"]["inputs"]["voice"] == "me"
    unmarked = traits(said.task, {"text": "hello", "voice": recording(), "watermark": False})
    assert unmarked["watermark"] == "no, by wish" and unmarked["consent"] == WORD
    assert "consent" not in traits(said.task, {"text": "hello", "voice": Voice.named("ada")})
