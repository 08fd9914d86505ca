"""Audiocraft's pickles of MusicGen, `state_dict.bin` and `compression_state_dict.bin`, once they are opened.

Notable: beside its tensors (`best_state`) a pickle holds the config of its training run as YAML (`xp.cfg`), in which
values may stand for others ("${sample_rate}"). Language model and codec are joined to one checkpoint; its `config.json`
keeps of both configs what shapes the model. The text encoder is in neither: it is the published T5.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from soundstage.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

STATE, CONFIG = "best_state", "xp.cfg"
CODEC_FILE = "compression_state_dict.bin"
CODEC = "compression_model."
"""Before the names of the codec's tensors."""
KEPT = ("transformer_lm", "codebooks_pattern", "conditioners", "fuser", "sample_rate")
DEEPEST = 8  # of values that stand for others

# The codec's shape by transformers' names: audiocraft's, below `seanet`.
SEANET = {
    "audio_channels": "channels",
    "hidden_size": "dimension",
    "num_filters": "n_filters",
    "num_residual_layers": "n_residual_layers",
    "upsampling_ratios": "ratios",
    "norm_type": "norm",
    "kernel_size": "kernel_size",
    "last_kernel_size": "last_kernel_size",
    "residual_kernel_size": "residual_kernel_size",
    "dilation_growth_rate": "dilation_base",
    "use_causal_conv": "causal",
    "pad_mode": "pad_mode",
    "compress": "compress",
    "num_lstm_layers": "lstm",
}


def is_language_model(found: object) -> bool:
    """Whether what a pickle held is MusicGen of audiocraft."""
    return _is_export(found) and "transformer_lm" in _plain(found)


def is_codec(found: object) -> bool:
    """Whether what a pickle held is audiocraft's EnCodec; newer exports only name the one that they use."""
    return _is_export(found) and "seanet" in _plain(found)


def joined(lm: Mapping[str, Any], codec: Mapping[str, Any] | None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of both, and the `config.json` that belongs to them. Raises InputError for a broken config."""
    run = _plain(lm)
    dataset = run.get("dataset") or {}
    config: dict[str, Any] = {
        "model_type": "audiocraft",
        **{name: run[name] for name in KEPT if name in run},
        "dataset": {"segment_duration": dataset.get("segment_duration", 30)},
    }
    tensors = dict(lm[STATE])
    if codec is not None:
        config["codec"] = codec_config(_plain(codec))
        tensors |= {f"{CODEC}{name}": tensor for name, tensor in codec[STATE].items()}
    return tensors, config


def codec_config(run: Mapping[str, Any]) -> dict[str, Any]:
    """A codec's config by the names that transformers has for it."""
    seanet, books, rate = run["seanet"], run.get("rvq") or {}, int(run.get("sample_rate", 32_000))
    shape = {theirs: seanet[ours] for theirs, ours in SEANET.items() if ours in seanet}
    codes, hop = books.get("bins", 2048), math.prod(shape["upsampling_ratios"])
    kbps = books.get("n_q", 4) * math.ceil(rate / hop) * math.ceil(math.log2(codes)) / 1000
    return {
        **shape,
        "use_conv_shortcut": not seanet.get("true_skip", True),
        "normalize": bool((run.get("encodec") or {}).get("renormalize", False)),
        "sampling_rate": rate,
        "codebook_size": codes,
        "target_bandwidths": [kbps + 1e-6],
    }


def _is_export(found: object) -> bool:
    return isinstance(found, Mapping) and isinstance(found.get(STATE), Mapping) and isinstance(found.get(CONFIG), str)


def _plain(found: Any) -> dict[str, Any]:
    """The config of a pickle, every value settled."""
    import yaml

    try:
        run = yaml.safe_load(found[CONFIG])
    except yaml.YAMLError as error:
        raise InputError("source", f"its {CONFIG} cannot be read ({str(error)[:80]})", "fetch the file again") from None
    if not isinstance(run, dict):
        raise InputError("source", f"its {CONFIG} holds no object", "fetch the file again")
    settled: dict[str, Any] = _settled(run, run, DEEPEST)
    return settled


def _settled(value: Any, run: Mapping[str, Any], depth: int) -> Any:
    """A value in which nothing stands for another; what stands for nothing that is there is None."""
    if isinstance(value, dict):
        return {name: _settled(part, run, depth) for name, part in value.items()}
    if isinstance(value, list):
        return [_settled(part, run, depth) for part in value]
    if not (isinstance(value, str) and (link := re.fullmatch(r"\$\{([\w.]+)\}", value))):
        return value
    found: Any = run
    for step in link[1].split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return _settled(found, run, depth - 1) if depth else None
