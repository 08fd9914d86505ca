"""A model reference: one string that says where a model is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from soundstage.errors import InputError, MissingError

Scheme = Literal["starter", "folder", "hub", "transformers", "diffusers", "openai"]

ADAPTERS: tuple[Scheme, ...] = ("transformers", "diffusers", "openai")
STARTERS = Path(__file__).resolve().parent.parent / "starter"

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"


@dataclass(frozen=True)
class Reference:
    """`scheme` says who answers, `name` the folder, repository or model, `revision` a hub's branch, tag or commit."""

    scheme: Scheme
    name: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference: `starter/voice`, `./folder`, `owner/model[@revision]`, `transformers:…`, `diffusers:…`,
        `openai:…`.

        Raises InputError for anything else.
        """
        scheme, colon, rest = text.partition(":")
        for adapter in ADAPTERS:
            if colon and scheme == adapter and rest:
                return cls(adapter, rest)
        if re.fullmatch(rf"starter/{_PART}", text):
            return cls("starter", text.removeprefix("starter/"))
        if text.startswith(("./", "../", "/", "~")) or re.match(r"[A-Za-z]:[\\/]", text):
            return cls("folder", text)
        hub = re.fullmatch(rf"({_PART}/{_PART})(?:@([A-Za-z0-9._/-]+))?", text)
        if hub:
            return cls("hub", hub[1], hub[2])
        raise InputError(
            "model",
            f"{text[:60]!r} is not a model reference",
            "write starter/NAME, ./folder, owner/model, or openai:NAME",
        )

    @property
    def folder(self) -> Path:
        """Where a starter or a folder lies. Raises MissingError when nothing is there."""
        if self.scheme == "starter":
            folder = STARTERS / self.name
            shipped = ", ".join(f"starter/{name}" for name in starters()) or "none"
            if not folder.is_dir():
                raise MissingError(f"there is no starter/{self.name}", f"starters on this machine: {shipped}")
            return folder
        folder = Path(self.name).expanduser()
        if not folder.is_dir():
            raise MissingError(
                f"the folder {self.name} does not exist", "give a folder with card.json and weights.safetensors"
            )
        return folder

    def __str__(self) -> str:
        prefix = {"starter": "starter/", "folder": "", "hub": ""}.get(self.scheme, f"{self.scheme}:")
        return f"{prefix}{self.name}" + (f"@{self.revision}" if self.revision else "")


def starters() -> list[str]:
    """The names of the starters that are on this machine."""
    return sorted(card.parent.name for card in STARTERS.glob("*/card.json"))
