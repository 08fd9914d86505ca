"""Two drum kits: one of skins, wires and bronze, one as the drum machines of the eighties made them.

Notable: levels are such that a groove written at even velocities is a balanced one.
"""

from __future__ import annotations

from soundstage.score.formats.orchestra import DRUM_PIECES
from soundstage.score.synth.drums import Hiss, Metal, Piece, Skin


def _tom(hz: float, life: float) -> Piece:
    """A tom: a skin that gives a little, its shell, and the stick."""
    ratios, gains = (1.0, 1.59, 2.14, 2.5, 3.1), (0, -9, -13, -17, -21)
    lives = tuple(life * share for share in (1, 0.6, 0.5, 0.4, 0.3))
    skin = Skin(hz=tuple(hz * r for r in ratios), gains=gains, lives=lives, drop=0.28, drop_life=0.2)
    shell = Hiss(low=1.2 * hz, high=9 * hz, gain=-18, life=0.35 * life)
    return Piece(
        seconds=1.05 * life, level=-4, layers=(skin, shell, Hiss(low=700, high=7000, gain=-17, life=0.05, snap=5))
    )


def _machine_tom(hz: float, life: float) -> Piece:
    """A falling sine with a breath of noise."""
    return Piece(
        seconds=life,
        level=-2,
        layers=(
            Skin(hz=(hz,), lives=(0.85 * life,), drop=0.55, drop_life=0.14),
            Hiss(low=150, high=900, gain=-27, life=0.5 * life),
        ),
    )


def _squares(low: float, high: float) -> tuple[float, ...]:
    """The harmonics between two frequencies of six square waves: those machines' cymbals."""
    cluster = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
    return tuple(sorted(f * k for f in cluster for k in range(1, 99, 2) if low < f * k < high))


_BRIGHT, _WIDE = _squares(5200, 14000), _squares(2800, 13000)

ACOUSTIC: dict[int, Piece] = {
    36: Piece(  # kick
        seconds=0.5,
        layers=(
            Skin(
                hz=(52, 96, 151, 212), gains=(0, -9, -16, -20), lives=(0.4, 0.24, 0.15, 0.1), drop=1.2, drop_life=0.08
            ),
            Hiss(low=50, high=500, gain=-16, life=0.14),
            Hiss(low=900, high=5000, gain=-17, life=0.035, snap=5),
        ),
    ),
    37: Piece(  # stick across the rim
        seconds=0.35,
        takes=2,
        layers=(
            Skin(hz=(410, 1130, 1720, 2630), gains=(-6, 0, -3, -8), lives=(0.1, 0.08, 0.07, 0.05)),
            Hiss(low=700, high=9000, gain=-11, life=0.06),
            Hiss(low=300, high=6000, gain=-26, life=0.3),
        ),
    ),
    38: Piece(  # snare
        seconds=0.5,
        takes=3,
        layers=(
            Skin(
                hz=(184, 278, 342, 468, 590),
                gains=(0, -3, -5, -11, -14),
                lives=(0.24, 0.2, 0.18, 0.13, 0.1),
                drop=0.35,
                drop_life=0.06,
            ),
            Hiss(low=220, high=1500, gain=-11, life=0.2),
            Hiss(low=1400, high=8500, gain=-9, life=0.34, snap=4),
            Hiss(low=3000, high=12000, gain=-12, life=0.07, snap=5),
        ),
    ),
    39: Piece(  # clap
        seconds=0.5,
        takes=2,
        layers=(
            Hiss(low=800, high=3600, gain=0, life=0.035, bursts=(0.0, 0.009, 0.019, 0.03)),
            Hiss(low=900, high=6000, gain=-5, life=0.3, attack=0.03),
        ),
    ),
    41: _tom(80, 1.1),
    42: Piece(  # closed hi-hat
        seconds=0.32,
        level=-6,
        takes=3,
        layers=(
            Metal(low=2600, high=14800, count=90, gain=0, tilt=1.6, life=(0.18, 0.22)),
            Hiss(low=6000, high=15000, gain=-3, life=0.16, snap=4),
            Hiss(low=350, high=3500, gain=-15, life=0.05),
        ),
    ),
    46: Piece(  # open hi-hat
        seconds=1.2,
        level=-13,
        takes=2,
        layers=(
            Metal(low=600, high=14800, count=150, gain=0, tilt=1.5, life=(1.3, 1.2)),
            Hiss(low=3500, high=15000, gain=-4, life=1.2, snap=4),
            Hiss(low=400, high=3000, gain=-14, life=0.1),
        ),
    ),
    47: _tom(110, 0.95),
    49: Piece(  # crash
        seconds=2.6,
        level=-10,
        layers=(
            Metal(low=320, high=14500, count=200, gain=0, tilt=0.9, life=(3.4, 2.6), swell=0.02),
            Hiss(low=1800, high=12000, gain=-3, life=2.2, attack=0.006, snap=5),
            Hiss(low=500, high=5000, gain=-8, life=0.2),
        ),
    ),
    50: _tom(150, 0.8),
    51: Piece(  # ride
        seconds=1.8,
        level=-13,
        takes=2,
        layers=(
            Metal(low=380, high=13500, count=140, gain=-2, tilt=1.4, life=(2.4, 1.8)),
            Metal(given=(2710, 3390, 4630, 5480), gain=-5, life=(1.0, 0.6)),
            Hiss(low=3000, high=14000, gain=-8, life=0.9, snap=4),
            Hiss(low=2500, high=14000, gain=-3, life=0.04, snap=5),
        ),
    ),
    54: Piece(  # tambourine
        seconds=0.4,
        level=-5,
        takes=3,
        layers=(
            Metal(low=4800, high=14500, count=60, gain=0, life=(0.3, 0.2)),
            Hiss(low=4500, high=14500, gain=-4, life=0.09, bursts=(0.0, 0.022, 0.05)),
        ),
    ),
    70: Piece(  # shaker
        seconds=0.22,
        level=1,
        takes=3,
        layers=(Hiss(low=4200, high=13500, gain=0, life=0.12, attack=0.025),),
    ),
}

MACHINE: dict[int, Piece] = {
    36: Piece(  # kick
        seconds=0.75,
        layers=(
            Skin(hz=(50,), gains=(0,), lives=(0.6,), drop=1.4, drop_life=0.08),
            Skin(hz=(104,), gains=(-10,), lives=(0.25,), drop=1.4, drop_life=0.08),
            Hiss(low=1500, high=6000, gain=-26, life=0.012),
        ),
    ),
    37: Piece(  # rim
        seconds=0.2,
        takes=2,
        layers=(
            Skin(hz=(480, 1690), gains=(-4, 0), lives=(0.07, 0.06)),
            Hiss(low=800, high=8000, gain=-15, life=0.04),
        ),
    ),
    38: Piece(  # snare
        seconds=0.35,
        takes=2,
        layers=(
            Skin(hz=(183, 331), gains=(-2, -7), lives=(0.18, 0.12), drop=0.3, drop_life=0.04),
            Hiss(low=1600, high=9000, gain=-5, life=0.2, snap=4),
        ),
    ),
    39: Piece(  # clap
        seconds=0.5,
        level=-2,
        layers=(
            Hiss(low=800, high=2600, gain=0, life=0.035, bursts=(0.0, 0.0105, 0.021)),
            Hiss(low=800, high=4500, gain=-4, life=0.36, attack=0.03),
        ),
    ),
    41: _machine_tom(82, 0.7),
    42: Piece(  # closed hi-hat
        seconds=0.16,
        level=-4,
        layers=(
            Metal(given=_BRIGHT, gain=0, tilt=-2, life=(0.1, 0.09)),
            Hiss(low=5500, high=14500, gain=-3, life=0.08),
        ),
    ),
    46: Piece(  # open hi-hat
        seconds=0.7,
        level=-10,
        layers=(
            Metal(given=_BRIGHT, gain=0, tilt=-3, life=(0.75, 0.65)),
            Hiss(low=4000, high=13000, gain=-3, life=0.5),
        ),
    ),
    47: _machine_tom(120, 0.6),
    49: Piece(  # cymbal
        seconds=2.2,
        level=-9,
        layers=(
            Metal(given=_WIDE, gain=0, tilt=-2, life=(2.2, 1.6)),
            Hiss(low=1800, high=12000, gain=-3, life=1.4, snap=4),
        ),
    ),
    50: _machine_tom(165, 0.5),
    51: Piece(  # ride
        seconds=1.2,
        level=-11,
        layers=(
            Metal(given=_WIDE, gain=-2, tilt=-1, life=(1.3, 0.9)),
            Metal(given=(3210, 4790), gain=-8, life=(0.9, 0.7)),
            Hiss(low=3000, high=12000, gain=-5, life=0.25),
        ),
    ),
    54: Piece(  # tambourine
        seconds=0.35,
        level=-4,
        takes=2,
        layers=(Hiss(low=5500, high=14500, gain=0, life=0.14, bursts=(0.0, 0.025)),),
    ),
    70: Piece(  # shaker
        seconds=0.15,
        level=2,
        takes=2,
        layers=(Hiss(low=4800, high=14000, gain=0, life=0.07, attack=0.014),),
    ),
}
KITS: dict[str, dict[int, Piece]] = {"drums": ACOUSTIC, "electronic drums": MACHINE}


def piece_of(kit: str, pitch: int) -> tuple[int, Piece]:
    """The piece, and its own note, that plays a General MIDI note: itself, or the nearest that the kit has."""
    note = DRUM_PIECES[pitch]
    return note, KITS[kit][note]
