"""Key and chords of sound, as the ear hears them: a path through its triads, the likeliest of its keys.

Notable: what is heard is settled before it is compared, so neither the times nor the names of the true chords help to
hear them. The ear knows only major and minor keys: dorian counts as minor, mixolydian as major, and a piece's signature
is right when its scale is.

T frames, ten a second
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundstage.evaluate.ear import SLOW_HOP, SLOW_RATE, TRIADS, Heard
from soundstage.media.score import Score
from soundstage.score.theory import QUALITIES, TONICS, Key

GENDER = {"major": "major", "mixolydian": "major", "minor": "minor", "dorian": "minor"}
A_SECOND = SLOW_RATE / SLOW_HOP
FLATS = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}


def key_of(heard: Heard) -> Key:
    """The likeliest major or minor key."""
    mode, tonic = divmod(int(np.argmax(heard.keys)), 12)
    return Key(tonic, ("major", "minor")[mode])


def same_signature(found: Key, true: Key) -> bool:
    """Whether both have the same sharps and flats: the same scale, whatever is felt as home.

    A dorian or mixolydian scale is heard as the minor or major key on its own tonic, or as that of its signature.
    """
    return found.signature in (true.signature, Key(true.tonic, GENDER[true.mode]).signature)


def same_key(found: Key, true: Key) -> bool:
    """Whether tonic and gender agree; dorian counts as minor, mixolydian as major."""
    return found.tonic == true.tonic and found.mode == GENDER[true.mode]


def chords_of(heard: Heard, *, change: float | None = None) -> NDArray[np.int64]:
    """The likeliest triad of every frame [T], twelve roots of each kind of `TRIADS`; a change costs `change` nats, or
    as many as are settled."""
    change = heard.by.settled.change if change is None else change
    best = heard.chords[0]
    back = np.zeros((len(heard.chords), best.size), np.int64)
    for at, chances in enumerate(heard.chords[1:], 1):
        top = int(np.argmax(best))
        moved = best[top] - change > best
        back[at] = np.where(moved, top, np.arange(best.size))
        best = np.where(moved, best[top] - change, best) + chances
    path = np.zeros(len(heard.chords), np.int64)
    path[-1] = int(np.argmax(best))
    for at in range(len(path) - 1, 0, -1):
        path[at - 1] = back[at, path[at]]
    return path


def chord_agreement(heard: Heard, score: Score) -> float:
    """Share of the time under chords with a third in which the triad that is heard is the true one; 1 without any."""
    found = chords_of(heard)
    right = counted = 0
    for chord in score.chords:
        triad = triad_of(chord.name)
        first, stop = (beat * 60 / score.bpm * A_SECOND for beat in (chord.start, chord.start + chord.length))
        part = found[round(first) : round(stop)]
        if triad is not None and len(part):
            counted += len(part)
            right += int((part == 12 * TRIADS.index(triad[1]) + triad[0]).sum())
    return right / counted if counted else 1.0


def triad_of(name: str) -> tuple[int, str] | None:
    """Root and kind of a chord's triad; None where it has no third."""
    root = name[:2] if name[1:2] in ("#", "b") else name[:1]
    tones = dict(QUALITIES[name[len(root) :]])
    third, fifth = tones.get(2), tones.get(4, 7)
    if third is None:
        return None
    return TONICS.index(FLATS.get(root, root)), "major" if third == 4 else "dim" if fifth == 6 else "minor"
