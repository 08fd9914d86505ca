"""The task `revoice`: speech in, the same words in another voice out, as long and at the same times."""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Voice
from soundstage.tasks.voices import permitted

SHORTEST = 0.1


@task(version=1)
def revoice(
    audio: Annotated[Audio, Says("The speech: a sound file.")],
    voice: Annotated[Voice, Says("Who is to speak: the name of a voice, a saved one, or a recording to speak like.")],
    *,
    model: ModelRef = "starter/revoice",
    pitch: Annotated[float, Says("Semitones higher or lower than the voice is."), Between(-12, 12)] = 0.0,
    watermark: Annotated[bool, Says("Mark a cloned voice inaudibly, so that it can be told later.")] = True,
    seed: Seed = 0,
) -> Audio:
    """Speech in another voice: words, timing and melody stay, colour and height of the voice change.

    What is not speech comes out changed too. Raises InputError for a sound that is too short or silent, for an unknown
    voice, and for a clone without its speaker's consent.
    """
    from soundstage.tasks.revoice_engine import Revoicer
    from soundstage.tasks.speak_voice import StarterVoice

    if audio.seconds < SHORTEST or float(abs(audio.samples).max(initial=0)) < 1e-4:
        raise InputError("audio", "is silent" if audio.seconds >= SHORTEST else "is too short", "give some speech")
    cloned = permitted([voice])
    with runtime.use(model, {"revoice": Revoicer}) as engine, runtime.use(engine.speaker, {"voice": StarterVoice}) as v:
        target = engine.target(voice, v)
        made = engine.convert(audio, target, v, semitones=pitch, generator=runtime.generator(seed))
    if cloned and watermark:
        from soundstage.media.watermark import mark

        made = mark(made)
    peak = float(abs(made.samples).max(initial=0))
    return Audio(made.samples * (0.98 / peak), made.rate) if peak > 0.98 else made
