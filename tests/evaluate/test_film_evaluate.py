from fractions import Fraction

import pytest

from soundstage.errors import MissingError
from soundstage.evaluate.film import evaluate, table
from soundstage.evaluate.intelligibility import Errors
from soundstage.film.report import Report, cue_error
from soundstage.media.subtitles import Cue


def report(**changes: float) -> Report:
    good = {
        "video_end": 30.0,
        "audio_end": 30.0,
        "loudness": -16.1,
        "peak": -1.4,
        "speech_over_music": 12.0,
        "cue_error": 0.03,
    }
    return Report(width=512, height=512, fps=Fraction(24), cues=5, **(good | changes))  # type: ignore[arg-type]


def test_the_table_shows_the_worst_film_of_all() -> None:
    films = [report(), report(audio_end=30.02, speech_over_music=7.0, loudness=-15.5, cue_error=0.05)]
    made = table(films, [], title="two films")
    assert made["ends apart"].value == pytest.approx(20)
    assert made["speech over music"].value == 7.0
    assert made["off the loudness"].value == pytest.approx(0.5)
    assert made["cue error"].value == pytest.approx(50)
    assert made["promises broken"].value == 0


def test_every_broken_promise_is_counted_and_named() -> None:
    bad = report(audio_end=29.0, loudness=-12.0, peak=0.3, speech_over_music=3.0, cue_error=0.2)
    assert len(bad.faults()) == 5
    assert "speech only 3.0 dB" in table([bad], [], title="bad")["promises broken"].note
    assert report().faults() == []


def test_words_are_counted_over_all_films() -> None:
    alone = Errors(word_errors=1, words=10, character_errors=0, characters=0)
    mixed = Errors(word_errors=3, words=10, character_errors=0, characters=0)
    row = table([report()], [(alone, mixed), (alone, mixed)], title="words")["word errors in the mix"]
    assert (row.value, row.ceiling, row.count) == (pytest.approx(30), pytest.approx(10), 20)


def test_a_cue_far_from_its_line_is_measured_and_a_line_without_cues_is_infinitely_wrong() -> None:
    cues = (Cue(1.0, 2.0, "one"), Cue(2.0, 3.1, "two"), Cue(5.05, 6.0, "three"))
    assert cue_error(cues, [(1.0, 3.0), (5.0, 6.0)]) == pytest.approx(0.1)
    assert cue_error(cues, [(8.0, 9.0)]) == float("inf")
    assert cue_error((), []) == 0


def test_a_film_that_is_not_there_is_missing() -> None:
    with pytest.raises(MissingError):
        evaluate("no-such-film.mp4")
