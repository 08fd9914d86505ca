"""The singing voice: times, pitch and range, on the starter itself."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Note, Voice
from soundstage.media.pitch import pitch
from soundstage.score.articulation import phrases, placed
from soundstage.score.lyrics import read_notes
from soundstage.tasks.sing_grid import drawn_out
from soundstage.tasks.sing_voice import Sung, sing_live, sing_notes

NOTES = (Note(60, 1.0, 1.0, 80, "Sil-"), Note(62, 2.0, 1.0, 90, "ver"), Note(64, 5.0, 2.0, 90, "moon"))


@cache
def sung(voice: str = "ada", style: str = "ballad") -> Sung:
    return sing_notes(NOTES, Voice.named(voice), seconds_at=lambda beat: beat / 2, style=style)


def test_vowels_begin_with_their_notes() -> None:
    starts = [phone.start for phone in sung().phonemes if phone.symbol in ("ih", "er", "uw")]
    assert starts == pytest.approx([0.5, 1.0, 2.5], abs=0.011)


def test_the_sound_has_the_pitch_of_the_notes() -> None:
    made = sung()
    f0 = pitch(made.audio.samples[0], made.audio.rate).f0
    for note in NOTES:
        middle = f0[round(50 * note.start) + 15 : round(50 * note.end) - 15]
        heard = 69 + 12 * np.log2(np.median(middle[middle > 0]) / 440)
        assert heard == pytest.approx(note.pitch + made.transposed, abs=0.35)


def test_a_low_voice_sings_an_octave_lower() -> None:
    assert sung("otto").transposed < sung("ada").transposed
    assert sung("otto").transposed % 12 == 0


def test_only_where_the_style_asks_there_is_breath() -> None:
    rest = [float((sung(style=style).audio.cut(1.9, 2.3).samples ** 2).mean()) for style in ("ballad", "plain")]
    assert rest[0] > 100 * rest[1]


def test_the_same_seed_sings_the_same() -> None:
    again = sing_notes(NOTES, Voice.named("ada"), seconds_at=lambda beat: beat / 2, style="ballad")
    assert np.array_equal(again.audio.samples, sung().audio.samples)


def test_live_phrases_are_the_whole_in_order() -> None:
    made = list(sing_live(NOTES, Voice.named("ada"), seconds_at=lambda beat: beat / 2, style="ballad"))
    assert len(made) == 2
    assert made[0].start + len(made[0].samples) <= made[1].start
    assert [word.text for each in made for word in each.words] == ["Silver", "moon"]


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(InputError, match="there is no style"):
        sing_notes(NOTES, seconds_at=float, style="yodel")


def test_two_notes_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="two at beat"):
        sing_notes((*NOTES, Note(70, 1.0, 1.0, 80, "la")), seconds_at=float)


def test_consonants_take_their_time_from_before_the_beat() -> None:
    phrase = phrases(read_notes(NOTES), NOTES, float)[0]
    laid = placed(phrase, [[0.1] * len(held.syllable.phones) for held in phrase])
    assert [phone.start for phone in laid if phone.held] == pytest.approx([1.0, 2.0])
    assert all(a.end == pytest.approx(b.start) for a, b in itertools.pairwise(laid))


def test_a_held_vowel_keeps_its_edges() -> None:
    places = drawn_out(100, 20, "aa")
    assert places[:5] == pytest.approx(np.arange(5) + 0.5)
    assert places[-5:] == pytest.approx(np.arange(15, 20) + 0.5)
    assert (np.diff(places) > 0).all()
