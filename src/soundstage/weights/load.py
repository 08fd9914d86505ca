"""The only loader: find, read, rename, build, assign; and the writer of starters.

Notable: parameters are built on the meta device and assigned strictly, so a module costs its weights once and never
loads in part; an error names every key. Weights lie on disk in float16 and work in the dtype that is asked for.
Pickles are refused. torch is imported inside the functions, so that cards can be listed at once.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import Card
from soundstage.weights.reference import Reference

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

WEIGHTS = "weights.safetensors"
PUBLISHED = "model.safetensors"
INDEX = "model_index.json"  # of a checkpoint in several folders
LIBRARIES = ("transformers", "diffusers")  # that run models themselves
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".t7")

FAMILIES = {
    family: f"soundstage.weights.{family}"
    for family in (
        "bark", "codec", "cogvideox", "encodec", "ensemble", "f5", "layered", "mimi", "musicgen", "musiclm", "revoice",
        "speech_codec", "t5", "valle", "video_dit", "vits", "vocos", "voice", "wan", "xtts",
    )
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Source:
    """A public checkpoint that a family can read:

    its safetensors `files`, the `config` of its module, its card's facts, and the files `beside` (a vocabulary, say).

    `config` is a preset: a function that returns the family's config dataclass or a dict.
    """

    files: tuple[str, ...]
    config: Callable[[], Any]
    card: Card
    beside: tuple[str, ...] = ()

    def settled(self, ref: str) -> Card:
        """The card of `ref`, with the preset's config in it."""
        config = self.config()
        plain = asdict(config) if is_dataclass(config) and not isinstance(config, type) else dict(config)
        return self.card.model_copy(update={"ref": ref, "config": plain, "layout": "public"})


@dataclass(frozen=True)
class Loaded:
    """A model in memory: its card, its module in eval mode on the asked device, and the other files by name."""

    card: Card
    module: nn.Module
    files: Mapping[str, Path] = field(default_factory=dict)


def load(
    ref: str,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    narrow: torch.dtype | None = None,
) -> Loaded:
    """The model `ref`, ready to work in `dtype` (float32 unless told); of parts perhaps with `narrow` weights.

    Raises InputError for a bad reference or a checkpoint that does not fit its family, MissingError for what is not on
    this machine.
    """
    import torch

    reference = Reference.parse(ref)
    if reference.scheme in LIBRARIES and narrow is None:
        theirs: Loaded = _adapter(reference).load(reference, device, dtype or torch.float32)
        return theirs
    card, paths = locate(reference)
    if card.layout == "public" and "pipeline" in card.config:  # of parts, each in a folder
        from soundstage.weights import parts

        return parts.load(card, paths[0].parent.parent, device, dtype or torch.float32, narrow)
    if narrow is not None:
        raise InputError("dtype", f"{ref} is not kept in bytes", "use float32 or bfloat16")
    family = family_module(card.family)
    tensors = read(paths)
    if card.layout == "public":
        from soundstage.weights.keys import rename

        tensors = rename(tensors, family.KEYS, getattr(family, "IGNORED", ()))
    module = assemble(lambda: family.build(dict(card.config)), tensors, dtype or torch.float32)
    folder = paths[0].parent
    files = {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and path not in paths}
    return Loaded(card, module.to(device), files)


def card_of(ref: str) -> Card:
    """The card of a model, without loading it. Raises as `load` does."""
    return locate(Reference.parse(ref), weights=False)[0]


def locate(reference: Reference, *, weights: bool = True) -> tuple[Card, tuple[Path, ...]]:
    """A model's card and its files of weights (none when `weights` is false)."""
    if reference.scheme in LIBRARIES:
        placed: tuple[Card, tuple[Path, ...]] = _adapter(reference).locate(reference, weights=weights)
        return placed
    if reference.scheme == "openai":
        raise MissingError(
            f"{reference}: Soundstage has no {reference.scheme} adapter yet",
            "use a starter, a folder or a known hub repository",
        )
    if reference.scheme == "hub":
        from soundstage.weights import hub

        return hub.locate(reference, weights=weights)
    from soundstage.weights.published import card_in

    folder = reference.folder
    card = card_in(folder, str(reference))
    return card, weight_files(folder) if weights else ()


def _adapter(reference: Reference) -> ModuleType:
    """The module that lets another library run a model."""
    return importlib.import_module(f"soundstage.weights.{reference.scheme}")


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors of a folder. Raises MissingError when there are none, and says so when there are only pickles."""
    if (folder / INDEX).is_file():
        from soundstage.weights import parts

        return parts.weight_files(folder)
    for name in (WEIGHTS, PUBLISHED):  # what else lies there stands beside them: XTTS's voices
        if (folder / name).is_file():
            return (folder / name,)
    found = tuple(sorted(folder.glob("*.safetensors")))
    if found:
        return found
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if pickled:
        raise refuse_pickle(folder / pickled[0])
    raise MissingError(f"{folder} has no {WEIGHTS}", "put the model's weights there, in safetensors")


def refuse_pickle(path: Path) -> InputError:
    """The error for a pickle: it could run any code."""
    return InputError(
        "model",
        f"{path.name} is a pickle, which can run any code when it is opened",
        f"convert it: soundstage weights convert {path.name}",
    )


def family_module(family: str) -> ModuleType:
    """The module of `weights/` that builds a family. Raises InputError for an unknown one."""
    if family not in FAMILIES:
        raise InputError("family", f"'{family}' is not a family of models", f"known: {', '.join(sorted(FAMILIES))}")
    return importlib.import_module(FAMILIES[family])


def read(paths: Sequence[Path]) -> dict[str, Tensor]:
    """All tensors of some safetensors files.

    Raises InputError for pickles, broken files, and a tensor that stands in two files.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    tensors: dict[str, Tensor] = {}
    for path in paths:
        if path.suffix in PICKLES:
            raise refuse_pickle(path)
        try:
            part = load_file(path)
        except (SafetensorError, OSError) as error:
            raise InputError("model", f"{path} cannot be read ({error})", "fetch or make the file again") from None
        doubled = sorted(set(part) & set(tensors))
        if doubled:
            raise InputError("model", f"{', '.join(doubled)} stand in two files", "keep one of them")
        tensors |= part
    return tensors


def assemble(
    build: Callable[[], nn.Module], tensors: Mapping[str, Tensor], dtype: torch.dtype, *, full: Sequence[str] = ()
) -> nn.Module:
    """Build a module around `tensors`:

    strict, in eval mode, floats in `dtype` but those whose names match a pattern of `full`, which stay float32. Raises
    InputError naming every key that does not fit.
    """
    import torch

    from soundstage.weights.keys import matches

    with parameters_on_meta():
        module = build()
    wanted = module.state_dict(keep_vars=True)
    given = dict(tensors)
    for name, twin in tied(wanted).items():
        if name not in given and twin in given:
            given[name] = given[twin]
    problems = [
        f"{len(names)} {what}: {', '.join(sorted(names))}"
        for names, what in ((wanted.keys() - given.keys(), "missing"), (given.keys() - wanted.keys(), "left over"))
        if names
    ]
    problems += [
        f"{name} is {tuple(given[name].shape)}, not {tuple(slot.shape)}"
        for name, slot in wanted.items()
        if name in given and given[name].shape != slot.shape
    ]
    if problems:
        raise InputError("weights", "; ".join(problems), "use the card and the weights of one model")
    cast = {
        name: tensor.to(torch.float32 if matches(name, full) else dtype) if tensor.is_floating_point() else tensor
        for name, tensor in given.items()
    }
    module.load_state_dict(cast, strict=True, assign=True)
    return module.eval().requires_grad_(False)


@contextmanager
def parameters_on_meta() -> Iterator[None]:
    """Parameters that this thread registers have no storage; buffers do, for constant tables are not in the file."""
    from torch import nn
    from torch.nn.modules.module import register_module_parameter_registration_hook

    thread = threading.get_ident()

    def to_meta(module: nn.Module, name: str, parameter: nn.Parameter | None) -> nn.Parameter | None:
        if parameter is None or parameter.is_meta or threading.get_ident() != thread:
            return None
        return nn.Parameter(parameter.to("meta"), requires_grad=parameter.requires_grad)

    hook = register_module_parameter_registration_hook(cast(Any, to_meta))  # its stub forgets the replacement
    try:
        yield
    finally:
        hook.remove()


def tied(state: Mapping[str, Tensor]) -> dict[str, str]:
    """Names that share one tensor with an earlier name: `{"head.weight": "embedding.weight"}`."""
    first: dict[int, str] = {}
    return {name: first[id(tensor)] for name, tensor in state.items() if first.setdefault(id(tensor), name) != name}


def save_starter(folder: Path | str, module: nn.Module, card: Card) -> Card:
    """Write `weights.safetensors` (float16) and `card.json`, each atomically; the card gets size, parameters and hash.

    Only what `state_dict` holds is written, so constant tables (non-persistent buffers) are not; a tied tensor is
    written once.
    """
    from safetensors.torch import save

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = module.state_dict(keep_vars=True)
    twins = tied(state)
    floats = {name: t.detach().cpu() for name, t in state.items() if name not in twins}
    broken = [
        name for name, tensor in floats.items() if tensor.is_floating_point() and not tensor.half().isfinite().all()
    ]
    if broken:
        raise InputError("weights", f"not finite in float16: {', '.join(broken)}", "look at the training run")
    halves = {name: (t.half() if t.is_floating_point() else t).contiguous() for name, t in floats.items()}
    data = save(halves, metadata={"format": "pt"})
    partial = folder / f".{WEIGHTS}.partial"
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / WEIGHTS)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    settled = card.model_copy(
        update={
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_mb": round(len(data) / 2**20, 2),
            "parameters": parameters,
        }
    )
    settled.save(folder)
    return settled


def fingerprint(ref: str) -> str:
    """What pins a model's weights in a cache key: its card's hash, or the hash of its files where the card has none."""
    reference = Reference.parse(ref)
    card, paths = locate(reference)
    if card.sha256:
        facts: Any = card.sha256
    else:
        facts = [sha256(path) for path in paths]
    return hashlib.sha256(json.dumps([facts, card.config], sort_keys=True).encode()).hexdigest()


def sha256(path: Path) -> str:
    """The hash of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
