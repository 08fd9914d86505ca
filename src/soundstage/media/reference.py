"""Recordings to clone from: what is wrong with one, and what of it can be mended.

Notable: what would spoil a clone is refused in one line that says what to record instead; what can be mended is mended,
and a note of it goes wherever the clone goes. Whether it is a voice at all is told by `media.speechlike`.

N samples · T frames of 10 ms
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.speechlike import Signs, signs_of

SHORTEST, LONGEST = 1.0, 30.0
"""Seconds of a recording, and of what is used of it."""
LEAST_SPEECH = 0.6
"""Seconds in which something must sound."""
DEEP = 40.0
"""dB under the loudest frames below which a frame is a pause."""
CLIPPED, RUINED = 2e-4, 0.03
"""Shares of samples on a ceiling from which on peaks are drawn anew, and from which on nothing helps."""
FAINT, LEVEL = 0.008, 0.07
"""Root mean square of speech that is too quiet, and to which it is raised."""
HUM = 0.04
"""Share of power below 70 Hz that is taken out."""


def mended(audio: Audio, *, whole: bool = False) -> tuple[Audio, tuple[str, ...]]:
    """One channel of clear speech, and what was done to it; `whole` keeps its length, for its words are known.

    Raises InputError, with what to do, for a recording that is too short, silent, clipped throughout, or no voice.
    """
    if audio.seconds < SHORTEST:
        raise bad(f"lasts {audio.seconds:.2f} s", "give at least a second of speech; three to thirty are best")
    notes: list[str] = []
    samples, rate = _one_channel(audio, notes), audio.rate
    samples = _quiet_below(samples, rate, notes)
    levels = loudness(samples, rate)
    if levels.max() < -75:
        raise bad("is silent", "give a few seconds of clear speech by one person")
    samples = _declipped(samples, levels, rate, notes)
    if not whole:
        samples = _spoken(samples, rate, notes)
    levels = loudness(samples, rate)
    sounding = levels > np.quantile(levels, 0.995) - DEEP
    if sounding.sum() * 0.01 < LEAST_SPEECH:
        raise bad(f"holds {sounding.sum() * 0.01:.1f} s of sound", "give at least a second of speech")
    signs = signs_of(samples[: int(LONGEST * rate)], rate)
    if (likely := signs.speech) < 0.5:
        what = "music or noise" if signs.voiced > 0.1 else "noise"
        raise bad(
            f"does not sound like one voice, but like {what} ({likely:.0%} speech)",
            "give speech by one person, with nothing else in it",
        )
    _remarks(samples, rate, levels, sounding, signs, notes)
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    if level < FAINT:
        notes.append(f"it is very quiet ({20 * np.log10(level + 1e-9):.0f} dB): raised")
        samples = samples * np.float32(min(LEVEL / level, 0.97 / float(np.abs(samples).max())))
    return Audio(samples[None], rate), tuple(notes)


def bad(problem: str, remedy: str) -> InputError:
    """The one error for a recording that cannot be cloned from."""
    return InputError("voice", f"the reference {problem}", remedy)


def loudness(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """dB of every 10 ms [T], over 25 ms."""
    hop, size = max(1, rate // 100), max(1, rate // 40)
    padded = np.pad(samples.astype(np.float64), (size // 2, size)) ** 2
    total = np.concatenate(([0.0], np.cumsum(padded)))
    at = np.arange(0, len(samples), hop)
    return np.asarray(10 * np.log10((total[at + size] - total[at]) / size + 1e-10))


def _one_channel(audio: Audio, notes: list[str]) -> NDArray[np.float32]:
    if audio.channels == 1:
        return np.asarray(audio.samples[0])
    mixed: NDArray[np.float32] = audio.mono().samples[0]
    power = np.mean(audio.samples.astype(np.float64) ** 2, 1)
    if np.mean(mixed.astype(np.float64) ** 2) < 0.05 * power.max():
        loudest = int(power.argmax())
        notes.append(f"its channels cancel each other: only channel {loudest + 1} is used")
        return np.asarray(audio.samples[loudest])
    notes.append(f"{audio.channels} channels: mixed to one")
    return mixed


def _quiet_below(samples: NDArray[np.float32], rate: int, notes: list[str]) -> NDArray[np.float32]:
    """Without a constant offset, and without hum."""
    offset = float(samples.mean())
    level = float(samples.std())
    if abs(offset) > max(0.05 * level, 1e-4):
        notes.append(f"a constant offset of {offset:+.3f} is taken out")
    samples = samples - np.float32(offset)
    if level < 1e-6:
        return samples
    from scipy.signal import butter, sosfiltfilt

    filtered = sosfiltfilt(butter(4, 70, "highpass", fs=rate, output="sos"), samples).astype(np.float32)
    below = 1 - float(filtered.std()) ** 2 / level**2
    if below < HUM:
        return samples
    notes.append(f"hum below 70 Hz ({below:.0%} of its power) is taken out")
    return filtered


def _declipped(
    samples: NDArray[np.float32], levels: NDArray[np.float64], rate: int, notes: list[str]
) -> NDArray[np.float32]:
    """With peaks drawn anew where they stand on a ceiling."""
    flat = ceilings(samples)
    loud = np.repeat(levels > levels.max() - 20, max(1, rate // 100))[: len(samples)]
    share = float(flat.sum()) / max(1, int(loud.sum()))
    if share > RUINED:
        raise bad(f"is clipped ({share:.0%} of its loud samples)", "record it again, softer or farther away")
    if share < CLIPPED:
        return samples
    from scipy.interpolate import CubicSpline

    notes.append(f"{share:.1%} of its loud samples are clipped: their peaks are drawn anew")
    bent = samples.copy()
    for at in range(0, len(samples), 10 * rate):  # splines need not know of what is far
        part = slice(max(0, at - 200), at + 10 * rate + 200)
        known = np.flatnonzero(~flat[part])
        if len(known) > 8 and flat[part].any():
            drawn = CubicSpline(known, samples[part][known])(np.flatnonzero(flat[part]))
            top = float(np.abs(samples).max())
            bent[part][flat[part]] = np.clip(drawn, -1.5 * top, 1.5 * top)
    return bent


def ceilings(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which samples stand in a row of three or more on one of the sound's two ceilings [N]."""
    flat = np.zeros(len(samples), bool)
    for side in (samples, -samples):
        high = side > 0.9995 * float(side.max()) - 1e-6
        if float(side.max()) < 0.02:
            continue
        three = high[:-2] & high[1:-1] & high[2:]
        for shift in range(3):
            flat[shift : len(flat) - 2 + shift] |= three
    return flat


def _spoken(samples: NDArray[np.float32], rate: int, notes: list[str]) -> NDArray[np.float32]:
    """Without the silence around it, and of a long recording the stretch that holds most speech."""
    levels = loudness(samples, rate)
    loud = float(np.quantile(levels, 0.995))
    sounding = np.flatnonzero(levels > loud - DEEP)
    first, last = max(0, int(sounding[0]) - 10), min(len(levels), int(sounding[-1]) + 11)
    around = (first + len(levels) - last) * 0.01
    if around > 0.5:
        notes.append(f"silence around it ({around:.1f} s) is left out")
    span = round(LONGEST * 100)
    if last - first > span:
        starts = np.arange(first, last - span + 1, 100)
        count = np.concatenate(([0], np.cumsum(levels > loud - 20)))
        floors = np.array([np.quantile(levels[at : at + span], 0.05) for at in starts])
        worth = (count[starts + span] - count[starts]) / span - 0.004 * (floors - floors.min())  # over little noise
        first = int(starts[worth.argmax()])
        last = first + span
        notes.append(
            f"it lasts {_clock(len(levels) * 0.01)}: {_clock(first * 0.01)} to {_clock(last * 0.01)} of it is used"
        )
    hop = max(1, rate // 100)
    return np.ascontiguousarray(samples[first * hop : last * hop])


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _remarks(
    samples: NDArray[np.float32], rate: int, levels: NDArray[np.float64], sounding: NDArray[np.bool_],
    signs: Signs, notes: list[str],
) -> None:  # fmt: skip
    """What cannot be mended, and is worth saying."""
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / rate)
    above = float(power[frequency > 4200].sum() / power.sum())
    if rate < 9600 or above < 1e-6:
        notes.append("nothing above 4 kHz is in it, as on a telephone: the clone will sound less bright")
    gap = float(np.quantile(levels, 0.9) - np.quantile(levels[levels > -99] if (levels > -99).any() else levels, 0.05))
    if gap < 15:
        notes.append(f"it is noisy (speech {gap:.0f} dB above the rest): the clone may be rough")
    if float(sounding.sum()) * 0.01 < 2.5:
        notes.append(f"only {sounding.sum() * 0.01:.1f} s of speech: three seconds and more make a nearer clone")
    if signs.apart > 7:
        notes.append(f"its pitch stands at two heights, {signs.apart:.0f} semitones apart: are there two speakers?")
