import copy
import json
from pathlib import Path
from typing import Any

import pytest

from soundstage.errors import InputError, MissingError
from soundstage.film.script import Script
from soundstage.film.writing.writer import write_script
from soundstage.render.scene import PLACES


@pytest.fixture
def data() -> dict[str, Any]:
    script = write_script("A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle.")
    made: dict[str, Any] = script.model_dump(mode="json")
    return made


def test_a_script_is_the_same_after_saving_and_loading(data: dict[str, Any], tmp_path: Path) -> None:
    script = Script.check(data)
    script.save(tmp_path / "script.json")
    assert Script.load(tmp_path / "script.json") == script
    assert [path.name for path in tmp_path.iterdir()] == ["script.json"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d["shots"][0].update(place="pub"), "shots.0.place"),
        (lambda d: d["shots"][0].update(seconds=0), "shots.0.seconds"),
        (lambda d: d["shots"][0]["actors"][0].update(character="nobody"), "shots.0.actors.0.character"),
        (lambda d: d["shots"][0]["actors"][0].update(action="sail"), "shots.0.actors.0.action"),
        (lambda d: d["shots"][0]["lines"][0].update(speaker="nobody"), "shots.0.lines.0.speaker"),
        (lambda d: d["shots"][0]["lines"][0].update(text="   "), "shots.0.lines.0.text"),
        (lambda d: d["shots"][1].update(id=d["shots"][0]["id"]), "shots"),
        (lambda d: d["shots"].clear(), "shots"),
        (lambda d: d["bible"].update(seconds=float("nan")), "bible.seconds"),
        (lambda d: d["bible"].update(mod="gentle"), "bible.mod"),
        (lambda d: d["bible"]["characters"][0].update(colour="beige"), "bible.characters.0.colour"),
        (lambda d: d["bible"]["characters"][0].update(id="narrator"), "bible.characters"),
        (lambda d: d.pop("music"), "music"),
        (lambda d: d.update(soundstage=2), "soundstage"),
    ],
)
def test_a_bad_script_is_refused_naming_the_field(data: dict[str, Any], change: Any, field: str) -> None:
    bad = copy.deepcopy(data)
    change(bad)
    with pytest.raises(InputError) as caught:
        Script.check(bad)
    assert caught.value.field.startswith(field), caught.value
    assert "\n" not in str(caught.value)


def test_what_is_not_a_script_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        Script.load(tmp_path / "none.json")
    for content in (b"not json", b"[1, 2]", b"\xff\xfe", b"[" * 100_000, b"null"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(InputError) as caught:
            Script.load(tmp_path / "bad.json")
        assert "\n" not in str(caught.value)


def test_the_schema_is_plain_json_that_lists_the_storybooks_words() -> None:
    schema = Script.json_schema()
    assert json.loads(json.dumps(schema)) == schema
    shot = schema["$defs"]["Shot"]
    assert tuple(shot["properties"]["place"]["enum"]) == PLACES
    assert shot["additionalProperties"] is False and {"id", "place"} <= set(shot["required"])
