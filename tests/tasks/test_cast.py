"""Voices that the user saved, found by the bare names that a text calls them by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.graph import Cache, Graph
from soundstage.graph.key import Keys
from soundstage.media import Audio, Voice, voice_shelf
from soundstage.media.watermark import find
from soundstage.runtime.record import recipe_of, traits
from soundstage.tasks.cast import cast, own_names, shelved
from soundstage.tasks.speak import speak, speak_many
from soundstage.tasks.speak_engines import SpeechEngine
from soundstage.tasks.voices import keep, mix
from soundstage.text.turns import dialogue

WORD = "This is a synthetic speaker and agrees to it."
LINE = "We walked along the old harbour wall this morning."


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSTAGE_VOICES", str(tmp_path / "voices"))
    return tmp_path / "voices"


@pytest.fixture(scope="module")
def reference() -> Audio:
    return speak(LINE, "ben", pitch=2).audio


@pytest.fixture
def anna(reference: Audio) -> Voice:
    return keep(Voice(reference=reference, consent=WORD), "anna", by="Anna")


@dataclass
class Choir:
    """An engine of a few names that says nothing."""

    names: tuple[str, ...] = ("ada", "Zoe")
    rate: int = 100


def who(text: str, voices: dict[str, str], *names: str) -> dict[str, Voice | None]:
    engine: SpeechEngine = Choir(names)  # type: ignore[assignment]  # it need not speak
    return cast(dialogue(text, voices), engine, None, voices)


@pytest.mark.parametrize("name", ["anna", "Anna"])
def test_a_voice_element_finds_a_saved_voice_by_its_bare_name(anna: Voice, name: str) -> None:
    marked = speak(f'<speak><voice name="{name}">{LINE}</voice></speak>')
    assert dict(marked.cast) == {name: "anna"}
    assert np.array_equal(marked.audio.samples, speak(LINE, anna).audio.samples)


def test_a_speaker_of_a_dialogue_finds_a_saved_voice_and_the_others_those_of_the_model(anna: Voice) -> None:
    speech = speak(f"Anna: {LINE}\nTom: You are late.")
    assert dict(speech.cast) == {"Anna": "anna", "Tom": "ada"}
    alone = speak(LINE, anna, watermark=False).audio
    told = speak(f"Anna: {LINE}\nTom: You are late.", watermark=False).audio
    assert float(np.abs(told.samples[:, : alone.length] - alone.samples).max()) < 2e-4


def test_what_is_given_goes_before_the_models_own_and_that_before_the_shelf(anna: Voice, reference: Audio) -> None:
    keep(Voice(reference=reference, consent=WORD), "zoe")
    text = "Anna: a\nZoe: b"
    found = who(text, {"anna": "ada"}, "ada", "Zoe")
    assert found == {"Anna": Voice.named("ada"), "Zoe": Voice.named("Zoe")}
    assert who(text, {}, "ada", "Zoe") == {"Anna": anna, "Zoe": Voice.named("Zoe")}
    assert who(text, {}, "ada") == {"Anna": anna, "Zoe": Voice.saved("zoe")}
    assert who(text, {"Zoe": "anna"}, "ada", "Zoe") == {"Anna": anna, "Zoe": anna}


@pytest.mark.parametrize("model", ["starter/voice", "starter/f5"])
def test_an_unknown_name_gets_one_line_with_all_there_are(anna: Voice, model: str) -> None:
    with pytest.raises(InputError, match=r"there is no voice 'zed'; use ada, .*wren, or a recording; saved: anna$"):
        speak('<speak><voice name="zed">Hello.</voice></speak>', model=model)
    with pytest.raises(InputError, match=r"there is no voice 'zed'; use ada, .*; saved: anna$"):
        speak("Hello.", "zed", model=model)
    with pytest.raises(InputError, match=r"'Tom' has no voice; give one .*; ada; saved: anna$"):
        who("Ada: a\nTom: b", {}, "ada")


def test_what_a_saved_voice_cannot_be_used_for_is_said_as_of_any_other(anna: Voice, shelf: Path) -> None:
    keep(mix(["ada", "anna"]), "both")
    speech = speak(f'<speak><voice name="both">{LINE}</voice></speak>')
    assert dict(speech.cast) == {"both": "both"} and find(speech.audio).marked
    (shelf / "anna" / "voice.json").write_text("not json")
    with pytest.raises(InputError, match="is damaged"):
        speak('<speak><voice name="anna">Hello.</voice></speak>')


def test_speech_by_a_saved_voice_is_marked_unless_it_is_not_wanted(anna: Voice) -> None:
    text = f'<speak>Hello. <voice name="anna">{LINE}</voice></speak>'
    assert find(speak(text).audio).marked
    (listed,) = speak_many([text])
    assert find(listed.audio).marked
    assert find(Audio.join(list(speak(text, stream=True)))).marked
    assert not find(speak(text, watermark=False).audio).marked
    assert not find(speak(f"<speak>Hello. {LINE}</speak>").audio).marked


def test_texts_tell_which_saved_voices_they_depend_on(anna: Voice, reference: Audio) -> None:
    for text in ("Anna: a\nTom: b", '<speak>x <voice name="anna">a</voice></speak>'):
        assert shelved({"text": text, "model": "starter/voice"}) == {"anna": anna}
        assert shelved({"text": text, "model": "starter/voice", "voices": {"ANNA": "ada"}}) == {}
    for nobodys in ("anna", "Anna: a", "<speak><wrong/></speak>", "", None):
        assert shelved({"text": nobodys, "model": "starter/voice"}) == {}
    voice_shelf.write(Voice(reference=reference, consent=WORD), "ada", {})
    assert shelved({"text": "Ada: a\nTom: b", "model": "starter/voice"}) == {}
    assert own_names("starter/f5") == own_names("starter/voice") and own_names("./nothing-here") == set()


def graph_of(text: str) -> Graph:
    graph = Graph()
    graph.output("out", graph.add("line", speak, text=text))
    return graph


def test_the_speakers_word_is_in_the_provenance_though_only_the_text_names_the_voice(anna: Voice) -> None:
    text = "Anna: Hello.\nTom: Hello."
    made = recipe_of(graph_of(text), "out")
    assert made.extra == {"voice": "anna", "consent": WORD, "watermark": "yes"}
    told = traits(speak.task, {"text": text, "watermark": False})
    assert (told["voice"], told["consent"], told["watermark"]) == ("anna", WORD, "no, by wish")
    assert "consent" not in recipe_of(graph_of("Tom: Hello.\nAda: Hello."), "out").extra


def test_a_result_is_made_again_when_the_saved_voice_is_another(anna: Voice, reference: Audio, tmp_path: Path) -> None:
    def key(text: str) -> str:
        return Keys(Cache(tmp_path / "cache"), {}, lambda _: "", lambda _: "", lambda _: "").of(
            graph_of(text).nodes["line"]
        )

    talk, alone = "Anna: Hello.\nTom: Hello.", "Hello."
    before = key(talk), key(alone)
    assert before == (key(talk), key(alone))
    keep(Voice(reference=reference.cut(0, 1.5), consent=WORD), "anna", over=True)
    assert key(talk) != before[0] and key(alone) == before[1]
    again = key(talk)
    voice_shelf.delete("anna")
    assert key(talk) not in (before[0], again)
