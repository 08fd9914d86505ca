"""Who says what: a text to turns, their speakers to voices, and each turn to the sentences of a model.

Notable: names are given voices in this order: the mapping that the user wrote, the model's own voice of that name, the
voice that the user saved under it, and else the first of the model's voices that nobody has yet. What came of it stands
in `Speech.cast`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from soundstage import runtime
from soundstage.errors import InputError, SoundstageError
from soundstage.graph.literal import from_literal
from soundstage.media import Voice, voice_shelf
from soundstage.tasks.said import Manner
from soundstage.text import ssml
from soundstage.text.lexicon import Pronunciations
from soundstage.text.phonemes import Spoken
from soundstage.text.turns import Turn, dialogue
from soundstage.weights import card_of

if TYPE_CHECKING:
    from soundstage.tasks.speak_engines import SpeechEngine


@dataclass(frozen=True)
class Line:
    """A sentence, the name shown for its speaker, what the model knows the voice by, and its manner."""

    sentence: Spoken
    name: str
    speaker: Any
    manner: Manner


@dataclass(frozen=True)
class Script:
    """A text ready to be said: its lines, whose voice each name has in words, and the voices themselves."""

    lines: list[Line]
    cast: dict[str, str]
    voices: tuple[Voice | None, ...]


LISTED = 12
"""Saved voices that an error lists."""


def turns_of(text: str, voices: Mapping[str, Any], words: Pronunciations, language: str) -> list[Turn]:
    """The turns of a text: SSML, a dialogue, or one."""
    return [replace(turn, passage=turn.passage.with_words(words.words, language)) for turn in _parsed(text, voices)]


def _parsed(text: str, voices: Mapping[str, Any]) -> list[Turn]:
    return ssml.parse(text) if ssml.is_ssml(text) else dialogue(text, voices)


def script_of(
    turns: list[Turn], engine: SpeechEngine, voice: Voice | None, voices: Mapping[str, Any], manner: Manner
) -> Script:
    """The sentences of all turns in order, and who speaks them.

    Raises InputError when there is nothing to say, for a voice that the model does not have, and for a manner that it
    cannot do.
    """
    engine.check(manner)
    read: list[tuple[Turn, list[Spoken]]] = []
    for turn in turns:
        if len(turns) == 1 or any(map(str.isalnum, turn.passage)) or turn.passage.inserts:
            read.append((turn, engine.read(turn.passage)))
    asked = cast(turns, engine, voice, voices)
    if not getattr(engine, "blends", False) and any(who is not None and who.blend for who in asked.values()):
        raise InputError("voice", "this model has no mixtures of voices", "give one voice, or use starter/voice")
    known = {name: _speaker(engine, who) for name, who in asked.items()}
    lines = [
        Line(each, turn.speaker, known[turn.speaker], fitting(each, engine, manner))
        for turn, said in read
        for each in said
    ]
    if not lines:
        raise InputError("text", "has no words to say", "give some words")
    named = {name: described(who, engine) for name, who in asked.items()}
    return Script(lines, named if set(named) != {""} else {}, tuple(asked.values()))


def _speaker(engine: SpeechEngine, voice: Voice | None) -> Any:
    """What the engine knows a voice by. Raises InputError for a name that nobody has; it lists the saved ones too."""
    try:
        return engine.speaker(voice)
    except InputError as error:
        if voice is None or voice.name is None:
            raise
        raise InputError(error.field, error.problem, "; ".join(filter(None, (error.remedy, _saved())))) from None


def _saved() -> str:
    names = voice_shelf.names()
    listed = ", ".join(names[:LISTED]) + (f" … ({len(names)} in all)" if len(names) > LISTED else "")
    return f"saved: {listed}" if names else ""


def cast(
    turns: list[Turn], engine: SpeechEngine, voice: Voice | None, voices: Mapping[str, Any]
) -> dict[str, Voice | None]:
    """A voice for every name that speaks, in order of appearance; the narrator's name is empty.

    Raises InputError for a voice given to somebody who says nothing, and when there are no voices left.
    """
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    given = {name.casefold(): voice_of(who, f"voices.{name}") for name, who in voices.items()}
    speaking = {name.casefold() for name in names}
    for name in voices:
        if name.casefold() not in speaking:
            raise InputError(
                "voices", f"{name!r} says nothing", f"those who speak: {', '.join(filter(None, names)) or 'nobody'}"
            )
    own = _names(engine)
    found: dict[str, Voice | None] = {"": voice} if "" in names else {}
    found |= {name: given[name.casefold()] for name in names if name.casefold() in given}
    found |= {name: Voice.named(own[name.casefold()]) for name in names if name not in found and name.casefold() in own}
    found |= {name: Voice.saved(name.casefold()) for name in names if name not in found and _is_saved(name)}
    named = {turn.speaker for turn in turns if turn.is_voice}
    found |= {name: Voice.named(name) for name in names if name not in found and name in named}
    taken = {described(who, engine).casefold() for who in found.values()}
    for name in names:
        if name not in found:
            free = next((each for key, each in own.items() if key not in taken), None)
            if free is None:
                there = (", ".join(own.values()), _saved())
                remedy = "; ".join(("give one to everybody who speaks, such as Anna=ada", *filter(None, there)))
                raise InputError("voices", f"{name!r} has no voice", remedy)
            found[name] = Voice.named(free)
            taken.add(free.casefold())
    return {name: found[name] for name in names}


def shelved(inputs: Mapping[str, Any]) -> dict[str, Voice]:
    """The saved voices that a text takes by their bare names: what its speech depends on besides its inputs.

    None of a text that cannot be read, for whoever says it will be told why.
    """
    text, given, model = inputs.get("text"), inputs.get("voices") or {}, inputs.get("model")
    if not isinstance(text, str) or not voice_shelf.names():
        return {}
    try:
        names = {turn.speaker.casefold() for turn in _parsed(text, given)}
    except InputError:
        return {}
    found = {name for name in names - {name.casefold() for name in given} if _is_saved(name)}
    if found and isinstance(model, str):
        found -= own_names(model)
    return {name: Voice.saved(name) for name in sorted(found)}


def own_names(model: str) -> set[str]:
    """The names of a model's own voices, in small letters: of its card, else the model is loaded to tell them.

    None of a model that cannot be loaded.
    """
    from soundstage.tasks.speak_engines import ENGINES

    try:
        if (names := card_of(model).config.get("names")) is not None:
            return {str(name).casefold() for name in names}
        with runtime.use(model, ENGINES) as engine:
            return set(_names(engine))
    except SoundstageError:
        return set()


def _names(engine: SpeechEngine) -> dict[str, str]:
    """A model's own voices by their names in small letters."""
    return {str(name).casefold(): str(name) for name in getattr(engine, "names", ())}


def _is_saved(name: str) -> bool:
    return voice_shelf.holds(name.casefold())


def voice_of(given: Voice | str, where: str) -> Voice:
    """A voice as it was given: itself, a name, or a recording's file. Raises InputError for what is none."""
    found = from_literal(Voice, given)
    if not isinstance(found, Voice):
        raise InputError(where, f"is {type(given).__name__}", "give a voice's name, or the file of a recording")
    return found


def described(voice: Voice | None, engine: SpeechEngine) -> str:
    """A voice as the result names it."""
    if voice is None:
        return next((str(name) for name in getattr(engine, "names", ())), "the model's own")
    return voice.name or voice.label or ("a mixture" if voice.blend else "a recording")


def fitting(sentence: Spoken, engine: SpeechEngine, manner: Manner) -> Manner:
    """The manner of one sentence, where the model cannot follow markup word by word: the mean rate of its words.

    Raises InputError for a pitch, which such a model does not have.
    """
    if getattr(engine, "follows_markup", False):
        return manner
    tokens = sentence.sentence.tokens
    if all(token.delivery.rate == 1 and token.delivery.pitch == 0 for token in tokens):
        return manner
    sizes = [sum(map(len, token.spoken)) for token in tokens]
    lasting = sum(size / token.delivery.rate for size, token in zip(sizes, tokens, strict=True))
    pitch = max((token.delivery.pitch for token in tokens), key=abs)
    asked = Manner(
        style=manner.style,
        speed=manner.speed * sum(sizes) / lasting,
        pitch=manner.pitch + pitch,
        language=manner.language,
    )
    engine.check(asked)
    return asked
