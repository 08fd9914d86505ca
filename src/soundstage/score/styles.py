"""The styles that the starter knows: tempo, metre, swing, modes, and who plays what.

Notable: the order of `STYLES` is the numbering of the score language; append, never reorder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Style:
    """A style: beats a minute, metres and modes with weights, swing of the off-beat eighth (0.5 is straight),

    and for each role the instruments that may play it, likeliest first, with the chance that the role is played at all.
    """

    name: str
    bpm: tuple[int, int]
    modes: dict[str, float]
    roles: dict[str, tuple[float, tuple[str, ...]]]
    metres: tuple[str, ...] = ("4/4",)
    swing: float = 0.5
    energy: tuple[float, float, float] = (0.3, 0.5, 0.2)
    intro: bool = False
    aliases: tuple[str, ...] = ()


KIT, MACHINE = "drums", "electronic drums"

STYLES: tuple[Style, ...] = (
    Style(
        name="lo-fi", bpm=(70, 90), modes={"minor": 0.5, "major": 0.3, "dorian": 0.2}, swing=0.58, intro=True,
        energy=(0.5, 0.45, 0.05), aliases=("lofi", "lo fi", "chillhop", "study beats", "chill beats"),
        roles={
            "drums": (1, (KIT, MACHINE)),
            "bass": (1, ("electric bass", "acoustic bass", "synth bass")),
            "comp": (1, ("electric piano", "piano", "nylon guitar")),
            "pad": (0.3, ("pad", "strings")),
            "lead": (0.85, ("vibraphone", "piano", "flute", "clean guitar", "saxophone", "electric piano")),
        },
    ),
    Style(
        name="piano ballad", bpm=(60, 84), modes={"major": 0.6, "minor": 0.4}, metres=("4/4", "3/4"),
        energy=(0.6, 0.35, 0.05), aliases=("ballad", "piano piece", "piano solo", "love song", "love theme"),
        roles={
            "arp": (1, ("piano", "harp", "nylon guitar")),
            "bass": (0.3, ("acoustic bass", "cello", "electric bass")),
            "pad": (0.6, ("strings", "choir", "pad")),
            "lead": (1, ("piano", "violin", "cello", "flute", "clarinet")),
        },
    ),
    Style(
        name="orchestral", bpm=(76, 112), modes={"major": 0.6, "minor": 0.4}, metres=("4/4", "3/4"),
        energy=(0.4, 0.45, 0.15), aliases=("classical", "chamber", "symphonic", "orchestra", "string quartet",
            "baroque"),
        roles={
            "bass": (1, ("cello", "acoustic bass", "pizzicato")),
            "comp": (0.5, ("pizzicato", "strings", "horn", "harp")),
            "arp": (0.6, ("harp", "strings", "clarinet", "piano")),
            "pad": (0.85, ("strings", "horn", "choir")),
            "lead": (1, ("violin", "flute", "clarinet", "trumpet", "cello")),
            "counter": (0.6, ("clarinet", "cello", "horn", "flute", "violin")),
        },
    ),
    Style(
        name="jazz", bpm=(100, 168), modes={"major": 0.6, "dorian": 0.2, "minor": 0.2}, swing=0.66,
        energy=(0.3, 0.5, 0.2), aliases=("swing", "bebop", "jazz trio", "smooth jazz", "cool jazz", "noir"),
        roles={
            "drums": (0.95, (KIT,)),
            "bass": (1, ("acoustic bass", "electric bass")),
            "comp": (1, ("piano", "clean guitar", "electric piano", "organ", "vibraphone")),
            "lead": (1, ("saxophone", "trumpet", "vibraphone", "clarinet", "piano", "clean guitar")),
        },
    ),
    Style(
        name="funk", bpm=(94, 114), modes={"dorian": 0.5, "mixolydian": 0.35, "minor": 0.15}, energy=(0.05, 0.5, 0.45),
        aliases=("funky", "groove", "disco", "soul", "r&b"),
        roles={
            "drums": (1, (KIT, MACHINE)),
            "bass": (1, ("electric bass", "synth bass")),
            "comp": (1, ("clean guitar", "electric piano", "organ", "piano")),
            "pad": (0.25, ("organ", "strings")),
            "lead": (0.75, ("saxophone", "trumpet", "organ", "synth lead", "clean guitar")),
            "counter": (0.5, ("trumpet", "electric piano", "saxophone", "organ")),
        },
    ),
    Style(
        name="house", bpm=(118, 128), modes={"minor": 0.7, "major": 0.2, "dorian": 0.1}, intro=True,
        energy=(0.05, 0.45, 0.5), aliases=("dance", "edm", "techno", "club", "deep house", "electronic dance"),
        roles={
            "drums": (1, (MACHINE, KIT)),
            "bass": (1, ("synth bass", "electric bass")),
            "comp": (0.9, ("piano", "organ", "electric piano", "synth lead")),
            "arp": (0.35, ("square lead", "synth lead", "marimba")),
            "pad": (0.6, ("pad", "strings", "choir")),
            "lead": (0.5, ("synth lead", "square lead", "flute", "saxophone", "piano")),
        },
    ),
    Style(
        name="synthwave", bpm=(80, 112), modes={"minor": 0.85, "major": 0.15}, intro=True, energy=(0.1, 0.55, 0.35),
        aliases=("retrowave", "80s synth", "eighties", "outrun", "synth pop", "synthpop", "electro"),
        roles={
            "drums": (1, (MACHINE, KIT)),
            "bass": (1, ("synth bass", "electric bass")),
            "arp": (0.6, ("square lead", "synth lead", "electric piano")),
            "pad": (0.95, ("pad", "strings", "choir")),
            "lead": (0.8, ("synth lead", "square lead", "saxophone", "overdriven guitar")),
        },
    ),
    Style(
        name="rock", bpm=(104, 148), modes={"minor": 0.4, "mixolydian": 0.25, "major": 0.35}, energy=(0.05, 0.4, 0.55),
        aliases=("indie rock", "hard rock", "punk", "rock and roll", "pop rock", "alternative", "guitar band"),
        roles={
            "drums": (1, (KIT,)),
            "bass": (1, ("electric bass",)),
            "comp": (1, ("overdriven guitar", "clean guitar", "steel guitar", "organ", "piano")),
            "pad": (0.2, ("organ", "strings")),
            "lead": (0.75, ("overdriven guitar", "clean guitar", "organ", "synth lead", "saxophone")),
        },
    ),
    Style(
        name="ambient", bpm=(60, 84), modes={"major": 0.5, "minor": 0.3, "dorian": 0.2}, energy=(0.9, 0.1, 0.0),
        aliases=("meditation", "meditative", "atmospheric", "atmosphere", "drone", "new age", "soundscape", "spa"),
        roles={
            "bass": (0.5, ("synth bass", "cello", "acoustic bass")),
            "arp": (0.6, ("harp", "electric piano", "vibraphone", "piano", "music box")),
            "pad": (1, ("pad", "choir", "strings")),
            "lead": (0.6, ("piano", "flute", "vibraphone", "choir", "cello")),
            "counter": (0.4, ("choir", "strings", "horn")),
        },
    ),
    Style(
        name="folk", bpm=(84, 120), modes={"major": 0.55, "mixolydian": 0.15, "dorian": 0.3}, metres=("4/4", "3/4"),
        energy=(0.4, 0.5, 0.1), aliases=("acoustic", "country", "celtic", "irish", "campfire", "bluegrass",
            "americana"),
        roles={
            "drums": (0.3, (KIT,)),
            "bass": (0.8, ("acoustic bass", "electric bass", "cello")),
            "comp": (0.5, ("steel guitar", "nylon guitar")),
            "arp": (0.8, ("steel guitar", "nylon guitar", "harp")),
            "lead": (1, ("flute", "violin", "clarinet", "nylon guitar", "marimba")),
        },
    ),
    Style(
        name="waltz", bpm=(96, 156), modes={"major": 0.65, "minor": 0.35}, metres=("3/4",), energy=(0.35, 0.5, 0.15),
        aliases=("viennese", "ballroom", "carousel", "musette"),
        roles={
            "bass": (1, ("cello", "acoustic bass", "pizzicato")),
            "comp": (1, ("strings", "piano", "pizzicato", "horn")),
            "lead": (1, ("violin", "clarinet", "flute", "piano", "trumpet")),
            "counter": (0.5, ("clarinet", "cello", "flute", "horn")),
        },
    ),
    Style(
        name="chiptune", bpm=(112, 160), modes={"major": 0.6, "minor": 0.4}, energy=(0.0, 0.4, 0.6),
        aliases=("8-bit", "8 bit", "video game", "arcade", "game boy", "nintendo", "retro game"),
        roles={
            "drums": (0.95, (MACHINE,)),
            "bass": (1, ("synth bass", "square lead")),
            "arp": (0.9, ("square lead", "synth lead")),
            "lead": (1, ("square lead", "synth lead")),
        },
    ),
    Style(
        name="cinematic tension", bpm=(72, 112), modes={"minor": 1.0}, energy=(0.2, 0.45, 0.35),
        aliases=("suspense", "thriller", "horror", "tension", "ominous", "suspenseful", "spooky"),
        roles={
            "drums": (0.55, (KIT,)),
            "bass": (1, ("cello", "acoustic bass", "synth bass", "timpani")),
            "comp": (0.4, ("horn", "pizzicato", "piano")),
            "arp": (0.95, ("strings", "pizzicato", "piano", "cello", "marimba")),
            "pad": (0.9, ("strings", "choir", "pad", "horn")),
            "lead": (0.6, ("violin", "horn", "cello", "clarinet", "piano")),
        },
    ),
    Style(
        name="lullaby", bpm=(60, 88), modes={"major": 0.9, "minor": 0.1}, metres=("3/4", "4/4"),
        energy=(0.95, 0.05, 0.0), aliases=("cradle song", "bedtime", "nursery", "music-box tune"),
        roles={
            "bass": (0.4, ("cello", "acoustic bass")),
            "arp": (1, ("harp", "music box", "nylon guitar", "piano", "vibraphone")),
            "pad": (0.5, ("strings", "choir", "pad")),
            "lead": (1, ("music box", "flute", "vibraphone", "clarinet", "piano")),
        },
    ),
    Style(
        name="heroic", bpm=(100, 140), modes={"major": 0.6, "minor": 0.2, "mixolydian": 0.2}, energy=(0.0, 0.35, 0.65),
        aliases=("epic", "fanfare", "march", "blockbuster", "adventure", "battle", "heroic orchestral"),
        roles={
            "drums": (0.85, (KIT,)),
            "bass": (1, ("cello", "timpani", "acoustic bass")),
            "comp": (0.9, ("strings", "horn", "pizzicato")),
            "pad": (0.6, ("horn", "choir", "strings")),
            "lead": (1, ("trumpet", "horn", "violin", "flute")),
            "counter": (0.6, ("horn", "strings", "trumpet", "flute")),
        },
    ),
    Style(
        name="bossa nova", bpm=(108, 144), modes={"major": 0.55, "minor": 0.45}, energy=(0.5, 0.45, 0.05),
        aliases=("bossa", "latin", "samba", "brazilian", "beach bar"),
        roles={
            "drums": (0.9, (KIT,)),
            "bass": (1, ("acoustic bass", "electric bass")),
            "comp": (1, ("nylon guitar", "piano", "electric piano")),
            "pad": (0.2, ("strings",)),
            "lead": (1, ("flute", "saxophone", "vibraphone", "piano", "trumpet", "clarinet")),
        },
    ),
)  # fmt: skip
BY_STYLE = {style.name: style for style in STYLES}
STYLE_NAMES = tuple(BY_STYLE)
# Words that are not always a style ("an empty house", "a rock in the sea"): a reader must judge them by their company.
DOUBLE_MEANINGS = frozenset({"house", "rock", "swing", "soul", "club", "dance", "march", "drone", "battle",
    "adventure", "groove", "spa",
                             "nursery", "tension", "horror", "meditation", "atmosphere", "orchestra", "arcade",
                             "carousel"})  # fmt: skip
STYLE_ALIASES = {alias: style.name for style in STYLES for alias in (*style.aliases, style.name)}


def style_named(name: str) -> Style:
    """The style of that name or alias. Raises InputError listing the known ones."""
    plain = " ".join(name.lower().replace("_", " ").split())
    known = STYLE_ALIASES.get(plain) or STYLE_ALIASES.get(re.sub(r"[ -]+", " ", plain))
    if known is None:
        raise InputError("style", f"{name!r} is not known", f"choose from {', '.join(STYLE_NAMES)}")
    return BY_STYLE[known]
