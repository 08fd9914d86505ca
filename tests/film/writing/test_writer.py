import re

import pytest
from film_briefs import BRIEFS
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError
from soundstage.film.script import NARRATOR, Script
from soundstage.film.timing import FPS, card_frames
from soundstage.film.writing.brief import read_brief
from soundstage.film.writing.grammar import article
from soundstage.film.writing.prose import PLOTS, TEXTURES
from soundstage.film.writing.writer import WORDS_A_SECOND, write_script
from soundstage.render.scene import PLACES

DOUBLED = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
MEANT = {"had had", "that that", "look look", "wait wait"}


def narration(script: Script) -> list[str]:
    return [line.text for _, _, line in script.lines()]


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_any_brief_becomes_a_film_of_three_to_eight_shots_that_says_something(brief: str, seed: int) -> None:
    script = write_script(brief, seed=seed)
    assert Script.check(script.model_dump(mode="json")) == script
    assert 3 <= len(script.shots) <= 8
    assert all(shot.lines for shot in script.shots)
    assert any(line.speaker == NARRATOR for _, _, line in script.lines())


@pytest.mark.parametrize("brief", BRIEFS)
def test_the_planned_parts_add_up_to_the_asked_length(brief: str) -> None:
    script = write_script(brief)
    frames = round(script.bible.seconds * FPS)
    assert sum(round(shot.seconds * FPS) for shot in script.shots) + sum(card_frames(frames)) == frames


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_words_fit_the_time_and_leave_air(brief: str, seed: int) -> None:
    script = write_script(brief, seed=seed)
    words = sum(len(text.split()) for text in narration(script))
    assert words <= max(10.0, script.bible.seconds) * WORDS_A_SECOND
    assert words >= 0.8 * script.bible.seconds


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize("seed", range(5))
def test_the_prose_is_clean(brief: str, seed: int) -> None:
    for text in narration(write_script(brief, seed=seed)):
        own = set(re.findall(r"\w+", brief.lower()))
        assert not re.search(r"[{}@<>\[\]]|\bNone\b|  |\s[.,!?]|[.,!?]{2}|\bhe's he\b", text) or brief[0] == "{", text
        assert text[0].isupper() or not text[0].isalpha() or not text[0].isascii(), text
        assert text[-1] in ".!?", text
        for found in DOUBLED.finditer(text):
            assert found[0].lower() in MEANT or found[1].lower() in own, text
        for found in re.finditer(r"\b(an?) ([a-z][\w'-]*)", text):
            assert found[1] == article(found[2]), text
        assert not re.search(r"\bthe (?:a|an|the|some)\b|\b(?:a|an) (?:the|some|a|an)\b", text, re.IGNORECASE), text
        assert not re.search(r"\bthey was\b|\b(?:he|she|it) were\b", text, re.IGNORECASE), text


def test_no_sentence_is_said_twice_in_a_film() -> None:
    for brief in BRIEFS:
        texts = narration(write_script(brief, seconds=120))
        assert len(texts) == len(set(texts)), brief


def test_the_same_seed_writes_the_same_script_and_another_seed_another() -> None:
    brief = "A fox finds an old map. One minute."
    assert write_script(brief, seed=4) == write_script(brief, seed=4)
    assert len({write_script(brief, seed=seed).model_dump_json() for seed in range(6)}) == 6


def test_the_stories_of_many_seeds_differ_in_their_words() -> None:
    openings = {narration(write_script("A fox finds an old map.", seed=seed))[0] for seed in range(12)}
    assert len(openings) >= 5


def test_the_brief_is_told_in_its_own_words() -> None:
    script = write_script("A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle.")
    told = " ".join(narration(script)).lower()
    for words in ("lighthouse keeper", "cat", "found a stranded whale"):
        assert words in told
    assert {c.subject for c in script.bible.characters} == {"cat", "whale", "keeper"}
    assert {shot.place for shot in script.shots} <= {"lighthouse", "beach", "sea"}
    assert any(line.speaker != NARRATOR for _, _, line in script.lines())
    assert script.bible.seconds == 30 and script.bible.mood == "gentle"


def test_a_brief_with_two_happenings_tells_both() -> None:
    told = " ".join(narration(write_script("Two mice build a boat and sail to the moon. One minute.")))
    assert "built a boat" in told and "sailed to the moon" in told


def test_nobody_shares_a_voice_with_anybody_else() -> None:
    for brief in BRIEFS:
        script = write_script(brief)
        speakers = {line.speaker for _, _, line in script.lines()} - {NARRATOR}
        voices = [script.character(name).voice for name in speakers] + [script.bible.narrator]
        assert len(voices) == len(set(voices)), brief


def test_an_empty_brief_and_an_impossible_length_are_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="brief: is empty"):
        write_script("  \n ")
    with pytest.raises(InputError, match="seconds"):
        write_script("A cat. Ten minutes.")
    with pytest.raises(InputError, match="seconds"):
        write_script("A cat.", seconds=2)


def test_a_length_given_as_a_number_overrules_the_brief() -> None:
    assert write_script("A cat. One minute.", seconds=20).bible.seconds == 20


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_is_read_without_a_traceback(text: str) -> None:
    read_brief(text)
    if text.strip():
        try:
            write_script(text, seconds=20)
        except InputError:
            pytest.fail(f"refused {text!r}")


@pytest.mark.parametrize(
    "brief",
    [
        "a" * 4000,
        "why " + "oh why " * 500 + "?",
        "A cat finds " + "a very " * 600 + "old map.",
        "A cat wants to " + "fly and sing " * 300,
        "explain " + "supercalifragilistic" * 150,
        "the " * 1000,
        "A cat named " + "Bob " * 900 + "sleeps.",
    ],
)
def test_endless_briefs_are_told_in_one_breath_a_line(brief: str) -> None:
    script = write_script(brief[:4000])
    assert max(len(text) for text in narration(script)) < 300
    assert len(script.titles.title) < 120


def test_every_plot_has_an_opening_and_an_ending_that_any_story_can_use() -> None:
    for name, beats in PLOTS.items():
        assert beats[0].rank == beats[-1].rank == 1, name
        assert sorted(beat.rank for beat in beats)[2:] == list(range(2, len(beats))), name
        for beat in beats:
            free = [v for v in beat.variants if not v[0].startswith("@") or beat.name == "question"]
            assert free, f"{name}.{beat.name} fits no plain story"


def test_there_are_textures_for_every_place() -> None:
    assert set(TEXTURES) == set(PLACES)
