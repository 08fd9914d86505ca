"""How many frames a text gets: F5-TTS's own rule, and one that also holds for a word and for a number.

Notable: the published rule gives a text the reference's frames in proportion to its UTF-8 bytes, and a third of the
speed below ten bytes. So "Tomorrow." gets 1.7 s for its 0.7, "Absolutely not." 0.86 s for 1.06, "1984" is four bytes,
and every pause of the reference slows all that is said after it. Ours counts phones (or letters, of both texts alike),
takes the speaker's pace from the reference's speech without its silences, gives every phrase the time that its ending
takes, and adds pauses where the text has them, as long as the speaker's own. Of what three synthetic speakers take for
a single word, the published rule gives 1.97 times (0.70 to 3.50 for nine of ten) and ours 0.95 (0.73 to 1.34); for two
words 0.94 (0.73 to 2.57) and 1.06 (0.85 to 1.40); for a sentence both are right (tests/models/test_f5_duration.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError

RATE, HOP = 24_000, 256
SHORT, SLOW = 10, 0.3  # the published rule's: fewer bytes are said at this speed

FINAL = 1.5  # phones' worth of time by which a phrase's ending is drawn out
PACE, TRUST = 12.0, 8.0  # phones a second of anybody, believed as much as this many phones of the reference
PAUSE = 0.25  # seconds of anybody's pause inside a text, believed as much as one pause of the reference
EDGES = 0.25  # seconds of silence before and after what is said


@dataclass(frozen=True, kw_only=True)
class Line:
    """What of a text takes time: its phones, and the pauses inside it (not those at its ends)."""

    phones: int
    pauses: int = 0

    @property
    def weight(self) -> float:
        """In phones, with every phrase's ending."""
        return self.phones + FINAL * (self.pauses + 1)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Seconds of a recording: of speech, and of the pauses inside it."""

    speech: float
    pauses: float


def byte_frames(reference_frames: int, reference_bytes: int, text_bytes: int, *, speed: float = 1.0) -> int:
    """All frames, the reference's too, by the published rule.

    `reference_frames` are its samples // 256, one fewer than its mel has. Raises InputError for a reference without
    text.
    """
    if reference_bytes < 1 or speed <= 0:
        raise InputError("reference", f"{reference_bytes} bytes at speed {speed} give no pace", "give its text")
    speed = SLOW if text_bytes < SHORT else speed
    return reference_frames + int(reference_frames / reference_bytes * text_bytes / speed)


def paced_frames(reference_frames: int, heard: Heard, reference: Line, text: Line, *, speed: float = 1.0) -> int:
    """All frames, the reference's too, by our rule: `heard` is what `spoken` found in the reference.

    Raises InputError for a text without phones and for a speed that is not positive.
    """
    if text.phones < 1 or speed <= 0:
        raise InputError("text", f"{text.phones} phones at speed {speed} take no time", "give something to say")
    pace = (reference.weight + TRUST) / (heard.speech + TRUST / PACE)
    pause = (heard.pauses + PAUSE) / (reference.pauses + 1)
    seconds = (text.weight / pace + text.pauses * pause) / speed + EDGES
    return reference_frames + round(seconds * RATE / HOP)


def evenly(seconds: Sequence[float], room: float) -> list[range]:
    """Neighbouring sentences joined into as few rows of at most `room` seconds as can be, as equal as can be.

    F5-TTS holds a voice for about 22 s, its reference included; filled one after the other, rows leave a last one of a
    word or two, which is what it says worst. A sentence that is longer than the room has a row of its own.
    """
    starts = [0.0, *accumulate(seconds)]
    fill = {0: (0, 0.0, 0)}  # sentences in rows: how many rows, their squared lengths, where the last begins
    for stop in range(1, len(starts)):
        ways = []
        for start in range(stop):
            length = starts[stop] - starts[start]
            if length <= room or stop - start == 1:
                count, squares, _ = fill[start]
                ways.append((count + 1, squares + length**2, start))
        fill[stop] = min(ways)
    rows, stop = [], len(seconds)
    while stop:
        rows.append(range(fill[stop][2], stop))
        stop = fill[stop][2]
    return rows[::-1]


def spoken(samples_N: Tensor, rate: int = RATE) -> Heard:
    """Seconds of speech and of inner pauses in one recording [N].

    Speech is what stays within 35 dB of its loud parts and above the room; gaps up to 120 ms are closures of stops and
    belong to it, and bursts of up to 30 ms do not.
    """
    step, frame = rate // 100, rate // 50
    if samples_N.shape[-1] < frame:
        return Heard(speech=0.0, pauses=0.0)
    power_N = samples_N.float().unfold(-1, frame, step).square().mean(-1)
    level_N = 10 * power_N.clamp_min(1e-10).log10()
    room, loud = (float(level_N.quantile(q)) for q in (0.05, 0.95))
    threshold = max(-70.0, min(max(loud - 35, room + 6), loud - 15))
    sound = (level_N > threshold).float()[None, None]
    sound = _shrunk(_grown(sound, 6), 6)  # gaps of up to twelve steps are closed
    sound = _grown(_shrunk(sound, 1), 1)[0, 0] > 0
    if not bool(sound.any()):
        return Heard(speech=0.0, pauses=0.0)
    at = sound.nonzero()
    speech, whole = float(sound.sum()), float(at[-1] - at[0] + 1)
    return Heard(speech=speech / 100, pauses=(whole - speech) / 100)


def _grown(sound: Tensor, reach: int) -> Tensor:
    return F.max_pool1d(F.pad(sound, (reach, reach)), 2 * reach + 1, 1)


def _shrunk(sound: Tensor, reach: int) -> Tensor:
    return 1 - F.max_pool1d(1 - F.pad(sound, (reach, reach), value=1.0), 2 * reach + 1, 1)[..., reach:-reach]
