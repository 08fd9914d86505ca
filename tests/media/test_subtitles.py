"""Subtitles: SRT and WebVTT there and back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError
from soundstage.media.subtitles import (
    SPEAKER,
    Cue,
    ass,
    lrc,
    parse_srt,
    parse_vtt,
    read_subtitles,
    srt,
    vtt,
    write_subtitles,
)

LETTERS = st.characters(whitelist_categories=("L", "N", "P", "S"), max_codepoint=0x2FFF)
LINES = st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=3)
TEXTS = LINES.map("\n".join).filter(lambda text: "-->" not in text and not SPEAKER.match(text))
NAMES = st.sampled_from([None, "Ada", "Old Whale", "Käpt’n"])


@st.composite
def cues(draw: st.DrawFn) -> Cue:
    start = draw(st.integers(0, 40_000_000))
    return Cue(start / 1000, (start + draw(st.integers(1, 100_000))) / 1000, draw(TEXTS), draw(NAMES))


@given(st.lists(cues(), max_size=5).map(tuple))
def test_srt_and_vtt_round_trips_are_the_identity(given_cues: tuple[Cue, ...]) -> None:
    assert parse_srt(srt(given_cues)) == given_cues
    assert parse_vtt(vtt(given_cues)) == given_cues


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_files_come_back_and_are_plain_unix_text(suffix: str, tmp_path: Path) -> None:
    written = (Cue(0.5, 1.25, "Hello & <you>", "Ada"), Cue(3661.001, 3662.0, "Later"))
    write_subtitles(written, tmp_path / f"a{suffix}")
    assert read_subtitles(tmp_path / f"a{suffix}") == written
    assert b"\r" not in (tmp_path / f"a{suffix}").read_bytes()


def test_the_srt_text_is_the_one_that_players_know() -> None:
    assert srt([Cue(3661.001, 3662.5, "Hi", "Ada")]) == "1\n01:01:01,001 --> 01:01:02,500\nAda: Hi\n"


def test_the_vtt_text_is_the_one_that_browsers_know() -> None:
    assert vtt([Cue(1, 2.5, "a < b", "Ada")]) == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ada>a &lt; b\n"


def test_foreign_files_are_understood() -> None:
    windows = "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nHo\r\n"
    assert [cue.text for cue in parse_srt(windows)] == ["Hi", "Ho"]
    notes = "WEBVTT - a title\n\nNOTE about\n\nSTYLE\n::cue {}\n\n"
    notes += "intro\n00:01.000 --> 00:02.000 align:start\n<b>Hi</b> <i>you</i>\n"
    assert parse_vtt(notes) == (Cue(1, 2, "Hi you"),)


def test_a_time_between_milliseconds_is_rounded_and_never_empty() -> None:
    assert Cue(1.0004, 1.00041, "a").rounded() == Cue(1.0, 1.001, "a")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cue(2, 1, "a"),
        lambda: Cue(-1, 1, "a"),
        lambda: Cue(0, 1, " "),
        lambda: Cue(0, 1, "a\n\nb"),
        lambda: Cue(0, 1, "a --> b"),
        lambda: parse_vtt("1\n00:00:01,000 --> 00:00:02,000\nHi"),
        lambda: parse_srt("1\n00:00:01 --> soon\nHi"),
        lambda: write_subtitles([], "a.sub"),
    ],
)
def test_bad_subtitles_are_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]


def test_a_missing_file_is_a_missing_error(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_subtitles(tmp_path / "a.srt")


def test_the_ass_text_names_the_actor_and_breaks_rows_its_own_way() -> None:
    made = ass([Cue(3661.004, 3662.5, "Hi {you}\nthere", "Ada, Ben")])
    assert made.splitlines()[-1] == r"Dialogue: 0,1:01:01.00,1:01:02.50,Default,Ada  Ben,Hi (you)\Nthere"
    assert made.startswith("[Script Info]\n") and "\n[Events]\n" in made


def test_the_lrc_text_has_a_line_a_cue_and_an_empty_one_before_a_rest() -> None:
    made = lrc([Cue(1, 2, "Hi", "Ada"), Cue(2.5, 3, "so\nlong"), Cue(65.25, 66, "Bye")])
    assert made == "[00:01.00]Ada: Hi\n[00:02.50]so long\n[00:03.00]\n[01:05.25]Bye\n[01:06.00]\n"


@pytest.mark.parametrize("suffix", [".ass", ".lrc"])
def test_ass_and_lrc_are_files_too(suffix: str, tmp_path: Path) -> None:
    write_subtitles([Cue(1, 2, "Hi")], tmp_path / f"a{suffix}")
    assert "Hi" in (tmp_path / f"a{suffix}").read_text("utf-8")
