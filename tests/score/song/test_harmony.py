import numpy as np
import pytest

from soundstage.score.song.harmony import progressions
from soundstage.score.structure import parse_structure
from soundstage.score.theory import MODES, QUALITIES, parse_key, spelled

PARTS = parse_structure(["intro 4, verse 8, chorus 8, verse 8, bridge 4, chorus 8"])


@pytest.mark.parametrize("mode", MODES)
def test_every_bar_has_a_chord_and_sections_return_with_theirs(mode):
    bars = progressions(PARTS, mode, "rock", np.random.default_rng(1))
    assert len(bars) == 40
    assert bars[4:12] == bars[20:28]  # verses
    assert bars[12:20] == bars[32:40]  # choruses
    assert bars[4:8] != bars[12:16] != bars[28:32]
    for (chord,) in bars:
        assert {-1, *range(13)} >= set(spelled(mode, chord))


def test_a_bridge_more_changes_no_other_section():
    short = parse_structure(["intro 4, verse 8, chorus 8"])
    assert progressions(short, "minor", "rock", np.random.default_rng(2)) == progressions(
        PARTS, "minor", "rock", np.random.default_rng(2))[:20]  # fmt: skip


def test_jazz_has_sevenths_and_seeds_differ():
    bars = progressions(PARTS, "major", "jazz", np.random.default_rng(0))
    assert all(len(QUALITIES[chord.quality]) == 4 for (chord,) in bars)
    key = parse_key("C major")
    assert len({tuple(c.name(key) for (c,) in progressions(PARTS, "major", "rock", np.random.default_rng(seed)))
                for seed in range(8)}) > 3  # fmt: skip
