import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.evaluate.similarity import calibrate, equal_error, identified, similarity


def people(spread: float) -> list[list[np.ndarray]]:
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((6, 32))
    return [[centre + spread * generator.standard_normal(32) for _ in range(3)] for centre in centres]


def test_speakers_that_stand_apart_are_told_apart() -> None:
    level = calibrate(people(0.1))
    assert level.equal_error == 0
    assert level.same > 0.95 > 0.5 > level.different


def test_noise_makes_the_equal_error_rate_grow() -> None:
    assert calibrate(people(3.0)).equal_error > 0.2


def test_similarity_knows_no_length() -> None:
    a = np.array([1.0, 2.0], np.float32)
    assert similarity(a, 5 * a) == pytest.approx(1.0)


def test_equal_error_of_swapped_scores_is_everything() -> None:
    assert equal_error([0.1, 0.2], [0.8, 0.9]) == 1


def test_a_probe_is_identified_by_its_nearest_owner() -> None:
    each = people(0.1)
    assert identified([one[0] for one in each], [one[1] for one in each]) == 1
    assert identified([each[0][0], each[0][1]], [each[0][2], each[1][0]]) == 0.5


def test_too_few_speakers_cannot_be_calibrated() -> None:
    with pytest.raises(InputError, match="too few"):
        calibrate([[np.ones(3, np.float32)]])
