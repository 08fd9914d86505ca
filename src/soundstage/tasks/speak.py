"""The task `speak`: text to speech with the times of its words and phonemes.

Notable: a text of any length is said sentence by sentence with one speaker vector, so the voice does not drift; times
are counted in samples from the durations that made the sound, so they are exact.
"""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Speech, Voice
from soundstage.tasks.said import Said, join

GAP = 0.22
"""Seconds of silence between two sentences, beside the breath that each of them begins and ends with."""


@task(version=1)
def speak(
    text: Annotated[
        str, Says("What to say. [pause:0.5s] is a silence, [word](/w er1 d/) or [word](/wɝd/) a pronunciation.")
    ],
    voice: Annotated[Voice | None, Says("Who speaks: the name of a voice, or a recording to speak like.")] = None,
    *,
    model: ModelRef = "starter/voice",
    speed: Annotated[float, Says("How fast; 2 is twice as fast."), Between(0.25, 4)] = 1.0,
    pitch: Annotated[float, Says("Semitones higher or lower."), Between(-12, 12)] = 0.0,
    seed: Seed = 0,
) -> Speech:
    """Speech from text, with the times of its words and phonemes.

    Raises InputError for a text without words, for an unknown voice (its message lists those there are), for a silent
    reference.
    """
    parts: list[Said] = []
    from soundstage.tasks.speak_engines import ENGINES  # brings torch, which a cached result does not need

    with runtime.use(model, ENGINES) as engine:
        sentences = engine.read(text)
        engine.check(speed=speed, pitch=pitch)
        speaker = engine.speaker(voice)
        for index, sentence in enumerate(runtime.progress(sentences, "speaking")):
            generator = runtime.generator(runtime.derive(seed, "sentence", index))
            parts.append(engine.say(sentence, speaker, speed=speed, pitch=pitch, generator=generator))
        return join(parts, engine.rate, text, GAP / speed)
