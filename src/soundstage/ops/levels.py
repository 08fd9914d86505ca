"""Sound brought to a level before it is written: by its peak, its power, its loudness, or by clipping alone.

Notable: these are the strategies of audiocraft's `audio_write`, with its defaults. Where theirs clips what a gain drove
over full scale, here a true-peak limiter holds it under the ceiling, also between the samples. Loudness is that of
ITU-R BS.1770-4; what is softer than −54 dB is left as it is, for it would be noise.

Arrays are [channels, time].
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from soundstage.errors import InputError
from soundstage.ops.loudness import Samples, amplitude, limit

Strategy = Literal["peak", "rms", "loudness", "clip"]
HEADROOM = {"peak": 1.0, "rms": 18.0, "loudness": 14.0, "clip": 1.0}
"""How far below full scale a strategy aims, in dB; −14 LUFS for loudness."""
FAINTEST = 2e-3  # root mean square below which loudness is left alone
BLOCK = 0.4  # seconds that loudness needs at least


def levelled(
    samples: npt.NDArray[Any],
    rate: int,
    strategy: Strategy = "loudness",
    *,
    headroom: float | None = None,
    ceiling: float = -1.0,
    louder: bool = True,
    compressed: bool = False,
) -> Samples:
    """The sound `headroom` dB below full scale by `strategy`, and its true peak under `ceiling` dBTP.

    Peak and clip leave the peak of the samples where the headroom says, and need no limiter. `louder` allows a gain
    above one in peak and rms; `compressed` bends loud samples (tanh) after the gain of loudness. Silence stays silence.
    Raises InputError for an unknown strategy and for samples that are no sound.
    """
    if strategy not in HEADROOM:
        raise InputError("strategy", f"{strategy!r} is not known", f"choose {', '.join(HEADROOM)}")
    sound: Samples = np.array(samples, dtype=np.float32)
    if sound.ndim != 2 or not np.isfinite(sound).all():
        raise InputError("samples", f"of shape {sound.shape}", "give finite [channels, time]")
    down = HEADROOM[strategy] if headroom is None else headroom
    if not sound.any():
        return sound
    target = np.float32(amplitude(-down))
    if strategy == "clip":
        return np.clip(sound, -target, target)
    if strategy == "peak":
        return sound * _allowed(target / np.abs(sound).max(), louder)
    if strategy == "rms":
        power = float(np.square(sound.mean(0), dtype=np.float64).mean())  # of the channels' mean, as theirs
        sound = sound * _allowed(target / np.sqrt(power), louder) if power > 0 else sound
    elif np.sqrt(np.square(sound, dtype=np.float64).mean()) >= FAINTEST:
        measured = loudness(sound, rate)
        sound = sound * np.float32(amplitude(-down - measured)) if np.isfinite(measured) else sound
        sound = np.tanh(sound) if compressed else sound
    return limit(sound, rate, ceiling=ceiling)


def loudness(samples: npt.NDArray[Any], rate: int) -> float:
    """Integrated loudness in LUFS; −inf for silence. What is shorter than a gating block is measured repeated."""
    from pyloudnorm import Meter  # brings scipy.signal, which is slow to import

    sound = np.asarray(samples, dtype=np.float64)
    if not sound.any():
        return float("-inf")
    block = int(np.ceil(BLOCK * rate)) + 1
    if sound.shape[1] < block:
        sound = np.tile(sound, (1, -(-block // sound.shape[1])))
    with np.errstate(divide="ignore"):
        return float(Meter(rate).integrated_loudness(sound.T))


def _allowed(gain: float, louder: bool) -> np.float32:
    return np.float32(gain if louder else min(gain, 1.0))
