"""MusicGen from Python, with what its users set; and what the task `extend` asks of it.

```python
from soundstage.tasks.musicgen import MusicgenSettings, generate, generate_live, generate_many

music = generate("80s synth pop", model="facebook/musicgen-small", duration=12, settings=MusicgenSettings(cfg_coef=4))
```

Notable: music that goes on keeps every sample that it goes on from, up to a short fade; the model hears its last
seconds, which are as long as those that two of its windows share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Music
from soundstage.ops.levels import levelled
from soundstage.tasks.compose_musicgen import LONGEST, MusicgenEngine, Samples
from soundstage.tasks.compose_musicgen_settings import MusicgenSettings

__all__ = ["MusicgenSettings", "extended", "generate", "generate_live", "generate_many"]

ENGINES = {"musicgen": MusicgenEngine}
STRIDE = 0.6  # of a window: 18 of 30 seconds, as published
FADE = 0.03  # seconds in which what was there passes into what is new


def generate(
    prompt: str,
    *,
    model: str,
    duration: float = 8.0,
    melody: Audio | None = None,
    continuation: Audio | None = None,
    settings: MusicgenSettings | None = None,
    seed: int = 0,
) -> Audio:
    """Music of exactly `duration` seconds as the model makes it, at the model's level.

    A `continuation` is what it begins with, in the codec's rendering, and counts to the duration; a `melody` is for the
    models that hear one. Raises InputError for what is out of range, MissingError for a model that is not there.
    """
    with runtime.use(model, ENGINES) as engine:
        sound = engine.generate(
            prompt, duration, melody=melody, continuation=continuation, settings=settings,
            generator=runtime.generator(runtime.derive(seed, "sound"), engine.device),
        )  # fmt: skip
        return Audio(sound, engine.rate)


def generate_live(
    prompt: str,
    *,
    model: str,
    duration: float = 8.0,
    melody: Audio | None = None,
    continuation: Audio | None = None,
    settings: MusicgenSettings | None = None,
    seed: int = 0,
) -> Iterator[Audio]:
    """The same in pieces of about half a second, each as soon as it can be heard."""
    with runtime.use(model, ENGINES) as engine:
        for piece in engine.stream(
            prompt, duration, melody=melody, continuation=continuation, settings=settings,
            generator=runtime.generator(runtime.derive(seed, "sound"), engine.device),
        ):  # fmt: skip
            yield Audio(piece, engine.rate)


def generate_many(
    prompts: Sequence[str],
    *,
    model: str,
    duration: float = 8.0,
    settings: MusicgenSettings | None = None,
    seed: int = 0,
) -> list[Audio]:
    """Music for several prompts, made in one batch: each as `generate` makes it of that prompt and seed."""
    with runtime.use(model, ENGINES) as engine:
        draws = [runtime.generator(runtime.derive(seed, "sound"), engine.device) for _ in prompts]
        sounds = engine.generate_many(prompts, duration, settings=settings, generators=draws)
        return [Audio(sound, engine.rate) for sound in sounds]


def extended(
    music: Music, prompt: str, seconds: float, model: str, seed: int, *, chords: str | None, player: str
) -> Music:
    """The task `extend` by a MusicGen: the mix of the music, and behind it what the model makes of its last seconds.

    Raises InputError for a length that adds nothing, or too much at once, and for fields that only a score can keep.
    """
    if chords is not None:
        raise InputError("chords", f"cannot be kept by {model}", "leave them out, or use starter/music")
    if player != "starter":
        raise InputError("player", f"{player!r} plays scores, and {model} writes none", "use starter/music")
    mix = music.mix
    if seconds <= mix.seconds + FADE:
        raise InputError("seconds", f"is {seconds:g} for music of {mix.seconds:g} s", "ask for more")
    with runtime.use(model, ENGINES) as engine:
        stride = STRIDE * engine.longest
        known = min(mix.seconds, engine.longest - stride)
        if known + seconds - mix.seconds > LONGEST:
            raise InputError("seconds", f"adds {seconds - mix.seconds:g}", f"add up to {LONGEST - known:g} at a time")
        sound = engine.generate(
            prompt,
            known + seconds - mix.seconds,
            continuation=mix.cut(mix.seconds - known),
            settings=MusicgenSettings(extend_stride=stride),
            generator=runtime.generator(runtime.derive(seed, "extend"), engine.device),
        )
        made = Audio(sound, engine.rate)
    made = (made.stereo() if mix.channels == 2 else made.mono()).resampled(mix.rate)
    length = round(seconds * mix.rate)
    return Music(Audio(spliced(mix.samples, made.samples, round(known * mix.rate), length, mix.rate), mix.rate))


def spliced(old: Samples, new: Samples, known: int, length: int, rate: int) -> Samples:
    """`old`, from the end of which `new` knows `known` samples, gone on with what follows them, to `length` samples.

    What is new is held under the ceiling; the old is not touched but in the fade.
    """
    fade = min(round(FADE * rate), known)
    begin = known - fade
    fresh = levelled(new[:, begin:], rate, "clip", headroom=0.0)
    whole = np.zeros((len(old), length), np.float32)
    whole[:, : old.shape[1]] = old
    start = old.shape[1] - fade
    count = min(length - start, fresh.shape[1])
    rise = np.linspace(0, 1, fade, dtype=np.float32)
    whole[:, start + fade : start + count] = fresh[:, fade:count]
    whole[:, start : start + fade] = old[:, start:] * (1 - rise) + fresh[:, :fade] * rise
    return whole
