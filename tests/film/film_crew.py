"""Stand-ins for the verbs: real sound and pictures, made in a moment, so that a whole film can be tested."""

from __future__ import annotations

import numpy as np

from soundstage.film.storyboard import Crew
from soundstage.graph import task
from soundstage.media import Audio, Music, Speech, Video, Word
from soundstage.render.scene import Scene

RATE = 16_000
CALLS: list[str] = []
"""What was computed, in order; a test empties it."""


@task(version=1, name="test.speak")
def hum(text: str, voice: str = "ada", pitch: float = 0.0, model: str = "", seed: int = 0) -> Speech:
    """A hummed line: a quarter of a second a word, each word a tone of its own."""
    CALLS.append(f"speak {text}")
    sound, words, at = [np.zeros(800)], [], 800
    for number, word in enumerate(text.split()):
        time = np.arange(round(0.2 * RATE)) / RATE
        tone = (
            0.3
            * np.sin(2 * np.pi * (180 + 40 * (number % 5)) * time)
            * np.clip(20 * np.minimum(time, time[-1] - time), 0, 1) ** 0.5
        )
        words.append(Word(word, at / RATE, (at + time.size) / RATE))
        sound += [tone, np.zeros(640)]
        at += time.size + 640
    return Speech(Audio(np.concatenate(sound)[None].astype(np.float32), RATE), tuple(words), (), text)


@task(version=1, name="test.compose")
def drone(
    prompt: str,
    seconds: float = 5.0,
    bpm: int | None = None,
    key: str | None = None,
    style: str | None = None,
    model: str = "",
    seed: int = 0,
) -> Music:
    """A chord that swells."""
    CALLS.append(f"compose {seconds}")
    time = np.arange(round(seconds * RATE)) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * pitch * time + seed) for pitch in (196.0, 246.9, 293.7))
    return Music(Audio((chord * (0.7 + 0.3 * np.sin(time)))[None].astype(np.float32), RATE))


@task(version=1, name="test.shoot")
def colours(
    prompt: str,
    seconds: float = 2.0,
    layout: Scene | None = None,
    identity: int = 0,
    model: str = "",
    seed: int = 0,
) -> Video:
    """Stripes that move, in a colour of the prompt's own."""
    CALLS.append(f"shoot {prompt}")
    rng = np.random.default_rng([len(prompt), seed])
    base = rng.integers(40, 215, size=(64, 64, 3)).astype(np.uint8)
    base[:] = base.mean(axis=(0, 1)).astype(np.uint8)
    base[:, ::8] = 255 - base[:, ::8]
    frames = np.stack([np.roll(base, index, axis=1) for index in range(round(seconds * 24))])
    return Video(frames, 24)  # type: ignore[arg-type]


CREW = Crew(speak=hum, compose=drone, shoot=colours, voice="", music="", video="")
