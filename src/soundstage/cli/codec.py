"""The commands of neural codecs: a sound file to codes, codes to a sound file, and what a file of codes holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.display import report, watched
from soundstage.cli.look import JSON
from soundstage.cli.outputs import licence_facts, spelled_licence
from soundstage.errors import InputError

group = typer.Typer(no_args_is_help=True, help="Sound to a neural codec's codes and back.", rich_markup_mode="rich")
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Licence = Annotated[str, typer.Option(help="any, or commercial: refuse models that may not be used commercially.")]


@group.callback()
def codec() -> None:
    """Sound to a neural codec's codes and back."""


@group.command()
def encode(
    source: Annotated[Path, typer.Argument(help="A sound file, or a video with sound.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="By default the same name with .codes.", show_default=False)
    ] = None,
    kbps: Annotated[
        float | None,
        typer.Option(min=0, help="Bit rate in kbit/s, rounded down to whole codebooks; all of them unless told."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="starter/codec, facebook/encodec_24khz, kyutai/mimi, a folder.")
    ] = "starter/codec",
    device: Device = "auto",
    licence: Licence = "any",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Write a sound as the codes of a neural codec. A file of any length goes through block by block."""
    from soundstage import runtime
    from soundstage.tasks.codec import encode_file

    target = output or source.with_suffix(".codes")
    _check(target, (".codes",))
    begun = time.monotonic()
    with watched(quiet=as_json), runtime.using(device=device, licence=licence):
        codes = encode_file(source, target, kbps=kbps, model=model)
    facts = {
        "task": "codec.encode", "output": str(target), "model": model, "codebooks": codes.codes.shape[0],
        "bit rate": f"{codes.kbps:.3g} kbit/s", "length": f"{codes.seconds:.2f} s",
        "took": f"{time.monotonic() - begun:.2f} s",
    }  # fmt: skip
    facts |= licence_facts(target)
    report(facts if as_json else spelled_licence(facts), as_json=as_json)


@group.command()
def decode(
    source: Annotated[Path, typer.Argument(help="A .codes file.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="By default the same name with .wav.", show_default=False)
    ] = None,
    model: Annotated[
        str, typer.Option(help="By default the model that the file names; another place of the same one.")
    ] = "",
    device: Device = "auto",
    licence: Licence = "any",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Write the sound of a file of codes."""
    from soundstage import runtime
    from soundstage.media.audio_files import CODINGS
    from soundstage.tasks.codec import decode_file

    target = output or source.with_suffix(".wav")
    _check(target, tuple(CODINGS))
    begun = time.monotonic()
    with watched(quiet=as_json), runtime.using(device=device, licence=licence):
        codes = decode_file(source, target, model=model)
    facts = {
        "task": "codec.decode", "output": str(target), "model": model or codes.model,
        "length": f"{codes.seconds:.2f} s", "took": f"{time.monotonic() - begun:.2f} s",
    }  # fmt: skip
    facts |= licence_facts(target)
    report(facts if as_json else spelled_licence(facts), as_json=as_json)


@group.command()
def info(
    source: Annotated[Path, typer.Argument(help="A .codes file.", show_default=False)],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Tell what a file of codes holds."""
    from soundstage.media.codes import Codes

    codes = Codes.load(source)
    facts = codes.facts() | {"seconds": round(codes.seconds, 3), "kbps": round(codes.kbps, 4)}
    if codes.provenance is not None:
        facts |= {"made by": codes.provenance.task, "version": codes.provenance.version}
        facts |= licence_facts(source) | dict(codes.provenance.extra)
    report(facts if as_json else spelled_licence(facts), as_json=as_json)


def _check(target: Path, suffixes: tuple[str, ...]) -> None:
    """Raises InputError for a place that cannot be written to, before any time is spent."""
    if target.suffix.lower() not in suffixes:
        raise InputError("output", f"{target.name} has no suffix that can be written", f"use {', '.join(suffixes)}")
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise InputError("output", f"{target} is no place for a file", "name a file in a folder that is there")
