"""CogVideoX's configs as diffusers saves them, to ours; what we do not support is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from soundstage.errors import InputError
from soundstage.models.cogvideox import SamplerConfig, TransformerConfig, VaeConfig
from soundstage.models.cogvideox.config import Positions

PREDICTIONS: Mapping[str, Literal["velocity", "noise", "data"]] = {
    "v_prediction": "velocity",
    "epsilon": "noise",
    "sample": "data",
}
SOLVERS: Mapping[str, Literal["ddim", "dpm"]] = {"CogVideoXDDIMScheduler": "ddim", "CogVideoXDPMScheduler": "dpm"}


def transformer(theirs: Mapping[str, Any]) -> TransformerConfig:
    """Of `transformer/config.json`. Raises InputError naming a field whose value we do not support."""
    time, turned = theirs.get("time_embed_dim", 512), theirs.get("use_rotary_positional_embeddings", False)
    _supported(
        theirs,
        ("_class_name", "CogVideoXTransformer3DModel"),
        ("activation_fn", "gelu-approximate"),
        ("timestep_activation_fn", "silu"),
        ("norm_elementwise_affine", True),
        ("flip_sin_to_cos", True),
        ("freq_shift", 0),
    )
    if theirs.get("ofs_embed_dim") not in (None, time):
        raise InputError("ofs_embed_dim", f"{theirs['ofs_embed_dim']} is not supported", f"supported: {time}")
    learned = theirs.get("use_learned_positional_embeddings", False)
    positions: Positions = ("learned" if learned else "turned") if turned else "waves"
    if learned and not turned:
        raise InputError("use_learned_positional_embeddings", "without rotary ones", "use both, or neither")
    return TransformerConfig(
        heads=theirs.get("num_attention_heads", 30),
        depth=theirs.get("num_layers", 30),
        head=theirs.get("attention_head_dim", 64),
        channels=theirs.get("in_channels", 16),
        out=theirs.get("out_channels", 16),
        text=theirs.get("text_embed_dim", 4096),
        tokens=theirs.get("max_text_seq_length", 226),
        time=time,
        offset=theirs.get("ofs_embed_dim") is not None,
        patch=theirs.get("patch_size", 2),
        patch_time=theirs.get("patch_size_t"),
        positions=positions,
        grid=(theirs.get("sample_height", 60), theirs.get("sample_width", 90)),
        frames=theirs.get("sample_frames", 49),
        pace=theirs.get("temporal_compression_ratio", 4),
        stretch=(
            theirs.get("spatial_interpolation_scale", 1.875),
            theirs.get("temporal_interpolation_scale", 1.0),
        ),
        bias=theirs.get("attention_bias", True),
        patch_bias=theirs.get("patch_bias", True),
        eps=theirs.get("norm_eps", 1e-5),
    )


def vae(theirs: Mapping[str, Any]) -> VaeConfig:
    """Of `vae/config.json`. Raises InputError naming a field whose value we do not support."""
    _supported(
        theirs,
        ("_class_name", "AutoencoderKLCogVideoX"),
        ("act_fn", "silu"),
        ("use_quant_conv", False),
        ("use_post_quant_conv", False),
        ("shift_factor", None),
        ("latents_mean", None),
        ("latents_std", None),
        ("out_channels", theirs.get("in_channels", 3)),
    )
    return VaeConfig(
        channels=theirs.get("in_channels", 3),
        latent=theirs.get("latent_channels", 16),
        widths=tuple(theirs.get("block_out_channels", (128, 256, 256, 512))),
        blocks=theirs.get("layers_per_block", 3),
        groups=theirs.get("norm_num_groups", 32),
        pace=int(theirs.get("temporal_compression_ratio", 4)),
        scale=theirs.get("scaling_factor", 1.15258426),
        divides=bool(theirs.get("invert_scale_latents", False)),
        size=(theirs.get("sample_height", 480), theirs.get("sample_width", 720)),
        eps=theirs.get("norm_eps", 1e-6),
    )


def sampler(theirs: Mapping[str, Any]) -> SamplerConfig:
    """Of `scheduler/scheduler_config.json`. Raises InputError naming a field whose value we do not support."""
    solver, said = theirs.get("_class_name", "CogVideoXDDIMScheduler"), theirs.get("prediction_type", "epsilon")
    for name, value, known in (("_class_name", solver, SOLVERS), ("prediction_type", said, PREDICTIONS)):
        if value not in known:
            raise InputError(f"scheduler's {name}", f"{value!r} is not supported", f"supported: {', '.join(known)}")
    _supported(theirs, ("beta_schedule", "scaled_linear"), ("trained_betas", None))
    return SamplerConfig(
        solver=SOLVERS[solver],
        low=theirs.get("beta_start", 0.00085),
        high=theirs.get("beta_end", 0.012),
        steps=theirs.get("num_train_timesteps", 1000),
        shift=theirs.get("snr_shift_scale", 3.0),
        zero_terminal=theirs.get("rescale_betas_zero_snr", False),
        spacing=theirs.get("timestep_spacing", "leading"),
        offset=theirs.get("steps_offset", 0),
        to_one=theirs.get("set_alpha_to_one", True),
        predicts=PREDICTIONS[said],
    )


def _supported(theirs: Mapping[str, Any], *fields: tuple[str, Any]) -> None:
    for name, supported in fields:
        if (value := theirs.get(name, supported)) != supported:
            raise InputError(name, f"{value!r} is not supported", f"supported: {supported!r}")
