import pytest

from soundstage.errors import InputError
from soundstage.score.perform import RING_LEAST
from soundstage.score.song.form import arranged, line_bars
from soundstage.score.song.stanzas import parse_stanzas

SONG = parse_stanzas(
    "[verse]\nThe moon is rising over silver water\nI will follow you until the morning\n[chorus]\n"
    "Every river finds the open sea\nHold my hand and never let it go\n[solo]\n[verse]\nAll my letters still remain\n"
    "Nobody can hear me calling out\n[chorus]\nEvery river finds the open sea\nHold my hand and never let it go"
)


@pytest.mark.parametrize(("beats", "wish"), [(4, 84.0), (4, 120.0), (3, 110.0)])
@pytest.mark.parametrize("seconds", [40.0, 61.7, 90.0, 200.0])
def test_a_song_fills_its_length_and_sings_every_line_once_in_order(beats, wish, seconds):
    form = arranged(SONG, beats, wish, seconds=seconds)
    body = (form.bars - 1) * beats * 60 / form.bpm
    assert RING_LEAST - 0.01 <= seconds - body <= beats * 60 / form.bpm + 6
    assert [phrase.line for phrase in form.phrases] == [line for stanza in SONG for line in stanza.lines]
    ends = [phrase.bar + phrase.bars for phrase in form.phrases]
    assert all(end <= after.bar for end, after in zip(ends, form.phrases[1:], strict=False))
    names = [part.name for part in form.parts if part.name in ("verse", "chorus", "bridge")]
    assert names == ["verse", "chorus", "verse", "chorus"]


def test_lines_lie_in_the_bars_of_their_section():
    form = arranged(SONG, 4, 100.0, seconds=80.0)
    starts, at = [], 0
    for part in form.parts:
        starts.append((part.name, at, at + part.bars))
        at += part.bars
    for phrase in form.phrases:
        assert any(n == phrase.section and a <= phrase.bar and phrase.bar + phrase.bars <= b for n, a, b in starts)


def test_a_tempo_that_is_asked_for_is_kept():
    assert arranged(SONG, 4, 90.0, bpm=117.0, seconds=90.0).bpm == 117.0
    assert arranged(SONG, 4, 90.0, bpm=117.0).bpm == 117.0


def test_without_seconds_the_words_say_how_long_it_is():
    short, long = (arranged(part, 4, 96.0).seconds for part in (SONG[:2], SONG))
    assert short < long < 120


def test_a_few_words_make_a_song_of_twenty_seconds():
    assert arranged(parse_stanzas("la la la"), 4, 96.0).seconds == 20.0


def test_too_many_lines_are_refused_with_the_length_that_they_need():
    with pytest.raises(
        InputError, match=r"lyrics: have 8 lines, too many for 20 s; .*ask for (\d+) s or more"
    ) as error:
        arranged(SONG, 4, 90.0, seconds=20.0)
    needed = float(error.value.remedy.split("ask for ")[1].split(" s")[0])
    assert arranged(SONG, 4, 90.0, seconds=needed + 1).seconds == needed + 1


def test_bars_that_are_said_are_kept_and_too_few_are_refused():
    form = arranged(SONG, 4, 100.0, said=(8, 4, 2, 8, 4))
    assert [part.bars for part in form.parts if part.name in ("verse", "chorus", "solo")] == [8, 4, 2, 8, 4]
    with pytest.raises(InputError, match="structure: gives verse 1 bars for 2 lines"):
        arranged(SONG, 4, 100.0, bpm=100.0, said=(1, 4, 2, 8, 4))


def test_a_form_that_is_named_gets_no_other_sections():
    form = arranged(SONG, 4, 100.0, said=(0, 0, 0, 0, 0), seconds=70.0)
    assert [part.name for part in form.parts] == ["verse", "chorus", "solo", "verse", "chorus"]
    assert "intro" in [part.name for part in arranged(SONG, 4, 100.0, seconds=70.0).parts]


def test_a_longer_line_needs_more_bars():
    short, long = (parse_stanzas(text)[0].lines[0] for text in ("Go now", "word after word after word " * 4))
    assert line_bars(short, 100, 4) < line_bars(long, 100, 4)
    assert line_bars(long, 100, 4, hurried=True) <= line_bars(long, 100, 4)
