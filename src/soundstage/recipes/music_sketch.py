"""Pieces as spectrograms put together from those of single notes: a hundredth of the work of sound, so that thousands
can teach what a beat is.

Notable: powers of notes add up, nearly; what is lost is the room and what notes do to each other. Every instrument is
measured once, a few notes an octave, as the font and our synthesis play it. Enough for rhythm, not for harmony: pitches
between those measured borrow their neighbour's spectrum.

T frames, fifty a second · F frames of one note · S bands · N notes measured
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.data.composer_render import RATE, render_score
from soundstage.evaluate.ear import HOP, SLOW_HOP, SLOW_RATE, compressed, levels
from soundstage.media.audio import Audio
from soundstage.media.score import Note, Score, Track
from soundstage.recipes.music_truth import Counted, as_bytes, beats_of, commissions, triads_of
from soundstage.score import synth
from soundstage.score.instruments import INSTRUMENTS, NAMES, PIECES, Instrument
from soundstage.score.mix import ROLE_LEVEL
from soundstage.score.perform import perform
from soundstage.score.sheet import Sheet

SOUNDED = ("font", "synth")
APART = 3  # semitones between notes that are measured
HELD, LENGTH, GAP = 1.6, 2.4, 3.0  # seconds held, kept, and from one note to the next
LOUD = 96  # MIDI velocity of the notes measured
TOUCH = 1.6  # the power of velocity that a note's size grows by
SPREAD, ROOM = 3.0, 0.15  # dB by which stems stray from their role's level, and the most that rings on of each frame
RINGS = 0.93  # of that, a frame later
TREMBLE = 0.3  # nats at most by which powers stray from frame to frame, for notes that sound together beat
SEED = 29
Notes = Mapping[str, tuple[NDArray[np.int64], NDArray[np.float32]]]
"""For each instrument the pitches measured [N], and their powers [N, F, S]."""


@dataclass(frozen=True)
class Bank:
    """Single notes as somebody plays them."""

    notes: Notes


def pitches_of(player: Instrument) -> list[int]:
    """Those that are measured."""
    return list(PIECES.values()) if player.drums else list(range(player.low, player.high + 1, APART))


def bank(folder: Path, played: str) -> Bank:
    """All instruments as `played`, kept in `folder` and measured where they are missing."""
    place = folder / f"notes-{played}"
    place.mkdir(parents=True, exist_ok=True)
    notes = {}
    for player in INSTRUMENTS:
        path = place / f"{player.name.replace(' ', '-')}.npy"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.save(file, measured(player, played).astype(np.float16))
            unfinished.replace(path)
        magnitudes = np.load(path).astype(np.float32)
        notes[player.name] = np.array(pitches_of(player)), magnitudes**2
    return Bank(notes)


def measured(player: Instrument, played: str) -> NDArray[np.float32]:
    """The magnitudes of an instrument's notes in the ear's bands [N, F, S]; the loudest is 1."""
    pitches = pitches_of(player)
    struck = tuple(Note(pitch, index * GAP, HELD, LOUD) for index, pitch in enumerate(pitches))
    score = Score(60.0, (4, 4), "C major", round(len(pitches) * GAP) // 4 + 1, (), (), (Track(player.name, struck),))
    samples = round(len(pitches) * GAP * RATE)
    made = render_score(score, samples) if played == "font" else synth.play(score, samples, RATE, 0)
    sound = np.atleast_2d(made[player.name]).mean(axis=0)
    bands = levels(Audio(np.asarray(sound[None], np.float32), RATE))
    frames, step = round(LENGTH * RATE / HOP), GAP * RATE / HOP
    rows = np.stack([bands[round(i * step) : round(i * step) + frames] for i in range(len(pitches))])
    return rows / max(float(rows.max()), 1e-9)


def sketch(sheet: Sheet, notes: Notes, rng: np.random.Generator) -> Counted:
    """A piece's spectrogram, about, with its beats and chords."""
    score = perform(sheet, tail=1.0, seed=int(rng.integers(2**31)))
    frames = round((score.seconds + 1.5) * RATE / HOP)
    roles = {name: role for role, name in reversed(sheet.roster)}
    total = np.zeros((frames, next(iter(notes.values()))[1].shape[2]), np.float32)
    for track in score.tracks:
        stem = stem_of(track, notes, frames, score.bpm)
        heard = stem.sum(axis=1)
        sounding = heard[heard > 1e-4 * heard.max()]
        if len(sounding):
            decibels = ROLE_LEVEL[roles[track.instrument]] + rng.normal(0, SPREAD)
            total += stem * (10 ** (decibels / 10) / float(sounding.mean()))
    total = ringing(total, float(rng.uniform(0, ROOM)))
    total *= np.exp(rng.uniform(0, TREMBLE) * rng.standard_normal(total.shape, np.float32))
    beats = beats_of(score)
    return Counted(
        spectrum=as_bytes(compressed(np.sqrt(total))),
        beats=beats,
        downbeats=beats[:: score.metre[0]],
        chords=triads_of(score, round(frames * HOP / RATE * SLOW_RATE / SLOW_HOP)),
    )


def stem_of(track: Track, notes: Notes, frames: int, bpm: float) -> NDArray[np.float32]:
    """The powers of one instrument's notes, summed [T, S]."""
    pitches, powers = notes[track.instrument]
    drums = INSTRUMENTS[NAMES.index(track.instrument)].drums
    out = np.zeros((frames, powers.shape[2]), np.float32)
    for note in track.notes:
        whole = powers[int(np.argmin(np.abs(pitches - note.pitch)))]
        one = whole if drums else held(whole, round(note.length * 60 / bpm * RATE / HOP))
        at = round(note.start * 60 / bpm * RATE / HOP)
        part = one[: max(0, frames - at)]
        out[at : at + len(part)] += part * (note.velocity / LOUD) ** (2 * TOUCH)
    return out


def held(power_FS: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """A note that was measured, held for so many frames: cut, or kept at its last level, and let go as it was."""
    end = round(HELD * RATE / HOP) - 2
    frames = max(frames, 1)
    body = power_FS[np.minimum(np.arange(frames), end)]
    release = power_FS[end + 1 :] / np.maximum(power_FS[end], 1e-12)
    return np.concatenate([body, body[-1] * np.clip(release, 0, 1)])


def ringing(power_TS: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Powers of which a share rings on, ever less: as much of a room as a sketch needs."""
    out, rest = power_TS.copy(), np.zeros(power_TS.shape[1], np.float32)
    for at in range(len(power_TS)):
        out[at] += rest
        rest = RINGS * (rest + share * (1 - RINGS) * power_TS[at])
    return out


def sketches(folder: Path, count: int, seed: int = SEED) -> list[Counted]:
    """So many training pieces, each as one of `SOUNDED` would play it. They follow from the seed, and are made anew."""
    banks = [bank(folder, played).notes for played in SOUNDED]
    rng = np.random.default_rng([seed, 41])
    pieces = commissions(seed, "train", count)
    return [sketch(piece, banks[int(rng.integers(len(banks)))], rng) for piece in pieces]
