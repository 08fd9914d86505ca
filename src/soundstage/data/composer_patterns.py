"""The composer's vocabulary: progressions, grooves, bass lines, accompaniments and rhythms of each style.

Notable: a bar is a string. Drums: sixteen (or twelve) places, `X` accented, `x` normal, `o` soft. Bass,
    hits and rhythms:
`place:length`, bass with `:step` above the root (4 is the fifth, 7 the octave),
    `!` after it for an accent. Broken chords are
orders of chord tones. Everything here is common practice of its style, written for this package.
"""

from __future__ import annotations

from dataclasses import dataclass

Drums = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Idiom:
    """How a style is played. Progressions by mode, four bars each; `,` puts two chords in a bar."""

    progressions: dict[str, tuple[str, ...]]
    drums: tuple[Drums, ...] = ()
    bass: tuple[str, ...] = ("0:16:0",)
    comp: tuple[str, ...] = ("0:8 8:8",)
    arp: tuple[tuple[int, str], ...] = ((2, "0 1 2 3 2 1 2 1"),)  # sixteenths a note, chord tones
    lead: tuple[str, ...] = ("0:4 4:4 8:8",)
    busy: tuple[str, ...] = ()  # livelier rhythms of the lead, for more energy
    voices: int = 3
    pentatonic: float = 0.0
    sparse: float = 0.0  # chance that the lead rests for a bar
    walking: bool = False
    fill: str = "snare"  # "snare", "toms", "none"


_POP_MAJOR = ("I V vi IV", "vi IV I V", "I vi IV V", "IV I V vi", "I iii IV V", "I IV vi V", "IV V iii vi", "I V IV V")
_POP_MINOR = ("i VI III VII", "i iv VI V", "i VII VI VII", "VI VII i i", "i III VII iv", "i VI iv V", "i v VI VII")
_STRAIGHT = ("0:4 4:4 8:8", "0:6 6:2 8:8", "0:4 4:2 6:2 8:4 12:4", "0:8 8:4 12:4", "4:4 8:4 12:4", "0:2 2:2 4:4 8:8")
_BUSY = ("0:2 2:2 4:2 6:2 8:4 12:4", "0:4 4:2 6:2 8:2 10:2 12:4", "0:2 2:2 4:4 8:2 10:2 12:4", "0:3 3:3 6:2 8:4 12:4")
_SYNCOPATED = ("0:3 3:3 6:2 8:6 14:2", "2:2 4:2 6:4 10:6", "0:3 3:3 6:6 12:4", "0:2 3:3 6:4 10:2 12:4", "2:4 6:6 12:4")
_THREE = ("0:8 8:4", "0:4 4:4 8:4", "0:6 6:2 8:4", "0:12", "0:4 4:8", "0:2 2:2 4:4 8:4")
_THREE_BUSY = ("0:4 4:2 6:2 8:4", "0:2 2:2 4:2 6:2 8:4", "0:4 4:2 6:2 8:2 10:2", "0:6 6:2 8:2 10:2")

IDIOMS: dict[str, Idiom] = {
    "lo-fi": Idiom(
        progressions={
            "major": ("ii7 V9 Imaj7 vi7", "Imaj7 vi7 ii7 V7", "IVmaj7 iii7 ii7 Imaj7", "Imaj9 IVmaj7 iii7 vi7"),
            "minor": ("iv7 VII7 IIImaj7 VImaj7", "i7 VImaj7 iv7 v7", "i9 iv7 VImaj7 v7", "VImaj7 v7 i7 i7"),
            "dorian": ("i7 IV7 i7 IV7", "i9 ii7 i9 IV7", "i7 v7 IV7 i7"),
        },
        drums=(
            {"kick": "X......x..X.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x......X.....", "snare": "....X.......X..o", "hat": "x.o.x.o.x.o.x.oo"},
            {"kick": "X.........X..x..", "stick": "....X.......X...", "hat": "x.x.x.x.x.x.x.x.",
            "shaker": "..o...o...o...o."},
        ),
        bass=("0:6:0 6:2:0 10:4:4 14:2:4", "0:8:0 10:6:4", "0:6:0 7:1:0 8:6:4 14:2:7", "0:10:0 10:4:7 14:2:4"),
        comp=("0:6 6:8", "0:4 7:7", "0:10 10:4", "2:6 10:6", "0:14"),
        lead=("0:4 4:4 8:6", "4:2 6:2 8:6", "2:2 4:6 12:4", "0:6 6:6", "0:2 2:2 4:8", "8:2 10:2 12:4"),
        busy=("0:2 2:2 4:4 8:2 10:6", "0:3 3:3 6:6 12:4", "2:2 4:2 6:2 8:6"),
        voices=4, pentatonic=0.8, sparse=0.35, fill="none",
    ),
    "piano ballad": Idiom(
        progressions={"major": (*_POP_MAJOR, "Iadd9 V vi IVadd9", "I iii vi IV", "I vi ii7 V"),
                      "minor": (*_POP_MINOR, "i v VI III", "i iv VII III")},
        bass=("0:16:0", "0:8:0 8:8:0", "0:12:0 12:4:4"),
        comp=("0:16", "0:8 8:8", "0:4 4:4 8:4 12:4"),
        arp=((2, "0 2 3 4 5 4 3 2"), (2, "0 2 4 2 3 2 4 2"), (2, "0 1 2 3 4 3 2 1"), (4, "0 2 3 4"), (2,
            "0 2 3 2 4 2 3 2")),
        lead=(*_STRAIGHT, "0:12 12:4", "0:6 6:2 8:6 14:2", "4:4 8:8"), busy=_BUSY, voices=3, sparse=0.12, fill="none",
    ),
    "orchestral": Idiom(
        progressions={"major": ("I IV V I", "I vi ii V", "I V vi iii", "IV I ii V", "I IV ii V7", "vi ii V I",
            "I iii IV I"),
                      "minor": ("i iv V i", "i VI iv V", "i VII VI V", "i iv VII III", "VI iv i V")},
        bass=("0:8:0 8:8:4", "0:4:0 4:4:0 8:4:4 12:4:4", "0:16:0", "0:8:0 8:4:4 12:4:2"),
        comp=("0:4 4:4 8:4 12:4", "4:4 12:4", "0:2 4:2 8:2 12:2", "0:2 2:2 4:4 8:2 10:2 12:4"),
        arp=((2, "0 1 2 3 2 1 0 1"), (2, "0 2 1 2 0 2 1 2"), (1, "0 1 2 3 4 3 2 1 0 1 2 3 4 3 2 1"), (4, "0 1 2 1")),
        lead=(*_STRAIGHT, "0:12 12:4", "0:6 6:2 8:4 12:4"), busy=_BUSY, fill="none",
    ),
    "jazz": Idiom(
        progressions={"major": ("ii7 V7 Imaj7 VI7", "Imaj7 vi7 ii7 V7", "ii7 V9 Imaj7 Imaj7", "iii7 VI7 ii7 V7",
                                "Imaj7 IV7 iii7,VI7 ii7,V7", "Imaj7,vi7 ii7,V7 iii7,VI7 ii7,V7", "I6 IV7 I6 V9"),
                      "minor": ("iio7 V7 i7 i7", "i7 iv7 iio7 V7", "i7 VI7 iio7 V7", "iv7 VII7 IIImaj7 V7"),
                      "dorian": ("i7 i7 i7 IV7", "i9 IV9 i9 IV9", "i7 ii7 i7 v7")},
        drums=(
            {"ride": "x...x.x.x...x.x.", "hat": "....x.......x...", "kick": "o.......o.......",
            "snare": "......o.......o."},
            {"ride": "x...x.x.x...x.x.", "hat": "....x.......x...", "kick": "o...o...o...o...",
            "stick": "............x..."},
            {"ride": "X...x.x.X...x.x.", "hat": "....x.......x...", "kick": "x.........x.....",
            "snare": "..o.......x...o."},
        ),
        bass=("0:4:0 4:4:2 8:4:4 12:4:5", "0:4:0 4:4:4 8:4:7 12:4:4", "0:8:0 8:8:4"),
        comp=("6:2 12:4", "0:6 6:2", "4:2 10:6", "0:3 6:6", "6:6 14:2", "0:2 10:4"),
        lead=("0:4 4:2 6:2 8:6", "2:2 4:4 8:2 10:6", "0:6 6:2 8:4", "4:2 6:2 8:2 10:6", "0:2 2:2 4:6", "6:2 8:8"),
        busy=("0:2 2:2 4:2 6:2 8:2 10:6", "2:2 4:2 6:2 8:2 10:2 12:4", "0:4 4:2 6:2 8:2 10:2 12:2 14:2"),
        voices=4, sparse=0.15, walking=True,
    ),
    "funk": Idiom(
        progressions={"dorian": ("i7 IV9 i7 IV9", "i7 i7 IV7 IV7", "i9 i9 i9 IV9", "i7 IV7 v7 IV7"),
                      "mixolydian": ("I9 I9 IV9 I9", "I7 VII I7 IV7", "I9 v7 IV9 I9"),
                      "minor": ("i7 VII VI VII", "i7 iv7 i7 v7", "i9 VImaj7 iv7 v7")},
        drums=(
            {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X..o", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.x.......xx....", "snare": "....X..o....X...", "hat": "xoxoxoxoxoxoxoxo"},
            {"kick": "X......x..x.....", "snare": "....X.......X.oo", "hat": "x.xxx.xxx.xxx.x.",
            "open hat": "..............x."},
        ),
        bass=("0:2:0 3:1:0 6:2:7 8:1:0 10:2:6 14:2:4", "0:3:0 4:1:7 7:1:0 10:2:4 12:2:6 14:2:7",
            "0:2:0 2:1:7 6:2:0 11:1:6 12:2:7",
              "0:1:0 2:1:0 3:2:7 8:2:6 10:1:4 12:2:0 15:1:6"),
        comp=("2:1 3:1 6:1 10:1 11:1 14:1", "4:1 12:1 15:1", "0:1 3:1 6:2 11:1 14:1", "2:1 6:1 7:1 10:1 14:1 15:1"),
        lead=("0:2 2:1 3:3 6:4", "2:2 6:2 8:4", "8:1 10:2 12:1 14:2", "0:1 3:1 6:2 10:2", "4:2 6:2 10:4"),
        busy=("0:2 2:2 3:1 6:2 8:2 10:4", "0:1 1:1 3:2 6:2 8:2 11:3"), voices=3, pentatonic=0.85, sparse=0.35,
    ),
    "house": Idiom(
        progressions={"minor": ("i VI III VII", "i7 iv7 VII VI", "VI VII i i", "i VII VI v", "i9 VImaj7 iv7 v7"),
                      "major": ("vi IV I V", "IV V vi iii", "I vi IV V"), "dorian": ("i7 IV i7 IV", "i VII IV i")},
        drums=(
            {"kick": "X...X...X...X...", "clap": "....X.......X...", "open hat": "..x...x...x...x.",
            "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X...X...X...X...", "clap": "....X.......X...", "hat": "o.xoo.xoo.xoo.xo",
            "shaker": "x.x.x.x.x.x.x.x."},
            {"kick": "X...X...X...X..x", "clap": "....X.......X...", "open hat": "..x...x...x...x.",
            "tambourine": "....x..x....x.x."},
        ),
        bass=("2:2:0 6:2:0 10:2:0 14:2:0", "2:2:0 6:2:7 10:2:0 14:2:7", "0:3:0 3:3:0 6:2:0 10:2:7 14:2:4",
            "2:1:0 3:1:0 6:2:0 10:2:0 13:1:0 14:2:4"),
        comp=("0:2 3:2 6:2 10:2 12:2", "0:3 3:3 6:4 12:2", "2:2 6:2 10:2 14:2", "0:2 6:2 12:2"),
        arp=((1, "0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3"), (2, "0 2 1 3 2 1 3 2"), (2, "3 2 1 0 2 1 3 1")),
        lead=_SYNCOPATED, busy=("0:2 3:2 6:2 8:2 11:2 14:2",), pentatonic=0.6, sparse=0.3, fill="clap",
    ),
    "synthwave": Idiom(
        progressions={"minor": ("i VI III VII", "VI VII i i", "i VII VI VII", "i iv VI VII", "i III VII VI",
            "VI i VII v"),
                      "major": ("I V vi IV", "vi IV I V", "IV V vi I")},
        drums=(
            {"kick": "X.......X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X...X...X...X...", "snare": "....X.......X...", "hat": "xxxxxxxxxxxxxxxx"},
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x.",
            "clap": "....x.......x..."},
        ),
        bass=("0:2:0 2:2:0 4:2:0 6:2:0 8:2:0 10:2:0 12:2:0 14:2:0",
            "0:2:0 2:2:7 4:2:0 6:2:7 8:2:0 10:2:7 12:2:0 14:2:7",
              "0:1:0 2:1:0 3:1:0 4:1:0 6:1:0 7:1:0 8:1:0 10:1:0 11:1:0 12:1:0 14:1:0 15:1:7"),
        arp=((1, "0 1 2 3 2 1 0 1 2 3 2 1 0 1 2 3"), (2, "0 1 2 3 2 1 2 1"), (1, "0 2 1 3 0 2 1 3 0 2 1 3 0 2 1 3")),
        lead=("0:6 6:2 8:8", "0:12 12:4", "0:4 4:4 8:6 14:2", "0:3 3:3 6:10"), busy=(*_SYNCOPATED, *_BUSY),
        sparse=0.15, fill="toms",
    ),
    "rock": Idiom(
        progressions={"major": ("I V vi IV", "I IV V IV", "vi IV I V", "I bVII IV I", "I iii IV V"),
                      "minor": ("i VI VII i", "i VII VI VII", "i III VII VI", "i iv VI VII", "i VI III VII"),
                      "mixolydian": ("I VII IV I", "I IV VII IV", "I v IV I")},
        drums=(
            {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x....X..x....", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "ride": "x.x.x.x.x.x.x.x."},
            {"kick": "X.x.....X.x...x.", "snare": "....X.......X...", "open hat": "x...x...x...x..."},
        ),
        bass=("0:2:0 2:2:0 4:2:0 6:2:0 8:2:0 10:2:0 12:2:0 14:2:0", "0:4:0 4:2:0 6:2:0 8:4:0 12:2:4 14:2:4",
            "0:3:0 3:3:0 6:2:0 8:4:0 12:4:4"),
        comp=("0:2 2:2 4:2 6:2 8:2 10:2 12:2 14:2", "0:4 4:2 6:4 10:6", "0:8 8:8", "0:3 3:3 6:2 8:8",
            "0:4 6:2 8:4 14:2"),
        lead=_STRAIGHT, busy=(*_BUSY, *_SYNCOPATED), voices=3, pentatonic=0.75, sparse=0.2, fill="toms",
    ),
    "ambient": Idiom(
        progressions={"major": ("Iadd9 IVmaj7 Iadd9 Vsus4", "Imaj7 iii7 IVmaj7 IVmaj7", "IVmaj7 Iadd9 vi7 Vsus4",
            "I vi7 IVadd9 I"),
                      "minor": ("i VI i VI", "i7 VImaj7 III VII", "VImaj7 i7 VII iv7", "i v VI iv"),
                      "dorian": ("i IV i IV", "i7 IVadd9 VII i7", "i9 VII IV i9")},
        bass=("0:16:0",), comp=("0:16",),
        arp=((4, "0 2 3 4"), (2, "0 2 3 4 5 4 3 2"), (4, "4 2 3 1"), (8, "2 4")),
        lead=("0:16", "0:8 8:8", "4:12", "0:12 12:4", "8:8", "0:6 6:10"), busy=("0:4 4:4 8:8",), voices=4,
        pentatonic=0.7, sparse=0.4, fill="none",
    ),
    "folk": Idiom(
        progressions={"major": ("I IV I V", "I V vi IV", "I vi IV V", "I IV V I", "vi IV I V"),
                      "mixolydian": ("I VII I VII", "I VII IV I", "I v VII IV"),
                      "dorian": ("i VII i VII", "i IV VII i", "i III VII i", "i VII IV i")},
        drums=(
            {"shaker": "x.o.x.o.x.o.x.o.", "kick": "x.......x......."},
            {"tambourine": "....x.......x...", "shaker": "x.xox.xox.xox.xo", "kick": "x.......x......."},
        ),
        bass=("0:8:0 8:8:4", "0:6:0 6:2:0 8:8:4", "0:8:0 8:4:4 12:4:2", "0:16:0"),
        comp=("0:4 4:2 6:2 10:2 12:2 14:2", "0:4 4:4 8:4 12:4", "0:4 6:2 8:4 12:2 14:2"),
        arp=((2, "0 2 1 2 3 2 1 2"), (2, "0 2 3 2 1 2 3 2"), (2, "0 1 2 3 2 1 2 1")),
        lead=_STRAIGHT, busy=(*_BUSY, "0:2 2:2 4:2 6:2 8:2 10:2 12:2 14:2"), pentatonic=0.55, sparse=0.08, fill="none",
    ),
    "waltz": Idiom(
        progressions={"major": ("I I V7 V7", "I vi ii V7", "I IV V7 I", "V7 I V7 I", "I V7 V7 I", "IV I V7 I",
            "I VI7 ii V7"),
                      "minor": ("i iv V7 i", "i i V7 i", "i VI iv V7", "i VII III V7", "iv i V7 i")},
        voices=3,
    ),
    "chiptune": Idiom(
        progressions={"major": (*_POP_MAJOR, "I bVII IV V", "I V IV bVII"), "minor": (*_POP_MINOR, "i VII VI V")},
        drums=(
            {"kick": "X...x...X...x...", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x..x.X..x..x.", "snare": "....X.......X...", "hat": "..x...x...x...x."},
            {"kick": "X.....x.X.......", "snare": "....X.......X.xx", "hat": "xxxxxxxxxxxxxxxx"},
        ),
        bass=("0:2:0 2:2:7 4:2:0 6:2:7 8:2:0 10:2:7 12:2:0 14:2:7",
            "0:2:0 2:2:0 4:2:4 6:2:4 8:2:7 10:2:7 12:2:4 14:2:4",
              "0:3:0 3:3:0 6:2:7 8:3:0 11:3:0 14:2:4"),
        arp=((1, "0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 1"), (1, "0 1 2 3 2 1 0 1 2 3 2 1 0 1 2 3"), (2, "0 2 1 2 0 2 1 2")),
        lead=(*_STRAIGHT, *_SYNCOPATED), busy=(*_BUSY, "0:2 2:1 3:1 4:2 6:2 8:2 10:2 12:4",
            "0:2 2:2 4:2 6:2 8:2 10:2 12:2 14:2"),
        pentatonic=0.3, sparse=0.05, fill="snare",
    ),
    "cinematic tension": Idiom(
        progressions={"minor": ("i i VI V", "i VI i VI", "i iio i V", "i iv VI V", "i bII i V", "i VI iv V",
            "I5 VI iv V")},
        drums=(
            {"low tom": "X.....x.x.......", "kick": "X..............."},
            {"low tom": "X..x..x.X..x..x.", "mid tom": "..............xx", "kick": "X.......X......."},
            {"kick": "X...............", "low tom": "..........x.x.x."},
        ),
        bass=("0:16:0", "0:8:0 8:8:0", "0:2:0 2:2:0 4:2:0 6:2:0 8:2:0 10:2:0 12:2:0 14:2:0", "0:6:0 6:6:0 12:4:0"),
        comp=("0:16", "0:2 6:2 12:2", "8:8", "0:4 12:4"),
        arp=((2, "0 0 1 0 0 2 0 1"), (2, "0 2 1 2 0 2 1 2"), (1, "0 0 0 1 0 0 2 0 0 0 1 0 2 0 1 0"), (2,
            "0 1 0 2 0 1 0 2")),
        lead=("0:16", "0:8 8:8", "0:12 12:4", "8:8", "0:4 4:12"), busy=("0:6 6:6 12:4", "0:4 4:4 8:8"), sparse=0.35,
            fill="toms",
    ),
    "lullaby": Idiom(
        progressions={"major": ("I IV I V", "I vi IV V", "I V I IV", "I iii IV I", "I IV V I", "IV I V I"),
                      "minor": ("i iv i V", "i VI III VII", "i VII VI i")},
        bass=("0:16:0", "0:8:0 8:8:4"), comp=("0:16", "0:8 8:8"),
        arp=((2, "0 2 3 2 4 2 3 2"), (2, "0 1 2 3 2 1 2 1"), (4, "0 2 3 2"), (2, "0 2 1 2 3 2 1 2")),
        lead=("0:4 4:4 8:8", "0:8 8:4 12:4", "0:6 6:2 8:8", "0:16", "0:4 4:4 8:4 12:4"), pentatonic=0.5, sparse=0.05,
            fill="none",
    ),
    "heroic": Idiom(
        progressions={"major": ("I IV V I", "I bVI bVII I", "I V vi IV", "vi IV I V", "I bVII IV V", "IV V I vi"),
                      "minor": ("i VI III VII", "i VII VI V", "i iv VI V", "VI VII i i"),
                      "mixolydian": ("I VII IV I", "I IV VII I", "I v VII IV")},
        drums=(
            {"snare": "X..xx.x.X..xx.xx", "kick": "X.......X......."},
            {"snare": "X.xxX.xxX.xxX.xx", "kick": "X...X...X...X..."},
            {"low tom": "X..x..x.X.x.x...", "snare": "....x.......x.xx", "kick": "X.......X......."},
        ),
        bass=("0:4:0 4:4:0 8:4:4 12:4:4", "0:8:0 8:8:4", "0:6:0 6:2:0 8:4:0 12:4:4", "0:4:0 6:2:0 8:4:0 12:2:4 14:2:4"),
        comp=("0:2 3:1 4:2 7:1 8:2 11:1 12:2 15:1", "0:2 2:2 4:2 6:2 8:2 10:2 12:2 14:2", "0:4 4:4 8:4 12:4",
            "0:3 3:1 4:4 8:3 11:1 12:4"),
        lead=("0:6 6:2 8:8", "0:4 4:4 8:8", "0:3 3:1 4:4 8:8", "0:8 8:6 14:2", "0:12 12:3 15:1"),
        busy=("0:3 3:1 4:4 8:3 11:1 12:4", "0:4 4:2 6:2 8:4 12:4", "0:6 6:1 7:1 8:6 14:2"), fill="snare",
    ),
    "bossa nova": Idiom(
        progressions={"major": ("Imaj7 II7 ii7 V7", "Imaj7 vi7 ii7 V7", "Imaj9 Imaj9 ii7 V9", "ii7 V7 Imaj7 VI7",
            "Imaj7 iii7 ii7 V7"),
                      "minor": ("i7 iv7 iio7 V7", "i9 iv7 VII7 IIImaj7", "i7 VImaj7 iio7 V7")},
        drums=(
            {"kick": "x.....xxx.....xx", "stick": "x..x..x...x..x..", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "x.....x.x.....x.", "stick": "..x..x....x..x..", "shaker": "xoxoxoxoxoxoxoxo"},
        ),
        bass=("0:6:0 6:2:4 8:6:4 14:2:0", "0:6:0 6:2:0 8:6:4 14:2:4"),
        comp=("0:3 3:3 6:4 11:2 14:2", "0:4 6:4 10:4 14:2", "2:4 6:3 10:3 13:3"),
        lead=(*_SYNCOPATED, "0:6 6:6 12:4", "4:4 8:8", "0:12"), busy=("0:2 2:2 4:2 6:4 10:6", "0:3 3:3 6:2 8:2 10:6"),
        voices=4, sparse=0.2, fill="none",
    ),
}  # fmt: skip

# Three beats to the bar, for every style that may have them.
THREE_BASS = ("0:12:0", "0:4:0", "0:4:0 8:4:4", "0:8:0 8:4:4")
THREE_COMP = ("4:4 8:4", "4:2 8:2", "4:4 8:2 10:2")
THREE_ARP = ((2, "0 2 3 4 3 2"), (2, "0 1 2 3 2 1"), (4, "0 2 3"), (2, "0 2 3 2 3 2"))
THREE_LEAD, THREE_LEAD_BUSY = _THREE, _THREE_BUSY
THREE_DRUMS: tuple[Drums, ...] = (
    {"kick": "x...........", "hat": "....x...x..."},
    {"shaker": "x.o.x.o.x.o.", "kick": "x..........."},
)
CONTOURS = (
    (0, 1, 1, 1), (0, -1, -1, -1), (0, 2, -1, -1), (0, 1, -1, 1), (0, 2, 2, -1), (0, -2, 1, 1),
    (0, 1, 2, -1), (0, -1, 2, -1), (0, 4, -1, -1), (0, 0, 1, 1), (0, 3, -1, -1), (0, -1, 1, 2),
)  # fmt: skip
