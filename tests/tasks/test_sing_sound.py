"""A singer in a song: whose voice it is, and what is told and marked when that is cloned."""

import numpy as np

from soundstage.media import Audio, Note, Score, Track, Voice
from soundstage.media.watermark import find
from soundstage.tasks.sing_sound import Singer, again, joined, stem_of

NOTES = tuple(
    Note(45 + pitch, 1.0 + 2.0 * index, 1.9, 85, word)
    for index, (pitch, word) in enumerate(
        zip((0, 2, 4, 5, 4, 2), ("moon", "and", "star", "a-", "bove", "me"), strict=True)
    )
)
SCORE = Score(
    bpm=100, metre=(4, 4), key="A minor", bars=4, sections=(), chords=(), tracks=(Track("voice", NOTES, "voice"),)
)
CLONE = Voice(
    reference=Audio(0.1 * np.random.default_rng(0).standard_normal((1, 24_000)).astype(np.float32), 24_000),
    consent="I am the speaker and agree to it.", label="me",
)  # fmt: skip


def singer(voice: Voice | None) -> Singer:
    return Singer(model="starter/voice", voice=voice, manner="plain", words=None, watermark=True, seed=0)


def test_a_cloned_voice_is_marked_and_its_statement_is_kept():
    sung = singer(CLONE).sing(SCORE.tracks[0], SCORE)
    stem = stem_of(sung, 32_000, 32_000 * 9)
    assert find(Audio(stem, 32_000)).marked
    song = singer(CLONE).song(("Moon and star above me",), (5,), sung)
    made = joined({"voice": stem}, 32_000, SCORE, 9.0, song)
    assert made.statements == ("I am the speaker and agree to it.",)
    assert made.traits == {"voice": "me", "consent": "I am the speaker and agree to it."}


def test_a_voice_of_the_model_is_neither_marked_nor_told_of():
    sung = singer(Voice.named("ada")).sing(SCORE.tracks[0], SCORE)
    stem = stem_of(sung, 32_000, 32_000 * 9)
    assert not find(Audio(stem, 32_000)).marked
    song = singer(Voice.named("ada")).song(("Moon and star above me",), (5,), sung)
    made = joined({"voice": stem}, 32_000, SCORE, 9.0, song)
    assert made.traits == {}
    back = again(made.stems["voice"])
    scale = float(np.vdot(back, stem) / np.vdot(stem, stem))
    assert 0.7 < scale < 1.4
