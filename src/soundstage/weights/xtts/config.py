"""Coqui's `config.json` of XTTS to ours. What it does not tell is the same in every published checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundstage.codec.hifigan import HifiganConfig
from soundstage.errors import InputError
from soundstage.models.xtts import SpeakerConfig, XttsConfig

START, STOP = 261, 0  # of a text, in the published vocabulary


def from_config(theirs: Mapping[str, Any], tokenizer: Mapping[str, Any] | None = None) -> XttsConfig:
    """The config of a `config.json`, read, and of the `vocab.json` beside it, which knows how many ids there are.

    Fields that are not there have their defaults. Raises InputError naming the field that is not supported, such as
    that of a v1 checkpoint.
    """
    ids = _ids(tokenizer or {})
    args: Mapping[str, Any] = theirs.get("model_args") or {}
    if not args.get("gpt_use_perceiver_resampler", False):
        raise InputError("gpt_use_perceiver_resampler", "is false: this is XTTS v1", "only v2 is supported")
    width, voice = args.get("decoder_input_dim", 1024), args.get("d_vector_dim", 512)
    if width != args.get("gpt_n_model_channels", 1024):
        raise InputError("decoder_input_dim", f"{width} is not the language model's width", "mend the config")
    hop = 256
    if args.get("output_hop_length", hop) != hop:
        raise InputError("output_hop_length", f"{args['output_hop_length']} is not supported", f"only {hop} is")
    count = max(ids.values()) + 1 if ids else args.get("gpt_number_text_tokens")
    if not count:
        raise InputError("gpt_number_text_tokens", "is not told", "put the checkpoint's vocab.json beside its config")
    return XttsConfig(
        width=width,
        depth=args.get("gpt_layers", 30),
        heads=args.get("gpt_n_heads", 16),
        text_ids=count,
        text_start=_first(ids.get("[START]"), args.get("gpt_start_text_token"), START),
        text_stop=_first(ids.get("[STOP]"), args.get("gpt_stop_text_token"), STOP),
        longest_text=args.get("gpt_max_text_tokens", 402),
        codes=args.get("gpt_num_audio_tokens", 8194),
        start=args.get("gpt_start_audio_token", 8192),
        stop=args.get("gpt_stop_audio_token", 8193),
        longest=args.get("gpt_max_audio_tokens", 605),
        stride=args.get("gpt_code_stride_len", 1024),
        heard_rate=args.get("input_sample_rate", 22_050),
        rate=args.get("output_sample_rate", 24_000),
        decoder=HifiganConfig(
            latent=width,
            width=512,
            ratios=(8, 8, 2, 2),
            ratio_kernels=(16, 16, 4, 4),
            condition=voice,
            everywhere=bool(args.get("cond_d_vector_in_each_upsampling_layer", True)),
        ),
        speaker=SpeakerConfig(out=voice),
    )


def _ids(tokenizer: Mapping[str, Any]) -> dict[str, int]:
    """Every token of a `tokenizers` file with its id."""
    ids = dict(tokenizer.get("model", {}).get("vocab", {}))
    return ids | {token["content"]: token["id"] for token in tokenizer.get("added_tokens", ())}


def _first(*given: int | None) -> int:
    """The first that is told."""
    return next(number for number in given if number is not None)
