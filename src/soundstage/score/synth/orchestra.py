"""A score played by our own instruments: notes that recur are made once, let go where they end, and put in their place.

Notable: a note's sound depends on the note and the seed alone, and stems are sums in the order of the score, so what an
edit leaves alone stays the same bit for bit. Velocity is kept exactly in loudness; in colour it goes by steps.

T samples · stereo [2, T]
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.score import Note, Score
from soundstage.score.formats.orchestra import VOICE
from soundstage.score.instruments import instrument
from soundstage.score.mix import note_pan, pan_gains
from soundstage.score.synth.chorus import chorused
from soundstage.score.synth.drums import beaten
from soundstage.score.synth.envelope import CUT, ending
from soundstage.score.synth.fm import Pairs, modulated
from soundstage.score.synth.kits import KITS, piece_of
from soundstage.score.synth.modes import Struck, struck
from soundstage.score.synth.patches import PATCHES, Patch
from soundstage.score.synth.string import String, plucked
from soundstage.score.synth.wave import Wave, held

Sound = NDArray[np.float32]
CHOIR = "choir"  # what hums a voice's part, where nobody sings it
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
LAYER = 8  # velocities that share a colour
LENGTHS = (0.4, 0.7, 1.1, 1.7, 2.6, 4.0, 6.0, 9.0, 14.0, 21.0)  # seconds that notes are made long, then doubled
MIDDLE = 80  # the velocity that patches are written for
CHOKED, CHOKING = frozenset({46}), frozenset({42, 46})  # a hi-hat that closes ends its own ringing
CHOKE = 0.05
DRUM_TOUCH = 1.6
KIT_LEVELS = {"drums": -5.7, "electronic drums": -5.2}  # dB, so that a groove is as loud as the rest

Timed = tuple[Note, float, float]  # with the seconds at which it starts, and for which it is held
Made = Callable[[int], object]


class Tone(NamedTuple):
    """What a note's sound depends on, besides the seed: who plays, pitch, step of velocity, seconds made, take."""

    player: str
    pitch: int
    layer: int
    seconds: float
    take: int


def play(score: Score, samples: int, rate: int, seed: int, *, on_note: Made | None = None) -> dict[str, Sound]:
    """Dry stems [2, samples] by instrument; `on_note` hears of every note made.

    Raises InputError for an instrument that is not known, or a rate out of range.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise InputError("rate", f"is {rate}", f"give {LOWEST_RATE} to {HIGHEST_RATE}")
    stems = {track.instrument: np.zeros((2, samples), np.float32) for track in score.tracks}
    for name, stem in stems.items():
        player = instrument(CHOIR if name == VOICE else name).name
        notes = [_timed(score, note) for track in score.tracks if track.instrument == name for note in track.notes]
        (_drum if player in KITS else _perform)(player, notes, stem, rate, seed, on_note)
    return stems


def _timed(score: Score, note: Note) -> Timed:
    start = score.seconds_at(note.start)
    return note, start, score.seconds_at(note.start + note.length) - start


def sound_of(tone: Tone, rate: int, seed: int) -> Sound:
    """The sound [T] of a tone at velocity `MIDDLE`'s loudness, held until it dies away or its seconds are over."""
    hardness = min(max((tone.layer * LAYER + LAYER / 2 - MIDDLE) / (127 - MIDDLE), -1.3), 1.0)
    if tone.player in KITS:
        piece = KITS[tone.player][tone.pitch]
        return beaten(piece, hardness, rate, seed, tone.take) * _factor(piece.level + KIT_LEVELS[tone.player])
    patch = PATCHES[tone.player]
    wished = round(tone.seconds * rate)
    sound = _made(patch, 440.0 * 2 ** ((tone.pitch - 69) / 12), hardness, wished, rate, seed)
    sound = sound * _factor(patch.level)
    last = round(CUT * rate)
    if len(sound) < wished:  # it has died away before
        sound[-last:] *= np.linspace(1, 0, last, dtype=np.float32)[-len(sound) :]
    return sound


def _made(patch: Patch, hz: float, hardness: float, samples: int, rate: int, seed: int) -> Sound:
    match patch.sound:
        case Wave():
            return held(patch.sound, hz, hardness, samples, rate, seed)
        case Struck():
            return struck(patch.sound, hz, hardness, samples, rate, seed)
        case String():
            return plucked(patch.sound, hz, hardness, samples, rate, seed)
        case Pairs():
            return modulated(patch.sound, hz, hardness, samples, rate)


def _factor(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))


def _made_long(seconds: float) -> float:
    """The length at which a note of `seconds` is made."""
    found = next((length for length in LENGTHS if length >= seconds), None)
    return found if found is not None else LENGTHS[-1] * 2 ** int(np.ceil(np.log2(seconds / LENGTHS[-1])))


def _perform(player: str, notes: list[Timed], stem: Sound, rate: int, seed: int, made: Made | None) -> None:
    """Adds the notes of a pitched instrument to its stem."""
    patch, samples = PATCHES[player], stem.shape[1]
    tail = ending(patch.release, rate)
    known: dict[Tone, Sound] = {}
    for note, start, seconds in notes:
        at, held_for = round(start * rate), max(round(seconds * rate), 1)
        if at >= samples:
            continue
        tone = Tone(player, note.pitch, note.velocity // LAYER, _made_long((held_for + len(tail)) / rate), 0)
        if tone not in known:
            known[tone] = sound_of(tone, rate, seed)
            if made is not None:
                made(1)
        sound = known[tone][: min(held_for + len(tail), samples - at)]
        if len(sound) > held_for:
            sound = sound.copy()
            sound[held_for:] *= tail[: len(sound) - held_for]
        _add(stem, sound, at, (note.velocity / MIDDLE) ** patch.touch, note_pan(player, note.pitch))
    if patch.chorus is not None:
        chorused(stem, patch.chorus, rate)


def _drum(player: str, notes: list[Timed], stem: Sound, rate: int, seed: int, made: Made | None) -> None:
    """Adds the blows of a kit to its stem; a hi-hat ends the ringing of the one before."""
    samples = stem.shape[1]
    choke = ending(CHOKE, rate)
    closings = sorted(start for note, start, _ in notes if note.pitch in CHOKING)
    known: dict[Tone, Sound] = {}
    for note, start, _ in notes:
        at = round(start * rate)
        if at >= samples:
            continue
        pitch, piece = piece_of(player, note.pitch)
        take = crc32(f"{seed} {pitch} {round(note.start * 480)}".encode()) % piece.takes
        tone = Tone(player, pitch, note.velocity // LAYER, 0.0, take)
        if tone not in known:
            known[tone] = sound_of(tone, rate, seed)
            if made is not None:
                made(1)
        sound = known[tone][: samples - at]
        until = next((round(t * rate) - at for t in closings[bisect_right(closings, start) :]), len(sound))
        if pitch in CHOKED and until < len(sound):
            sound = sound[: until + len(choke)].copy()
            sound[until:] *= choke[: len(sound) - until]
        _add(stem, sound, at, (note.velocity / MIDDLE) ** DRUM_TOUCH, note_pan(player, pitch))


def _add(stem: Sound, sound: Sound, at: int, gain: float, pan: float) -> None:
    for channel, share in zip(stem, pan_gains(pan), strict=True):
        channel[at : at + len(sound)] += np.float32(gain * share) * sound


__all__ = ["Tone", "play", "sound_of"]
