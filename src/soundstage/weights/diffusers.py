"""Pipelines that the library diffusers runs, not we: `diffusers:FOLDER` or `diffusers:owner/model`.

Notable: the library reads the files, but which files and which classes is decided here: safetensors and text only,
parts of diffusers and transformers only, never code that came along and never a pickle. Where a graphics card has no
room for all parts together, each is on it only while it works.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import Card
from soundstage.weights.load import PICKLES, Loaded, refuse_pickle
from soundstage.weights.published import (
    FREE,
    INDEX,
    RESERVE,
    UNKNOWN,
    first_line,
    licence_of,
    numbers,
    read_object,
)
from soundstage.weights.reference import Reference

FAMILY = "diffusers"
LIBRARIES = ("diffusers", "transformers")
"""Whose classes the parts may be, besides those that stand in a pipeline of the library."""
WEIGHTS = ("diffusion_pytorch_model", "model")
BESIDE = ("*.json", "*.txt", "*.model", "*.jinja")
"""What of a part's folder is fetched besides its weights."""
FRAMES = ("num_frames", "video_length", "frames")
"""What a call names the length of a video."""
HALF = "fp16"  # the variant that stands for the whole where there is no other

logger = logging.getLogger(__name__)


class Pipeline(nn.Module):
    """A pipeline of the library, the device that it works on, and its networks by name."""

    def __init__(self, pipe: Any, device: torch.device) -> None:
        super().__init__()
        self.pipe, self.device = pipe, device
        networks = {name: part for name, part in pipe.components.items() if isinstance(part, nn.Module)}
        self.parts = nn.ModuleDict(networks)


def locate(reference: Reference, *, weights: bool = True) -> tuple[Card, tuple[Path, ...]]:
    """The card and the files of weights of `diffusers:…`.

    Raises InputError for what is no folder and no repository, for classes of another library and for pickles;
    MissingError for what is not here, the library among it.
    """
    folder = place(reference)
    return card_in(folder, str(reference)), tuple(files_of(folder)) if weights else ()


def load(reference: Reference, device: str | torch.device, dtype: torch.dtype) -> Loaded:
    """The pipeline on the device, its networks in eval mode; the files that lie beside its index.

    Raises as `locate`, and InputError for weights that do not fill it.
    """
    theirs, folder = library(), place(reference)
    card = card_in(folder, str(reference))
    kind_of(theirs, folder)
    variant = HALF if any(f".{HALF}." in path.name for path in files_of(folder)) else None
    with quiet(theirs), torch.random.fork_rng(devices=[]):
        try:
            pipe = theirs.DiffusionPipeline.from_pretrained(
                str(folder), torch_dtype=dtype, use_safetensors=True, local_files_only=True, variant=variant,
                low_cpu_mem_usage=offloads(),
            )  # fmt: skip
        except ImportError as error:
            raise MissingError(
                f"{reference}: a part needs another library ({first_line(error)})", "install it"
            ) from None
        except (OSError, ValueError, RuntimeError, TypeError, AttributeError, KeyError) as error:
            raise InputError(
                "model", f"{reference} cannot be loaded ({first_line(error)})", "fetch its files again"
            ) from None
    made = Pipeline(pipe, torch.device(device)).eval()
    made.requires_grad_(False)
    _check_whole(made, folder)
    pipe.set_progress_bar_config(disable=True)
    settle(pipe, made.device, _bytes(made))
    return Loaded(card, made, {path.name: path for path in sorted(folder.iterdir()) if path.is_file()})


def settle(pipe: Any, device: torch.device, size: int) -> None:
    """Bring a pipeline of `size` bytes to the device, whole, or each part while it works where there is no room.

    Raises MissingError where there is no room, and no library that moves parts.
    """
    if device.type != "cuda":
        pipe.to(device)
        return
    free, _ = torch.cuda.mem_get_info(device)
    if size * RESERVE <= free:
        pipe.to(device)
        return
    if not offloads():
        problem = f"the model takes {size / 2**30:.1f} GB, {free / 2**30:.1f} GB are free on {device}"
        raise MissingError(problem, "pip install accelerate, so that each part is there only while it works")
    logger.info("each part is on %s only while it works", device)
    pipe.enable_model_cpu_offload(device=device)


def place(reference: Reference) -> Path:
    """The folder of a pipeline, fetched where it must be. Raises as `locate`."""
    from soundstage.weights import hub

    inner = Reference.parse(reference.name)
    if inner.scheme == "folder":
        folder = inner.folder
    elif inner.scheme == "hub":
        placed = hub.models_folder() / inner.name
        folder = placed if (placed / INDEX).is_file() else _fetched(inner.name, inner.revision)
    else:
        raise InputError(
            "model", f"diffusers cannot run {reference.name}", "write diffusers:owner/model or diffusers:./folder"
        )
    if not (folder / INDEX).is_file():
        raise MissingError(f"{folder} has no {INDEX}", "give a folder that diffusers saved")
    return folder


def card_in(folder: Path, ref: str) -> Card:
    """What is known of a pipeline: its kind by its index, what it draws by how it is called, its licence by its README.

    Its memory is that of its largest part where parts can be moved, else of all.
    """
    kind = str(read_object(folder / INDEX).get("_class_name"))
    files = files_of(folder)
    sizes = {path.parent: 0 for path in files}
    for path in files:
        sizes[path.parent] += path.stat().st_size
    whole = sum(sizes.values())
    licence = licence_of(folder / "README.md")
    return Card(
        ref=ref,
        family=FAMILY,
        task="shoot" if counts_frames(parameters_of(kind_of(library(), folder))) else "paint",
        licence=licence or UNKNOWN,
        commercial=licence in FREE,
        data="not told in its folder",
        size_mb=round(whole / 2**20, 2),
        memory_mb=round(RESERVE * (max(sizes.values(), default=0) if offloads() else whole) / 2**20, 1),
        parameters=sum(numbers(path) for path in files),
        config={"kind": kind},
        layout="public",
        notes="Run by the library diffusers.",
    )


def parts_in(folder: Path) -> dict[str, tuple[str, str]]:
    """The parts that an index lists: by name, the library and the class. Raises InputError for a library of others."""
    found = {}
    for name, entry in read_object(folder / INDEX).items():
        if isinstance(entry, list) and len(entry) == 2 and all(isinstance(word, str) for word in entry):
            found[name] = (entry[0], entry[1])
    return found


def kind_of(theirs: Any, folder: Path) -> type:
    """The library's class of a pipeline.

    Raises InputError for one that it does not have, and for a part that is of no library that may be asked: an index
    could name any module on this machine, or one that came along.
    """
    name = read_object(folder / INDEX).get("_class_name")
    kind = getattr(theirs, name, None) if isinstance(name, str) else None
    if not (inspect.isclass(kind) and issubclass(kind, theirs.DiffusionPipeline)):
        problem = f"{folder / INDEX} is of the kind {name}, which diffusers {theirs.__version__} does not have"
        raise InputError("model", problem, "update diffusers, or choose another; code that came along is never run")
    for part, (library_name, class_name) in parts_in(folder).items():
        known = library_name in LIBRARIES or hasattr(theirs.pipelines, library_name)
        if not known or (folder / part / f"{library_name}.py").exists():
            problem = f"its part {part} is a {class_name} of {library_name}"
            raise InputError("model", problem, f"parts may be of {' and '.join(LIBRARIES)}; others are never run")
    return kind


def parameters_of(kind: Any) -> Mapping[str, inspect.Parameter]:
    """What the call of a pipeline takes, by name."""
    return dict(list(inspect.signature(kind.__call__).parameters.items())[1:])


def counts_frames(call: Mapping[str, inspect.Parameter]) -> str:
    """What a call names the length of a video; empty for one that makes pictures."""
    return next((name for name in FRAMES if name in call), "")


def files_of(folder: Path) -> list[Path]:
    """The safetensors of all parts: of two variants the whole one. Raises InputError for a part of pickles alone."""
    found = []
    for name in parts_in(folder):
        files = sorted((folder / name).glob("*.safetensors"))
        whole = [path for path in files if f".{HALF}." not in path.name]
        found += whole or files
        if not files and (folder / name).is_dir():
            pickled = sorted(path for path in (folder / name).iterdir() if path.suffix in PICKLES)
            if pickled:
                raise refuse_pickle(pickled[0])
    return found


def library() -> Any:
    """The library. Raises MissingError where it is not installed."""
    try:
        import diffusers
        import transformers  # noqa: F401 - text encoders are its
    except ImportError:
        raise MissingError("diffusers is not installed", "pip install 'soundstage[adapters]'") from None
    return diffusers


def offloads() -> bool:
    """Whether the library that moves parts is here."""
    return importlib.util.find_spec("accelerate") is not None


@contextlib.contextmanager
def quiet(theirs: Any) -> Iterator[None]:
    """Without its bars and its hints, nor transformers', which are for who calls it directly."""
    import transformers

    logs = [theirs.utils.logging, transformers.utils.logging]
    before = [(log.get_verbosity(), log.is_progress_bar_enabled()) for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, (level, bars) in zip(logs, before, strict=True):
            log.set_verbosity(level)
            if bars:
                log.enable_progress_bar()


@cache
def _fetched(name: str, revision: str | None) -> Path:
    """A repository's folder in the hub's own cache, its parts in one variant; asked for once a process."""
    from soundstage.weights import hub

    reference, needed = Reference("hub", name, revision), (INDEX, "the folders that it names")
    index = hub.fetch(reference, INDEX, needed)
    patterns = [INDEX, "README.md"]
    for part in parts_in(index.parent):
        patterns += [f"{part}/{pattern}" for pattern in BESIDE]
        patterns += [f"{part}/{file}{shard}.safetensors" for file in WEIGHTS for shard in ("", "-?????-of-?????")]
    return hub.snapshot(reference, tuple(patterns), needed)


def _check_whole(made: Pipeline, folder: Path) -> None:
    """Raises InputError for a part whose files hold fewer numbers than it has: the library would draw the rest."""
    held: dict[str, int] = {}
    for path in files_of(folder):
        held[path.parent.name] = held.get(path.parent.name, 0) + numbers(path)
    for name, part in made.parts.items():
        wanted = sum(weight.numel() for weight in part.parameters())
        if wanted > held.get(name, 0):
            problem = f"{name} has {held.get(name, 0)} of its {wanted} numbers"
            raise InputError("weights", problem, "use the whole checkpoint")


def _bytes(module: nn.Module) -> int:
    return sum(weight.numel() * weight.element_size() for weight in module.parameters())
