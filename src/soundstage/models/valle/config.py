"""The shape of a VALL-E, and its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The shape of one transformer."""

    width: int
    depth: int
    heads: int
    hidden: int


@dataclass(frozen=True, kw_only=True)
class ValleConfig:
    """Text ids are below `symbols`, 0 is padding; `books` of a codec with `codes` entries each, `rate` frames a second.

    `begin` gives the first frame a start token of its own, so that speech needs no acoustic prompt. `tied` heads are
    the embeddings of the book they predict. `languages` adds that many vectors to choose from to the text (VALL-E X).
    `pointer` tells the model at every frame which phone is being spoken, and it tells when to go on to the next; speech
    then ends behind the last phone instead of at an end token. Raises InputError for what does not fit together.
    """

    symbols: int
    ar: Stack
    nar: Stack
    books: int = 8
    codes: int = 1024
    rate: float = 75.0
    begin: bool = False
    tied: bool = True
    languages: int = 0
    pointer: bool = False

    def __post_init__(self) -> None:
        for name, good, remedy in (
            ("books", self.books >= 2, "give the first to one network and at least one to the other"),
            ("begin", self.begin or not self.pointer, "a pointer needs the start token"),
            ("symbols", self.symbols >= 2, "0 is padding"),
        ):
            if not good:
                raise InputError(name, f"{getattr(self, name)} does not fit", remedy)

    @property
    def end(self) -> int:
        """The token that ends the first book; the start token stands behind it."""
        return self.codes

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ValleConfig:
        """From a card's config, which may hold more than the shape."""
        kept = {name: config[name] for name in cls.__dataclass_fields__ if name in config}
        return cls(**{**kept, "ar": Stack(**kept["ar"]), "nar": Stack(**kept["nar"])})

    def plain(self) -> dict[str, Any]:
        """For a card."""
        return asdict(self)


def paper(symbols: int = 512) -> ValleConfig:
    """The published shape: two transformers of 12 layers, 1024 wide, over 8 books of EnCodec at 24 kHz."""
    return ValleConfig(symbols=symbols, ar=_PAPER, nar=_PAPER)


def valle_x() -> ValleConfig:
    """VALL-E X as its open implementation trains it: English, Chinese and Japanese, a start token, heads of its own."""
    return ValleConfig(symbols=2048, ar=_PAPER, nar=_PAPER, begin=True, tied=False, languages=3)


def valle_starter(symbols: int) -> ValleConfig:
    """The shipped one: small, with a pointer, over the first 4 books of `starter/speech-codec`."""
    return ValleConfig(
        symbols=symbols,
        ar=Stack(width=256, depth=4, heads=4, hidden=1024),
        nar=Stack(width=192, depth=4, heads=4, hidden=768),
        books=4,
        rate=25.0,
        begin=True,
        pointer=True,
    )


_PAPER = Stack(width=1024, depth=12, heads=16, hidden=4096)
