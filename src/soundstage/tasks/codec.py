"""The tasks `codec.encode` and `codec.decode`: sound to a neural codec's codes and back.

Notable: a file of any length goes through block by block. Codes say which codebooks they mean, so another model
refuses them instead of making noise of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, task
from soundstage.media import Audio
from soundstage.media.audio_blocks import SECONDS, read_blocks, rerated, write_blocks
from soundstage.media.codes import Codes
from soundstage.runtime.licences import sources_of_file

if TYPE_CHECKING:
    from soundstage.tasks.codec_engines import Coder

Samples = NDArray[np.float32]
Rate = Annotated[
    float | None, Says("Bit rate in kbit/s, rounded down to whole codebooks; all of them unless told."), Between(0, 100)
]


@task(version=1, name="codec.encode")
def encode(
    sound: Annotated[Audio, Says("What to encode; brought to the codec's rate and channels.")],
    *,
    kbps: Rate = None,
    model: ModelRef = "starter/codec",
) -> Codes:
    """A sound as a neural codec's codes.

    Raises InputError for an empty sound and for a bit rate that holds no codebook.
    """
    if not sound.length:
        raise InputError("sound", "has no samples", "give one that has")
    size = SECONDS * sound.rate
    blocks = (sound.samples[:, start : start + size] for start in range(0, sound.length, size))
    return _encode(blocks, sound.rate, sound.channels, kbps, model)


@task(version=1, name="codec.decode")
def decode(
    codes: Annotated[Codes, Says("What `codec.encode` made.")],
    *,
    model: Annotated[str, Says("The codec; that which made the codes unless told.")] = "",
) -> Audio:
    """The sound of a neural codec's codes, as long as it was.

    Raises InputError for codes that another codec made.
    """
    from soundstage.tasks.codec_engines import ENGINES

    with runtime.use(model or codes.model, ENGINES) as engine:
        return Audio(np.concatenate(list(_decoded(engine, codes, model or codes.model)), axis=1), codes.rate)


def encode_file(source: Path, target: Path, *, kbps: float | None = None, model: str = "starter/codec") -> Codes:
    """Encode a sound file of any length, block by block, into a `.codes` file; returns what was written."""
    runtime.permit(sources_of_file(source))
    rate, channels, blocks = read_blocks(source)
    codes = _encode(blocks, rate, channels, kbps, model)
    kbps = round(codes.kbps, 3)
    made = runtime.provenance("codec.encode", model=model, files=[source], kbps=kbps, source=source.name)
    codes.save(target, made)
    return codes


def decode_file(source: Path, target: Path, *, model: str = "") -> Codes:
    """Decode a `.codes` file, block by block, into a sound file; returns what was read."""
    from soundstage.tasks.codec_engines import ENGINES

    codes = Codes.load(source)
    runtime.permit(sources_of_file(source))
    with runtime.use(model or codes.model, ENGINES) as engine:
        blocks = _decoded(engine, codes, model or codes.model)
        kbps = round(codes.kbps, 3)
        made = runtime.provenance("codec.decode", model=model or codes.model, files=[source], kbps=kbps)
        write_blocks(target, blocks, rate=codes.rate, channels=codes.channels, length=codes.length, provenance=made)
    return codes


def _encode(blocks: Iterable[Samples], rate: int, channels: int, kbps: float | None, model: str) -> Codes:
    from soundstage.tasks.codec_engines import ENGINES

    with runtime.use(model, ENGINES) as engine:
        books, length = engine.books_at(kbps), 0

        def fitting() -> Iterator[Samples]:
            nonlocal length
            for block in rerated(_channels(blocks, engine.channels), engine.channels, rate, engine.config.rate):
                runtime.check_cancelled()
                length += block.shape[1]
                yield block

        found, scale = engine.encode(fitting(), books)
        return Codes(
            codes=found, size=engine.config.codes, rate=engine.config.rate, channels=engine.channels, length=length,
            model=model, books=engine.books, scale=scale,
        )  # fmt: skip


def _channels(blocks: Iterable[Samples], wanted: int) -> Iterator[Samples]:
    """Mono is doubled for a stereo codec; more channels than it has are mixed."""
    for block in blocks:
        if block.shape[0] != wanted:
            block = np.repeat(block.mean(axis=0, keepdims=True, dtype=np.float32), wanted, axis=0)
        yield block


def _decoded(engine: Coder, codes: Codes, model: str) -> Iterator[Samples]:
    if engine.books != codes.books:
        remedy = "decode with the model that made them, in the version that made them"
        raise InputError("codes", f"of {codes.model} have other codebooks than {model}", remedy)
    if codes.codes.shape[0] > engine.config.books:
        raise InputError("codes", f"have {codes.codes.shape[0]} codebooks", f"{model} has {engine.config.books}")
    for block in engine.decode(codes.codes, codes.scale, codes.length):
        runtime.check_cancelled()
        yield block
