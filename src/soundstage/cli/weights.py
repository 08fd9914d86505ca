"""Commands for weights: pickles to safetensors, in a step of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.display import report
from soundstage.cli.look import JSON

group = typer.Typer(no_args_is_help=True, help="Convert published weights.", rich_markup_mode="rich")


@group.callback()
def weights() -> None:
    """Convert published weights."""


@group.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A pickle: .bin, .pt, .pth or .ckpt.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="By default model.safetensors beside it; voices keep their name.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Where the tensors lie in it, such as model.generator.", show_default=False)
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Write a pickle's tensors as safetensors. Only tensors and plain data are read; anything else is refused."""
    from soundstage.weights.convert import convert as write
    from soundstage.weights.convert import default_output

    report(write(source, output or default_output(source), key), as_json=as_json)
