"""A score as sound: played by an engine, mixed and mastered; and a changed score as a change of sound, no more.

Notable: an edit is spliced into the very samples of the music that it changes. Outside of it, and of the fades at its
edges, every sample of the mix and of each stem stays what it was.

T samples · stereo [2, T]
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.media import Audio, Music, Note, Score
from soundstage.ops.loudness import limit
from soundstage.score.grid import roles_of
from soundstage.score.mix import CEILING, mastered, staged
from soundstage.score.perform import beats_of
from soundstage.score.song.band import band_of
from soundstage.score.song.mix import CEILING as SUNG
from soundstage.score.song.mix import behind_voice
from soundstage.tasks.compose_engines import MusicEngine

Sound = NDArray[np.float32]
FADE_IN, FADE_OUT = 0.03, 0.3
"""Seconds before and behind an edit in which it fades in and out."""


def sounded(engine: MusicEngine, score: Score, seconds: float, seed: int) -> Music:
    """A score as music of exactly `seconds`, faded over the ring of its last bar. What is sung is not heard in it."""
    samples = round(seconds * engine.rate)
    band = band_of(score)
    dry = engine.play(band, samples, runtime.derive(seed, "sound"))
    runtime.check_cancelled("compose")
    ring = max(seconds - score.seconds_at(score.beat_of_bar(score.bars - 1)), 0.0)
    fade = min(max(0.5 * ring, 0.3), 2.0, 0.25 * seconds)
    roles = places_of(band)
    placed = behind_voice(staged(dry, roles, engine.rate), roles, score, engine.rate)
    mix, stems = mastered(placed, engine.rate, fade=fade)
    stems_of = {name: Audio(sound, engine.rate) for name, sound in stems.items()}
    return Music(Audio(mix, engine.rate), stems_of, score, beats_of(score, seconds))


def places_of(score: Score) -> dict[str, str]:
    """The role by which each instrument is levelled: the lead where it has that among others."""
    places: dict[str, str] = {}
    for role, track in roles_of([track for track in score.tracks if track.notes or track.role]).items():
        places[track.instrument] = "lead" if role == "lead" else places.get(track.instrument, role)
    return places


def spliced(before: Music, after: Music, start: float, stop: float) -> Music:
    """`before` with what `after` sounds from `start` to `stop` seconds, and then what `after` has beyond its end.

    The stems of `after` are first brought to the levels of those that they continue; a stem whose notes are the same
    is the same, one that is new is silent outside.
    """
    rate, length = after.mix.rate, after.mix.length
    weight = window(length, rate, start, stop if stop < before.seconds - 1e-6 else np.inf)
    outside = weight[: before.mix.length] == 0
    stems: dict[str, Sound] = {}
    for name in (*before.stems, *(name for name in after.stems if name not in before.stems)):
        old = _sized(before.stems[name].samples, length) if name in before.stems else np.zeros((2, length), np.float32)
        if name in before.stems and before.mix.length == length and _notes(before, name) == _notes(after, name):
            stems[name] = before.stems[name].samples
            continue
        new = after.stems[name].samples if name in after.stems else np.zeros((2, length), np.float32)
        gain = _gain(old[:, : len(outside)][:, outside], new[:, : len(outside)][:, outside])
        stems[name] = blended(old, new * np.float32(gain), weight)
    total: Sound = np.asarray(sum(stems.values()), np.float32)
    mix = blended(
        _sized(before.mix.samples, length), limit(total, rate, ceiling=CEILING if before.song is None else SUNG), weight
    )
    audio = {name: Audio(sound, rate) for name, sound in stems.items()}
    return replace(after, mix=Audio(mix, rate), stems=audio, song=after.song or before.song)


def _notes(music: Music, name: str) -> list[Note]:
    """All that an instrument plays."""
    return (
        [note for track in music.score.tracks if track.instrument == name for note in track.notes]
        if music.score
        else []
    )


def window(length: int, rate: int, start: float, stop: float) -> Sound:
    """How much of the new is heard: nothing, a line up to all at `start`, all, a line down behind `stop`."""
    t = np.arange(length) / rate
    rise = np.clip((t - start) / FADE_IN + 1, 0, 1) if start > 0 else np.ones(length)
    fall = np.clip((stop - t) / FADE_OUT + 1, 0, 1)
    return np.minimum(rise, fall).astype(np.float32)


def blended(old: Sound, new: Sound, weight: Sound) -> Sound:
    """`old` where the weight is nought, `new` where it is one, bit for bit; a line between them elsewhere."""
    return np.where(weight == 0, old, np.where(weight == 1, new, old + weight * (new - old))).astype(np.float32)


def _gain(old: Sound, new: Sound) -> float:
    """The factor that brings `new` nearest to `old`; 1 where that cannot be told."""
    power = float(np.vdot(new, new))
    gain = float(np.vdot(old, new)) / power if power > 1e-6 else 1.0
    return gain if 0.25 < gain < 4 else 1.0


def _sized(sound: Sound, length: int) -> Sound:
    return np.pad(sound[:, :length], ((0, 0), (0, max(0, length - sound.shape[1]))))
