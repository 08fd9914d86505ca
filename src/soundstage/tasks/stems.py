"""The task `stems`: music in parts. Our own has them already, exactly; foreign sound is taken apart by its spectrum.

Notable: what is found in a foreign mix is named for what it is (strokes, low tones, the middle of the stage), never for
an instrument that nobody recognised. Whatever no part takes is in `other`, so that the parts always sum to the mix.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from soundstage.errors import InputError, MissingError
from soundstage.graph import Says, task
from soundstage.media import Audio, Music
from soundstage.score.mix import unlike

SILENT = 1e-5
EXACT = -50.0
"""dB below the mix that is left of it by the stems under the master's gain."""
FOUND = ("percussion", "bass", "middle", "sides", "harmony", "other")
LEARNED = ("vocals", "voice", "singing", "drums", "guitar", "piano", "strings", "melody", "lead", "accompaniment")
"""What only a trained model could tell apart."""


@task(version=1)
def stems(
    music: Annotated[Music | Audio, Says("A .music file with its stems, or any sound file.")],
    *,
    parts: Annotated[list[str] | None, Says("Only these by name, the rest in other; by default all.")] = None,
) -> Music:
    """Music in stems, which sum to its mix: its own where it has them, else percussion, bass, middle, sides and other.

    Own stems come back as they are, once it is checked that they sum to the mix ahead of its limiter. A foreign mix is
    taken apart without a trained model: `percussion` is what strikes, `bass` held tones below 200 Hz, `middle` held
    tones in the centre of the stage (a voice or a lead, and all that stands there too), `sides` those beside it; mono
    has `harmony` for both. Raises InputError for silence, for stems that are not of this mix, and for parts that it
    does not have; MissingError for parts that need a trained model.
    """
    given = music if isinstance(music, Music) else Music(music)
    sound, rate = given.mix.samples, given.mix.rate
    if not sound.size or float(np.abs(sound).max()) < SILENT:
        raise InputError("music", "is silent", "give some sound")
    if given.stems:
        left = unlike([stem.samples for stem in given.stems.values()], sound)
        if left > EXACT:
            raise InputError("music", f"has stems that miss its mix by {left:.0f} dB", "give the mix alone as a sound")
        found = {name: stem.samples for name, stem in given.stems.items()}
        remark = f"its own {len(found)} stems, which sum to the mix ahead of the limiter ({left:.0f} dB are left)"
    else:
        _check_learned(parts)
        from soundstage.ops.separation import separated  # brings torch

        found = separated(sound, rate)
        remark = "taken apart by spectrum and place on the stage, without a trained model"
    if parts is not None:
        found = _chosen(found, parts, sound if not given.stems else np.asarray(sum(found.values()), np.float32))
    named = {name: Audio(part, rate) for name, part in found.items()}
    return replace(given, stems=named, remarks=(remark,))


def _check_learned(parts: list[str] | None) -> None:
    for name in parts or ():
        if name.strip().lower() in LEARNED:
            raise MissingError(
                f"a trained model that tells {name.strip()!r} from the rest of a mix is not part of this package",
                f"choose from {', '.join(FOUND)}, or give .music made by compose, which has its own stems",
            )


def _chosen(found: dict[str, np.ndarray], parts: list[str], whole: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of these names, and the rest of the whole."""
    names = list(dict.fromkeys(name.strip().lower() for name in parts if name.strip()))
    missing = [name for name in names if name not in found]
    if missing or not names:
        what = f"{missing[0]!r} is none of them" if missing else "are none"
        raise InputError("parts", what, f"choose from {', '.join(found)}")
    kept = {name: found[name] for name in names if name != "other"}
    rest = whole - np.asarray(sum(kept.values()), np.float32) if kept else whole
    return {**kept, "other": rest.astype(np.float32)}
