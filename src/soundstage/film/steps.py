"""The film's own steps as tasks of the graph: timing, animatic, mix, cues. `storyboard` joins them with the verbs.

Notable: every step takes no more than it needs (a shot's picture knows its own length and scene, nothing else), so
that the cache re-runs what a change really touches.
"""

from __future__ import annotations

from typing import Annotated, Any

from soundstage.film import timing
from soundstage.film.reel import Reel
from soundstage.film.soundtrack import Soundtrack
from soundstage.film.subtitles import line_cues
from soundstage.film.timing import FPS, Cut, Length
from soundstage.graph import Says, task
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.media.speech import Speech
from soundstage.media.subtitles import Cue
from soundstage.render.scene import Actor, Camera, Scene

RATE = 48_000
SAMPLES_A_FRAME = RATE // FPS
MARGIN = 12.0
"""LU that speech is over the music: what a mixer would choose for a small loudspeaker; 6 are promised."""
MUSIC_FALL = 2.5
"""Seconds over which the music closes the film."""


@task(version=1, name="film.length")
def shot_length(
    lines: Annotated[list[Speech], Says("What is spoken in the shot, in order.")],
    pauses: Annotated[list[float], Says("Seconds of silence after each line.")],
    planned: Annotated[int, Says("Frames that the shot lasts at least.")],
    takes: Annotated[int, Says("How many clips it is made of.")] = 1,
) -> Length:
    """A shot's length on the frame grid, from the measured speech."""
    return timing.measure([line.audio.seconds for line in lines], pauses, planned, takes)


@task(version=1, name="film.cut")
def cut_film(title: int, shots: list[Length], end: int) -> Cut:
    """The whole film's clock: title card, shots, end card, in frames."""
    return timing.join(title, shots, end)


@task(version=1, name="film.animatic")
def animatic(
    scene: Annotated[dict[str, Any], Says("A storybook scene as plain data.")],
    seconds: Annotated[float, Says("Length of the clip.")],
    size: Annotated[int, Says("Pixels of a side.")] = 512,
) -> Reel:
    """A shot as the storybook renderer draws it: the pictures of a draft."""
    from soundstage import runtime
    from soundstage.render.animatic import draw

    frames = draw(scene_from(scene), seconds, FPS, (size, size))
    return Reel.of(runtime.progress(frames, "drawing", round(seconds * FPS)), FPS, (size, size))


def scene_from(data: dict[str, Any]) -> Scene:
    """A scene of plain data, as a graph's document has it. Raises InputError for unknown words."""
    actors = tuple(Actor(**{**actor, "path": tuple(map(tuple, actor.get("path", ())))}) for actor in data["actors"])
    return Scene(**{**data, "actors": actors, "camera": Camera(**data["camera"])})


@task(version=1, name="film.mix")
def mix_sound(lines: list[Speech], music: Music | None, cut: Cut) -> Soundtrack:
    """Every line at its place, the music ducked under it, −16 LUFS, −1 dBTP, exactly as long as the pictures."""
    from soundstage.film.mix import Placed, mixdown

    length = cut.frames * SAMPLES_A_FRAME
    placed = [Placed(line.audio, start) for line, start in zip(lines, cut.line_starts(), strict=True)]
    under = [Placed(closed(music.mix.resampled(RATE), length), 0)] if music is not None else []
    mixed = mixdown(placed, under, length=length, rate=RATE, margin=MARGIN)
    return Soundtrack(mixed.master, mixed.stems)


def closed(music: Audio, length: int) -> Audio:
    """Music of exactly `length` samples that falls silent at the end."""
    from soundstage.ops.loudness import fade

    fitted = music.fitted(length)
    return Audio(fade(fitted.samples, fitted.rate, rise=0.05, fall=min(MUSIC_FALL, fitted.seconds / 4)), fitted.rate)


@task(version=2, name="film.cues")
def subtitle_cues(lines: list[Speech], texts: list[str], speakers: list[str], cut: Cut) -> list[Cue]:
    """Subtitles from the times of the words; an empty speaker is the narrator."""
    cues: list[Cue] = []
    for speech, text, speaker, start in zip(lines, texts, speakers, cut.line_starts(), strict=True):
        cues += line_cues(text, speech, start, speaker or None)
    return sorted((cue.rounded() for cue in cues), key=lambda cue: cue.start)
