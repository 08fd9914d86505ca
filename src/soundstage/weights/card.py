"""The card of a model: what it is, what it was made from, who may use it, and how good it was measured to be.

Notable: a card's `config` is all that is needed to rebuild the module, and its `sha256` pins the very file of weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from soundstage.errors import InputError, MissingError

if TYPE_CHECKING:
    from soundstage.media.sources import Source

CARD = "card.json"
COMPANIONS = {
    "f5": ("charactr/vocos-mel-24khz",), "revoice": ("starter/voice",), "speech_codec": ("starter/voice",),
    "valle": ("starter/codec",),
}  # fmt: skip
"""The models that a family works with where its card's config names no others."""


class Card(BaseModel):
    """A model's card, read from and written to `card.json`.

    `commercial` says whether its licence and its data allow commercial use. `memory_mb` is what it needs while it
    works, in float32. `layout` is "own" when the file's keys are the module's, "public" when they go through the
    family's key table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: str
    family: str
    task: str
    licence: str
    commercial: bool
    data: str
    size_mb: float = Field(ge=0)
    memory_mb: float = Field(ge=0)
    parameters: int = Field(ge=0)
    config: dict[str, Any] = Field(default_factory=dict)
    recipe: str = ""
    sha256: str = ""
    layout: Literal["own", "public"] = "own"
    scores: tuple[dict[str, Any], ...] = ()
    notes: str = ""

    @property
    def source(self) -> Source:
        """What a result that was made with the model says of it."""
        from soundstage.media.sources import Source

        return Source(name=self.ref, licence=self.licence, commercial=self.commercial, data=self.data)

    @property
    def companions(self) -> tuple[str, ...]:
        """The models that it cannot work without: a vocoder, a codec."""
        shared = self.config.get("shares")
        named = [self.config.get("codec"), self.config.get("vocoder")]
        named += shared.values() if isinstance(shared, dict) else []
        found = (name for name in named if isinstance(name, str) and "/" in name)
        return tuple(dict.fromkeys(found)) or COMPANIONS.get(self.family, ())

    def save(self, folder: Path) -> None:
        """Write `folder/card.json`, atomically."""
        text = json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        partial = folder / f".{CARD}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / CARD)

    @classmethod
    def load(cls, folder: Path) -> Card:
        """Read `folder/card.json`. Raises MissingError without one, InputError for a broken one."""
        path = folder / CARD
        if not path.is_file():
            raise MissingError(f"{folder} has no {CARD}", "a model's folder holds card.json and weights.safetensors")
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise InputError(f"{path}: {place}", first["msg"], "mend the card") from None
