"""Commands for voices: clone one with its speaker's consent, mix some, list, show, delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.display import report, show
from soundstage.cli.look import JSON
from soundstage.errors import InputError

group = typer.Typer(
    no_args_is_help=True, help="Clone voices with consent, mix them, keep them.", rich_markup_mode="rich"
)

NAME = typer.Option("--name", help="What to call it; --voice NAME then speaks with it.", show_default=False)


@group.command()
def clone(
    recording: Annotated[
        Path, typer.Argument(help="Three to thirty seconds of one person speaking.", show_default=False)
    ],
    name: Annotated[str, NAME],
    consent: Annotated[
        str,
        typer.Option(
            help="What its speaker says to it, in a sentence; it is kept. Or a me.consent.txt beside me.wav.",
            show_default=False,
        ),
    ] = "",
    text: Annotated[str, typer.Option(help="What the recording says, which F5 must know.", show_default=False)] = "",
    by: Annotated[str, typer.Option(help="Who says so; this computer's user unless told.", show_default=False)] = "",
    about: Annotated[str, typer.Option(help="Anything to remember.", show_default=False)] = "",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Save the voice of a recording, with the statement of whoever it belongs to."""
    from soundstage.tasks.voices import clone as make
    from soundstage.tasks.voices import described

    make(recording, name, consent, text=text, by=by, about=about)
    report(described(name), as_json=as_json)


@group.command("list")
def entries(as_json: Annotated[bool, JSON] = False) -> None:
    """List the saved voices, and those that the starter has."""
    from soundstage.errors import SoundstageError
    from soundstage.media.voice_shelf import names
    from soundstage.tasks.voices import STARTER, described, own_names

    rows = []
    for name in names():
        try:
            rows.append(described(name))
        except SoundstageError as error:  # one damaged voice must not hide the others
            rows.append({"name": name, "kind": "damaged", "about": str(error)})
    if as_json:
        print(json.dumps({"saved": rows, STARTER: list(own_names())}, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(caption=f"{STARTER}: {', '.join(own_names())}", caption_justify="left")
    for heading in ("name", "kind", "made of", "consent", "about"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row["name"], row["kind"], row.get("recording") or row.get("of", ""), row.get("consent", ""),
            row.get("about", ""),
        )  # fmt: skip
    show(table)


@group.command("show")
def tell(
    name: Annotated[str, typer.Argument(help="A saved voice.", show_default=False)],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Tell all that is known of a saved voice."""
    from soundstage.media.voice_shelf import folder
    from soundstage.tasks.voices import described

    report({**described(name), "folder": str(folder() / name)}, as_json=as_json)


@group.command()
def delete(
    name: Annotated[str, typer.Argument(help="A saved voice.", show_default=False)],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Delete a saved voice with its recording. What was made with it stays."""
    from soundstage.media.voice_shelf import delete as remove

    remove(name)
    report({"deleted": name}, as_json=as_json)


@group.command()
def blend(
    voices: Annotated[list[str], typer.Argument(help="Two voices or more: saved, the starter's, or recordings.")],
    name: Annotated[str, NAME],
    weights: Annotated[
        str, typer.Option(help="One for each, such as 0.3,0.7; equal unless told.", show_default=False)
    ] = "",
    about: Annotated[str, typer.Option(help="Anything to remember.", show_default=False)] = "",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Save a mixture of voices. The starter can speak with it; a model that knows its voices by number cannot."""
    from soundstage.tasks.voices import check_name, described, keep, mix

    check_name(name)
    try:
        shares = [float(part) for part in weights.replace(" ", ",").split(",") if part] or None
    except ValueError as error:
        raise InputError("weights", f"{weights[:60]!r} are not numbers", "write them as 0.3,0.7") from error
    keep(mix(voices, shares), name, about=about)
    report(described(name), as_json=as_json)
