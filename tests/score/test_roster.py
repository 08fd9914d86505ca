import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.score.instruments import NAMES, instrument, mentioned
from soundstage.score.roster import SKILLS, roster
from soundstage.score.styles import BY_STYLE, STYLES, style_named


def test_every_instrument_has_a_place_in_every_style():
    rng = np.random.default_rng(0)
    for style in STYLES:
        for name in NAMES:
            assert name in [player for _, player in roster(style, (name,), exact=True, generator=rng)]
            assert name in [player for _, player in roster(style, (name,), exact=False, generator=rng)]


def test_an_exact_line_up_is_kept():
    players = roster(
        BY_STYLE["jazz"], ("flute", "violin", "trumpet", "piano"), exact=True, generator=np.random.default_rng(1)
    )
    assert sorted(name for _, name in players) == ["flute", "piano", "trumpet", "violin"]


def test_a_pianist_alone_has_two_hands():
    players = roster(BY_STYLE["piano ballad"], ("piano",), exact=True, generator=np.random.default_rng(1))
    assert len(players) == 2
    assert {name for _, name in players} == {"piano"}


def test_two_basses_are_refused_with_the_reason():
    with pytest.raises(InputError, match=r"instruments: .*bass.*leave one of them out"):
        roster(BY_STYLE["rock"], ("electric bass", "synth bass"), exact=True, generator=np.random.default_rng(1))


def test_names_and_aliases_are_found_in_text_the_longest_first():
    assert mentioned("lo-fi with rhodes, bass guitar and a soft sax") == (
        "electric piano",
        "electric bass",
        "saxophone",
    )
    assert instrument("Acoustic Guitar").name == "steel guitar"
    assert style_named("8-bit").name == "chiptune"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match=r"instruments: 'kazoo'.*piano"):
        instrument("kazoo")
    with pytest.raises(InputError, match=r"style: 'polka'.*waltz"):
        style_named("polka")


def test_every_instrument_has_skills():
    assert set(SKILLS) == set(NAMES)
