"""A port: one input of a task, with all that its parameter's annotation says of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from soundstage.graph.types import Between, IsModel, IsSeed, OneOf, Says, bare, markers, members, spell

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Port:
    """One input of a task, as its parameter's annotation says."""

    name: str
    type: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED

    @property
    def says(self) -> str:
        """Its help; empty when there is none."""
        return next((marker.text for marker in reversed(self._all(Says))), "")

    @property
    def bounds(self) -> Between | None:
        """Its inclusive bounds, if it has any."""
        return next(iter(reversed(self._all(Between))), None)

    @property
    def choices(self) -> tuple[Any, ...]:
        """What it may be, when that is a closed list: of `OneOf`, or of a `Literal`."""
        for marker in self._all(OneOf):
            return tuple(marker.choices)
        return tuple(
            choice
            for option in members(self.type)
            if get_origin(bare(option)) is Literal
            for choice in get_args(bare(option))
        )

    @property
    def is_model(self) -> bool:
        """Whether it names a model."""
        return bool(self._all(IsModel))

    @property
    def is_seed(self) -> bool:
        """Whether it is the random seed."""
        return bool(self._all(IsSeed))

    @property
    def wants(self) -> str:
        """What to give, in words: `number from 0.25 to 4`."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        kind = spell(self.type)
        if self.bounds is None:
            return kind
        return f"{kind} from {self.bounds.low:g} to {self.bounds.high:g}"

    def _all(self, marker: type) -> list[Any]:
        found = markers(self.type, marker)
        return found + [
            entry for option in members(self.type) if option is not self.type for entry in markers(option, marker)
        ]
