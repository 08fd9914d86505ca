"""The composer's sound: scores and single notes rendered by FluidSynth with the MIT font FluidR3.

Notable: FluidSynth is a program run at data-making time only; what users hear is the neural player that learned from
it.
Reverb and chorus are off, so a stem is dry and the sum of stems is the mix. The kit's two sets are General MIDI's
standard kit and its 808.

T samples
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import MissingError, RunError
from soundstage.media.audio import Audio
from soundstage.media.music import Music
from soundstage.media.score import Note, Score, Track
from soundstage.score import midi
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, PIECES, VOICES, voice_of
from soundstage.score.mix import mastered, pan_gains, staged
from soundstage.score.perform import beats_of, perform
from soundstage.score.sheet import Sheet

FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
RATE = 32_000
GAIN = 0.5


def available() -> bool:
    """Whether this machine has the program and the font."""
    return FONT.exists() and shutil.which("fluidsynth") is not None


def render_midi(path: Path, rate: int = RATE, font: Path = FONT) -> NDArray[np.float32]:
    """A MIDI file as sound [2, T]. Raises MissingError when FluidSynth or the font is not installed."""
    if shutil.which("fluidsynth") is None or not font.exists():
        raise MissingError(f"FluidSynth with {font.name}", "apt-get install fluidsynth fluid-soundfont-gm")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", str(GAIN), "-r", str(rate)]
        command += ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1", "-o", "synth.polyphony=1024"]
        done = subprocess.run(
            [*command, "-T", "wav", "-O", "s16", "-F", str(out), str(font), str(path)], capture_output=True, check=False
        )
        if done.returncode or not out.exists():
            raise RunError(f"fluidsynth failed: {done.stderr.decode()[-200:]}", "render the file by hand to see why")
        with wave.open(str(out)) as file:
            raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sound: NDArray[np.float32] = np.ascontiguousarray(raw.reshape(-1, 2).T).astype(np.float32)
    return sound / np.float32(32768)


def render_score(score: Score, samples: int, rate: int = RATE) -> dict[str, NDArray[np.float32]]:
    """Dry mono stems by instrument, [T] of exactly `samples`; tracks of the same instrument are one stem."""
    stems: dict[str, NDArray[np.float32]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, tracks in groupby(sorted(score.tracks, key=lambda t: t.instrument), key=lambda t: t.instrument):
            track = Track(name, tuple(note for part in tracks for note in part.notes))
            part = Score(score.bpm, score.metre, score.key, score.bars, (), (), (track,))
            sound = render_midi(midi.save(part, Path(folder) / "part.mid"), rate).mean(axis=0)
            stems[name] = np.pad(sound[:samples], (0, max(0, samples - len(sound))))
    return stems


def render_music(sheet: Sheet, seed: int = 0) -> Music:
    """A composed sheet as real sound: what the task `compose` would return if the player were the font itself."""
    score = perform(sheet, tail=1.0, seed=seed)
    seconds = score.seconds + 1.5
    samples = round(seconds * RATE)
    dry = {}
    for name, mono in render_score(score, samples).items():
        left, right = pan_gains(BY_NAME[name].pan)
        dry[name] = np.stack([left * mono, right * mono]).astype(np.float32)
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
    with tempfile.TemporaryDirectory() as folder:
        rendered = render_midi(midi.save(score, Path(folder) / "notes.mid")).mean(axis=0)
    rendered = np.pad(rendered, (0, max(0, places[-1] + group[-1].length - len(rendered))))
    for shot, place in zip(group, places, strict=True):
        part = rendered[place : place + shot.length]
        sound[shot.start : shot.start + shot.length] = np.round(part * 32767).astype(np.int16)
