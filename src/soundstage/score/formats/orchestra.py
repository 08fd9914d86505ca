"""Who plays what in foreign scores: General MIDI's programs, drums and part names, and our own instruments.

Notable: reading keeps every pitch as written; `playable` is what brings a foreign score within the range of our
instruments and onto the drums that our kits have.
"""

from __future__ import annotations

import re
from dataclasses import replace

from soundstage.media.score import Note, Score, Track
from soundstage.score.instruments import ALIASES, BY_NAME, PIECES

VOICE = "voice"
"""The instrument that sings syllables; General MIDI knows it as program 53."""
VOICE_PROGRAM = 53
ELECTRONIC = range(24, 32)
"""Programs of the drum channel that are electronic kits."""

_FAMILIES = (
    "piano*4, electric piano*2, piano, electric piano, music box*3, vibraphone, marimba*2, vibraphone, harp, organ*8, "
    "nylon guitar, steel guitar, clean guitar*3, overdriven guitar*2, clean guitar, acoustic bass, electric bass*5, "
    "synth bass*2, violin*2, cello, acoustic bass, strings, pizzicato, harp, timpani, strings*4, choir*3, strings, "
    "trumpet, horn*2, trumpet, horn, trumpet, synth lead*2, saxophone*4, clarinet*4, flute*8, square lead, synth lead, "
    "square lead, synth lead*2, choir, synth lead*2, pad*16, steel guitar*2, nylon guitar, harp, marimba, clarinet, "
    "violin, clarinet, music box, marimba, vibraphone, marimba, timpani*3, pad*9"
)
PROGRAMS: tuple[str, ...] = tuple(
    name.partition("*")[0] for name in _FAMILIES.split(", ") for _ in range(int(name.partition("*")[2] or 1))
)
"""Our nearest instrument for each General MIDI program, 0 to 127."""

# What our kits have, for what General MIDI's have: hand drums become toms, wood and bells the stick and the ride.
_DRUMS = {35: 36, 40: 38, 43: 41, 44: 42, 45: 47, 48: 50, 52: 49, 53: 51, 55: 49, 57: 49, 58: 54, 59: 51, 60: 50}
_DRUMS |= {61: 47, 62: 50, 63: 50, 64: 47, 65: 50, 66: 47, 69: 70, 71: 54, 72: 54, 73: 70, 74: 70, 78: 54, 79: 54}
_DRUMS |= {80: 51, 81: 51, 82: 70, 83: 54, 84: 54}
DRUM_PIECES = {pitch: pitch if pitch in PIECES.values() else _DRUMS.get(pitch, PIECES["stick"]) for pitch in range(128)}
_SUNG = re.compile(
    r"\b(voice|vocals?|vox|sing|singer|singing|soprano|alto|tenor|baritone|lyrics?|words)\b", re.IGNORECASE
)
_NOT_SUNG = re.compile(r"sax|recorder|horn|flute|clarinet", re.IGNORECASE)


def named(name: str) -> str:
    """Our instrument of a part's name or alias, "" when it names none."""
    plain = " ".join(re.sub(r"[\d_.#-]+", " ", name.lower()).split())
    if name in BY_NAME or name == VOICE:
        return name
    if plain in ALIASES:
        return ALIASES[plain]
    return VOICE if _SUNG.search(plain) and not _NOT_SUNG.search(plain) else ""


def player(name: str, program: int | None, *, drums: bool, sung: bool = False) -> str:
    """Our instrument for a part: by its exact name, else its program, else what its name suggests, else the piano."""
    if (name in BY_NAME and BY_NAME[name].drums == drums) or name == VOICE:
        return name
    if drums:
        return "electronic drums" if program in ELECTRONIC else "drums"
    guess = named(name)
    if sung and (guess == VOICE or program in (None, 52, 53, 54, 85)):
        return VOICE
    if program is not None:
        return PROGRAMS[program]
    return guess if guess and not (guess in BY_NAME and BY_NAME[guess].drums) else "piano"


def program_of(instrument: str) -> tuple[int, bool]:
    """General MIDI's program for an instrument, and whether it is a drum kit; what we do not know plays the piano."""
    ours = BY_NAME.get(instrument) or BY_NAME.get(named(instrument))
    if ours is not None:
        return ours.program, ours.drums
    return (VOICE_PROGRAM if named(instrument) == VOICE else 0), False


def playable(score: Score) -> Score:
    """The score with every part on one of our instruments (or the voice), in its range, on drums that our kits have."""
    return replace(score, tracks=tuple(_playable(track) for track in score.tracks))


def _playable(track: Track) -> Track:
    name = named(track.instrument) or "piano"
    if name == VOICE:
        return Track(name, track.notes)
    ours = BY_NAME[name]
    if ours.drums:
        struck = {(DRUM_PIECES[note.pitch], note.start): note for note in track.notes}
        return Track(name, tuple(replace(note, pitch=pitch) for (pitch, _), note in struck.items()))
    return Track(name, tuple(_folded(note, ours.low, ours.high) for note in track.notes))


def _folded(note: Note, low: int, high: int) -> Note:
    """The note moved by octaves into a range of at least one."""
    octaves = -(-(low - note.pitch) // 12) if note.pitch < low else -(-(note.pitch - high) // 12) * -1
    return replace(note, pitch=note.pitch + 12 * octaves) if not low <= note.pitch <= high else note
