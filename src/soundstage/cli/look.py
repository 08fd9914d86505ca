"""Commands that look around: what models there are, what a file is, how good a model was measured to be."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from soundstage.cli.display import log_to_terminal, report, show, watched
from soundstage.errors import InputError

if TYPE_CHECKING:
    from soundstage.evaluate import Table
    from soundstage.weights import Card

JSON = typer.Option("--json", help="Print JSON and nothing else.")

# Who measures the models of a task: `evaluate/<module>.py`.
METERS = {
    "speak": "voice", "valle": "valle", "revoice": "revoice", "compose": "music", "shoot": "video", "paint": "video",
    "codec": "codec", "musiclm": "musiclm",
}  # fmt: skip


def models(
    ref: Annotated[str, typer.Argument(help="A model, to see its whole card.", show_default=False)] = "",
    every: Annotated[bool, typer.Option("--all", help="Also the public checkpoints that can be loaded.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """List the models on this machine, or show one model's card."""
    from soundstage.weights import card_of, starters

    if ref:
        card = card_of(ref)
        facts = {name: value for name, value in card.model_dump(mode="json").items() if value not in ("", None, [], {})}
        report(facts if as_json else spelled(facts), as_json=as_json)
        if card.scores and not as_json:
            show(scores(card))
        return
    cards: list[Card] = [card_of(f"starter/{name}") for name in starters()]
    if every:
        from soundstage.weights.hub import sources

        cards += [source.settled(name) for name, source in sources().items()]
    if as_json:
        print(json.dumps([card.model_dump(mode="json") for card in cards], ensure_ascii=False))
        return
    if not cards:
        print("no models on this machine: the starters are missing; reinstall, or train them with their recipes")
        return
    from rich.table import Table

    table = Table(caption="soundstage models REF shows the whole card", caption_justify="left")
    for heading in ("model", "task", "parameters", "file", "memory", "licence", "commercial use"):
        table.add_column(heading, justify="right" if heading in ("parameters", "file", "memory") else "left")
    for card in cards:
        table.add_row(
            *(
                card.ref,
                card.task,
                f"{card.parameters / 1e6:.1f} M",
                f"{card.size_mb:.1f} MB",
                f"{card.memory_mb:.0f} MB",
            ),
            *(card.licence, "yes" if card.commercial else "no"),
        )
    show(table)


def spelled(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A card's facts for people; its scores have a table of their own."""
    said: dict[str, Any] = {name: value for name, value in facts.items() if name != "scores"}
    for name, form in (("size_mb", "{:.1f} MB"), ("memory_mb", "{:.0f} MB"), ("parameters", "{:,}")):
        if name in said:
            said[name] = form.format(said[name])
    said["commercial"] = "yes" if facts["commercial"] else "no"
    return said | ({"config": json.dumps(facts["config"])} if "config" in facts else {})


def scores(card: Card) -> Table:
    """What a card says that its model was measured to do."""
    from soundstage.evaluate import Measure, Table

    fields = {part.name for part in dataclasses.fields(Measure)}
    rows = [{name: value for name, value in score.items() if name in fields} for score in card.scores]
    whole = [Measure(**row) for row in rows if {"name", "value"} <= row.keys()]
    return Table(title="scores", rows=whole, machine=card.ref, date="as its card says")


def info(
    file: Annotated[Path, typer.Argument(help="A sound, a .music, a picture or a film.", show_default=False)],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Tell what is in a file, and how it was made."""
    from soundstage.media import Music, probe

    facts = probe(file)
    told: dict[str, Any] = facts.to_dict() if as_json else dict(facts.lines())
    if facts.sound is not None:
        from soundstage.media.watermark import find

        found = find(Music.load(file).mix)
        told["watermark"] = dataclasses.asdict(found) if as_json else str(found)
    report(told, as_json=as_json)


def evaluate(
    ref: Annotated[
        str,
        typer.Argument(
            help="A model, such as starter/voice; a film's file, a song's .music; or just: film, song.",
            show_default=False,
        ),
    ],
    count: Annotated[
        int | None, typer.Option(min=1, help="How many items to measure; fewer is quicker and less sure.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the held-out items.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="A folder for what was generated.", show_default=False)] = None,
    memorisation: Annotated[
        bool, typer.Option("--memorisation", help="Search a composer's pieces for what it learned by heart instead.")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,
) -> None:
    """Measure a model on held-out items, beside the real data and chance; or a film by what it promises."""
    log_to_terminal(verbose=False)
    module = meter_for(ref)
    if memorisation and module != "music":
        raise InputError("memorisation", f"is not measured of {ref}", "give a composer, such as starter/music")
    meter = importlib.import_module(f"soundstage.evaluate.{'memorisation' if memorisation else module}").evaluate
    known = inspect.signature(meter).parameters
    given: dict[str, Any] = {"seed": seed, "count": count, "folder": keep}
    chosen = {name: value for name, value in given.items() if value is not None and name in known}
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with watched(quiet=quiet or as_json):
        table = meter(ref, **chosen)
    if as_json:
        print(json.dumps(table.to_json(), ensure_ascii=False))
    else:
        show(table)


def meter_for(ref: str) -> str:
    """The module of `evaluate/` that measures a model, or a film. Raises InputError when there is none."""
    from soundstage.weights import card_of

    if ref == "watermark":
        return "watermark"
    if ref == "film" or Path(ref).suffix.lower() == ".mp4":
        return "film"
    if ref == "song" or Path(ref).suffix.lower() == ".music":
        return "song"
    card = card_of(ref)
    if card.family == "bark" and card.config.get("text") == "phones":  # it laughs and sighs, too
        return "bark"
    task = card.family if card.family in ("valle", "musiclm") else card.task
    if task not in METERS:
        raise InputError("ref", f"nothing measures models of the task '{task}'", f"tasks: {', '.join(METERS)}")
    return METERS[task]
