"""Key and chords of sound, from its chroma (Krumhansl & Kessler, 1982; Fujishima, 1999).

Notable: the profiles know only major and minor, so a dorian or mixolydian piece is right when its signature is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundstage.media.audio import Audio
from soundstage.media.score import Score
from soundstage.score.theory import QUALITIES, TONICS, Key

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
SIZE, LOW, HIGH = 8192, 80.0, 2000.0


def chroma(audio: Audio, *, hop_seconds: float = 0.1) -> NDArray[np.float64]:
    """[frames, 12]: strength of each pitch class, from spectral peaks between 80 Hz and 2 kHz."""
    wave = audio.mono().samples[0]
    hop = round(hop_seconds * audio.rate)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (SIZE // 2, SIZE // 2)), SIZE)[::hop]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(SIZE), axis=1))
    hz = np.arange(magnitude.shape[1]) * audio.rate / SIZE
    inside = (hz > LOW) & (hz < HIGH)
    peak = np.zeros_like(magnitude, bool)
    peak[:, 1:-1] = (magnitude[:, 1:-1] > magnitude[:, :-2]) & (magnitude[:, 1:-1] >= magnitude[:, 2:])
    strength = np.where(peak & inside, magnitude, 0) ** 0.7
    place = np.where(inside, np.round(12 * np.log2(np.maximum(hz, 1) / 440) + 69) % 12, 0).astype(int)
    out = np.zeros((len(frames), 12))
    for pitch in range(12):
        out[:, pitch] = strength[:, inside & (place == pitch)].sum(axis=1)
    return out


def key_of(audio: Audio) -> Key:
    """The likeliest major or minor key."""
    total = chroma(audio).sum(axis=0)
    scores = [
        (float(np.corrcoef(total, np.roll(profile, tonic))[0, 1]), tonic, mode)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    ]
    _, tonic, mode = max(scores)
    return Key(tonic, mode)


def same_signature(found: Key, true: Key) -> bool:
    """Whether both have the same sharps and flats: the same scale, whatever is felt as home."""
    return found.signature == true.signature


def same_key(found: Key, true: Key) -> bool:
    """Whether tonic and gender agree; dorian counts as minor, mixolydian as major."""
    gender = {"major": "major", "mixolydian": "major", "minor": "minor", "dorian": "minor"}
    return found.tonic == true.tonic and found.mode == gender[true.mode]


def chord_agreement(audio: Audio, score: Score) -> float:
    """Share of the chords whose major, minor or diminished triad fits their stretch of sound best of all 36."""
    shapes = {"major": (0, 4, 7), "minor": (0, 3, 7), "dim": (0, 3, 6)}
    names, templates = [], []
    for kind, shape in shapes.items():
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in shape]] = 1
            names.append((root, kind))
            templates.append(row / np.linalg.norm(row))
    frames = chroma(audio)
    right, counted = 0, 0
    for chord in score.chords:
        begin, end = (round(beat * 600 / score.bpm) for beat in (chord.start, chord.start + chord.length))
        part = frames[begin + 1 : end].sum(axis=0)
        triad = _triad(chord.name)
        if triad is None or part.sum() <= 0:
            continue
        counted += 1
        right += names[int(np.argmax(np.stack(templates) @ part))] == triad
    return right / max(counted, 1)


def _triad(name: str) -> tuple[int, str] | None:
    root = name[:2] if name[1:2] in ("#", "b") else name[:1]
    flat = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}
    tones = dict(QUALITIES[name[len(root) :]])
    third, fifth = tones.get(2), tones.get(4, 7)
    if third is None:
        return None
    return TONICS.index(flat.get(root, root)), "major" if third == 4 else "dim" if fifth == 6 else "minor"
