"""The task `speak`: text to speech with the times of its words and phonemes.

Notable: a text of any length is said sentence by sentence by one speaker, so the voice does not drift. Where a model
is made of durations, times are counted from them in samples; where it is not, they are aligned.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.graph.node import TaskFunction
from soundstage.media import Audio, Speech, Voice
from soundstage.tasks.said import LOUDEST, Manner, Said, join
from soundstage.text.prosody import STYLES

if TYPE_CHECKING:
    import torch

    from soundstage.tasks.speak_engines import SpeechEngine
    from soundstage.text.phonemes import Spoken

P = ParamSpec("P")


@task(version=2)
def speak(
    text: Annotated[
        str,
        Says(
            "What to say. [pause:0.5s] is a silence, [word](/w er1 d/) or [word](/wɝd/) a pronunciation, *so* stressed."
        ),
    ],
    voice: Annotated[Voice | None, Says("Who speaks: the name of a voice, or a recording to speak like.")] = None,
    *,
    model: ModelRef = "starter/voice",
    style: Annotated[str, Says("How it is said: neutral, lively or calm.")] = "neutral",
    speed: Annotated[float, Says("How fast; 2 is twice as fast."), Between(0.25, 4)] = 1.0,
    pitch: Annotated[float, Says("Semitones higher or lower."), Between(-12, 12)] = 0.0,
    seed: Seed = 0,
) -> Speech:
    """Speech from text, with the times of its words and phonemes.

    Raises InputError for a text without words, for an unknown voice or style (its message lists those there are), for a
    silent reference, and for what the model cannot do.
    """
    parts: list[Said] = []
    manner = _manner(style, speed, pitch)
    with _speaker(text, voice, model, manner) as (engine, speaker, sentences):
        for index, sentence in enumerate(runtime.progress(sentences, "speaking")):
            parts.append(engine.say(sentence, speaker, manner, _draws(seed, index)))
        return join(parts, engine.rate, text, STYLES[style].rest / speed)


def _pieces(
    *, text: str, voice: Voice | None, model: str, style: str, speed: float, pitch: float, seed: int
) -> Iterator[Audio]:
    manner = _manner(style, speed, pitch)
    with _speaker(text, voice, model, manner) as (engine, speaker, sentences):
        for index, sentence in enumerate(sentences):
            runtime.check_cancelled()
            if index:
                yield Audio.silence(STYLES[style].rest / speed, engine.rate)
            for piece in engine.pieces(sentence, speaker, manner, _draws(seed, index)):
                if len(piece):
                    yield Audio(np.clip(piece, -LOUDEST, LOUDEST)[None], engine.rate)


@contextmanager
def _speaker(
    text: str, voice: Voice | None, model: str, manner: Manner
) -> Iterator[tuple[SpeechEngine, Any, list[Spoken]]]:
    """The engine, what it knows the voice by, and the sentences; all that can be refused is refused here."""
    from soundstage.tasks.speak_engines import ENGINES  # brings torch, which a cached result does not need

    with runtime.use(model, ENGINES) as engine:
        sentences = engine.read(text)
        engine.check(manner)
        yield engine, engine.speaker(voice), sentences


def _draws(seed: int, sentence: int) -> torch.Generator:
    return runtime.generator(runtime.derive(seed, "sentence", sentence))


def _manner(style: str, speed: float, pitch: float) -> Manner:
    if style not in STYLES:
        raise InputError("style", f"{style[:40]!r} is not known", f"choose {', '.join(STYLES)}")
    return Manner(style=style, speed=speed, pitch=pitch)


def _live(task: TaskFunction[P, Any], make: Callable[..., Iterator[Audio]]) -> Callable[P, Iterator[Audio]]:
    """What has a task's signature and yields pieces."""
    signature = inspect.signature(task.task.function)

    def live(*args: P.args, **kwargs: P.kwargs) -> Iterator[Audio]:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        return make(**given.arguments)

    return live


speak_live = _live(speak, _pieces)
"""`speak` for who listens while it is made: takes what `speak` takes, yields `Audio` piece by piece.

Joined, the pieces are what `speak` gives, but that a peak above full scale is clipped where `speak` turns all down.
"""
