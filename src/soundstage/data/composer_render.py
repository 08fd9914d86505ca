"""The composer's sound: scores and single notes rendered by FluidSynth with the MIT font FluidR3.

Notable: FluidSynth is run as `score.sampled` runs it, but always with this font, in mono and at one rate; the neural
player learned from it. The kit's two sets are General MIDI's standard kit and its 808.

T samples
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import MissingError
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.media.score import Note, Score, Track
from soundstage.score import sampled
from soundstage.score.formats import midi
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, PIECES, VOICES, voice_of
from soundstage.score.mix import mastered, pan_gains, staged
from soundstage.score.perform import beats_of, perform
from soundstage.score.sheet import Sheet

RATE = 32_000


def font() -> Path:
    """FluidR3, whatever else is installed: what is learnt, and the truth that meters are held to, is this one font."""
    file = sampled.installed(sampled.FLUID_R3)
    if file is None:
        raise MissingError(f"the sound font {sampled.FLUID_R3} was not found", sampled.REMEDY)
    return file


def available() -> bool:
    """Whether this machine has the program and the font."""
    file = sampled.installed(sampled.FLUID_R3)
    return file is not None and sampled.available(file)


def render_score(score: Score, samples: int, rate: int = RATE) -> dict[str, NDArray[np.float32]]:
    """Dry mono stems by instrument, [T] of exactly `samples`; tracks of the same instrument are one stem."""
    stems: dict[str, NDArray[np.float32]] = {}
    for name, stereo in sampled.render_tracks(score, rate, font()):
        sound = stereo.mean(axis=0)
        stems[name] = np.pad(sound[:samples], (0, max(0, samples - len(sound))))
    return stems


def placed_stems(score: Score, samples: int) -> dict[str, NDArray[np.float32]]:
    """Dry stems [2, T] by FluidSynth, each at its player's place."""
    dry = {}
    for name, mono in render_score(score, samples).items():
        left, right = pan_gains(BY_NAME[name].pan)
        dry[name] = np.stack([left * mono, right * mono]).astype(np.float32)
    return dry


def render_music(sheet: Sheet, seed: int = 0, seconds: float | None = None) -> Music:
    """A composed sheet as real sound: what the task `compose` would return if the player were the font itself.

    Its last chord rings until `seconds`, or for a beat unless told, and fades.
    """
    score = perform(sheet, tail=1.0, seed=seed)
    if seconds is None:
        seconds = score.seconds + 1.5
    elif seconds > score.seconds:
        score = perform(sheet, tail=(seconds - score.seconds) * score.bpm / 60, seed=seed)
    dry = placed_stems(score, round(seconds * RATE))
    roles = {name: role for role, name in reversed(sheet.roster)}
    mix, stems = mastered(staged(dry, roles, RATE), RATE, fade=1.0)
    placed = {name: Audio(sound, RATE) for name, sound in stems.items()}
    return Music(Audio(mix, RATE), placed, score, beats_of(score, seconds))


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A rendered note: its voice (see `instruments.VOICES`), pitch, velocity, time held, where its sound lies in the
    bank."""

    voice: int
    pitch: int
    velocity: int
    held: float
    start: int
    length: int


# (seconds held, seconds kept after the release) of the three notes of every pitch, and of a drum's hits.
TAKES = ((2.4, 0.9), (0.7, 0.9), (0.18, 0.9))
HITS = ((0.1, 1.1), (0.1, 1.1), (0.1, 1.1), (0.1, 1.1), (0.1, 2.4))
VELOCITIES = (40, 60, 80, 100, 120)


def shots() -> list[Shot]:
    """Every note of the bank: each pitch of each instrument at three lengths, velocities in rotation; each drum five
    times."""
    out, at = [], 0
    for instrument in INSTRUMENTS:
        pitches = list(PIECES.values()) if instrument.drums else list(range(instrument.low, instrument.high + 1))
        for pitch in pitches:
            for take, (held, tail) in enumerate(HITS if instrument.drums else TAKES):
                velocity = VELOCITIES[take if instrument.drums else (2 * pitch + 3 * take) % 5]
                length = round((held + tail) * RATE)
                voice = voice_of(instrument.name, pitch)
                out.append(Shot(voice=voice, pitch=pitch, velocity=velocity, held=held, start=at, length=length))
                at += length
    return out


def note_bank(folder: Path) -> tuple[list[Shot], NDArray[np.int16]]:
    """All notes rendered, as one int16 array in a memory map (about half a gigabyte); made on the first call."""
    bank, path = shots(), folder / "notes.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        total = bank[-1].start + bank[-1].length
        unfinished = folder / ".notes.npy"
        sound = np.lib.format.open_memmap(unfinished, "w+", np.int16, (total,))
        for name, group in groupby(bank, key=lambda shot: _name(shot)):
            _render_shots(name, list(group), sound)
        sound.flush()
        unfinished.replace(path)
    return bank, np.load(path, mmap_mode="r")


def _name(shot: Shot) -> str:
    return VOICES[shot.voice][0]


def _render_shots(name: str, group: list[Shot], sound: NDArray[np.int16], gap: float = 2.0) -> None:
    """Renders the notes of one instrument in one go, `gap` seconds apart so that none rings into the next."""
    assert name in BY_NAME
    notes, places, now = [], [], 0.25
    for shot in group:
        notes.append(Note(shot.pitch, now, shot.held, shot.velocity))
        places.append(round(now * RATE))
        now += shot.length / RATE + gap
    score = Score(60.0, (4, 4), "C major", int(now) // 4 + 1, (), (), (Track(name, tuple(notes)),))
    with TemporaryDirectory() as folder:
        rendered = sampled.render_midi(midi.save(score, Path(folder) / "notes.mid"), RATE, font()).mean(axis=0)
    rendered = np.pad(rendered, (0, max(0, places[-1] + group[-1].length - len(rendered))))
    for shot, place in zip(group, places, strict=True):
        part = rendered[place : place + shot.length]
        sound[shot.start : shot.start + shot.length] = np.round(part * 32767).astype(np.int16)
