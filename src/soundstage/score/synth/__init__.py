"""Our own instruments: a score as sound with nothing to install (subtractive, FM, plucked strings, modes, drums)."""

from soundstage.score.synth.orchestra import play

__all__ = ["play"]
