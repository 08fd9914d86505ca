"""The task `speak`: text to speech with the times of its words and phonemes.

Notable: a text of any length is said sentence by sentence with one speaker vector, so the voice does not drift; times
are counted in samples from the durations that made the sound, so they are exact.
"""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Speech, Voice
from soundstage.tasks.said import Manner, Said, join
from soundstage.text.prosody import STYLES


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
    if style not in STYLES:
        raise InputError("style", f"{style[:40]!r} is not known", f"choose {', '.join(STYLES)}")
    manner = Manner(style=style, speed=speed, pitch=pitch)
    parts: list[Said] = []
    from soundstage.tasks.speak_engines import ENGINES  # brings torch, which a cached result does not need

    with runtime.use(model, ENGINES) as engine:
        sentences = engine.read(text)
        engine.check(manner)
        speaker = engine.speaker(voice)
        for index, sentence in enumerate(runtime.progress(sentences, "speaking")):
            generator = runtime.generator(runtime.derive(seed, "sentence", index))
            parts.append(engine.say(sentence, speaker, manner, generator))
        return join(parts, engine.rate, text, STYLES[style].rest / speed)
