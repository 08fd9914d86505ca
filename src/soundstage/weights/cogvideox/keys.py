"""The key tables of CogVideoX, from the names of diffusers (`CogVideoXTransformer3DModel`, `AutoencoderKLCogVideoX`).

Notable: q, k and v are fused, and so are the modulations of a block's two norms; the patch's convolution (1.0) or
product (1.5) is a product in ours. In the decoder a norm's gain and shift, read from the latents, are one convolution.
"""

from __future__ import annotations

from torch import Tensor

from soundstage.weights.keys import Row, fuse

KINDS = ("weight", "bias")


def _flat(weight: Tensor) -> Tensor:
    """The kernel of a patch's convolution as a matrix; a matrix as it is."""
    return weight.flatten(1)


def transformer(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The transformer under one prefix in their checkpoint and another in our module."""
    block, mine = f"{theirs}transformer_blocks.{{}}.", f"{ours}blocks.{{}}."
    return (
        (f"{theirs}patch_embed.proj.weight", f"{ours}patch.weight", _flat),
        (f"{theirs}patch_embed.proj.bias", f"{ours}patch.bias"),
        (f"{theirs}patch_embed.text_proj.*", f"{ours}text.*"),
        (f"{theirs}patch_embed.pos_embedding", f"{ours}places"),
        (f"{theirs}time_embedding.linear_1.*", f"{ours}time_rise.*"),
        (f"{theirs}time_embedding.linear_2.*", f"{ours}time_out.*"),
        (f"{theirs}ofs_embedding.linear_1.*", f"{ours}offset_rise.*"),
        (f"{theirs}ofs_embedding.linear_2.*", f"{ours}offset_out.*"),
        *(
            (tuple(f"{block}attn1.to_{part}.{kind}" for part in "qkv"), f"{mine}attention.qkv.{kind}", fuse())
            for kind in KINDS
        ),
        (f"{block}attn1.norm_q.*", f"{mine}attention.q_norm.*"),
        (f"{block}attn1.norm_k.*", f"{mine}attention.k_norm.*"),
        (f"{block}attn1.to_out.0.*", f"{mine}attention.out.*"),
        *(
            (tuple(f"{block}norm{i}.linear.{kind}" for i in (1, 2)), f"{mine}modulation.{kind}", fuse())
            for kind in KINDS
        ),
        (f"{block}norm1.norm.*", f"{mine}norm.*"),
        (f"{block}norm2.norm.*", f"{mine}feed_norm.*"),
        (f"{block}ff.net.0.proj.*", f"{mine}feed.rise.*"),
        (f"{block}ff.net.2.*", f"{mine}feed.fall.*"),
        (f"{theirs}norm_final.*", f"{ours}norm.*"),
        (f"{theirs}norm_out.linear.*", f"{ours}modulation.*"),
        (f"{theirs}norm_out.norm.*", f"{ours}final_norm.*"),
        (f"{theirs}proj_out.*", f"{ours}out.*"),
    )


def vae(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The autoencoder, likewise."""
    rows: list[Row] = []
    for half, way in (("encoder", "down"), ("decoder", "up")):
        for their_block, our_block in (
            (f"{theirs}{half}.{way}_blocks.{{}}.resnets.{{}}.", f"{ours}{half}.levels.{{}}.blocks.{{}}."),
            (f"{theirs}{half}.mid_block.resnets.{{}}.", f"{ours}{half}.middle.{{}}."),
        ):
            rows += [
                (f"{their_block}conv1.conv.*", f"{our_block}rise.conv.*"),
                (f"{their_block}conv2.conv.*", f"{our_block}fall.conv.*"),
                (f"{their_block}conv_shortcut.*", f"{our_block}skip.*"),
                *_norm(f"{their_block}norm1.", f"{our_block}norm."),
                *_norm(f"{their_block}norm2.", f"{our_block}mid."),
            ]
        rows += [
            (f"{theirs}{half}.conv_in.conv.*", f"{ours}{half}.enter.conv.*"),
            (f"{theirs}{half}.conv_out.conv.*", f"{ours}{half}.leave.conv.*"),
            (
                f"{theirs}{half}.{way}_blocks.{{}}.{way}samplers.0.conv.*",
                f"{ours}{half}.levels.{{}}.change.conv.*",
            ),
            *_norm(f"{theirs}{half}.norm_out.", f"{ours}{half}.norm."),
        ]
    return tuple(rows)


def _norm(theirs: str, ours: str) -> tuple[Row, ...]:
    """A plain norm of the encoder's, or one of the decoder's."""
    return (
        *((f"{theirs}{kind}", f"{ours}{kind}") for kind in KINDS),
        *((f"{theirs}norm_layer.{kind}", f"{ours}norm.{kind}") for kind in KINDS),
        *((tuple(f"{theirs}conv_{part}.conv.{kind}" for part in "yb"), f"{ours}read.{kind}", fuse()) for kind in KINDS),
    )


TRANSFORMER, VAE = transformer(), vae()
NARROW = tuple(f"blocks.{{}}.{layer}.weight" for layer in ("attention.qkv", "attention.out", "feed.rise", "feed.fall"))
"""What of the transformer may be a byte a weight."""
