"""What `speak` makes of markup, dialogues, lists, streams and long texts."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Speech, Voice
from soundstage.tasks.cast import cast, fitting
from soundstage.tasks.said import LOUDEST, Manner, Said, laid, limited, louder
from soundstage.tasks.speak import How, alike, speak, speak_many, speak_parts
from soundstage.tasks.speak_engines import SpeechEngine
from soundstage.tasks.voices import keep
from soundstage.text.phonemes import Frontend
from soundstage.text.ssml import parse
from soundstage.text.turns import dialogue

MARKED = (
    '<speak>One <mark name="a"/> two. <break time="1s"/> '
    '<prosody rate="50%">Three slow words.</prosody> <voice name="ben">I am Ben.<mark name="z"/></voice></speak>'
)


@pytest.fixture(scope="module")
def marked() -> Speech:
    return speak(MARKED)


def test_marks_have_the_times_of_their_words(marked: Speech) -> None:
    assert [mark.name for mark in marked.marks] == ["a", "z"]
    assert marked.marks[0].time == marked.words[1].start
    assert marked.marks[1].time == marked.words[-1].end


def test_a_break_is_heard_between_its_words(marked: Speech) -> None:
    before, after = marked.words[1].end, marked.words[2].start
    assert after - before >= 1
    assert float(np.abs(marked.audio.cut(after - 0.9, after - 0.4).samples).max()) < 0.02


def test_slow_words_last_longer_and_the_others_do_not(marked: Speech) -> None:
    plain = speak("One two. Three slow words. I am Ben.")
    lasting = [[word.end - word.start for word in speech.words] for speech in (marked, plain)]
    assert sum(lasting[0][2:5]) == pytest.approx(2 * sum(lasting[1][2:5]), rel=0.1)
    assert sum(lasting[0][:2]) == pytest.approx(sum(lasting[1][:2]), rel=0.1)


def test_a_voice_element_speaks_in_that_voice(marked: Speech) -> None:
    assert dict(marked.cast) == {"": "ada", "ben": "ben"}
    assert [turn.speaker for turn in marked.turns] == ["", "ben"]
    with pytest.raises(InputError, match="no voice 'zed'"):
        speak('<speak><voice name="zed">Hello.</voice></speak>')


def test_a_speech_with_marks_and_speakers_is_restored(marked: Speech, tmp_path: Path) -> None:
    marked.store(tmp_path)
    assert Speech.restore(tmp_path) == marked


def test_subtitles_show_marks_and_names(marked: Speech, tmp_path: Path) -> None:
    cues = marked.subtitles(tmp_path / "a.srt")
    assert [(cue.speaker, cue.text) for cue in cues][-1] == ("ben", "I am Ben.")
    assert "ben: I am Ben." in (tmp_path / "a.srt").read_text("utf-8")


def test_a_dialogue_is_spoken_by_its_voices() -> None:
    speech = speak("Anna: Good morning!\nBen: You are late.", voices={"Anna": "clara"})
    assert dict(speech.cast) == {"Anna": "clara", "Ben": "ben"}
    assert [(turn.speaker, turn.text) for turn in speech.turns] == [
        ("Anna", "Good morning!"),
        ("Ben", "You are late."),
    ]
    line = speak("Good morning!", "clara")
    assert float(np.abs(speech.audio.samples[:, : line.audio.length] - line.audio.samples).max()) < 2e-4


class Choir:
    """An engine of a few names that says nothing."""

    rate = 100
    names = ("ada", "ben", "clara")
    check = staticmethod(lambda manner: manner.refuse(pitch="it has none"))


def who(text: str, voices: dict[str, object], narrator: Voice | None = None) -> dict[str, str | None]:
    engine: SpeechEngine = Choir()  # type: ignore[assignment]  # it need not speak
    found = cast(dialogue(text, voices), engine, narrator, voices)
    return {name: None if voice is None else voice.name for name, voice in found.items()}


def test_speakers_get_voices_in_order_of_appearance_and_no_voice_twice() -> None:
    assert who("Tom: a\nAda: b\nMia: c", {}) == {"Tom": "ben", "Ada": "ada", "Mia": "clara"}
    assert who("It began.\n\nTom: a\nMia: b", {}) == {"": None, "Tom": "ben", "Mia": "clara"}
    assert who("Tom: a\nMia: b", {"mia": "ada"}) == {"Tom": "ben", "Mia": "ada"}


def test_too_many_speakers_and_voices_for_nobody_are_refused() -> None:
    with pytest.raises(InputError, match="'D' has no voice"):
        who("A1: a\nB1: b\nC1: c\nD: d", {})
    with pytest.raises(InputError, match="'Zoe' says nothing; those who speak: Tom, Mia"):
        who("Tom: a\nMia: b", {"Zoe": "ada"})
    with pytest.raises(InputError, match=r"voices\.Tom: is int"):
        who("Tom: a\nMia: b", {"Tom": 3})


@pytest.mark.parametrize("name", ["voice", "voices", "lexicon"])
def test_what_is_of_no_use_is_told(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: is int"):
        speak("Hello.", **{name: 3})  # type: ignore[call-overload]


def test_where_words_cannot_be_followed_a_sentence_has_their_mean_rate_and_no_pitch() -> None:
    engine: SpeechEngine = Choir()  # type: ignore[assignment]
    (turn,) = parse('<speak><prosody rate="2">seven</prosody> eight</speak>')
    (sentence,) = Frontend().read(turn.passage)
    assert fitting(sentence, engine, Manner(speed=1.5)).speed == pytest.approx(1.5 * 10 / 7.5)
    (turn,) = parse('<speak><prosody pitch="high">seven</prosody></speak>')
    with pytest.raises(InputError, match="it has none"):
        fitting(Frontend().read(turn.passage)[0], engine, Manner())


def test_where_words_cannot_be_followed_their_volume_is_made_afterwards() -> None:
    (turn,) = parse('<speak>one <prosody volume="-20dB">two</prosody></speak>')
    (sentence,) = Frontend().read(turn.passage)
    said = louder(Said(sentence, np.full(1000, 0.5, np.float32), {0: (0, 500), 1: (500, 1000)}), 1000)
    assert said.samples[250] == pytest.approx(0.5) and said.samples[750] == pytest.approx(0.05)
    assert float(np.abs(np.diff(said.samples)).max()) < 0.15


def test_memory_is_given_back_now_and_then_in_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(runtime, "trim", lambda: calls.append(1))
    monkeypatch.setattr("soundstage.tasks.speak.TIDY", 2)
    speak("One. Two.")
    assert not calls
    speak("One. Two. Three. Four. Five.")
    assert len(calls) == 2
    list(speak("One. Two. Three.", stream=True))
    assert len(calls) == 3


def test_a_stream_is_what_speak_gives_exactly_where_nothing_is_batched() -> None:
    pieces = speak("Anna: Good morning!\nBen: You are late.", stream=True)
    assert isinstance(pieces, Iterator)
    joined = Audio.join(list(pieces))
    whole = speak("Anna: Good morning!\nBen: You are late.").audio
    assert joined.samples.shape == whole.samples.shape
    assert float(np.abs(joined.samples - whole.samples).max()) < 1e-4


@pytest.mark.parametrize("model", ["starter/voice", "starter/f5"])
@pytest.mark.parametrize("watermark", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "Anna: Good [pause:0.5s] morning! *How* are you?\nBob: You are late. You know it.",
        '<speak>Once. <voice name="anna">Hello <mark name="a"/> there. [pause:0.5s] <prosody volume="+6dB">Loud!'
        '</prosody></voice><mark name="m"/><voice name="bob">Yes, I am.<mark name="z"/></voice></speak>',
    ],
)
def test_a_stream_of_saved_voices_marks_and_pauses_is_the_whole_sample_for_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, text: str, watermark: bool, model: str
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_VOICES", str(tmp_path))
    for name, height in (("anna", 210.0), ("bob", 110.0)):
        wave = 0.3 * np.sin(np.arange(36_000) * 2 * np.pi * height / 24_000)
        keep(Voice(reference=Audio(wave.astype(np.float32)[None], 24_000), consent="I agree to all of it."), name)
    with runtime.using(device="cpu"):
        pieces = list(speak(text, stream=True, model=model, watermark=watermark))
        whole = speak(text, model=model, watermark=watermark)
        parts = [part.samples for _, part in speak_parts(text, model=model, watermark=watermark)]
    assert {"anna", "bob"} <= set(whole.cast.values()) and len(pieces) > 4
    joined = Audio.join(pieces).samples
    assert joined.shape == whole.audio.samples.shape
    assert float(np.abs(joined - whole.audio.samples).max()) < 2e-6  # rounding of floats: 120 dB below full scale
    assert np.array_equal(np.concatenate(parts), whole.audio.samples[0])


def test_a_list_is_spoken_text_by_text() -> None:
    texts = ["Hello there.", "How are you? Fine.", "[pause:0.5s] Good night."]
    many = speak(texts, "ben", seed=3)
    assert [speech.text for speech in many] == texts
    for text, one in zip(texts, many, strict=True):
        alone = speak(text, "ben", seed=3)
        assert one.words == alone.words
        assert (
            float(np.abs(one.audio.samples - alone.audio.samples).max()) < 3e-3
        )  # processors round products of other lengths otherwise
    with pytest.raises(InputError, match=r"text\.1: has no words"):
        speak_many(["Hello.", "?"])
    with pytest.raises(InputError, match="stream: is for one text"):
        speak(["a", "b"], stream=True)  # type: ignore[call-overload]


def test_parts_joined_are_the_whole_with_its_times() -> None:
    text = "Anna: One.\nBen: Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten."
    parts = [part for _, part in speak_parts(text)]
    whole = speak(text)
    assert len(parts) == 10
    assert np.array_equal(np.concatenate([part.samples for part in parts]), whole.audio.samples[0])
    assert tuple(word for part in parts for word in part.words) == whole.words


def test_nothing_of_what_was_laid_out_is_kept() -> None:
    (sentence,) = Frontend().read("One")
    alive = 0

    def endless() -> Iterator[Said]:
        nonlocal alive
        while True:
            alive += 1
            yield Said(sentence, np.ones(100, np.float32) * 0.1, {0: (0, 100)})

    parts = laid(endless(), 100, 0.5)
    first, second = next(parts), next(parts)
    assert (alive, len(first.samples), len(second.samples)) == (2, 100, 150)
    assert (first.words[0].start, second.words[0].start) == (0.0, 1.5)


def test_lines_of_like_length_and_manner_go_together() -> None:
    from soundstage.tasks.cast import Line

    frontend = Frontend()
    texts = ("Yes.", "The harbour was quiet this morning.", "No.", "The boats lay side by side again.", "Go.")
    lines = [Line(frontend.read(text)[0], "", None, Manner()) for text in texts]
    groups = alike(lines)
    assert sorted(place for group in groups for place in group) == [0, 1, 2, 3, 4]
    assert not any({0, 1} <= set(group) for group in groups)
    assert any(len(group) > 1 for group in groups)
    assert all(len(group) == 1 for group in alike([lines[0], replace(lines[0], manner=Manner(speed=2))]))


def test_loud_samples_are_bent_and_others_are_as_they_were() -> None:
    samples = np.linspace(-3, 3, 601, dtype=np.float32)
    bent = limited(samples)
    quiet = np.abs(samples) <= 0.85
    assert np.array_equal(bent[quiet], samples[quiet])
    assert float(np.abs(bent).max()) <= LOUDEST + 1e-6
    assert (np.diff(bent) >= 0).all()


def test_a_users_words_and_languages_are_heeded() -> None:
    told = speak("nginx", lexicon={"nginx": "eh1 n jh ax0 n"})
    assert [phone.symbol for phone in told.phonemes] == ["eh", "n", "jh", "ax", "n"]
    with pytest.raises(InputError, match="lexicon: 'nginx': 'zz' is no phone"):
        speak("nginx", lexicon={"nginx": "zz qq"})
    with pytest.raises(InputError, match="does not speak 'de'; use en"):
        speak("Hallo.", language="de")
    assert speak("Hi.", language="en-GB").words[0].text == "Hi"


def test_what_speak_may_be_told_is_what_its_task_takes() -> None:
    names = list(inspect.signature(speak.task.function).parameters)
    assert list(get_type_hints(How)) == [name for name in names if name not in ("text", "voice")]
    assert "stream" not in speak.task.ports
    assert "stream" in inspect.signature(speak).parameters
