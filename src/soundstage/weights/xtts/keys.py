"""The key table of XTTS: Coqui's names, as `model.pth` holds them and, behind `xtts.`, as its trainer saves them.

Notable: batch norms are folded to a scale and a shift, weight norm to plain weights, in either of torch's two layouts
of it; GPT-2's matrices are kept the other way round; a gated layer has its gate second.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from soundstage.weights.keys import Row, fold_weight_norm, permute

STATISTICS = ("weight", "bias", "running_mean", "running_var")


def fold_batch_norm(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """The scale and the shift of a batch norm whose statistics are settled."""
    scale = weight.float() * (variance.float() + 1e-5).rsqrt()
    return scale, bias.float() - mean.float() * scale


def _point(tensor: Tensor) -> Tensor:
    """A pointwise convolution's weight [out, in, 1] as a linear layer's."""
    return tensor.squeeze(-1)


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _swapped(tensor: Tensor) -> Tensor:
    """The second half of the rows before the first."""
    return torch.cat(tensor.chunk(2)[::-1])


def _layer(theirs: str, ours: str, shape: Callable[[Tensor], Tensor] = _same) -> tuple[Row, ...]:
    """Rows of one layer, whose weight may be plain, or normed in the old or the new layout."""
    old = (f"{theirs}.weight_g", f"{theirs}.weight_v")
    new = tuple(f"{theirs}.parametrizations.weight.original{part}" for part in range(2))
    return (
        (f"{theirs}.weight", f"{ours}.weight", shape),
        (old, f"{ours}.weight", fold_weight_norm),
        (new, f"{ours}.weight", fold_weight_norm),
        (f"{theirs}.bias", f"{ours}.bias"),
    )


def _batch_norm(theirs: str, ours: str) -> Row:
    return tuple(f"{theirs}.{name}" for name in STATISTICS), (f"{ours}.weight", f"{ours}.bias"), fold_batch_norm


def _language(gpt: str) -> tuple[Row, ...]:
    layer, block = f"{gpt}gpt.h.{{}}.", "blocks.{}."
    turned = permute(1, 0)
    matrices = (
        ("attn.c_attn", "attention.qkv"),
        ("attn.c_proj", "attention.out"),
        ("mlp.c_fc", "feed.rise"),
        ("mlp.c_proj", "feed.fall"),
    )
    return (
        *((f"{layer}{theirs}.weight", f"{block}{ours}.weight", turned) for theirs, ours in matrices),
        *((f"{layer}{theirs}.bias", f"{block}{ours}.bias") for theirs, ours in matrices),
        (f"{layer}ln_1.*", f"{block}norm.*"),
        (f"{layer}ln_2.*", f"{block}feed_norm.*"),
        (f"{gpt}gpt.ln_f.*", "norm.*"),
        (f"{gpt}final_norm.*", "final_norm.*"),
        (f"{gpt}text_embedding.weight", "text.weight"),
        (f"{gpt}text_pos_embedding.emb.weight", "text_places.weight"),
        (f"{gpt}mel_embedding.weight", "embed.weight"),
        (f"{gpt}mel_pos_embedding.emb.weight", "places.weight"),
        (f"{gpt}mel_head.*", "head.*"),
    )


def _style(gpt: str) -> tuple[Row, ...]:
    block, layer = f"{gpt}conditioning_encoder.attn.{{}}.", f"{gpt}conditioning_perceiver.layers.{{}}."
    return (
        *_layer(f"{gpt}conditioning_encoder.init", "style.read", _point),
        (f"{block}norm.*", "style.blocks.{}.norm.*"),
        *_layer(f"{block}qkv", "style.blocks.{}.qkv", _point),
        *_layer(f"{block}proj_out", "style.blocks.{}.out", _point),
        (f"{gpt}conditioning_perceiver.latents", "style.perceiver.latents"),
        *((f"{layer}0.to_{part}.weight", f"style.perceiver.gathers.{{}}.{part}.weight") for part in ("q", "kv", "out")),
        (f"{layer}1.0.weight", "style.perceiver.feeds.{}.rise.weight", _swapped),
        (f"{layer}1.0.bias", "style.perceiver.feeds.{}.rise.bias", _swapped),
        (f"{layer}1.2.*", "style.perceiver.feeds.{}.fall.*"),
        (f"{gpt}conditioning_perceiver.norm.gamma", "style.perceiver.norm.weight"),
    )


def _speaker(theirs: str) -> tuple[Row, ...]:
    rows: list[Row] = [
        (f"{theirs}conv1.*", "speaker.read.*"),
        _batch_norm(f"{theirs}bn1", "speaker.norm"),
        *_layer(f"{theirs}attention.0", "speaker.weigh", _point),
        _batch_norm(f"{theirs}attention.2", "speaker.weigh_norm"),
        *_layer(f"{theirs}attention.3", "speaker.weights", _point),
        (f"{theirs}fc.*", "speaker.out.*"),
    ]
    for stage in range(4):
        block, ours = f"{theirs}layer{stage + 1}.{{}}.", f"speaker.stages.{stage}.{{}}."
        rows += [
            (f"{block}conv1.weight", f"{ours}first.weight"),
            _batch_norm(f"{block}bn1", f"{ours}first_norm"),
            (f"{block}conv2.weight", f"{ours}second.weight"),
            _batch_norm(f"{block}bn2", f"{ours}second_norm"),
            (f"{block}se.fc.0.*", f"{ours}squeeze.*"),
            (f"{block}se.fc.2.*", f"{ours}excite.*"),
            (f"{block}downsample.0.weight", f"{ours}skip.weight"),
            _batch_norm(f"{block}downsample.1", f"{ours}skip_norm"),
        ]
    return tuple(rows)


def _decoder(theirs: str) -> tuple[Row, ...]:
    return (
        *_layer(f"{theirs}conv_pre", "decoder.read.conv"),
        *_layer(f"{theirs}cond_layer", "decoder.condition", _point),
        *_layer(f"{theirs}conds.{{}}", "decoder.conditions.{}", _point),
        *_layer(f"{theirs}ups.{{}}", "decoder.ups.{}.conv"),
        *_layer(f"{theirs}resblocks.{{}}.convs1.{{}}", "decoder.fields.{}.dilated.{}.conv"),
        *_layer(f"{theirs}resblocks.{{}}.convs2.{{}}", "decoder.fields.{}.plain.{}.conv"),
        *_layer(f"{theirs}conv_post", "decoder.out.conv"),
    )


def _rows(prefix: str) -> tuple[Row, ...]:
    return (
        (f"{prefix}mel_stats", "style.mel_stats"),
        *_language(f"{prefix}gpt."),
        *_style(f"{prefix}gpt."),
        *_speaker(f"{prefix}hifigan_decoder.speaker_encoder."),
        *_decoder(f"{prefix}hifigan_decoder.waveform_decoder."),
    )


def _ignored(prefix: str) -> tuple[str, ...]:
    """What only training needs, constant tables, and the second copy of the language model in older checkpoints."""
    encoder = f"{prefix}hifigan_decoder.speaker_encoder."
    norms = ("bn1", "attention.2", "layer{}.{}.bn{}", "layer{}.{}.downsample.{}")
    return (
        f"{prefix}gpt.text_head.*",
        f"{prefix}gpt.gpt_inference.*",
        f"{prefix}gpt.gpt.wte.*",
        f"{prefix}gpt.gpt.h.{{}}.attn.bias",
        f"{prefix}gpt.gpt.h.{{}}.attn.masked_bias",
        f"{encoder}torch_spec.*",
        *(f"{encoder}{norm}.num_batches_tracked" for norm in norms),
        f"{prefix}dvae.*",
        f"{prefix}torch_mel_spectrogram_style_encoder.*",
        f"{prefix}torch_mel_spectrogram_dvae.*",
    )


KEYS: tuple[Row, ...] = (*_rows(""), *_rows("xtts."))
IGNORED = (*_ignored(""), *_ignored("xtts."))
