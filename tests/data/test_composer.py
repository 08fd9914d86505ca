from itertools import islice

import numpy as np
import pytest

from soundstage.data import composer_patterns as patterns
from soundstage.data.composer import sheets
from soundstage.data.composer_captions import MOODS, caption
from soundstage.data.composer_partials import harmonic_cents, strongest_peaks
from soundstage.data.composer_plan import held_out
from soundstage.data.composer_render import available, render_music
from soundstage.score.sheet import bar_length
from soundstage.score.styles import DOUBLE_MEANINGS, STYLE_NAMES, STYLES
from soundstage.score.theory import parse_numeral


def test_the_same_seed_composes_the_same():
    assert list(islice(sheets(3), 5)) == list(islice(sheets(3), 5))
    assert list(islice(sheets(3), 5)) != list(islice(sheets(4), 5))


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_every_style_writes_bars_that_are_full_and_in_bounds(style):
    for sheet in islice(sheets(1, "train", style), 4):
        size = bar_length(sheet.metre)
        assert sheet.bars[-1].section == "end"
        assert sheet.bars[-1].chords[0][1].degree == 0
        for bar in sheet.bars:
            for role, events in bar.parts.items():
                assert list(events) == sorted(events)
                assert all(0 <= e.position < size for e in events)
                assert role == "drums" or all(e.position + e.length <= size and min(e.pitches) >= 0 for e in events)


def test_melodies_sing_on_chord_tones_on_the_beat():
    strong = right = 0
    for sheet in islice(sheets(7), 40):
        for bar in sheet.bars:
            for event in bar.parts.get("lead", ()):
                if event.position == 0:
                    strong += 1
                    tones = {tone % 7 for tone in bar.harmony_at(0).tones}
                    right += event.pitches[0] % 7 in tones
    assert strong > 100
    assert right / strong > 0.97


def test_test_pieces_share_no_progression_with_training_where_a_style_has_enough():
    for style in STYLES:
        idiom = patterns.IDIOMS[style.name]
        for mode, known in idiom.progressions.items():
            assert mode in style.modes
            assert all(parse_numeral(n) for text in known for bar in text.split() for n in bar.split(","))
    kept = [p for idiom in patterns.IDIOMS.values() for known in idiom.progressions.values() for p in known]
    assert 0.03 < np.mean([held_out(text) for text in kept]) < 0.3


def test_captions_say_what_they_mean():
    rng = np.random.default_rng(0)
    for _ in range(200):
        text, wish = caption(rng)
        assert text.strip()
        assert "{" not in text
        style = next(s for s in STYLES if s.name == STYLE_NAMES[wish.style])
        named = [s.name for s in STYLES if s.name in text.lower() and s.name not in DOUBLE_MEANINGS]
        assert not named or style.name in named or any(alias in text.lower() for alias in style.aliases)
    assert {"gentle", "tense", "joyful", "sad", "adventurous", "mysterious", "playful", "calm", "triumphant"} <= set(
        MOODS
    )


def test_stiff_strings_are_measured():
    rate, f0, stiffness = 32_000, 110.0, 4e-4
    t = np.arange(rate) / rate
    order = np.arange(1, 25)
    true = f0 * order * np.sqrt(1 + stiffness * order**2)
    wave = sum(np.sin(2 * np.pi * hz * t + k) / (k + 1) for k, hz in enumerate(true)).astype(np.float32)
    cents = harmonic_cents(wave, f0, 30, rate)
    assert np.abs(cents[:24] - 1200 * np.log2(true / (f0 * order))).max() < 1.0
    assert np.all(np.diff(cents[20:]) > 0)


def test_modes_of_a_drum_are_its_strongest_peaks():
    rate = 32_000
    t = np.arange(rate) / rate
    wave = sum(np.sin(2 * np.pi * hz * t) * np.exp(-6 * t) for hz in (92.0, 147.0, 331.0)).astype(np.float32)
    assert np.allclose(strongest_peaks(wave, 3, rate), [92, 147, 331], atol=1.0)


@pytest.mark.slow
@pytest.mark.skipif(not available(), reason="FluidSynth or its font is not installed")
def test_a_real_render_has_its_stems_and_its_length():
    sheet = next(sheets(2, "test", "piano ballad"))
    music = render_music(sheet)
    assert set(music.stems) == {name for _, name in sheet.roster}
    assert music.score is not None
    assert music.mix.seconds == pytest.approx(music.score.seconds + 1.5, abs=1e-3)
