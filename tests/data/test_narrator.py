import ctypes.util
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from soundstage.data import narrator, narrator_flite
from soundstage.data.narrator_letters import align, distance, grow, learn, score
from soundstage.data.narrator_sound import HOP, RATE, analyse, widened
from soundstage.data.narrator_text import HELD_OUT, sentences
from soundstage.errors import MissingError
from soundstage.text.letters import context, pronounce
from soundstage.text.phonemes import Frontend
from soundstage.text.symbols import PAUSE, SYMBOLS

flite = pytest.mark.skipif(ctypes.util.find_library("flite_cmu_us_kal16") is None, reason="flite is not installed")
LEXICON = ["lantern", "melody", "whisper", "orchid"]


def test_a_longer_text_begins_as_the_shorter_one() -> None:
    assert sentences(80, LEXICON, seed=3)[:30] == sentences(30, LEXICON, seed=3)
    assert sentences(30, LEXICON, seed=3) != sentences(30, LEXICON, seed=4)


def test_no_held_out_sentence_is_trained_on() -> None:
    assert not set(HELD_OUT) & set(sentences(2000, LEXICON))
    assert len(HELD_OUT) >= 30


def test_held_out_speakers_are_others() -> None:
    seen = {(each.formants, each.tempo, each.tilt) for each in narrator.speakers(50)}
    assert not seen & {(each.formants, each.tempo, each.tilt) for each in narrator.speakers(50, held_out=True)}


def test_without_flite_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("not found")

    monkeypatch.setattr(narrator_flite.ctypes, "CDLL", refuse)
    with pytest.raises(MissingError, match="apt-get install flite"):
        narrator_flite.load_library("flite")


@flite
def test_a_recordings_frames_phones_and_words_agree(tmp_path: Path) -> None:
    pytest.importorskip("pyworld")
    speaker = narrator.Speaker(name="x", base="kal16", pitch=110, formants=1.05, tempo=1.1, tilt=2)
    made = narrator.record(speaker, "The old cat's lantern, and 25 mice.")
    frames = int(made.durations.sum())
    assert len(made.f0) == len(made.envelope) == frames
    assert len(made.samples) == frames * HOP
    assert [word for word, _, _ in made.words] == ["the", "old", "cat's", "lantern", "and", "twenty", "five", "mice"]
    assert all(0 <= start < end <= frames * HOP / RATE for _, start, end in made.words)
    narrator.save(tmp_path / "x.npz", speaker, [made, made])
    again, both = narrator.load(tmp_path / "x.npz")
    assert again == speaker
    assert len(both) == 2
    assert np.array_equal(both[1].durations, made.durations)
    assert np.abs(both[1].samples - made.samples).max() < 1e-4


@flite
def test_the_front_end_says_what_the_narrator_says() -> None:
    frontend, wrong, total = Frontend(), 0, 0
    for text in islice(HELD_OUT, 12):
        truth = [segment.phone for segment in narrator_flite.say(text, "kal16").segments]
        made = [phone.symbol for each in frontend.read(text) for phone in each.phones]
        wrong, total = wrong + distance(truth, made), total + len(truth)
    assert wrong / total < 0.01


@flite
def test_pitch_and_formants_move_apart() -> None:
    speaker = narrator.Speaker(name="x", base="kal16", pitch=120)
    shifted = narrator.Speaker(name="y", base="kal16", pitch=120, formants=1.08)
    (a, _), (b, _) = (narrator.voice(each, "We were away a year ago.") for each in (speaker, shifted))
    assert len(a) == pytest.approx(len(b), rel=0.06)
    assert not np.array_equal(a[:1000], b[:1000])


def test_the_wider_band_leaves_speech_below_it_alone_and_follows_its_hisses() -> None:
    generator = np.random.default_rng(0)
    quiet, loud = 0.001 * generator.standard_normal(8000), 0.1 * generator.standard_normal(8000)
    wide = widened(np.concatenate((quiet, loud)).astype(np.float32))
    assert len(wide) == 24000
    assert np.array_equal(wide, widened(np.concatenate((quiet, loud)).astype(np.float32)))
    power = np.abs(np.fft.rfft(wide.reshape(2, -1)[:, 1000:-1000])) ** 2
    frequency = np.fft.rfftfreq(10000, 1 / 24000)
    top = power[:, (frequency > 9000) & (frequency < 11000)].mean(1)
    below = power[:, (frequency > 5000) & (frequency < 7000)].mean(1)
    assert top[1] / top[0] > 1000
    assert 10 < 10 * np.log10(below[1] / top[1]) < 20


def test_the_envelope_of_a_pulse_train_is_smooth_and_its_pitch_is_found() -> None:
    pytest.importorskip("pyworld")
    pulses = np.zeros(24000, np.float32)
    pulses[::160] = 0.5  # 150 Hz
    f0, envelope = analyse(pulses)
    assert len(f0) == len(envelope) == 24000 // HOP
    assert np.median(f0[10:-10]) == pytest.approx(150, abs=1)
    assert np.abs(np.diff(envelope[50])).max() < 0.5


def test_a_missing_shard_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"recipes\.voice data"):
        narrator.load(tmp_path / "none.npz")


TOY = {
    "cat": ("k", "ae1", "t"),
    "act": ("ae1", "k", "t"),
    "city": ("s", "ih1", "t", "iy0"),
    "tick": ("t", "ih1", "k"),
    "fit": ("f", "ih1", "t"),
}


def test_letters_are_aligned_to_their_sounds() -> None:
    costs = dict.fromkeys((("c", "k"), ("a", "ae1"), ("t", "t")), 0.1)
    assert align("cat", TOY["cat"], costs) == ["k", "ae1", "t"]
    assert align("a", ("k", "ae1", "t"), costs) is None


def test_a_learned_tree_says_its_own_words() -> None:
    tree = learn({word: phones for word, phones in TOY.items() if word != "tick"} | {"cart": ("k", "aa1", "r", "t")})
    assert pronounce("cat", tree) == ("k", "ae1", "t")
    assert score(tree, {"fit": TOY["fit"]})["words"] == 1


def test_a_tree_keeps_no_node_that_adds_nothing() -> None:
    assert grow([(context("ba", 0), "b"), (context("bo", 0), "b")]) == {"b": "b"}


def test_the_pause_is_a_symbol() -> None:
    assert SYMBOLS.index(PAUSE) == 1
