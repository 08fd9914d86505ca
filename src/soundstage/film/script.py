"""The script of a film: a bible (who, what it looks like, how long, in what mood) and its shots, lines, music, titles.

Notable: one pydantic model is the file format, the JSON schema for language models and the check of both. The words
for places, subjects, colours, actions and cameras are the storybook's own, because the video model was trained on
them; the lines are free.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from soundstage.errors import InputError, MissingError
from soundstage.render.scene import (
    ACTIONS,
    COLOURS,
    DIRECTIONS,
    MOVES,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
    actions_at,
    directions_of,
    times_at,
    weathers_at,
)

NARRATOR = "narrator"
SHORTEST, LONGEST = 8.0, 180.0
"""Seconds that a film may be planned to last."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Place = Literal[PLACES]  # type: ignore[valid-type]
Time = Literal[TIMES]  # type: ignore[valid-type]
Weather = Literal[WEATHERS]  # type: ignore[valid-type]
Subject = Literal[SUBJECTS]  # type: ignore[valid-type]
Colour = Literal[COLOURS]  # type: ignore[valid-type]
Action = Literal[ACTIONS]  # type: ignore[valid-type]
Direction = Literal[DIRECTIONS]  # type: ignore[valid-type]
Move = Literal[MOVES]  # type: ignore[valid-type]


class Part(BaseModel):
    """Base of all parts of a script: frozen, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Character(Part):
    """Someone in the film; `seed` fixes the look in every shot, `voice` the sound in every line."""

    id: Name
    name: Text = Field(description="What the narration calls the character: the cat")
    subject: Subject = Field(description="What is drawn")
    colour: Colour = "brown"
    appearance: str = Field(default="", max_length=400, description="For people: a sentence on looks and manner")
    voice: str = Field(default="clara", min_length=1, max_length=200, description="A voice that the speech model knows")
    pitch: float = Field(default=0.0, ge=-12, le=12, description="Semitones that the voice is raised")
    seed: int = Field(default=0, ge=0, lt=2**31)


class Actor(Part):
    """A character in a shot, and what it does there. `x` is its place at the shot's middle, in frame widths."""

    character: Name
    action: Action = "stand"
    direction: Direction = "still"
    x: float = Field(default=0.5, ge=0, le=1)
    size: float = Field(default=0.46, ge=0.1, le=1.2, description="Height in frame heights")
    facing: Literal["left", "right"] = "right"


class Line(Part):
    """Something said: by the narrator, or by a character. `pause` seconds follow it."""

    speaker: Name = NARRATOR
    text: Text
    pause: float = Field(default=0.3, ge=0, le=5)


class Shot(Part):
    """One picture with what is seen and said in it; it lasts `seconds`, or longer when its lines need that."""

    id: Name
    place: Place
    time: Time = "day"
    weather: Weather = "clear"
    actors: tuple[Actor, ...] = Field(default=(), max_length=4)
    camera: Move = "static"
    lines: tuple[Line, ...] = Field(default=(), max_length=12)
    seconds: float = Field(default=4.0, ge=1.0, le=60.0)


class MusicCue(Part):
    """The music under the whole film."""

    prompt: Text
    style: str = Field(default="", max_length=60)
    moods: tuple[str, ...] = ()
    bpm: int | None = Field(default=None, ge=40, le=200)
    key: str | None = Field(default=None, max_length=20)


class Titles(Part):
    """The words on the title card and on the end card; an empty end card is left out."""

    title: Text
    subtitle: str = Field(default="", max_length=120)
    end: str = Field(default="The End", max_length=120)


class Bible(Part):
    """What holds for every shot."""

    title: Text
    logline: Text
    look: str = Field(default="picture book", max_length=200)
    palette: tuple[str, ...] = ()
    mood: str = Field(default="gentle", max_length=40)
    seconds: float = Field(default=30.0, ge=SHORTEST, le=LONGEST, description="The planned length of the film")
    seed: int = Field(default=0, ge=0, lt=2**63)
    narrator: str = Field(default="ben", min_length=1, max_length=200, description="The narrator's voice")
    characters: tuple[Character, ...] = Field(default=(), max_length=8)


class Script(Part):
    """A whole film on paper."""

    soundstage: Literal[1] = 1
    brief: str = Field(default="", max_length=4000)
    bible: Bible
    shots: tuple[Shot, ...] = Field(min_length=1, max_length=40)
    music: MusicCue
    titles: Titles

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Names are known and unique, and everybody can do what they are asked to, where they are."""
        cast = {character.id: character for character in self.bible.characters}
        _unique("bible.characters", [character.id for character in self.bible.characters])
        _unique("shots", [shot.id for shot in self.shots])
        if NARRATOR in cast:
            raise InputError("bible.characters", f"{NARRATOR!r} is the narrator's own name", "choose another id")
        for index, shot in enumerate(self.shots):
            where = f"shots.{index}"
            _one_of(f"{where}.time", shot.time, times_at(shot.place), shot.place)
            _one_of(f"{where}.weather", shot.weather, weathers_at(shot.place), shot.place)
            for number, line in enumerate(shot.lines):
                _known(f"{where}.lines.{number}.speaker", line.speaker, [NARRATOR, *cast])
            _unique(f"{where}.actors", [actor.character for actor in shot.actors])
            for number, actor in enumerate(shot.actors):
                _known(f"{where}.actors.{number}.character", actor.character, list(cast))
                subject = cast[actor.character].subject
                can = actions_at(subject, shot.place)
                _one_of(f"{where}.actors.{number}.action", actor.action, can, f"a {subject} at the place {shot.place}")
                _one_of(
                    f"{where}.actors.{number}.direction",
                    actor.direction,
                    directions_of(subject, actor.action),
                    f"a {subject} that does {actor.action}",
                )
        return self

    def character(self, name: str) -> Character:
        """The character of that id. Raises KeyError when there is none."""
        return {character.id: character for character in self.bible.characters}[name]

    def lines(self) -> Iterator[tuple[Shot, int, Line]]:
        """Every line with its shot and its number there."""
        for shot in self.shots:
            for number, line in enumerate(shot.lines):
                yield shot, number, line

    def save(self, path: str | Path) -> None:
        """Write it as JSON, atomically."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, path: str | Path) -> Script:
        """Read a script file. Raises MissingError for no file, InputError naming the field for a bad one."""
        path = Path(path)
        if not path.is_file():
            raise MissingError(f"there is no script {path}", "give the path of a JSON file that soundstage film wrote")
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, OSError) as error:
            raise InputError("script", f"{path} cannot be read ({error})", "give a JSON file in UTF-8") from error

    @classmethod
    def parse(cls, text: str) -> Script:
        """Read a script from JSON text. Raises InputError naming the field."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                "script", f"is not JSON ({error})", "give one JSON object, see `Script.json_schema()`"
            ) from None
        return cls.check(data)

    @classmethod
    def check(cls, data: Any) -> Script:
        """A script of plain data. Raises InputError naming the first field that is wrong."""
        return checked(cls, data, "script")

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON schema of the file format."""
        return Script.model_json_schema()


Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], data: Any, where: str) -> Model:
    """Plain data as a model; pydantic's first complaint becomes one InputError with the path of the field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"]) or where
        given = repr(first.get("input"))
        given = given if len(given) <= 60 else given[:59] + "…"
        raise InputError(path, f"{given}: {first['msg']}", "change it; the schema is `Script.json_schema()`") from None


def _unique(where: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(where, f"{name!r} is there twice", "give each its own name")


def _known(where: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise InputError(where, f"{name!r} is nobody in this film", f"use one of: {', '.join(names)}")


def _one_of(where: str, word: str, words: tuple[str, ...], who: str) -> None:
    if word not in words:
        able = ", ".join(words) if words else "nothing; leave it out of this shot"
        raise InputError(where, f"{word!r} does not fit {who}", f"use one of: {able}")
