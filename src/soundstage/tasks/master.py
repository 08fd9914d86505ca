"""The task `master`: any music brought to a loudness under a true peak, with what a gentle master does on the way.

Notable: stems go through the same tilt, compression and gain as the mix, so that they still sum to it, up to the
limiter, which is the last and the mix's alone. What was done is said in the result's remarks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.graph import Between, Says, task
from soundstage.media import Audio, Music
from soundstage.ops.dynamics import compression, tilted
from soundstage.ops.levels import HEADROOM, Strategy, levelled
from soundstage.ops.levels import loudness as measured
from soundstage.ops.loudness import decibels, limit, true_peak
from soundstage.score.mix import brought, unlike

Sound = NDArray[np.float32]
SILENT = 1e-5
HIGH_RESIDUAL = -50.0
"""dB from which on stems are not those of a mix."""


@task(version=1)
def master(
    music: Annotated[Music | Audio, Says("What to master: a sound file, or a .music file with its stems.")],
    *,
    loudness: Annotated[
        float,
        Says("Integrated loudness to reach, in LUFS: -14 for streaming, -16, -23 for broadcast."),
        Between(-40, -6),
    ] = -14.0,
    ceiling: Annotated[float, Says("True peak to stay under, in dBTP."), Between(-12, 0)] = -1.0,
    strategy: Annotated[
        Strategy, Says("What is brought to a level: loudness, peak, rms; or clip, which only cuts.")
    ] = "loudness",
    headroom: Annotated[
        float | None, Says("dB below full scale for peak, rms and clip; 1, 18 and 1 by default."), Between(0, 60)
    ] = None,
    compression: Annotated[
        float, Says("dB that a 2:1 bus compressor takes from loud moments; 0 is none."), Between(0, 6)
    ] = 0.0,
    tilt: Annotated[
        float, Says("dB of treble over bass, turned about 1 kHz; below 0 is darker."), Between(-6, 6)
    ] = 0.0,
) -> Music:
    """Music at −14 LUFS, or any loudness, under −1 dBTP, or any ceiling; its stems follow by the same gains.

    Rate, channels and length stay. Where stems sum to the mix it is made anew from them, so that what a former limiter
    took comes back. Strategies are those of audiocraft's `audio_write`. Raises InputError for silence, and for a
    headroom that the strategy has no use for.
    """  # fmt: skip
    given = music if isinstance(music, Music) else Music(music)
    sound, rate = given.mix.samples, given.mix.rate
    if not sound.size or float(np.abs(sound).max()) < SILENT:
        raise InputError("music", "is silent", "give some sound")
    if strategy == "loudness" and headroom is not None:
        raise InputError("headroom", "is not for loudness", "set the loudness itself, or another strategy")
    stems = {name: stem.samples for name, stem in given.stems.items()}
    if stems and unlike(stems.values(), sound) < HIGH_RESIDUAL:
        sound = np.asarray(sum(stems.values()), np.float32)
    before = sound
    sound = tilted(sound, rate, tilt)
    curve = _curve(sound, rate, compression)
    sound = sound * curve
    if strategy == "loudness":
        mix, gain = brought(sound, rate, target=loudness, ceiling=ceiling)
    else:
        mix = limit(levelled(sound, rate, strategy, headroom=headroom, ceiling=ceiling), rate, ceiling=ceiling)
        gain = _gain(sound, strategy, HEADROOM[strategy] if headroom is None else headroom)
    factor = curve * np.float32(10 ** (gain / 20))
    follow = {name: Audio(tilted(stem, rate, tilt) * factor, rate) for name, stem in stems.items()}
    remarks = [f"{_said(before, rate)} before, {_said(mix, rate)} after; gain {gain:+.1f} dB"]
    if tilt:
        remarks.append(f"tilt {tilt:+g} dB")
    if compression:
        remarks.append(f"compressor up to {-decibels(float(curve.min())):.1f} dB")
    held = decibels(float(np.abs(sound).max()) * 10 ** (gain / 20)) - decibels(float(np.abs(mix).max()))
    remarks.append(
        f"{'peaks clipped and limited by' if strategy == 'clip' else 'limiter'} up to {max(held, 0.0):.1f} dB"
    )
    return replace(given, mix=Audio(mix, rate), stems=follow, remarks=("; ".join(remarks),))


def _curve(sound: Sound, rate: int, amount: float) -> Sound:
    return compression(sound, rate, amount).astype(np.float32)


def _gain(sound: Sound, strategy: Strategy, headroom: float) -> float:
    """The decibels by which peak and rms move a sound."""
    if strategy == "peak":
        return -headroom - decibels(float(np.abs(sound).max()))
    if strategy == "rms":
        return -headroom - decibels(float(np.sqrt(np.square(sound.mean(0), dtype=np.float64).mean())))
    return 0.0


def _said(sound: Sound, rate: int) -> str:
    return f"{measured(sound, rate):.1f} LUFS and {decibels(true_peak(sound)):.1f} dBTP"
