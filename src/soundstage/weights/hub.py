"""Public checkpoints: found in the folder of models, or fetched from the hub; offline, an error that says what to
place where.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import CARD, Card
from soundstage.weights.load import FAMILIES, PICKLES, WEIGHTS, Source, family_module, refuse_pickle, weight_files
from soundstage.weights.published import CONFIG, INDEX, card_in, read_object
from soundstage.weights.reference import Reference

PUBLISHED = "model.safetensors"
BESIDE = ("generation_config.json", "vocab.json", "tokenizer_config.json", "tokenizer.json")
"""What a checkpoint may bring along, fetched where it does."""

PATIENCE = 60.0
"""Seconds in which a file that could not be fetched is not asked for again: the client retries for long by itself."""

_failed: dict[tuple[str, str], tuple[float, type[MissingError], str]] = {}


def models_folder() -> Path:
    """Where checkpoints may be placed by hand: `$SOUNDSTAGE_MODELS`, or `~/.local/share/soundstage/models`."""
    return Path(os.environ.get("SOUNDSTAGE_MODELS") or "~/.local/share/soundstage/models").expanduser()


def sources() -> dict[str, Source]:
    """Every public checkpoint that a family says it can read, by repository."""
    return {
        name: source for family in FAMILIES for name, source in getattr(family_module(family), "SOURCE", {}).items()
    }


def locate(reference: Reference, *, weights: bool = True) -> tuple[Card, tuple[Path, ...]]:
    """The card and the files of a repository. Raises MissingError when it can be neither found nor fetched."""
    source = sources().get(reference.name)
    placed = models_folder() / reference.name
    if source is None:
        if any((placed / name).is_file() for name in (CARD, CONFIG, INDEX)):
            return card_in(placed, str(reference)), weight_files(placed) if weights else ()
        return _unlisted(reference, weights=weights)
    card = source.settled(str(reference))
    if not weights:
        return card, ()
    if source.files == (INDEX,):
        folder = placed if (placed / INDEX).is_file() else _parted(reference)
        facts = {name: getattr(card, name) for name in ("licence", "commercial", "data", "notes")}
        return card_in(folder, str(reference)).model_copy(update=facts), weight_files(folder)
    pickled = [name for name in source.files if Path(name).suffix in PICKLES]
    if pickled:
        raise refuse_pickle(Path(pickled[0]))
    needed = (*source.files, *source.beside)
    if all((placed / name).is_file() for name in needed):
        return card, tuple(placed / name for name in source.files)
    found = {name: fetch(reference, name, needed) for name in needed}
    return card, tuple(found[name] for name in source.files)


def _unlisted(reference: Reference, *, weights: bool) -> tuple[Card, tuple[Path, ...]]:
    """A repository that no family lists: one of ours with a card, or one that transformers saved, with its config."""
    try:
        card = Card.load(fetch(reference, CARD, (CARD, WEIGHTS)).parent)
        return card, (fetch(reference, WEIGHTS, (CARD, WEIGHTS)),) if weights else ()
    except _Absent:
        with suppress(_Absent):
            folder = _parted(reference)
            return card_in(folder, str(reference)), weight_files(folder) if weights else ()
        path = fetch(reference, PUBLISHED, (CONFIG, PUBLISHED))  # the card tells sizes, so the weights must be here
        fetch(reference, CONFIG, (CONFIG, PUBLISHED))
        for name in BESIDE:
            with suppress(_Absent):
                fetch(reference, name, (name,))
        return card_in(path.parent, str(reference)), (path,) if weights else ()


def _parted(reference: Reference) -> Path:
    """The folder of a pipeline's repository: of its parts what is needed, and no more."""
    from soundstage.weights import parts

    needed = (INDEX, "the folders that it names")
    index = read_object(fetch(reference, INDEX, needed))
    return snapshot(reference, parts.patterns(index), needed)


class _Absent(MissingError):
    """The hub was reached, and the repository has no such file."""


def fetch(reference: Reference, name: str, needed: tuple[str, ...]) -> Path:
    """One file of a repository, from the hub's own cache or over the network.

    Raises MissingError that names the `needed` files and the folder to place them in.
    """
    from huggingface_hub import hf_hub_download

    def download() -> str:
        return hf_hub_download(reference.name, name, revision=reference.revision)

    return Path(_asked(reference, name, needed, download))


def snapshot(reference: Reference, patterns: tuple[str, ...], needed: tuple[str, ...]) -> Path:
    """The folder of a repository's files that match `patterns`, from the hub's own cache or over the network.

    Raises MissingError as `fetch` does.
    """
    from huggingface_hub import snapshot_download

    def download() -> str:
        return snapshot_download(reference.name, revision=reference.revision, allow_patterns=list(patterns))

    return Path(_asked(reference, "its files", needed, download))


def _asked(reference: Reference, name: str, needed: tuple[str, ...], download: Callable[[], str]) -> str:
    """What `download` gives, or one clear error; a failure is remembered for a while."""
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

    key, remedy = (str(reference), name), f"place {', '.join(needed)} in {models_folder() / reference.name}"
    since, kind, problem = _failed.get(key, (0.0, MissingError, ""))
    if problem and time.monotonic() - since < PATIENCE:
        raise kind(problem, remedy)

    # The client tells every retry; our own one line says all of it.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return download()
    except HFValidationError as error:
        raise InputError("model", f"{reference} is not a repository's name ({error})", "write owner/model") from None
    except (
        Exception
    ) as error:  # the client's errors differ with the HTTP library under it; each means that the file is not here
        reason = str(error).partition("\n")[0][:120] or type(error).__name__
        absent = isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError)
        kind = _Absent if absent else MissingError
        problem = f"{reference}: {name} could not be fetched ({'it has none' if absent else reason})"
        _failed[key] = (time.monotonic(), kind, problem)
        raise kind(problem, remedy) from None
