"""The task `speak`: text to speech with the times of its words and phonemes.

Notable: a text of any length is said sentence by sentence, each speaker of it by one voice, so no voice drifts. Where a
model is made of durations, times are counted from them in samples; where it is not, they are aligned. The same
sentences are had whole (`speak`), as they are made (`stream=True`), for many texts at once (a list), or in parts that
are never in memory together (`speak_parts`, which writes a book). On a CPU, where batches gain one text nothing, its
sentences are said one by one: in the memory of one, and with the very samples that are heard live.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, Task, task
from soundstage.graph.literal import from_literal
from soundstage.graph.node import TaskFunction
from soundstage.media import Audio, Speech, Voice
from soundstage.media.watermark import Marker
from soundstage.tasks.cast import Line, Script, script_of, shelved, turns_of, voice_of
from soundstage.tasks.said import Manner, Part, Said, join, laid, limited, louder
from soundstage.tasks.voices import permitted
from soundstage.text.lexicon import Pronunciations
from soundstage.text.prosody import STYLES

if TYPE_CHECKING:
    import torch

    from soundstage.tasks.speak_engines import SpeechEngine

BATCH, WINDOW, LIKE, MOST = 8, 16, 1.25, 480
"""How many sentences a model says together, where it can, out of how many that are read ahead; how much longer than the
first of them the last may be; and of how many phones they are at most, which bounds their memory."""
TIDY = 16
"""Sentences after which what was freed goes back to the system; every 4 cost a fifth more time for 1 MB."""


class How(TypedDict, total=False):
    """What `speak` may be told besides the text and the voice; see its parameters."""

    model: str
    style: str
    speed: float
    pitch: float
    voices: Mapping[str, Voice | str] | None
    lexicon: Pronunciations | Mapping[str, str] | str | Path | None
    language: str | None
    watermark: bool
    seed: int


class Speaking:
    """The task `speak` as its callers have it: a text whole, a text as it is made, or several texts."""

    task: Task
    __name__: str

    def __init__(self, function: TaskFunction[Any, Speech]) -> None:
        functools.update_wrapper(self, function)
        self.task = function.task
        given = inspect.signature(function)
        stream = inspect.Parameter("stream", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=bool)
        self.__signature__ = given.replace(parameters=[*given.parameters.values(), stream])

    @overload
    def __call__(
        self, text: str, voice: Voice | str | None = None, *, stream: Literal[False] = False, **how: Unpack[How]
    ) -> Speech: ...

    @overload
    def __call__(
        self, text: str, voice: Voice | str | None = None, *, stream: Literal[True], **how: Unpack[How]
    ) -> Iterator[Audio]: ...

    @overload
    def __call__(
        self,
        text: list[str] | tuple[str, ...],
        voice: Voice | str | None = None,
        *,
        stream: Literal[False] = False,
        **how: Unpack[How],
    ) -> list[Speech]: ...

    def __call__(
        self,
        text: str | list[str] | tuple[str, ...],
        voice: Voice | str | None = None,
        *,
        stream: bool = False,
        **how: Unpack[How],
    ) -> Speech | list[Speech] | Iterator[Audio]:
        """See `speak`. With `stream` the sound comes piece by piece; a list of texts is said in batches."""
        if stream and not isinstance(text, str):
            raise InputError("stream", "is for one text", "say the texts one after another, or without stream")
        if stream:
            return speak_live(text, voice, **how)  # type: ignore[arg-type]  # it is one text
        if not isinstance(text, str):
            return speak_many(text, voice, **how)
        made: Speech = self.task.function(text, voice, **how)
        return made


@Speaking
@task(version=4, besides=shelved)
def speak(
    text: Annotated[
        str,
        Says(
            "What to say: plain text, a dialogue of lines such as `Anna: Hello.`, or SSML. [pause:0.5s] is a silence, "
            "[word](/w er1 d/) or [word](/wɝd/) a pronunciation, *so* stressed."
        ),
    ],
    voice: Annotated[Voice | None, Says("Who speaks: the name of a voice, or a recording to speak like.")] = None,
    *,
    model: ModelRef = "starter/voice",
    style: Annotated[str, Says("How it is said: neutral, lively or calm.")] = "neutral",
    speed: Annotated[float, Says("How fast; 2 is twice as fast."), Between(0.25, 4)] = 1.0,
    pitch: Annotated[float, Says("Semitones higher or lower."), Between(-12, 12)] = 0.0,
    voices: Annotated[
        dict[str, Voice] | None, Says("Whose voice each speaker of a dialogue has: Anna=ada,Ben=me.wav.")
    ] = None,
    lexicon: Annotated[
        Pronunciations | dict[str, str] | None,
        Says("Your own pronunciations: a text file with a word and its phones (ARPAbet or /IPA/) a line."),
    ] = None,
    language: Annotated[str | None, Says("The language, such as en or de; the model's own where not given.")] = None,
    watermark: Annotated[bool, Says("Mark a cloned voice inaudibly, so that it can be told later.")] = True,
    seed: Seed = 0,
) -> Speech:
    """Speech from text, with the times of its words and phonemes.

    Raises InputError for a text without words, for an unknown voice or style (its message lists those there are), for a
    silent reference, for markup that is not understood, and for what the model cannot do.
    """
    manner = _manner(style, speed, pitch, language)
    with _script([text], voice, model, manner, voices, lexicon) as (engine, scripts):
        script = scripts[0]
        marker = _marker(script, voice, voices, watermark, engine.rate)
        said = _said(engine, runtime.progress(script.lines, "speaking"), seed)
        return join(said, engine.rate, text, rest(manner), script.cast, marker)


def speak_many(texts: Sequence[str], voice: Voice | str | None = None, **how: Unpack[How]) -> list[Speech]:
    """Several texts, each as `speak` says it, their sentences in true batches where the model can.

    Raises what `speak` raises; an InputError for a text names it by its number.
    """
    given = _bound("", voice, how)
    manner = _manner(given["style"], given["speed"], given["pitch"], given["language"])
    with _script(texts, given["voice"], given["model"], manner, given["voices"], given["lexicon"]) as (engine, scripts):
        every = [(line, index) for script in scripts for index, line in enumerate(script.lines)]
        said = _batched(engine, runtime.progress(every, "speaking"), given["seed"])
        return [
            join(
                islice(said, len(script.lines)),
                engine.rate,
                text,
                rest(manner),
                script.cast,
                _marker(script, given["voice"], given["voices"], given["watermark"], engine.rate),
            )
            for text, script in zip(texts, scripts, strict=True)
        ]


def speak_parts(text: str, voice: Voice | str | None = None, **how: Unpack[How]) -> Iterator[tuple[int, Part]]:
    """`speak` a sentence at a time: its rate, and the part with its times. Joined, the parts are what `speak` gives.

    A book is said in the memory of a few sentences.
    """
    given = _bound(text, voice, how)
    manner = _manner(given["style"], given["speed"], given["pitch"], given["language"])
    with _script([text], given["voice"], given["model"], manner, given["voices"], given["lexicon"]) as (
        engine,
        scripts,
    ):
        script = scripts[0]
        marker = _marker(script, given["voice"], given["voices"], given["watermark"], engine.rate)
        said = _said(engine, runtime.progress(script.lines, "speaking"), given["seed"])
        with runtime.lean() if len(script.lines) > TIDY else nullcontext():
            for part in laid(said, engine.rate, rest(manner), marker):
                yield engine.rate, part


def speak_live(text: str, voice: Voice | str | None = None, **how: Unpack[How]) -> Iterator[Audio]:
    """`speak` for who listens while it is made: takes what `speak` takes, yields `Audio` piece by piece.

    Joined, the pieces are what `speak` gives; on a GPU, where it batches, within rounding. Same as
    `speak(…, stream=True)`.
    """
    return _pieces(_bound(text, voice, how))


def _pieces(given: Mapping[str, Any]) -> Iterator[Audio]:
    manner = _manner(given["style"], given["speed"], given["pitch"], given["language"])
    voices, lexicon = given["voices"], given["lexicon"]
    with _script([given["text"]], given["voice"], given["model"], manner, voices, lexicon) as (engine, scripts):
        script = scripts[0]
        marker = _marker(script, given["voice"], given["voices"], given["watermark"], engine.rate)
        made = _sounding(engine, script.lines, rest(manner), given["seed"])
        with runtime.lean() if len(script.lines) > TIDY else nullcontext():
            for piece in made if marker is None else marker.pieces(made):
                if len(piece):
                    yield Audio(limited(piece)[None], engine.rate)


def _sounding(engine: SpeechEngine, lines: Sequence[Line], gap: float, seed: int) -> Iterator[NDArray[np.float32]]:
    """The pieces of all sentences, and the silences between them."""
    for index, line in enumerate(lines):
        runtime.check_cancelled()
        if index:
            yield np.zeros(round(gap * engine.rate), np.float32)
            if index % TIDY == 0:
                runtime.trim()
        yield from _live(engine, line, _draws(seed, index))


def _marker(
    script: Script,
    voice: Voice | str | None,
    voices: Mapping[str, Voice | str] | None,
    wanted: bool,
    rate: int,
) -> Marker | None:
    """What marks the sound, where anybody is cloned, be the voice given or found by its name in the text.

    Raises InputError for a clone without its speaker's word.
    """
    given = [] if voice is None else [voice_of(voice, "voice")]
    given += [voice_of(who, f"voices.{name}") for name, who in (voices or {}).items()]
    return Marker(rate) if permitted((*given, *script.voices)) and wanted else None


def _live(engine: SpeechEngine, line: Line, generator: torch.Generator) -> Iterator[Any]:
    """The pieces of one sentence; where words are louder and the model cannot make them so, the sentence at once."""
    markup = any(token.delivery.volume for token in line.sentence.sentence.tokens)
    if markup and not getattr(engine, "follows_markup", False):
        said = engine.say(line.sentence, line.speaker, line.manner, generator)
        return louder(said, engine.rate).pieces(engine.rate)
    return engine.pieces(line.sentence, line.speaker, line.manner, generator)


def _said(engine: SpeechEngine, lines: Iterable[Line], seed: int) -> Iterator[Said]:
    """The lines of one text."""
    alone = runtime.settings().resolved_device == "cpu"
    return _batched(engine, ((line, index) for index, line in enumerate(lines)), seed, alone=alone)


def _batched(
    engine: SpeechEngine, lines: Iterable[tuple[Line, int]], seed: int, *, alone: bool = False
) -> Iterator[Said]:
    """Every line said, in order; each with the draws of its own number, whoever it is said together with.

    `alone` says each by itself.
    """
    many = None if alone else getattr(engine, "say_many", None)
    together = alike if many is None else getattr(engine, "together", alike)
    follows = getattr(engine, "follows_markup", False)
    waiting, since = iter(lines), 0
    while window := list(islice(waiting, WINDOW if many is not None else 1)):
        if since >= TIDY:
            runtime.trim()
            since = 0
        since += len(window)
        made: dict[int, Said] = {}
        for group in together([line for line, _ in window]):
            runtime.check_cancelled()
            asked = [window[place][0] for place in group]
            draws = [_draws(seed, window[place][1]) for place in group]
            if many is not None and len(group) > 1:
                sentences, speakers = [line.sentence for line in asked], [line.speaker for line in asked]
                made |= dict(zip(group, many(sentences, speakers, asked[0].manner, draws), strict=True))
            else:
                for place, line, draw in zip(group, asked, draws, strict=True):
                    made[place] = engine.say(line.sentence, line.speaker, line.manner, draw)
        for place, (line, _) in enumerate(window):
            said = made[place] if follows else louder(made[place], engine.rate)
            yield replace(said, speaker=line.name)


def alike(lines: Sequence[Line]) -> list[list[int]]:
    """The places of lines that are said together: of one manner, and of lengths that waste little on padding."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lines)), key=lambda place: len(lines[place].sentence.phones)):
        line = lines[place]
        first = lines[groups[-1][0]] if groups else None
        phones = len(line.sentence.phones)
        if (
            first is not None
            and first.manner == line.manner
            and len(groups[-1]) < min(BATCH, MOST // max(1, phones))
            and phones <= LIKE * len(first.sentence.phones)
        ):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


@contextmanager
def _script(
    texts: Sequence[str],
    voice: Voice | str | None,
    model: str,
    manner: Manner,
    voices: Mapping[str, Voice | str] | None,
    lexicon: Pronunciations | Mapping[str, str] | str | Path | None,
) -> Iterator[tuple[SpeechEngine, list[Script]]]:
    """The engine, and the lines of every text with its cast; all that can be refused is refused here."""
    from soundstage.tasks.speak_engines import ENGINES  # brings torch, which a cached result does not need

    if voices is not None and not isinstance(voices, Mapping):
        raise InputError("voices", f"is {type(voices).__name__}", 'give names with their voices: {"Anna": "ada"}')
    words, who = pronunciations(lexicon), None if voice is None else voice_of(voice, "voice")
    with runtime.use(model, ENGINES) as engine:
        _check_language(engine, model, manner.language)
        scripts = []
        for number, text in enumerate(texts):
            try:
                turns = turns_of(text, voices or {}, words, manner.language)
                scripts.append(script_of(turns, engine, who, voices or {}, manner))
            except InputError as error:
                if len(texts) == 1 or error.field != "text":
                    raise
                raise InputError(f"text.{number}", error.problem, error.remedy) from None
        yield engine, scripts


def pronunciations(given: Pronunciations | Mapping[str, str] | str | Path | None) -> Pronunciations:
    """A user's lexicon as it was given: words with their phones, or a file of them. Raises InputError."""
    if given is None:
        return Pronunciations({})
    if isinstance(given, Mapping):
        return Pronunciations.of(given)
    found = from_literal(Pronunciations, given)
    if not isinstance(found, Pronunciations):
        raise InputError("lexicon", f"is {type(given).__name__}", "give a file, or words with their phones")
    return found


def _check_language(engine: SpeechEngine, model: str, language: str) -> None:
    """Raises InputError for a language that the model does not speak: its `languages`, or English."""
    known = tuple(getattr(engine, "languages", ("en",)))
    if language and language not in known and language.partition("-")[0] not in known:
        raise InputError("language", f"{model} does not speak {language[:20]!r}", f"use {', '.join(known)}")


def _bound(text: str, voice: Voice | str | None, how: How) -> dict[str, Any]:
    """Every argument of `speak` by name, with its defaults. Raises TypeError for one that it does not have."""
    given = inspect.signature(speak.task.function).bind(text, voice, **how)
    given.apply_defaults()
    return given.arguments


def _draws(seed: int, sentence: int) -> torch.Generator:
    return runtime.generator(runtime.derive(seed, "sentence", sentence))


def rest(manner: Manner) -> float:
    """Seconds of silence between sentences."""
    return STYLES[manner.style].rest / manner.speed


def _manner(style: str, speed: float, pitch: float, language: str | None) -> Manner:
    if style not in STYLES:
        raise InputError("style", f"{style[:40]!r} is not known", f"choose {', '.join(STYLES)}")
    return Manner(style=style, speed=speed, pitch=pitch, language=(language or "").strip().lower().replace("_", "-"))
