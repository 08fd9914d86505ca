"""A hummed melody to music, by our synthesis: the melody is kept to the note and the rest is the writer's."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Music, Note, Score, Track
from soundstage.score import synth
from soundstage.tasks.hum import hum

TUNE = (64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 62, 60, 60)
LENGTHS = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5, 0.5, 2)


def recording(bpm: float = 120.0, moved: int = 2, rate: int = 16_000) -> Audio:
    """The tune on a violin, one note at a time."""
    starts = np.concatenate(([0.0], np.cumsum(LENGTHS)[:-1]))
    notes = [Note(p + moved, float(s), 0.9 * n, 90) for p, s, n in zip(TUNE, starts, LENGTHS, strict=True)]
    score = Score(bpm, (4, 4), "C major", 4, (), (), (Track("violin", tuple(notes)),))
    return Audio(synth.play(score, round((score.seconds + 0.3) * rate), rate, 0)["violin"], rate)


@pytest.fixture(scope="module")
def music() -> Music:
    return hum(recording(), style="folk", instruments=["flute", "piano", "acoustic bass"], player="synth", seed=4)


@pytest.mark.slow
def test_the_lead_is_the_melody_in_pitch_and_time(music: Music) -> None:
    lead = next(track for track in music.score.tracks if track.role == "lead")
    off = {note.pitch - pitch - 2 for note, pitch in zip(lead.notes, TUNE, strict=False)}
    assert len(off) == 1 and off.pop() % 12 == 0
    starts = np.concatenate(([0.0], np.cumsum(LENGTHS)[:-1])) * 60 / 120
    assert len(lead.notes) == len(TUNE)
    found = [music.score.seconds_at(note.start) for note in lead.notes]
    assert np.abs(np.array(found) - starts).max() < 0.06


@pytest.mark.slow
def test_tempo_key_and_line_up_are_those_of_the_melody_and_the_wish(music: Music) -> None:
    assert music.score.bpm == pytest.approx(120, rel=0.01)
    assert music.score.key == "D major"
    assert set(music.stems) == {"flute", "piano", "acoustic bass"}
    assert music.score.sections[-1].name == "end"
    assert music.remarks[0].startswith("heard 15 notes at ")
    assert {track.role for track in music.score.tracks} > {"lead", "bass"}


@pytest.mark.slow
def test_the_lead_is_heard_in_its_stem(music: Music) -> None:
    from soundstage.media.hummed import hummed

    heard = [tone.pitch % 12 for tone in hummed(music.stems["flute"]).tones]
    assert len(set(heard) & {(pitch + 2) % 12 for pitch in TUNE}) == len(set(TUNE))


NOISE = Audio(np.random.default_rng(0).normal(0, 0.1, (2, 48_000)).astype(np.float32), 16_000)


@pytest.mark.parametrize(
    ("audio", "fields", "message"),
    [
        (Audio.silence(2.0, 8000), {}, "audio: is silent"),
        (NOISE, {}, "audio: holds no melody"),
        (recording().cut(0.0, 0.45), {}, "audio: holds a single note|audio: is shorter"),
        (recording(rate=8000).cut(0.0, 1.4), {"bpm": 120.0, "metre": "4/4"}, "audio: is shorter than a bar"),
        (recording(), {"style": "polka"}, "style: 'polka'"),
        (recording(), {"key": "H"}, "key: 'H'"),
    ],
)
def test_what_holds_no_melody_is_refused_before_a_model_is_asked(audio, fields, message, monkeypatch) -> None:
    monkeypatch.setattr("soundstage.runtime.use", lambda *_: pytest.fail("a model was asked for"))
    with pytest.raises(InputError, match=message):
        hum(audio, **fields)
