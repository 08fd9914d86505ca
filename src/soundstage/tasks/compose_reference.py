"""What a reference recording wishes for: tempo and key, and where there are no words at all a style.

Notable: fields and words go before it. What is heard is a guess, and is told, so that a wrong one can be overruled by a
field. Instruments only speak for a style: a mix hides too much of them to ask for each by name.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio
from soundstage.models.ensemble.listener import Listener, chances, load_listener
from soundstage.ops.separation import separated
from soundstage.score.instruments import BY_NAME, NAMES
from soundstage.score.listening import key_heard, tempo_heard
from soundstage.score.styles import BY_STYLE, STYLES, Style
from soundstage.score.theory import Key, find_key
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Wishes, spoken_bpm
from soundstage.weights.reference import Reference

SHORTEST, LONGEST = 3.0, 30.0
"""Seconds of a reference, and those of its middle that are taken apart."""
STRUCK = -14.0
"""dB under the mix from which on strokes are drums."""


def like(reference: Audio, prompt: str, wishes: Wishes, model: str) -> tuple[Wishes, str]:
    """The wishes with what a reference adds to them, and a line about what was heard.

    Raises InputError for a reference that is silent or too short.
    """
    if reference.seconds < SHORTEST:
        raise InputError("reference", f"lasts {reference.seconds:.1f} s", f"give {SHORTEST:g} or more")
    if float(np.abs(reference.samples).max()) < 1e-4:
        raise InputError("reference", "is silent", "give music")
    tempo, tonal = tempo_heard(reference), key_heard(reference)
    heard = [f"{tempo:.1f} bpm" if tempo else "no tempo", tonal.name if tonal else "no key"]
    if wishes.style is None and not prompt.strip():  # of seven pieces the style of two was heard: words know better
        spare = max(reference.seconds - LONGEST, 0.0)
        drums, players = _players(reference.cut(spare / 2, spare / 2 + LONGEST), model)
        style = nearest(tempo, tonal, drums, players)
        heard += ["drums" if drums else "no drums", f"most like {style.name}"]
        wishes = replace(wishes, style=style.name)
    if wishes.bpm is None and tempo is not None and spoken_bpm(prompt) is None:
        wishes = replace(wishes, bpm=float(np.clip(round(tempo, 1), SLOWEST, FASTEST)))
    if wishes.key is None and tonal is not None and find_key(prompt) is None and wishes.chords is None:
        wishes = replace(wishes, key=tonal.name)
    return wishes, f"reference: {', '.join(heard)}"


def _players(sound: Audio, model: str) -> tuple[bool, dict[str, float]]:
    """Whether there are drums, and the chance that each pitched instrument is what is heard most of."""
    parts = separated(sound.samples, sound.rate)
    power = {name: float(np.square(part, dtype=np.float64).mean()) for name, part in parts.items()}
    whole = max(float(np.square(sound.samples, dtype=np.float64).mean()), 1e-12)
    drums = 10 * np.log10(power["percussion"] / whole + 1e-12) > STRUCK
    tones = np.asarray(sum(part for name, part in parts.items() if name in ("middle", "sides", "harmony")), np.float32)
    try:
        listener: Listener = load_listener(Reference.parse(model).folder, len(NAMES))
    except MissingError:
        return drums, {}
    found = chances(listener, Audio(tones, sound.rate)).tolist()
    return drums, {name: chance for name, chance in zip(NAMES, found, strict=True) if not BY_NAME[name].drums}


def nearest(tempo: float | None, tonal: Key | None, drums: bool, players: dict[str, float]) -> Style:
    """The style whose tempo, drums, modes and habits are nearest to what was heard."""

    def likely(style: Style) -> float:
        value = 0.0
        if tempo is not None:
            low, high = style.bpm
            off = min(max(low / (tempo * k), tempo * k / high, 1.0) + 0.15 * (k != 1) for k in (0.5, 1.0, 2.0)) - 1
            value -= 5 * off
        beat = style.roles.get("drums", (0.0, ()))[0]
        value += float(np.log((beat if drums else 1 - beat) + 0.08))
        if tonal is not None:
            gender = {"major": ("major", "mixolydian"), "minor": ("minor", "dorian")}[tonal.mode]
            value += 0.5 * float(np.log(sum(style.modes.get(mode, 0.0) for mode in gender) + 0.1))
        habits = {name: 0.7**rank for _, names in style.roles.values() for rank, name in enumerate(names)}
        value += 2 * sum(chance * habits.get(name, 0.0) for name, chance in players.items())
        return value

    return BY_STYLE[max(STYLES, key=likely).name]
