"""The key tables of VITS: the layout of transformers and that of Coqui, whose names are the paper's own.

Notable: weight norm is folded, in either of torch's two layouts of it; pointwise convolutions become linear layers, and
q, k and v one. No name stands for two things in the two layouts, so one table reads both.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from soundstage.weights.keys import Row, fold_weight_norm, fuse


def _flat(tensor: Tensor) -> Tensor:
    return tensor.flatten()


def _point(tensor: Tensor) -> Tensor:
    """A pointwise convolution's weight [out, in, 1] as a linear layer's."""
    return tensor.squeeze(-1)


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _layer(theirs: str, ours: str, shape: Callable[[Tensor], Tensor] = _same) -> tuple[Row, ...]:
    """Rows of one layer, whose weight may be plain, or normed in the old or the new layout."""
    old = (f"{theirs}.weight_g", f"{theirs}.weight_v")
    new = tuple(f"{theirs}.parametrizations.weight.original{part}" for part in range(2))

    def folded(g: Tensor, v: Tensor) -> Tensor:
        return shape(fold_weight_norm(g, v))

    return (
        (f"{theirs}.weight", f"{ours}.weight", shape),
        (old, f"{ours}.weight", folded),
        (new, f"{ours}.weight", folded),
        (f"{theirs}.bias", f"{ours}.bias"),
    )


def _norm(theirs: str, ours: str) -> tuple[Row, ...]:
    """The paper's own norm, which has other names for its weight and bias."""
    return (f"{theirs}.gamma", f"{ours}.weight", _flat), (f"{theirs}.beta", f"{ours}.bias", _flat)


def _wavenet(theirs: str, ours: str) -> tuple[Row, ...]:
    return (
        *_layer(f"{theirs}.in_layers.{{}}", f"{ours}.gates.{{}}.conv"),
        *_layer(f"{theirs}.res_skip_layers.{{}}", f"{ours}.outs.{{}}.conv"),
        *_layer(f"{theirs}.cond_layer", f"{ours}.condition", _point),
    )


def _attention(theirs: str, parts: tuple[str, str, str, str], shape: Callable[[Tensor], Tensor]) -> tuple[Row, ...]:
    *qkv, out = (f"{theirs}.{part}" for part in parts)
    ours = "text.blocks.{}.attention"
    join = fuse()

    def joined(*tensors: Tensor) -> Tensor:
        together = join(*(shape(tensor) for tensor in tensors))
        assert isinstance(together, Tensor)
        return together

    return (
        (tuple(f"{part}.weight" for part in qkv), f"{ours}.qkv.weight", joined),
        (tuple(f"{part}.bias" for part in qkv), f"{ours}.qkv.bias", fuse()),
        *_layer(out, f"{ours}.out", shape),
        (f"{theirs}.emb_rel_k", f"{ours}.near.k", lambda tensor: tensor.squeeze(0)),
        (f"{theirs}.emb_rel_v", f"{ours}.near.v", lambda tensor: tensor.squeeze(0)),
    )


def _decoder(theirs: str, condition: str, ups: str) -> tuple[Row, ...]:
    return (
        *_layer(f"{theirs}.conv_pre", "decoder.read.conv"),
        *_layer(f"{theirs}.{condition}", "decoder.condition", _point),
        *_layer(f"{theirs}.{ups}.{{}}", "decoder.ups.{}.conv"),
        *_layer(f"{theirs}.resblocks.{{}}.convs1.{{}}", "decoder.fields.{}.dilated.{}.conv"),
        *_layer(f"{theirs}.resblocks.{{}}.convs2.{{}}", "decoder.fields.{}.plain.{}.conv"),
        *_layer(f"{theirs}.resblocks.{{}}.convs.{{}}", "decoder.fields.{}.dilated.{}.conv"),
        *_layer(f"{theirs}.conv_post", "decoder.out.conv"),
    )


def _separable(theirs: str, ours: str) -> tuple[Row, ...]:
    """The stack of the duration predictor; transformers and Coqui differ in the names of its layers only."""
    return (
        *_layer(f"{theirs}.convs_dilated.{{}}", f"{ours}.depthwise.{{}}.conv"),
        *_layer(f"{theirs}.convs_sep.{{}}", f"{ours}.depthwise.{{}}.conv"),
        *_layer(f"{theirs}.convs_pointwise.{{}}", f"{ours}.pointwise.{{}}", _point),
        *_layer(f"{theirs}.convs_1x1.{{}}", f"{ours}.pointwise.{{}}", _point),
        *_layer(f"{theirs}.norms_1.{{}}", f"{ours}.norms.{{}}"),
        *_layer(f"{theirs}.norms_2.{{}}", f"{ours}.pointwise_norms.{{}}"),
        *_norm(f"{theirs}.norms_1.{{}}", f"{ours}.norms.{{}}"),
        *_norm(f"{theirs}.norms_2.{{}}", f"{ours}.pointwise_norms.{{}}"),
    )


def _stack(read: str, trunk: str, out: str) -> tuple[Row, ...]:
    """The stacks of the stochastic predictor: of the text, of the durations, of each spline."""
    theirs, rows = "duration_predictor", list[Row]()
    for prefix, ours in (
        (f"{theirs}.", "duration"),
        (f"{theirs}.post_", "duration.durations"),
        (f"{theirs}.flows.{{}}.", "duration.flow.steps.{}"),
        (f"{theirs}.post_flows.{{}}.", "duration.posterior.steps.{}"),
    ):
        rows += _layer(f"{prefix}{read}", f"{ours}.read", _point)
        rows += _separable(f"{prefix}{trunk}", f"{ours}.trunk")
        rows += _layer(f"{prefix}{out}", f"{ours}.out", _point)
    return tuple(rows)


def _predictors() -> tuple[Row, ...]:
    """What has the same names everywhere: the deterministic predictor, voice and language, the affine maps."""
    theirs, ours = "duration_predictor", "duration"
    affine: list[Row] = [
        (f"{theirs}.{flow}.{{}}.{name}", f"{ours}.{place}.steps.{{}}.{mine}", _flat)
        for flow, place in (("flows", "flow"), ("post_flows", "posterior"))
        for name, mine in (("translate", "shift"), ("translation", "shift"), ("log_scale", "log_scale"))
    ]
    return (
        *affine,
        *_layer(f"{theirs}.cond", f"{ours}.voice", _point),
        *_layer(f"{theirs}.cond_lang", f"{ours}.language", _point),
        *_layer(f"{theirs}.conv_1", f"{ours}.first.conv"),
        *_layer(f"{theirs}.conv_2", f"{ours}.second.conv"),
        *_layer(f"{theirs}.norm_1", f"{ours}.first_norm"),
        *_layer(f"{theirs}.norm_2", f"{ours}.second_norm"),
        *_norm(f"{theirs}.norm_1", f"{ours}.first_norm"),
        *_norm(f"{theirs}.norm_2", f"{ours}.second_norm"),
    )


TRANSFORMERS: tuple[Row, ...] = (
    ("text_encoder.embed_tokens.weight", "text.embed.weight"),
    *_attention("text_encoder.encoder.layers.{}.attention", ("q_proj", "k_proj", "v_proj", "out_proj"), _same),
    *_layer("text_encoder.encoder.layers.{}.layer_norm", "text.blocks.{}.norm"),
    *_layer("text_encoder.encoder.layers.{}.feed_forward.conv_1", "text.blocks.{}.rise.conv"),
    *_layer("text_encoder.encoder.layers.{}.feed_forward.conv_2", "text.blocks.{}.fall.conv"),
    *_layer("text_encoder.encoder.layers.{}.final_layer_norm", "text.blocks.{}.feed_norm"),
    *_layer("text_encoder.project", "text.out", _point),
    *_layer("flow.flows.{}.conv_pre", "flow.couplings.{}.read.conv"),
    *_wavenet("flow.flows.{}.wavenet", "flow.couplings.{}.wavenet"),
    *_layer("flow.flows.{}.conv_post", "flow.couplings.{}.out.conv"),
    *_layer("posterior_encoder.conv_pre", "posterior.read.conv"),
    *_wavenet("posterior_encoder.wavenet", "posterior.wavenet"),
    *_layer("posterior_encoder.conv_proj", "posterior.out.conv"),
    *_stack("conv_pre", "conv_dds", "conv_proj"),
    *_decoder("decoder", "cond", "upsampler"),
    ("embed_speaker.weight", "voices.weight"),
)
COQUI: tuple[Row, ...] = (
    ("text_encoder.emb.weight", "text.embed.weight"),
    *_attention("text_encoder.encoder.attn_layers.{}", ("conv_q", "conv_k", "conv_v", "conv_o"), _point),
    *_norm("text_encoder.encoder.norm_layers_1.{}", "text.blocks.{}.norm"),
    *_layer("text_encoder.encoder.ffn_layers.{}.conv_1", "text.blocks.{}.rise.conv"),
    *_layer("text_encoder.encoder.ffn_layers.{}.conv_2", "text.blocks.{}.fall.conv"),
    *_norm("text_encoder.encoder.norm_layers_2.{}", "text.blocks.{}.feed_norm"),
    *_layer("text_encoder.proj", "text.out", _point),
    *_layer("flow.flows.{}.pre", "flow.couplings.{}.read.conv"),
    *_wavenet("flow.flows.{}.enc", "flow.couplings.{}.wavenet"),
    *_layer("flow.flows.{}.post", "flow.couplings.{}.out.conv"),
    *_layer("posterior_encoder.pre", "posterior.read.conv"),
    *_wavenet("posterior_encoder.enc", "posterior.wavenet"),
    *_layer("posterior_encoder.proj", "posterior.out.conv"),
    *_stack("pre", "convs", "proj"),
    *_decoder("waveform_decoder", "cond_layer", "ups"),
    ("emb_g.weight", "voices.weight"),
    ("emb_l.weight", "languages.weight"),
)
KEYS: tuple[Row, ...] = (*TRANSFORMERS, *COQUI, *_predictors())
IGNORED = ("disc.*", "speaker_encoder.*", "audio_resampler.*", "audio_transform.*")
