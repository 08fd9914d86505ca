"""The orchestra: every instrument and drum that a score may name, with its range, its MIDI program and its place on
the stage.

Notable: the order of `VOICES` is the numbering of the neural player and of the score language; append, never reorder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """An instrument: MIDI pitches it can play, General MIDI program and bank, level in dB, pan in [-1, 1], share of the

    room, whether it is struck or plucked (and dies away by itself), vibrato in cents, other names."""

    name: str
    program: int
    low: int
    high: int
    level: float = 0.0
    pan: float = 0.0
    wet: float = 0.2
    drums: bool = False
    struck: bool = False
    vibrato: float = 0.0
    aliases: tuple[str, ...] = ()


def _pitched(name: str, program: int, low: int, high: int, *aliases: str, **more: float | bool) -> Instrument:
    return Instrument(name=name, program=program, low=low, high=high, aliases=aliases, **more)  # type: ignore[arg-type]


INSTRUMENTS: tuple[Instrument, ...] = (
    _pitched("piano", 0, 28, 96, "grand piano", "keys", "upright piano", struck=True, wet=0.18),
    _pitched("electric piano", 4, 33, 91, "rhodes", "e-piano", "epiano", "wurlitzer", struck=True, pan=-0.15),
    _pitched("organ", 16, 36, 91, "hammond", "church organ", pan=0.2),
    _pitched("music box", 10, 60, 100, "celesta", "toy piano", struck=True, wet=0.3),
    _pitched("vibraphone", 11, 53, 89, "vibes", "mallets", struck=True, pan=0.2, wet=0.25),
    _pitched("marimba", 12, 48, 93, "xylophone", struck=True, pan=0.25),
    _pitched("harp", 46, 36, 98, struck=True, pan=-0.3, wet=0.3),
    _pitched("nylon guitar", 24, 40, 84, "classical guitar", "spanish guitar", "guitar", struck=True, pan=0.25),
    _pitched("steel guitar", 25, 40, 84, "acoustic guitar", "folk guitar", struck=True, pan=0.25),
    _pitched("clean guitar", 27, 40, 86, "electric guitar", "funk guitar", struck=True, pan=0.3),
    _pitched("overdriven guitar", 29, 40, 86, "distorted guitar", "rock guitar", "lead guitar", pan=-0.2),
    _pitched("acoustic bass", 32, 28, 60, "upright bass", "double bass", "contrabass", struck=True, wet=0.06),
    _pitched("electric bass", 33, 28, 60, "bass guitar", "bass", "fingered bass", struck=True, wet=0.04),
    _pitched("synth bass", 38, 28, 60, "bass synth", "sub bass", struck=True, wet=0.03),
    _pitched("violin", 40, 55, 93, "fiddle", "solo violin", pan=-0.25, wet=0.3, vibrato=13),
    _pitched("cello", 42, 36, 76, "cellos", "solo cello", pan=0.25, wet=0.28, vibrato=11),
    _pitched("strings", 48, 36, 93, "string section", "string ensemble", "orchestra strings", wet=0.32),
    _pitched("pizzicato", 45, 40, 90, "pizzicato strings", "plucked strings", struck=True, pan=-0.2, wet=0.3),
    _pitched("choir", 52, 43, 82, "voices", "vocal pad", "choir ahh", wet=0.38, vibrato=4),
    _pitched("flute", 73, 60, 96, "flutes", "whistle", "recorder", pan=-0.1, wet=0.28, vibrato=9),
    _pitched("clarinet", 71, 50, 91, "oboe", pan=0.15, wet=0.26),
    _pitched("trumpet", 56, 54, 86, "trumpets", "brass", pan=0.12, wet=0.26, vibrato=5),
    _pitched("horn", 60, 41, 77, "french horn", "horns", "french horns", pan=-0.3, wet=0.32),
    _pitched("saxophone", 65, 49, 82, "sax", "alto sax", "tenor sax", pan=0.1, wet=0.24, vibrato=9),
    _pitched("synth lead", 81, 48, 96, "lead synth", "saw lead", "synth", "synthesizer", pan=0.05, wet=0.2, vibrato=5),
    _pitched("square lead", 80, 36, 98, "square wave", "chip lead", "8-bit lead", pan=0.05, wet=0.05),
    _pitched("pad", 89, 36, 88, "synth pad", "warm pad", "soundscape", wet=0.35),
    _pitched("timpani", 47, 36, 60, "kettledrums", "kettle drums", struck=True, wet=0.3),
    Instrument(
        name="drums", program=0, low=35, high=82, drums=True, wet=0.1, aliases=("drum kit", "percussion", "beat")
    ),
    Instrument(
        name="electronic drums",
        program=25,
        low=35,
        high=82,
        drums=True,
        wet=0.06,
        aliases=("drum machine", "808", "909", "electronic beat"),
    ),
)
BY_NAME = {instrument.name: instrument for instrument in INSTRUMENTS}
NAMES = tuple(BY_NAME)

# The pieces of a kit: name → General MIDI note. Both kits have the same pieces.
PIECES: dict[str, int] = {
    "kick": 36,
    "stick": 37,
    "snare": 38,
    "clap": 39,
    "low tom": 41,
    "hat": 42,
    "mid tom": 47,
    "open hat": 46,
    "crash": 49,
    "high tom": 50,
    "ride": 51,
    "tambourine": 54,
    "shaker": 70,
}
PIECE_PANS = {37: 0.1, 41: -0.35, 42: 0.28, 46: 0.28, 47: 0.0, 49: -0.35, 50: 0.3, 51: 0.38, 54: -0.3, 70: -0.4}

# What the player has a timbre for: every pitched instrument, then every piece of both kits.
VOICES: tuple[tuple[str, int], ...] = tuple((i.name, -1) for i in INSTRUMENTS if not i.drums) + tuple(
    (i.name, note) for i in INSTRUMENTS if i.drums for note in PIECES.values()
)
VOICE_INDEX = {voice: index for index, voice in enumerate(VOICES)}


def voice_of(instrument: str, pitch: int) -> int:
    """The player's timbre for a note of `instrument`: for drums, each piece is one."""
    return VOICE_INDEX[(instrument, pitch if BY_NAME[instrument].drums else -1)]


def _aliases() -> dict[str, str]:
    table = {alias: i.name for i in INSTRUMENTS for alias in i.aliases}
    table |= {i.name: i.name for i in INSTRUMENTS}
    return table | {f"{name}s": known for name, known in table.items() if not name.endswith("s")}


ALIASES = _aliases()
_MENTION = re.compile(
    r"\b(" + "|".join(re.escape(alias) for alias in sorted(ALIASES, key=len, reverse=True)) + r")\b", re.IGNORECASE
)


def instrument(name: str) -> Instrument:
    """The instrument of that name or alias. Raises InputError listing the known ones."""
    known = ALIASES.get(" ".join(name.lower().replace("_", " ").replace("-", " ").split()))
    known = known or ALIASES.get(" ".join(name.lower().replace("_", " ").split()))
    if known is None:
        raise InputError("instruments", f"{name!r} is not known", f"choose from {', '.join(NAMES)}")
    return BY_NAME[known]


def mentioned(text: str) -> tuple[str, ...]:
    """The instruments that a text names outright, in the order of their first mention; the longest name wins."""
    return tuple(dict.fromkeys(ALIASES[match.group(1).lower()] for match in _MENTION.finditer(text)))
