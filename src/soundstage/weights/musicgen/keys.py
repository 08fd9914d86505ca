"""The key tables of MusicGen: transformers' names and audiocraft's.

Notable: q, k and v are one matrix in ours; transformers has three, and audiocraft one, of which keys and values of the
text are the lower two thirds. The codec stands in both under one prefix, its convolutions named otherwise.
"""

from __future__ import annotations

from torch import Tensor

from soundstage.weights import encodec, t5
from soundstage.weights.audiocraft import CODEC
from soundstage.weights.keys import Row, fuse


def _decoder(theirs: str) -> tuple[Row, ...]:
    layer, block = f"{theirs}model.decoder.layers.{{}}.", "decoder.blocks.{}."
    crossed = (f"{layer}encoder_attn.k_proj.weight", f"{layer}encoder_attn.v_proj.weight")
    return (
        (f"{theirs}model.decoder.embed_tokens.{{}}.weight", "decoder.embed.{}.weight"),
        (tuple(f"{layer}self_attn.{part}_proj.weight" for part in "qkv"), f"{block}attention.qkv.weight", fuse()),
        (f"{layer}self_attn.out_proj.weight", f"{block}attention.out.weight"),
        (f"{layer}self_attn_layer_norm.*", f"{block}norm.*"),
        (f"{layer}encoder_attn.q_proj.weight", f"{block}cross.q.weight"),
        (crossed, f"{block}cross.kv.weight", fuse()),
        (f"{layer}encoder_attn.out_proj.weight", f"{block}cross.out.weight"),
        (f"{layer}encoder_attn_layer_norm.*", f"{block}cross_norm.*"),
        (f"{layer}fc1.weight", f"{block}feed.rise.weight"),
        (f"{layer}fc2.weight", f"{block}feed.fall.weight"),
        (f"{layer}final_layer_norm.*", f"{block}feed_norm.*"),
        (f"{theirs}model.decoder.layer_norm.*", "decoder.norm.*"),
        (f"{theirs}lm_heads.{{}}.weight", "decoder.heads.{}.weight"),
    )


def _text_keys(fused: Tensor) -> tuple[Tensor, Tensor]:
    """q, k and v of an attention to something else, as q and the two others."""
    third = len(fused) // 3
    return fused[:third].contiguous(), fused[third:].contiguous()


def _audiocraft() -> tuple[Row, ...]:
    layer, block, heard = "transformer.layers.{}.", "decoder.blocks.{}.", "condition_provider.conditioners."
    return (
        ("emb.{}.weight", "decoder.embed.{}.weight"),
        (f"{layer}self_attn.in_proj_weight", f"{block}attention.qkv.weight"),
        (f"{layer}self_attn.out_proj.weight", f"{block}attention.out.weight"),
        (f"{layer}norm1.*", f"{block}norm.*"),
        (
            f"{layer}cross_attention.in_proj_weight",
            (f"{block}cross.q.weight", f"{block}cross.kv.weight"),
            _text_keys,
        ),
        (f"{layer}cross_attention.out_proj.weight", f"{block}cross.out.weight"),
        (f"{layer}norm_cross.*", f"{block}cross_norm.*"),
        (f"{layer}linear1.weight", f"{block}feed.rise.weight"),
        (f"{layer}linear2.weight", f"{block}feed.fall.weight"),
        (f"{layer}norm2.*", f"{block}feed_norm.*"),
        ("out_norm.*", "decoder.norm.*"),
        ("linears.{}.weight", "decoder.heads.{}.weight"),
        (f"{heard}description.output_proj.*", "decoder.read.*"),
        (f"{heard}self_wav.output_proj.*", "decoder.read_melody.*"),
        *(
            row
            for half in ("encoder", "decoder")
            for conv in ("conv.conv", "convtr.convtr")
            for row in encodec.layer_rows(f"{CODEC}{half}.model", f"codec.{half}.layers", conv)
        ),
        (f"{CODEC}quantizer.vq.layers.{{}}._codebook.embed", "codec.quantiser.books.{}.codebook"),
        (f"{CODEC}quantizer.vq.layers.{{}}._codebook.cluster_size", "codec.quantiser.books.{}.uses"),
        (f"{CODEC}quantizer.vq.layers.{{}}._codebook.embed_avg", "codec.quantiser.books.{}.sums"),
        (f"{CODEC}quantizer.vq.layers.{{}}._codebook.inited", "codec.quantiser.books.{}.ready", encodec.flag),
    )


KEYS: tuple[Row, ...] = (
    *_decoder("decoder."),
    *_decoder(""),
    ("enc_to_dec_proj.*", "decoder.read.*"),
    ("audio_enc_to_dec_proj.*", "decoder.read_melody.*"),
    *t5.rows("text_encoder.", "text."),
    *encodec.rows("audio_encoder.", "codec."),
    *_audiocraft(),
)
IGNORED = (
    "decoder.model.decoder.embed_positions.*",  # constant tables
    "model.decoder.embed_positions.*",
    "condition_provider.conditioners.self_wav.chroma.*",
    *(f"audio_encoder.{pattern}" for pattern in encodec.IGNORED),
)
