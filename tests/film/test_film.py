import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import opentimelineio as otio
import pytest
from film_crew import CALLS, CREW

from soundstage import runtime
from soundstage.errors import InputError, MissingError
from soundstage.film.film import Film, code_digest, film, make, recipe, whole
from soundstage.film.report import measure
from soundstage.film.script import Script
from soundstage.film.storyboard import house_crew
from soundstage.film.writing.writer import write_script
from soundstage.graph.document import loads
from soundstage.media.provenance import read_provenance
from soundstage.media.subtitles import read_subtitles

BRIEF = "A cat finds a lost bird. Nine seconds."
SIDE = 64


def short() -> Script:
    return write_script(BRIEF)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Path]:
    """One film for all who only look at it."""
    folder = tmp_path_factory.mktemp("film")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_CACHE", str(folder / "cache"))
        film_made = make(short(), CREW, size=SIDE)
    film_made.save(folder / "film.mp4")
    return film_made, folder


def changed(script: Script, change: Callable[[dict], None]) -> Script:  # type: ignore[type-arg]
    data = script.model_dump(mode="json")
    change(data)
    return Script.check(data)


def test_picture_and_sound_end_together_and_the_promises_hold(made: tuple[Film, Path]) -> None:
    report = measure(made[1] / "film.mp4")
    assert report.end_difference <= 1 / 24
    assert report.video_end == pytest.approx(made[0].seconds)
    assert abs(report.loudness + 16) <= 1 and report.peak <= -0.95
    assert report.speech_over_music >= 6
    assert report.cue_error <= 0.08 and report.cues == len(made[0].cues) > 0
    assert [fault for fault in report.faults() if "small" not in fault] == []


def test_the_file_says_what_it_is_and_how_to_make_it_again(made: tuple[Film, Path]) -> None:
    found = read_provenance(made[1] / "film.mp4")
    assert found is not None and found.task == "film" and found.prompt == BRIEF
    assert found.extra["draft"] is False
    assert found.graph is not None
    inputs = found.graph["nodes"]["film"]["inputs"]
    assert Script.check(inputs["script"]) == made[0].script
    assert loads(json.dumps(found.graph)).nodes["film"].task is film.task


def test_the_file_names_the_models_that_made_it_and_their_licence() -> None:
    facts = recipe(short(), house_crew(), draft=False, size=SIDE, burn=False)
    found = runtime.provenance("film", graph=json.loads(facts.pop("graph")), **facts)
    assert (found.model, found.licence) == ("starter/voice, starter/music, starter/video", "Apache-2.0")
    assert recipe(short(), house_crew(), draft=True, size=SIDE, burn=False)["model"] == "starter/voice, starter/music"


def test_everything_that_an_editor_needs_lies_beside_the_film(made: tuple[Film, Path]) -> None:
    folder, parts = made[1], made[1] / "film.parts"
    assert Script.load(parts / "script.json") == made[0].script
    assert read_subtitles(folder / "film.srt") == read_subtitles(parts / "subtitles.vtt") == made[0].cues
    assert [c.text for c in read_subtitles(folder / "film.mp4")] == [c.text for c in made[0].cues]
    assert {path.name for path in (parts / "stems").iterdir()} == {"mix.wav", "music.wav", "speech.wav"}
    assert len(list((parts / "lines").iterdir())) == len(list(made[0].script.lines()))
    assert len(loads((parts / "graph.json").read_text()).nodes) > 5
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_the_timeline_has_exact_times_and_its_media_exist(made: tuple[Film, Path]) -> None:
    parts = made[1] / "film.parts"
    timeline = otio.adapters.read_from_file(str(parts / "timeline.otio"))
    picture, speech, music = timeline.tracks
    assert [track.kind for track in timeline.tracks] == ["Video", "Audio", "Audio"]
    frames = [int(clip.duration().value) for clip in picture]
    assert sum(frames) == made[0].cut.frames and frames[0] == made[0].cut.title
    assert music.duration().to_seconds() == pytest.approx(made[0].cut.seconds)
    for clip in timeline.find_clips():
        assert (parts / clip.media_reference.target_url).exists()
    starts = [speech.range_of_child(clip).start_time.to_seconds() for clip in speech.find_clips()]
    assert starts == pytest.approx(made[0].cut.line_starts(), abs=1e-4)


def test_shots_fade_into_each_other_and_the_film_begins_and_ends_in_black(made: tuple[Film, Path]) -> None:
    with av.open(str(made[1] / "film.mp4")) as container:
        means = np.array([frame.to_ndarray(format="rgb24").mean() for frame in container.decode(video=0)])
    assert len(means) == made[0].cut.frames
    assert means[0] < 12 and means[-1] < 12 and means[20:-20].min() > 12


def test_a_film_is_the_same_after_storing_and_restoring(made: tuple[Film, Path], tmp_path: Path) -> None:
    made[0].store(tmp_path)
    again = Film.restore(tmp_path)
    assert again.master.data == made[0].master.data
    assert (again.script, again.cues, again.cut, again.draft) == (made[0].script, made[0].cues, made[0].cut, False)
    assert again.lines == made[0].lines


def test_a_film_made_again_computes_nothing(own_cache: Path) -> None:
    first = make(short(), CREW, size=SIDE)
    CALLS.clear()
    assert make(short(), CREW, size=SIDE).master.data == first.master.data
    assert CALLS == []


def test_a_changed_line_re_runs_that_line_and_no_picture(own_cache: Path) -> None:
    before = make(short(), CREW, size=SIDE)
    CALLS.clear()
    script = changed(short(), lambda data: data["shots"][0]["lines"][0].update(text="A short line."))
    after = make(script, CREW, size=SIDE)
    assert after.cut.frames == before.cut.frames
    assert CALLS == ["speak A short line."]


def test_a_line_that_grows_re_shoots_its_own_picture_only(own_cache: Path) -> None:
    before = make(short(), CREW, size=SIDE)
    CALLS.clear()
    text = "This line is a great deal longer than the one that was there before, so its shot must grow."
    script = changed(short(), lambda data: data["shots"][1]["lines"][0].update(text=text))
    after = make(script, CREW, size=SIDE)
    assert after.cut.frames > before.cut.frames
    assert sorted(call.split()[0] for call in CALLS) == ["compose", "shoot", "speak"]
    assert [shot.frames for shot in after.cut.shots][::2] == [shot.frames for shot in before.cut.shots][::2]


def test_other_music_re_runs_no_line_and_no_picture(own_cache: Path) -> None:
    make(short(), CREW, size=SIDE)
    CALLS.clear()
    make(changed(short(), lambda data: data["music"].update(prompt="wild drums")), CREW, size=SIDE)
    assert [call.split()[0] for call in CALLS] == ["compose"]


def test_a_draft_is_drawn_and_says_so(own_cache: Path, tmp_path: Path) -> None:
    CALLS.clear()
    draft = make(short(), CREW, draft=True, size=SIDE)
    assert draft.draft and not any(call.startswith("shoot") for call in CALLS)
    draft.save(tmp_path / "draft.mp4")
    found = read_provenance(tmp_path / "draft.mp4")
    assert found is not None and found.extra["draft"] is True and "animatic" in found.extra["pictures"]


def test_burned_subtitles_change_the_picture_only_while_somebody_speaks(own_cache: Path, tmp_path: Path) -> None:
    plain, burned = make(short(), CREW, size=SIDE), make(short(), CREW, size=SIDE, burn=True)
    cue = plain.cues[0]
    middle, silent = round((cue.start + cue.end) / 2 * 24), 10
    one, two = list(plain.master.frames()), list(burned.master.frames())
    lower = slice(SIDE * 2 // 3, SIDE)
    assert np.abs(one[middle][lower].astype(int) - two[middle][lower]).max() > 100
    assert np.abs(one[silent].astype(int) - two[silent]).mean() < 2


def test_the_digest_of_the_program_is_stable_and_the_whole_film_is_a_node() -> None:
    assert code_digest() == code_digest() and len(code_digest()) == 64
    assert {port.name for port in whole.task.models} == {"voice_model", "music_model", "video_model"}


def test_bad_wishes_are_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match="brief"):
        film("")
    with pytest.raises(InputError, match="size"):
        film("A cat.", size=513)
    with pytest.raises(InputError, match="seconds"):
        film(script=short(), seconds=20)
    with pytest.raises(MissingError):
        measure("no-such-film.mp4")
