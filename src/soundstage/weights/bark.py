"""Bark from the layout of transformers (`BarkModel`: three transformers and the codec), and the files of its voices.

Notable: the fine stage's heads are its embeddings, so a checkpoint's copies of them are dropped, and a config that
unties them is refused. How ids and windows are laid out stands in `generation_config.json`, not in `config.json`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from soundstage.errors import InputError, MissingError
from soundstage.models.bark import (
    Bark,
    BarkConfig,
    Guide,
    TokeniserConfig,
    TransformerConfig,
    VoicePrompt,
    bark_large,
    bark_small,
)
from soundstage.weights import encodec
from soundstage.weights.card import Card
from soundstage.weights.keys import Row
from soundstage.weights.load import Source


def _card(size_mb: float, parameters: int) -> Card:
    return Card(
        ref="suno/bark",
        family="bark",
        task="speak",
        licence="MIT",
        commercial=True,
        data="not told by its authors",
        size_mb=size_mb,
        memory_mb=size_mb * 1.25,
        parameters=parameters,
        notes="24 kHz, 13 languages, laughter and song; leaves the script at times. Published as a pickle: convert "
        "pytorch_model.bin to model.safetensors with the same keys, and place it where the loader says.",
    )


BESIDE = ("tokenizer.json",)
SOURCE = {
    "suno/bark": Source(
        files=("model.safetensors",), beside=BESIDE, config=bark_large, card=_card(4200, 1_100_585_825)
    ),
    "suno/bark-small": Source(
        files=("model.safetensors",), beside=BESIDE, config=bark_small, card=_card(1543, 404_404_065)
    ),
}


def build(config: dict[str, Any]) -> nn.Module:
    """All of Bark for a card's config."""
    stages: dict[str, Any] = {name: TransformerConfig(**config[name]) for name in ("semantic", "coarse", "fine")}
    parts = {
        name: None if config.get(name) is None else make(config[name])
        for name, make in (
            ("codec", encodec.shape),
            ("guide", lambda given: Guide(**given)),
            ("tokeniser", lambda given: TokeniserConfig(**given)),
        )
    }
    known = {field.name for field in fields(BarkConfig)}
    return Bark(BarkConfig(**{name: value for name, value in config.items() if name in known} | stages | parts))


def _body(theirs: str, ours: str) -> tuple[Row, ...]:
    layer, block = f"{theirs}.layers.{{}}.", f"{ours}.body.blocks.{{}}."
    return (
        (f"{theirs}.position_embeds_layer.weight", f"{ours}.body.positions.weight"),
        (f"{layer}layernorm_1.*", f"{block}norm.*"),
        (f"{layer}attn.att_proj.*", f"{block}attention.qkv.*"),
        (f"{layer}attn.out_proj.*", f"{block}attention.out.*"),
        (f"{layer}layernorm_2.*", f"{block}feed_norm.*"),
        (f"{layer}mlp.in_proj.*", f"{block}feed.rise.*"),
        (f"{layer}mlp.out_proj.*", f"{block}feed.fall.*"),
        (f"{theirs}.layernorm_final.*", f"{ours}.body.norm.*"),
    )


def _causal(theirs: str, ours: str) -> tuple[Row, ...]:
    return (
        (f"{theirs}.input_embeds_layer.weight", f"{ours}.embed.weight"),
        *_body(theirs, ours),
        (f"{theirs}.lm_head.weight", f"{ours}.head.weight"),
    )


KEYS: tuple[Row, ...] = (
    *_causal("semantic", "semantic"),
    *_causal("coarse_acoustics", "coarse"),
    ("fine_acoustics.input_embeds_layers.{}.weight", "fine.embed.{}.weight"),
    *_body("fine_acoustics", "fine"),
    *encodec.rows("codec_model.", "codec."),
)
IGNORED: tuple[str, ...] = (
    "semantic.layers.{}.attn.bias",  # causal masks
    "coarse_acoustics.layers.{}.attn.bias",
    "fine_acoustics.lm_heads.{}.weight",
    *(f"codec_model.{pattern}" for pattern in encodec.IGNORED),
)

# Our field: where `generation_config.json` holds it.
LAYOUT = {
    "codes": ("", "codebook_size"),
    "semantic_codes": ("semantic_config", "semantic_vocab_size"),
    "text_offset": ("semantic_config", "text_encoding_offset"),
    "text_padding": ("semantic_config", "text_pad_token"),
    "semantic_start": ("semantic_config", "semantic_infer_token"),
    "text_tokens": ("semantic_config", "max_input_semantic_length"),
    "semantic_tokens": ("semantic_config", "max_new_tokens"),
    "semantic_rate": ("semantic_config", "semantic_rate_hz"),
    "coarse_books": ("coarse_acoustics_config", "n_coarse_codebooks"),
    "coarse_padding": ("coarse_acoustics_config", "coarse_semantic_pad_token"),
    "coarse_start": ("coarse_acoustics_config", "coarse_infer_token"),
    "coarse_reads": ("coarse_acoustics_config", "max_coarse_input_length"),
    "coarse_history": ("coarse_acoustics_config", "max_coarse_history"),
    "coarse_step": ("coarse_acoustics_config", "sliding_window_len"),
    "frame_rate": ("coarse_acoustics_config", "coarse_rate_hz"),
    "fine_window": ("fine_acoustics_config", "max_fine_input_length"),
    "fine_step": ("fine_acoustics_config", "max_fine_history_length"),
}


def from_config(theirs: Mapping[str, Any], generation: Mapping[str, Any] | None = None) -> BarkConfig:
    """The reference's `config.json`, and its `generation_config.json` where it differs from what was published.

    Raises InputError naming a field whose value we do not support.
    """
    fine = {"n_codes_total": 8, "n_codes_given": 1, "tie_word_embeddings": True} | theirs.get(
        "fine_acoustics_config", {}
    )
    facts = {name: _fact(generation or {}, *place) for name, place in LAYOUT.items()}
    given = {name: value for name, value in facts.items() if value is not None}
    stages = {
        ours: _stage(theirs.get(name, {}))
        for ours, name in (
            ("semantic", "semantic_config"),
            ("coarse", "coarse_acoustics_config"),
            ("fine", "fine_acoustics_config"),
        )
    }
    end = _fact(generation or {}, "semantic_config", "eos_token_id")
    for name, value, supported in (
        ("model_type", theirs.get("model_type", "bark"), "bark"),
        ("n_codes_given", fine["n_codes_given"], 1),
        ("tie_word_embeddings", fine["tie_word_embeddings"], True),
        ("output_vocab_size", stages["fine"].out, stages["fine"].ids),
        ("eos_token_id", end, (None, given.get("semantic_codes", 10_000))),
        (
            "n_fine_codebooks",
            _fact(generation or {}, "fine_acoustics_config", "n_fine_codebooks"),
            (None, fine["n_codes_total"]),
        ),
    ):
        if value not in (supported if isinstance(supported, tuple) else (supported,)):
            raise InputError(name, f"{value!r} is not supported", f"supported: {supported}")
    codec = encodec.from_config(theirs.get("codec_config", {}))
    return BarkConfig(**{**stages, "codec": codec, "books": fine["n_codes_total"], **given})


def _fact(generation: Mapping[str, Any], part: str, name: str) -> Any:
    return (generation.get(part, {}) if part else generation).get(name)


def _stage(theirs: Mapping[str, Any]) -> TransformerConfig:
    """One of the three; a field that `config.json` leaves out has the value of its class."""
    return TransformerConfig(
        width=theirs.get("hidden_size", 768),
        depth=theirs.get("num_layers", 12),
        heads=theirs.get("num_heads", 12),
        ids=theirs.get("input_vocab_size", 10_048),
        out=theirs.get("output_vocab_size", 10_048),
        context=theirs.get("block_size", 1024),
        bias=theirs.get("bias", True),
    )


PROMPTS = ("semantic_prompt", "coarse_prompt", "fine_prompt")


def read_voice(path: Path) -> VoicePrompt:
    """A voice from `path` (one .npz), or from `path`_semantic_prompt.npy and its two sisters, as checkpoints ship them.

    Raises MissingError for a file that is not there, InputError for one that holds no voice. Pickles are not opened.
    """
    single = path.suffix == ".npz"
    files = [path] if single else [path.with_name(f"{path.name}_{name}.npy") for name in PROMPTS]
    for file in files:
        if not file.is_file():
            raise MissingError(f"{file} is not there", f"a voice is one .npz or three files _{PROMPTS[0]}.npy …")
    try:
        arrays = []
        for file in files:
            with file.open("rb") as opened:  # numpy leaves a broken file open
                kept = np.load(opened, allow_pickle=False)
                arrays += [kept[name] for name in PROMPTS] if single else [kept]
        tokens = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
    except (KeyError, IndexError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            "voice", f"{path} holds no voice of Bark ({error})", f"it needs {', '.join(PROMPTS)}"
        ) from None
    return VoicePrompt(semantic_S=tokens[0], coarse_KT=tokens[1], fine_KT=tokens[2])


def write_voice(path: Path, voice: VoicePrompt) -> None:
    """Keep a voice as one .npz that `read_voice` and other programs for Bark read; atomically."""
    arrays = (voice.semantic_S, voice.coarse_KT, voice.fine_KT)
    partial = path.with_name(f".{path.name}.partial.npz")
    kept: dict[str, Any] = {name: tokens.cpu().numpy() for name, tokens in zip(PROMPTS, arrays, strict=True)}
    np.savez(partial, **kept)
    partial.replace(path)
