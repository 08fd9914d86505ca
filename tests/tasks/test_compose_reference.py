"""What a reference adds to wishes, and what goes before it."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Note, Score, Track
from soundstage.score import synth
from soundstage.score.theory import Key
from soundstage.tasks.compose_plan import Wishes
from soundstage.tasks.compose_reference import like, nearest

RATE = 16_000


@pytest.fixture(scope="module")
def band() -> Audio:
    """Three bars of drums and organ in G major at 100."""
    beat = [Note(36 if s % 4 == 0 else 38 if s % 4 == 2 else 42, s / 2, 0.25, 110) for s in range(24)]
    roots = ((67, 71, 74), (60, 64, 67), (62, 66, 69))
    chords = [Note(pitch, 4.0 * bar, 3.8, 70) for bar, shape in enumerate(roots) for pitch in shape]
    score = Score(100, (4, 4), "G major", 3, (), (), (Track("drums", tuple(beat)), Track("organ", tuple(chords))))
    return Audio(np.asarray(sum(synth.play(score, 7 * RATE, RATE, 0).values()), np.float32), RATE)


def test_tempo_key_and_style_are_wished_for_where_nothing_is_said(band: Audio) -> None:
    wishes, heard = like(band, "", Wishes(), "starter/music")
    assert wishes.bpm == pytest.approx(100, rel=0.02)
    assert wishes.key == "G major"
    assert wishes.style is not None and f"most like {wishes.style}" in heard
    assert heard.startswith("reference: ") and ", drums, " in heard


def test_fields_and_words_go_before_it(band: Audio) -> None:
    said = Wishes(bpm=70.0, key="A minor", style="jazz")
    assert like(band, "", said, "starter/music")[0] == said
    wishes, _ = like(band, "a waltz in D minor at 90 bpm", Wishes(), "starter/music")
    assert (wishes.bpm, wishes.key, wishes.style) == (None, None, None)
    assert like(band, "something", Wishes(), "starter/music")[0].style is None


def test_styles_are_told_by_tempo_drums_and_players() -> None:
    assert nearest(124.0, Key(9, "minor"), True, {"synth lead": 0.5, "piano": 0.4}).name == "house"
    assert nearest(72.0, Key(0, "major"), False, {"music box": 0.8}).name == "lullaby"
    assert nearest(140.0, Key(5, "major"), True, {"saxophone": 0.7, "piano": 0.2}).name == "jazz"


@pytest.mark.parametrize(
    ("sound", "message"),
    [(Audio.silence(5.0, 8000), "reference: is silent"), (Audio.silence(1.0, 8000), r"reference: lasts 1\.0 s")],
)
def test_silence_and_moments_are_refused(sound: Audio, message: str) -> None:
    with pytest.raises(InputError, match=message):
        like(sound, "", Wishes(), "starter/music")
