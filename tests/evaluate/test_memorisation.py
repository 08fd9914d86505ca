"""Copying is found whatever its key and tempo, and rules that are shared are not copying."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.evaluate.memorisation import Runs, composed, corpus_of, hashed, melodies, melody_steps, nearest, rows
from soundstage.evaluate.prompts import progressions, prompts, spelled
from soundstage.media import Note, Score, Track
from soundstage.score.progression import parse_progression
from soundstage.score.theory import Key, parse_key
from soundstage.tasks.compose_plan import Wishes


def melody(pitches: list[int], step: float = 0.5) -> Track:
    return Track("flute", tuple(Note(p, i * step, step, 90) for i, p in enumerate(pitches)), "lead")


def piece(pitches: list[int], key: str = "C major") -> Score:
    return Score(100.0, (4, 4), key, 8, (), (), (melody(pitches),))


TUNE = np.random.default_rng(0).integers(60, 80, 64).tolist()
OTHER = np.random.default_rng(1).integers(60, 80, 64).tolist()


def test_a_melody_moved_to_another_key_has_the_same_steps() -> None:
    assert np.array_equal(melody_steps(melody(TUNE)), melody_steps(melody([p + 5 for p in TUNE])))
    assert not np.array_equal(melody_steps(melody(TUNE)), melody_steps(melody(TUNE, 1.0)))


def test_the_longest_copied_run_is_counted_in_notes() -> None:
    runs = Runs(corpus_of([piece(TUNE), piece(OTHER)]).steps)
    mixed = [*[p + 3 for p in TUNE[10:31]], 90, 60, *OTHER[:9]]
    assert runs.longest(melody_steps(melody(mixed))) == 21
    assert runs.longest(melody_steps(melody(TUNE))) == 64
    assert runs.longest(melody_steps(melody([60, 75, 61, 78]))) < 4


def test_a_run_does_not_go_on_from_one_melody_to_the_next() -> None:
    runs = Runs(corpus_of([piece(TUNE[:12]), piece(TUNE[12:24])]).steps)
    assert runs.longest(melody_steps(melody(TUNE[:24]))) == 12
    assert len(hashed(np.array([3, 0, 4], np.uint64), 2)) == 0


def test_four_copied_bars_are_found_in_any_key() -> None:
    corpus = corpus_of([piece(TUNE)])
    assert nearest(piece([p + 2 for p in TUNE], "D major"), corpus) == pytest.approx(1, abs=1e-5)
    assert nearest(piece(OTHER), corpus) < 0.8


def test_held_out_pieces_are_no_copies_and_training_pieces_are() -> None:
    corpus = corpus_of(composed(1, "train", 40))
    train, held = list(composed(1, "train", 6)), list(composed(2, "test", 6))
    table = {row.name: row for row in rows(train, held, corpus)}
    assert table["melody that is such a run"].value == pytest.approx(100)
    assert table["melody that is such a run"].ceiling is not None
    assert table["melody that is such a run"].ceiling < 80
    assert table["pieces with four copied bars"].value == 100
    assert table["pieces with four copied bars"].ceiling == 0
    with pytest.raises(InputError, match="melody"):
        rows([replace(train[0], tracks=())], held, corpus)


def test_a_score_without_roles_is_judged_by_its_busiest_part() -> None:
    score = next(composed(1, "train", 1))
    bare = replace(score, tracks=tuple(replace(track, role="") for track in score.tracks))
    assert len(melodies(bare)) == 1


def test_prompts_ask_for_what_can_be_had_in_many_ways() -> None:
    wanted = list(islice(prompts(0), 60))
    assert all(5 <= one.seconds <= 30 for one in wanted)
    for field, least in (("bpm", 20), ("key", 20), ("chords", 10), ("instruments", 10)):
        assert least <= sum(one.fields[field] is not None for one in wanted) < 60, field
    for one in wanted:
        Wishes(**one.fields | {"instruments": tuple(one.instruments or ()) or None}).check(one.prompt)
        if one.chords is not None:
            assert parse_progression(one.chords) and one.key is not None and parse_key(one.key)


def test_progressions_are_spelled_in_their_key() -> None:
    assert progressions("minor") and progressions("major")
    assert spelled("i VI,VII iv", Key(9, "minor")) == "Am | F G | Dm"
