"""Public checkpoints: found in the folder of models, or fetched from the hub; offline, an error that says what to
place where.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import CARD, Card
from soundstage.weights.load import FAMILIES, PICKLES, WEIGHTS, Source, family_module, refuse_pickle, weight_files
from soundstage.weights.reference import Reference


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
        if (placed / CARD).is_file():
            return Card.load(placed), weight_files(placed) if weights else ()
        card = Card.load(fetch(reference, CARD, (CARD, WEIGHTS)).parent)
        return card, (fetch(reference, WEIGHTS, (CARD, WEIGHTS)),) if weights else ()
    card = source.settled(str(reference))
    if not weights:
        return card, ()
    pickled = [name for name in source.files if Path(name).suffix in PICKLES]
    if pickled:
        raise refuse_pickle(Path(pickled[0]))
    if all((placed / name).is_file() for name in source.files):
        return card, tuple(placed / name for name in source.files)
    return card, tuple(fetch(reference, name, source.files) for name in source.files)


def fetch(reference: Reference, name: str, needed: tuple[str, ...]) -> Path:
    """One file of a repository, from the hub's own cache or over the network.

    Raises MissingError that names the `needed` files and the folder to place them in.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError

    # The client tells every retry; our own one line says all of it.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return Path(hf_hub_download(reference.name, name, revision=reference.revision))
    except HFValidationError as error:
        raise InputError("model", f"{reference} is not a repository's name ({error})", "write owner/model") from None
    except (
        Exception
    ) as error:  # the client's errors differ with the HTTP library under it; each means that the file is not here
        reason = str(error).partition("\n")[0][:120] or type(error).__name__
        raise MissingError(
            f"{reference}: {name} could not be fetched ({reason})",
            f"place {', '.join(needed)} in {models_folder() / reference.name}",
        ) from None
