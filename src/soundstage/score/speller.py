"""The grammar of the score language: reads a sentence token by token, says what may follow, and what it meant.

Notable: it is bound to a `Brief`: places, line-up and, where they are given, chords are not for the writer to choose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from soundstage.score.instruments import NAMES
from soundstage.score.language import (
    HALF,
    IDS,
    LEFT_MAX,
    MOST_PITCHES,
    SAMES,
    STOP,
    TOKENS,
    Brief,
    Side,
    brief_of,
    head,
    spell,
)
from soundstage.score.sheet import PIECE_ORDER, ROLES, SECTIONS, TOP_STEP, Bar, Event, Place, Sheet, bar_length
from soundstage.score.styles import STYLE_NAMES
from soundstage.score.theory import QUALITY_NAMES, Harmony


@dataclass
class Speller:
    """Reads a sentence token by token: knows what may come next, what stands beside it, and the bars so far."""

    brief: Brief
    bars: list[Bar] = field(default_factory=list)
    patience: int = 1000  # bars that a part may rest on end

    def __post_init__(self) -> None:
        self.size = bar_length(self.brief.metre)
        self.style = STYLE_NAMES.index(self.brief.style) + 1
        self.roles = [role for role, _ in self.brief.roster]
        self.names = dict(self.brief.roster)
        self._pending = head(self.brief)
        self._read = 0
        self.state, self.done = "head", False
        self._open_bar()
        self.role = -1
        self.at = -1

    def _open_bar(self) -> None:
        self.chords: list[tuple[int, Harmony]] = []
        self.parts: dict[str, tuple[Event, ...]] = {}
        self.events: list[Event] = []
        self.root_id = -1

    @property
    def spot(self) -> Place:
        """The place of the bar being written."""
        return self.brief.places[min(len(self.bars), len(self.brief.places) - 1)]

    def side(self) -> Side:
        """The sides of the token read last."""
        writing = self.state not in ("head",) and not self.done
        role = self.role if 0 <= self.role < len(self.roles) and writing else -1
        place = SECTIONS.index(self.spot.section) * 4 + self.spot.phrase
        return Side(
            self.style,
            place + 1 if writing else 0,
            min(self.spot.left, LEFT_MAX) + 1 if writing else 0,
            ROLES.index(self.roles[role]) + 1 if role >= 0 else 0,
            NAMES.index(self.names[self.roles[role]]) + 1 if role >= 0 else 0,
            self.at + 1 if role >= 0 and self.at >= 0 else 0,
            self.root_id + 1 if writing else 0,
        )

    def _repeatable(self) -> list[int]:
        role, now = self.roles[self.role], len(self.bars)
        return [i for i, ago in enumerate(SAMES) if now >= ago and self.bars[now - ago].parts[role]]

    def next_part(self) -> int:
        """The token that ends this part: the next role, the next bar or the end."""
        following = self.role + 1
        if following < len(self.roles):
            return IDS["role", ROLES.index(self.roles[following])]
        if len(self.bars) + 1 < len(self.brief.places):
            spot = self.brief.places[len(self.bars) + 1]
            return IDS["place", SECTIONS.index(spot.section) * 4 + spot.phrase]
        return STOP

    def allowed(self) -> list[int]:
        """The tokens that may come next; at least one."""
        state = self.state
        if state == "head":
            if self._read < len(self._pending):
                return [self._pending[self._read]]
            return [IDS["place", SECTIONS.index(self.spot.section) * 4 + self.spot.phrase]]
        if state == "place":
            return [IDS["left", min(self.spot.left, LEFT_MAX)]]
        given = self._given()
        if given is not None and state in ("left", "half", "root", "quality"):
            return [self._spelled(given, state)]
        if state in ("left", "half") and self.spot.section == "end":
            return [IDS["root", 1]]  # home
        if state in ("left", "half"):
            return [IDS["root", n] for n in range(21)]
        if state == "root":
            return [IDS["quality", QUALITY_NAMES.index(name)] for name in self._qualities()]
        if state == "quality":
            more = [IDS["half", 0]] if len(self.chords) == 1 and self.spot.section != "end" else []
            return [*more, self.next_part()]
        if state == "role":
            same = [] if self.spot.section == "end" else [IDS["same", i] for i in self._repeatable()]
            rest = [IDS["rest", 0]] if self._may_rest() else []
            return [*rest, *same, *self._places(0)]
        if state == "whole":
            return [self.next_part()]
        return self._inside()

    def _given(self) -> tuple[Harmony, ...] | None:
        """The chords that this bar must have."""
        return self.brief.chords[len(self.bars)] if len(self.bars) < len(self.brief.chords) else None

    def _spelled(self, given: tuple[Harmony, ...], state: str) -> int:
        """The token that goes on spelling them."""
        if state == "quality":
            return IDS["half", 0] if len(self.chords) < len(given) else self.next_part()
        next_one = given[len(self.chords)]
        if state == "root":
            return IDS["quality", QUALITY_NAMES.index(next_one.quality)]
        return IDS["root", next_one.degree * 3 + next_one.alter + 1]

    def _qualities(self) -> tuple[str, ...]:
        """Any, but the ending's chord has the third of its mode."""
        if self.spot.section != "end":
            return QUALITY_NAMES
        return ("m", "m7") if self.brief.key.mode in ("minor", "dorian") else ("", "maj7", "6")

    def _may_rest(self) -> bool:
        role = self.roles[self.role]
        if self.spot.section == "end":
            return role == "drums"
        recent = self.bars[len(self.bars) - self.patience :] if len(self.bars) >= self.patience else None
        return recent is None or any(bar.parts[role] for bar in recent)

    def anchor(self) -> int | None:
        """The number of the bar that the last token opened, or None."""
        return len(self.bars) if self.state == "place" else None

    def _places(self, first: int) -> list[int]:
        if self.spot.section == "end":
            return [IDS["at", 0]] if first == 0 else []
        return [IDS["at", n] for n in range(first, self.size)]

    def _inside(self) -> list[int]:
        """What may follow inside an event."""
        drums = self.roles[self.role] == "drums"
        state = self.state
        if state in ("at", "accent", "alter"):
            accents = [IDS["soft", 0], IDS["loud", 0]] if state == "at" else []
            if drums:
                return [*accents, *(IDS["drum", n] for n in range(len(PIECE_ORDER)))]
            alters = [IDS["flat", 0], IDS["sharp", 0]] if state != "alter" else []
            return [*accents, *alters, *(IDS["length", n] for n in range(self.size - self.at))]
        if state == "length":
            again = [IDS["again", 0]] if self.events else []
            return [*again, *(IDS["step", n] for n in range(TOP_STEP + 1))]
        last, count = self.event_pitches[-1], len(self.event_pitches)
        top = len(PIECE_ORDER) - 1 if drums else TOP_STEP
        kind = "drum" if drums else "step"
        more = [] if self.fixed or count >= MOST_PITCHES else [IDS[kind, n] for n in range(last + 1, top + 1)]
        first = self.at if drums and len([e for e in self.events if e.position == self.at]) < 2 else self.at + 1
        return [*more, *self._places(first), self.next_part()]

    def push(self, token: int) -> None:
        """Takes the next token, which must be one of `allowed`."""
        kind, value = TOKENS[token]
        if self.state == "head" and self._read < len(self._pending):
            self._read += 1
            return
        if kind in ("role", "place", "stop"):
            self._close(kind)
        elif kind == "root":
            self.root_id = value
        elif kind == "quality":
            degree, alter = divmod(self.root_id, 3)
            self.chords.append((HALF if self.chords else 0, Harmony(degree, alter - 1, QUALITY_NAMES[value])))
        elif kind == "same":
            self.events = list(self.bars[len(self.bars) - SAMES[value]].parts[self.roles[self.role]])
        elif kind == "at":
            self._close_event()
            self.at, self.accent, self.alter, self.event_length = value, 0, 0, 1
            self.event_pitches: list[int] = []
            self.fixed = False
        elif kind in ("soft", "loud"):
            self.accent = -1 if kind == "soft" else 1
        elif kind in ("flat", "sharp"):
            self.alter = -1 if kind == "flat" else 1
        elif kind == "length":
            self.event_length = value + 1
        elif kind == "again":
            self.event_pitches, self.fixed = list(self.events[-1].pitches), True
        elif kind in ("step", "drum"):
            self.event_pitches.append(value)
        if kind not in ("role", "place", "stop"):
            self.state = {
                "soft": "accent",
                "loud": "accent",
                "flat": "alter",
                "sharp": "alter",
                "step": "pitch",
                "drum": "pitch",
                "again": "pitch",
                "rest": "whole",
                "same": "whole",
            }.get(kind, kind)

    def _close_event(self) -> None:
        if self.state == "pitch":
            self.events.append(Event(self.at, self.event_length, tuple(self.event_pitches), self.accent, self.alter))

    def _close(self, kind: str) -> None:
        """Ends a part, and with the last part the bar."""
        self._close_event()
        if self.role >= 0:
            self.parts[self.roles[self.role]] = tuple(self.events)
        self.events, self.at, self.fixed = [], -1, False
        if kind == "role":
            self.role += 1
        else:
            if self.role >= 0:
                self.bars.append(Bar(self.spot.section, self.spot.phrase, tuple(self.chords), self.parts))
            self._open_bar()
            self.role = -1
            self.done = kind == "stop"
        self.state = kind

    def sheet(self) -> Sheet:
        """The sheet that was spelled, once the sentence has stopped."""
        facts = self.brief
        return Sheet(
            style=facts.style,
            key=facts.key,
            bpm=facts.bpm,
            metre=facts.metre,
            energy=facts.energy,
            roster=facts.roster,
            bars=tuple(self.bars),
        )


def encode(sheet: Sheet) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Tokens [T] and their sides [T, 7] of a sheet."""
    speller, ids, sides = Speller(brief_of(sheet)), [], []
    for token in spell(sheet):
        speller.push(token)
        ids.append(token)
        sides.append(speller.side())
    return np.array(ids, np.int16), np.array(sides, np.int16)


def decode(brief: Brief, ids: list[int]) -> Sheet:
    """The sheet of a sentence that begins with the head of `brief`."""
    speller = Speller(brief)
    for token in ids:
        speller.push(token)
    return speller.sheet()
