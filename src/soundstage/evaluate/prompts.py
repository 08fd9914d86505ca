"""Held-out prompts for composers: words from a stream that training never drew, and fields beside them.

Notable: half have a tempo, some a key, a line-up or chords; what is asked for is what is measured. Chords are
progressions that the composer keeps for testing. Lengths run from 5 to 30 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from soundstage.data.composer_captions import caption
from soundstage.data.composer_patterns import IDIOMS
from soundstage.data.composer_plan import held_out
from soundstage.score.instruments import BY_NAME, INSTRUMENTS, NAMES
from soundstage.score.roster import SKILLS
from soundstage.score.theory import TONICS, Key, parse_numeral

SHORTEST, LONGEST = 5.0, 30.0
SLOWEST, FASTEST = 66, 150


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A held-out prompt with its fields, None for those not given, and the instruments that its words name."""

    prompt: str
    seconds: float
    bpm: float | None
    key: str | None
    chords: str | None
    instruments: list[str] | None
    named: tuple[str, ...]

    @property
    def fields(self) -> dict[str, Any]:
        """What to give `compose` beside the prompt."""
        return {name: getattr(self, name) for name in ("seconds", "bpm", "key", "chords", "instruments")}

    @property
    def asked_instruments(self) -> list[str]:
        """The instruments that the field lists, or else those that the words name."""
        return self.instruments or list(self.named)


def progressions(mode: str) -> list[str]:
    """The held-out progressions in a mode, of all styles, in numerals."""
    known = (text for idiom in IDIOMS.values() for text in idiom.progressions.get(mode, ()))
    return sorted({text for text in known if held_out(text)})


def spelled(progression: str, key: Key) -> str:
    """A progression in numerals as chords in bars: "Am | F G | C"."""
    return " | ".join(
        " ".join(parse_numeral(numeral).name(key) for numeral in bar.split(",")) for bar in progression.split()
    )


def prompts(seed: int) -> Iterator[Wanted]:
    """Prompts without end; the same seed gives the same ones."""
    rng = np.random.default_rng([seed, 9_000_001])
    while True:
        text, wish = caption(rng)
        bpm = float(rng.integers(SLOWEST, FASTEST)) if rng.random() < 0.5 else None
        key = f"{TONICS[rng.integers(12)]} {('major', 'minor')[rng.integers(2)]}" if rng.random() < 0.4 else None
        line_up = None
        if rng.random() < 0.3:
            leads = [i.name for i in INSTRUMENTS if not i.drums and "bass" not in i.name and i.name != "timpani"]
            line_up = [str(name) for name in rng.choice(leads, size=2, replace=False)] + ["acoustic bass"]
        seconds = round(float(rng.uniform(SHORTEST, LONGEST)), 1)
        chords = None
        if rng.random() < 0.3:  # chords want a key to be in
            tonic, mode = int(rng.integers(12)), ("major", "minor")[rng.integers(2)]
            texts = progressions(mode)
            chords = spelled(texts[rng.integers(len(texts))], Key(tonic, mode))
            key = Key(tonic, mode).name
        named = tuple(NAMES[index] for index in wish.instruments)
        if sum(SKILLS[name] == ("bass",) for name in named) > 1 or sum(BY_NAME[name].drums for name in named) > 1:
            continue  # two basses or two kits have no place beside each other, and the task says so
        yield Wanted(prompt=text, seconds=seconds, bpm=bpm, key=key, chords=chords, instruments=line_up, named=named)
