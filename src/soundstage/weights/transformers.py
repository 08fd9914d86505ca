"""Models that the library transformers runs, not we: `transformers:FOLDER` or `transformers:owner/model`.

Notable: the library reads the files, but which files is decided here: safetensors and text only, never code that came
along and never a pickle; a codec in another repository too. What its README does not tell, the card says is unknown.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundstage.errors import InputError, MissingError
from soundstage.weights.card import Card
from soundstage.weights.load import Loaded, refuse_pickle
from soundstage.weights.published import (
    CONFIG,
    FREE,
    RESERVE,
    UNKNOWN,
    first_line,
    licence_of,
    numbers,
    read_object,
)
from soundstage.weights.reference import Reference

if TYPE_CHECKING:
    import torch

FAMILY = "transformers"
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.npy", "*.npz", "README.md")
"""What of a repository is fetched."""
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
PROCESSOR = "processor_config.json"
UNLISTED = {"dia": "DiaForConditionalGeneration"}
"""Kinds that speak, and that the library's own list of those leaves out."""


@dataclass(frozen=True)
class Placed:
    """A checkpoint that lies on this machine, and the one of its codec where that is another."""

    folder: Path
    codec: Path | None = None

    @property
    def weights(self) -> tuple[Path, ...]:
        """Its files of weights, the codec's behind its own."""
        folders = [self.folder, *([self.codec] if self.codec else [])]
        return tuple(path for folder in folders for path in sorted(folder.glob("*.safetensors")))


def locate(reference: Reference, *, weights: bool = True) -> tuple[Card, tuple[Path, ...]]:
    """The card and the files of weights of `transformers:…`.

    Raises InputError for what is no folder and no repository, and for pickles; MissingError for what is not here.
    """
    placed = place(reference)
    return card_in(placed, str(reference)), placed.weights if weights else ()


def load(reference: Reference, device: str | torch.device, dtype: torch.dtype) -> Loaded:
    """The model in eval mode, and the files beside it; the first of `files` tells the folder.

    Raises as `locate`, and InputError for weights that do not fill the model.
    """
    import torch

    theirs = library()
    placed = place(reference)
    with quiet(theirs), torch.random.fork_rng(devices=[]):
        config = _config(theirs, placed.folder)
        auto = speaking(theirs, config)
        if auto is None:
            raise InputError("model", f"{reference} is a {config.model_type}", "choose one that makes sound of text")
        try:
            module, told = auto.from_pretrained(
                placed.folder, dtype=dtype, use_safetensors=True, trust_remote_code=False, local_files_only=True,
                output_loading_info=True,
            )  # fmt: skip
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                "model", f"{reference} cannot be loaded ({first_line(error)})", "fetch its files again"
            ) from None
    absent = sorted(told["missing_keys"])
    if absent:
        raise InputError("weights", f"{len(absent)} missing: {', '.join(absent[:8])}", "use the whole checkpoint")
    files = {path.name: path for path in sorted(placed.folder.iterdir()) if path.is_file()}
    module = module.eval().requires_grad_(False).to(device)
    return Loaded(card_in(placed, str(reference)), module, files)


def processor(reference: Reference, device: str | torch.device) -> Any:
    """What turns text and sound into the model's inputs: its processor, or a tokenizer where it has no more.

    Raises MissingError for a library that it needs, InputError for files that do not fit.
    """
    import torch

    theirs, placed = library(), place(reference)
    with quiet(theirs), torch.random.fork_rng(devices=[]), _readable(placed) as folder:
        try:
            made = theirs.AutoProcessor.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        except ImportError as error:
            raise MissingError(
                f"{reference}: its text needs another library ({first_line(error)})", "install it"
            ) from None
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            problem = f"{reference}: its tokenizer or processor cannot be read ({first_line(error)})"
            raise InputError("model", problem, "place all of the repository's small files there") from None
    codec = getattr(made, "audio_tokenizer", None)
    if codec is not None:
        codec.eval().requires_grad_(False).to(device)
    return made


def vocoder(reference: Reference, fallback: str, device: str | torch.device, name: str) -> Any:
    """The vocoder in the folder `vocoder` beside a checkpoint, or the repository `fallback`; `name` is its class."""
    theirs, placed = library(), place(reference)
    beside = placed.folder / "vocoder"
    folder = beside if beside.is_dir() else place(Reference.parse(f"{FAMILY}:{fallback}")).folder
    with quiet(theirs):
        made = getattr(theirs, name).from_pretrained(folder, use_safetensors=True, local_files_only=True)
    return made.eval().requires_grad_(False).to(device)


def place(reference: Reference) -> Placed:
    """Where a checkpoint lies, fetched where it must be. Raises as `locate`."""
    folder = _folder(reference.name)
    if not (folder / CONFIG).is_file():
        raise MissingError(f"{folder} has no {CONFIG}", "give a folder that transformers saved")
    _refuse_pickles(folder)
    written = read_object(folder / PROCESSOR) if (folder / PROCESSOR).is_file() else {}
    codec = written.get("audio_tokenizer")
    if not isinstance(codec, dict):
        return Placed(folder)
    name = str(codec.get("audio_tokenizer_name_or_path"))
    beside = [place for place in (Path(name), folder / name, folder / Path(name).name) if (place / CONFIG).is_file()]
    found = beside[0] if beside else _folder(name)
    _refuse_pickles(found)
    return Placed(folder, found)


def card_in(placed: Placed, ref: str) -> Card:
    """What is known of a checkpoint: its kind by its config, its licence by its README."""
    kind = str(read_object(placed.folder / CONFIG).get("model_type"))
    size = sum(path.stat().st_size for path in placed.weights)
    licence = licence_of(placed.folder / "README.md")
    return Card(
        ref=ref,
        family=FAMILY,
        task="speak",
        licence=licence or UNKNOWN,
        commercial=licence in FREE,
        data="not told in its folder",
        size_mb=round(size / 2**20, 2),
        memory_mb=round(RESERVE * size / 2**20, 1),
        parameters=sum(numbers(path) for path in placed.weights),
        config={"kind": kind},
        layout="public",
        notes="Run by the library transformers.",
    )


def library() -> Any:
    """The library. Raises MissingError where it is not installed."""
    try:
        import transformers
    except ImportError:
        raise MissingError("transformers is not installed", "pip install 'soundstage[adapters]'") from None
    return transformers


def speaking(theirs: Any, config: Any) -> Any:
    """Its class of the model of a config that makes sound, or a spectrogram, of text; None when there is none."""
    if config.model_type in UNLISTED:
        return getattr(theirs, UNLISTED[config.model_type])
    autos = (theirs.AutoModelForTextToWaveform, theirs.AutoModelForTextToSpectrogram)
    return next((auto for auto in autos if type(config) in auto._model_mapping), None)


@contextlib.contextmanager
def quiet(theirs: Any) -> Iterator[None]:
    """Without its bars and its hints, which are for who calls it directly."""
    logging = theirs.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


@cache
def _fetched(name: str, revision: str | None) -> Path:
    """A repository's folder in the hub's own cache; asked for once a process."""
    from soundstage.weights import hub

    return hub.snapshot(Reference("hub", name, revision), WANTED, (CONFIG, "*.safetensors", "the tokenizer's files"))


def _folder(name: str) -> Path:
    """The folder of an inner reference: a folder itself, one placed by hand, or the hub's."""
    from soundstage.weights import hub

    inner = Reference.parse(name)
    if inner.scheme == "folder":
        return inner.folder
    if inner.scheme != "hub":
        raise InputError("model", f"transformers cannot run {name}", "write transformers:owner/model or :./folder")
    placed = hub.models_folder() / inner.name
    return placed if (placed / CONFIG).is_file() else _fetched(inner.name, inner.revision)


def _refuse_pickles(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path for pattern in PICKLED for path in folder.glob(pattern))
    if pickled:
        raise refuse_pickle(pickled[0])
    raise MissingError(f"{folder} has no safetensors", "pickles are never opened: soundstage weights convert")


@contextlib.contextmanager
def _readable(placed: Placed) -> Iterator[Path]:
    """The folder with its codec's true place in the processor's config, for the library knows only the name it had."""
    if placed.codec is None:
        yield placed.folder
        return
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in placed.folder.iterdir():
            if path.is_file() and path.suffix != ".safetensors":
                shutil.copyfile(path, copy / path.name)
        written = read_object(placed.folder / PROCESSOR)
        written["audio_tokenizer"]["audio_tokenizer_name_or_path"] = str(placed.codec.resolve())
        (copy / PROCESSOR).write_text(json.dumps(written), "utf-8")
        yield copy


def _config(theirs: Any, folder: Path) -> Any:
    try:
        return theirs.AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = f"{folder / CONFIG} is of no kind that this transformers knows ({first_line(error)})"
        raise InputError("model", problem, "update transformers, or choose another model") from None
