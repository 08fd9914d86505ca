import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Speech, Voice
from soundstage.tasks.said import by_phones, by_words, join
from soundstage.tasks.speak import speak, speak_live
from soundstage.tasks.speak_voice import heard
from soundstage.text.phonemes import Frontend


@pytest.fixture(scope="module")
def line() -> Speech:
    return speak("Hello there. The cat paid $3.50, [pause:0.75s] and left!", Voice.named("ben"))


def test_words_are_those_written_in_order_and_inside_the_sound(line: Speech) -> None:
    assert [word.text for word in line.words] == ["Hello", "there", "The", "cat", "paid", "$3.50", "and", "left"]
    assert line.words[-1].end <= line.seconds
    assert all(a.end <= b.start + 1e-9 for a, b in zip(line.words, line.words[1:], strict=False))


def test_a_word_begins_and_ends_with_its_phonemes(line: Speech) -> None:
    starts, ends = {phone.start for phone in line.phonemes}, {phone.end for phone in line.phonemes}
    assert all(word.start in starts and word.end in ends for word in line.words)


def test_a_pause_is_as_long_as_asked_and_silent(line: Speech) -> None:
    before, after = line.words[5].end, line.words[6].start
    assert after - before >= 0.75
    middle = line.audio.cut(after - 0.72, after - 0.2).samples
    assert float(np.abs(middle).max()) < 0.02


def test_speech_sounds_where_its_words_are(line: Speech) -> None:
    inside = np.concatenate([line.audio.cut(word.start, word.end).samples[0] for word in line.words])
    assert float(np.sqrt((inside**2).mean())) > 0.03
    assert float(np.abs(line.audio.samples).max()) < 1.0


def test_the_same_seed_says_the_same() -> None:
    assert speak("Once more.", seed=5).audio == speak("Once more.", seed=5).audio


def test_a_higher_pitch_is_heard_an_octave_up() -> None:
    low, high = (speak("We were all away a year ago.", Voice.named("ben"), pitch=pitch) for pitch in (0.0, 12.0))
    assert loudest_period(low.audio) == pytest.approx(2 * loudest_period(high.audio), rel=0.12)


def loudest_period(audio: Audio) -> float:
    """The lag of the strongest autocorrelation from 60 to 400 Hz."""
    samples = audio.samples[0]
    spectrum = np.abs(np.fft.rfft(samples, 2 * len(samples))) ** 2
    correlation = np.fft.irfft(spectrum)[: audio.rate // 60]
    start = audio.rate // 400
    return float(np.argmax(correlation[start:]) + start)


def test_a_clone_of_a_voice_is_nearer_to_it_than_to_another(line: Speech) -> None:
    from soundstage import runtime
    from soundstage.tasks.speak_engines import ENGINES

    with runtime.use("starter/voice", ENGINES) as engine:
        clone, ben, ada = (
            engine.speaker(voice) for voice in (Voice(reference=line.audio), Voice.named("ben"), Voice.named("ada"))
        )
    assert float((clone - ben).norm()) < float((clone - ada).norm())


def test_an_unknown_voice_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no voice 'zed'.*ada, ben"):
        speak("Hello.", Voice.named("zed"))


def test_a_silent_reference_is_refused() -> None:
    with pytest.raises(InputError, match="silent"):
        speak("Hello.", Voice(reference=Audio.silence(2, 16000), consent="Nobody is cloned here."))


@pytest.mark.parametrize("text", ["", "   ", "…?!", "[pause:1s]"])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no words"):
        speak(text)


def test_one_word_is_whole() -> None:
    word = speak("Yes.")
    assert [phone.symbol for phone in word.phonemes] == ["y", "eh", "s"]
    assert 0.15 < word.words[0].end - word.words[0].start < 1.2


def test_silent_stretches_of_a_reference_are_left_out() -> None:
    tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
    assert len(heard(np.concatenate((tone, np.zeros(48000, np.float32), tone)), 16000)) == pytest.approx(32000, abs=400)


def test_joining_counts_every_sample() -> None:
    sentences = Frontend().read("One. Two.")
    parts = [
        by_phones(each, np.full(10 * len(each.phones), 0.1, np.float32), [10] * len(each.phones)) for each in sentences
    ]
    speech = join(parts, 100, "One. Two.", 0.5)
    assert speech.audio.length == 10 * sum(len(each.phones) for each in sentences) + 50
    assert speech.words[1].start == pytest.approx((10 * len(sentences[0].phones) + 50 + 10) / 100)


def test_a_rest_moves_what_follows_it_and_not_what_ends_there() -> None:
    (sentence,) = Frontend().read("[pause:1s] One [pause:2s] two.")
    part = by_words(sentence, np.full(100, 0.1, np.float32), {0: (10, 40), 1: (40, 90)})
    speech = join([part, part], 100, "", 0.5)
    assert [(word.start, word.end) for word in speech.words[:2]] == [(1.1, 1.4), (3.4, 3.9)]
    assert speech.words[2].start == pytest.approx(4.0 + 0.5 + 1.1)
    assert speech.audio.length == 2 * (100 + 300) + 50
    assert float(np.abs(speech.audio.cut(1.41, 3.39).samples).max()) == 0


def test_styles_are_heard_in_range_pace_and_rests() -> None:
    text = "The captain looked at the harbour. Nobody had lit the lamp."
    spread, length = {}, {}
    for style in ("calm", "neutral", "lively"):
        line = speak(text, Voice.named("finn"), style=style)
        spread[style] = pitch_spread(line.audio)
        length[style] = line.seconds
    assert spread["calm"] < spread["neutral"] < spread["lively"]
    assert length["calm"] > length["neutral"] > length["lively"]
    with pytest.raises(InputError, match="neutral, lively, calm"):
        speak(text, style="bored")


def pitch_spread(audio: Audio) -> float:
    """Standard deviation of the voice's pitch in semitones."""
    pyworld = pytest.importorskip("pyworld")
    f0, _ = pyworld.dio(audio.samples[0].astype(np.float64), audio.rate)
    return float(np.std(12 * np.log2(f0[f0 > 0])))


def test_a_stressed_word_is_longer_and_higher() -> None:
    plain, strong = (speak(text, Voice.named("finn")) for text in ("I said no to them.", "I said *no* to them."))
    a, b = plain.words[2], strong.words[2]
    assert b.end - b.start > 1.1 * (a.end - a.start)


def test_what_is_heard_live_is_what_speak_gives() -> None:
    text = "We waited for the tide, [pause:0.4s] and slept. Then it came!"
    pieces = list(speak_live(text, Voice.named("ada"), seed=4))
    whole = speak(text, Voice.named("ada"), seed=4).audio
    assert len(pieces) > 6
    assert pieces[0].seconds < 0.2
    joined = np.concatenate([piece.samples for piece in pieces], 1)
    assert joined.shape == whole.samples.shape
    assert float(np.abs(joined - whole.samples).max()) < 1e-4


def test_a_live_voice_takes_what_speak_takes() -> None:
    with pytest.raises(InputError, match="neutral, lively, calm"):
        next(speak_live("Hello.", style="bored"))
    with pytest.raises(TypeError, match="tempo"):
        speak_live("Hello.", tempo=2)  # type: ignore[call-arg]
