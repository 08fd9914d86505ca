"""Wan 2.1's autoencoder from the layout of diffusers (`AutoencoderKLWan`): its config and its key table.

Notable: their norms inside attention have a gain of fewer axes than the others. Wan 2.2's autoencoder is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.wan.vae import MEAN, SPREAD, WanVae, WanVaeConfig
from soundstage.weights.keys import Row


def build(config: dict[str, Any]) -> nn.Module:
    """The autoencoder for a card's config."""
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return WanVae(WanVaeConfig(**plain))


def from_config(theirs: Mapping[str, Any]) -> WanVaeConfig:
    """Of `vae/config.json`. Raises InputError naming a field whose value we do not support."""
    for name, supported in (
        ("_class_name", "AutoencoderKLWan"),
        ("attn_scales", []),
        ("is_residual", False),
        ("patch_size", None),
        ("in_channels", 3),
        ("out_channels", 3),
    ):
        if (value := theirs.get(name, supported)) != supported:
            raise InputError(name, f"{value!r} is not supported", f"supported: {supported!r}, as Wan 2.1 has it")
    width = theirs.get("base_dim", 96)
    return WanVaeConfig(
        width=width,
        decoder_width=theirs.get("decoder_base_dim") or width,
        latent=theirs.get("z_dim", 16),
        multipliers=tuple(theirs.get("dim_mult", (1, 2, 4, 4))),
        halves_time=tuple(theirs.get("temperal_downsample", (False, True, True))),
        blocks=theirs.get("num_res_blocks", 2),
        mean=tuple(theirs.get("latents_mean", MEAN)),
        spread=tuple(theirs.get("latents_std", SPREAD)),
    )


def _gain(gamma: Tensor) -> Tensor:
    return gamma.reshape(-1, 1, 1, 1)


def _residual(theirs: str, ours: str) -> tuple[Row, ...]:
    return (
        (f"{theirs}norm1.gamma", f"{ours}norm.gain", _gain),
        (f"{theirs}conv1.*", f"{ours}rise.conv.*"),
        (f"{theirs}norm2.gamma", f"{ours}mid.gain", _gain),
        (f"{theirs}conv2.*", f"{ours}fall.conv.*"),
        (f"{theirs}conv_shortcut.*", f"{ours}skip.*"),
    )


def _middle(theirs: str, ours: str) -> tuple[Row, ...]:
    return (
        *_residual(f"{theirs}resnets.0.", f"{ours}first."),
        (f"{theirs}attentions.0.norm.gamma", f"{ours}attention.norm.gain", _gain),
        (f"{theirs}attentions.0.to_qkv.*", f"{ours}attention.qkv.*"),
        (f"{theirs}attentions.0.proj.*", f"{ours}attention.out.*"),
        *_residual(f"{theirs}resnets.1.", f"{ours}last."),
    )


def _ends(side: str) -> tuple[Row, ...]:
    return (
        (f"{side}.conv_in.*", f"{side}.stem.conv.*"),
        (f"{side}.norm_out.gamma", f"{side}.norm.gain", _gain),
        (f"{side}.conv_out.*", f"{side}.head.conv.*"),
    )


KEYS: tuple[Row, ...] = (
    *_ends("encoder"),
    *_ends("decoder"),
    *_residual("encoder.down_blocks.{}.", "encoder.layers.{}."),
    ("encoder.down_blocks.{}.resample.1.*", "encoder.layers.{}.space.*"),
    ("encoder.down_blocks.{}.time_conv.*", "encoder.layers.{}.time.*"),
    *_middle("encoder.mid_block.", "encoder.middle."),
    *_middle("decoder.mid_block.", "decoder.middle."),
    *_residual("decoder.up_blocks.{}.resnets.{}.", "decoder.layers.{}.residuals.{}."),
    ("decoder.up_blocks.{}.upsamplers.0.resample.1.*", "decoder.layers.{}.step.space.*"),
    ("decoder.up_blocks.{}.upsamplers.0.time_conv.*", "decoder.layers.{}.step.time.conv.*"),
    ("quant_conv.*", "into.*"),
    ("post_quant_conv.*", "back.*"),
)
IGNORED: tuple[str, ...] = ()
FULL: tuple[str, ...] = ("*",)
