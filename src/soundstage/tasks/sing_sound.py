"""A song's score as sound: the band by a player, the voice by the singer, one stage, one master; and what was sung.

Notable: the stems are what is summed and then brought to a streaming loudness, so they sum to the unmastered mix, and a
song that is edited is spliced as any music is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.media import Audio, Music, Score, Track, Voice
from soundstage.media.song import Song
from soundstage.ops.loudness import amplitude
from soundstage.score.mix import brought, fades, loudness, staged
from soundstage.score.perform import beats_of
from soundstage.score.song.band import band_of, voice_of
from soundstage.score.song.mix import CEILING, LEVEL, LOUDNESS, behind_voice, in_front
from soundstage.tasks.compose_engines import MusicEngine
from soundstage.tasks.compose_sound import places_of
from soundstage.tasks.sing_voice import Sung, sing_notes
from soundstage.text.lexicon import Pronunciations

Sound = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Singer:
    """Who sings, and how."""

    model: str
    voice: Voice | None
    manner: str
    words: Pronunciations | None
    watermark: bool
    seed: int

    def sing(self, track: Track, score: Score) -> Sung:
        """A track whose notes lie where the singer's voice does."""
        return sing_notes(
            track, self.voice, seconds_at=score.seconds_at, model=self.model, style=self.manner, transpose=0,
            words=self.words, watermark=self.watermark, seed=runtime.derive(self.seed, "voice"),
        )  # fmt: skip

    def song(self, lines: Sequence[str], counts: Sequence[int], sung: Sung) -> Song:
        """What is to be remembered of it."""
        who = self.voice
        name = "" if who is None else who.label or who.name or ("a clone" if who.reference is not None else "a mixture")
        return Song(
            lines=tuple(lines), counts=tuple(counts), words=sung.words, model=self.model, manner=self.manner,
            voice=name, consent=tuple(dict.fromkeys(who.statements)) if who is not None else (), seed=self.seed,
        )  # fmt: skip


def stem_of(sung: Sung, rate: int, samples: int) -> Sound:
    """A sung part as a staged stem [2, samples]."""
    return in_front(sung.audio.resampled(rate).fitted(samples).samples[0], rate)


def song_of(engine: MusicEngine, score: Score, seconds: float, seed: int, voice: Sound, song: Song) -> Music:
    """Music of exactly `seconds` from a score, and what is sung in it as a staged stem."""
    samples = round(seconds * engine.rate)
    band = band_of(score)
    dry = engine.play(band, samples, runtime.derive(seed, "sound"))
    runtime.check_cancelled("sing")
    roles = places_of(band)
    stems = behind_voice(staged(dry, roles, engine.rate), roles, score, engine.rate)
    track = voice_of(score)
    sung = {track.instrument: voice} if track is not None else {}
    return joined({**sung, **stems}, engine.rate, score, seconds, song)


def again(stem: Audio) -> Sound:
    """A stem of a voice that was mastered, as it stood on the stage before."""
    measured = loudness(stem.samples, stem.rate)
    return (stem.samples * np.float32(amplitude(LEVEL - measured) if measured > -69 else 1.0)).astype(np.float32)


def joined(stems: dict[str, Sound], rate: int, score: Score, seconds: float, song: Song) -> Music:
    """Stems as one piece at its loudness, faded over the ring of its last bar."""
    ring = max(seconds - score.seconds_at(score.beat_of_bar(score.bars - 1)), 0.0)
    curve = fades(next(iter(stems.values())).shape[1], rate, min(max(0.5 * ring, 0.3), 2.0, 0.25 * seconds))
    faded = {name: (sound * curve).astype(np.float32) for name, sound in stems.items()}
    total: Sound = np.asarray(sum(faded.values()), np.float32)
    mix, decibels = brought(total, rate, target=LOUDNESS, ceiling=CEILING)
    gain = np.float32(amplitude(decibels))
    audio = {name: Audio(sound * gain, rate) for name, sound in faded.items()}
    return Music(Audio(mix, rate), audio, score, beats_of(score, seconds), song)
