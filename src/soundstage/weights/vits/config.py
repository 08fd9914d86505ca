"""Our config for the config.json of transformers' VITS and of Coqui's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundstage.codec.hifigan import HifiganConfig
from soundstage.errors import InputError
from soundstage.models.vits import DurationConfig, VitsConfig, WavenetConfig


def from_config(theirs: Mapping[str, Any]) -> VitsConfig:
    """Our config for a `config.json` of transformers (`model_type`) or of Coqui (`model_args`).

    Raises InputError naming the first field that we do not support.
    """
    if "model_args" in theirs:
        return _from_coqui(theirs)
    if theirs.get("model_type") == "vits":
        return _from_transformers(theirs)
    raise InputError("config", "it is neither of transformers' VITS nor of Coqui's", "give that model's config.json")


def _from_transformers(theirs: Mapping[str, Any]) -> VitsConfig:
    def get(name: str, default: Any) -> Any:
        return theirs.get(name, default)

    _only(theirs, hidden_act=("relu",), use_bias=(True,), depth_separable_channels=(2,))
    _odd(theirs, "ffn_kernel_size", "duration_predictor_kernel_size", "wavenet_kernel_size", "resblock_kernel_sizes")
    width, latent, speaker = get("hidden_size", 192), get("flow_size", 192), get("speaker_embedding_size", 0)
    speakers, stochastic = get("num_speakers", 1), get("use_stochastic_duration_prediction", True)
    if (speakers > 1) != (speaker > 0):
        raise InputError("num_speakers", f"{speakers} with embeddings of {speaker}", "both or neither make many voices")
    wavenet = {"kernel": get("wavenet_kernel_size", 5), "dilation": get("wavenet_dilation_rate", 1)}
    decoder = {
        "ratios": get("upsample_rates", (8, 8, 2, 2)), "ratio_kernels": get("upsample_kernel_sizes", (16, 16, 4, 4)),
        "kernels": get("resblock_kernel_sizes", (3, 7, 11)),
        "dilations": get("resblock_dilation_sizes", ((1, 3, 5),) * 3),
    }  # fmt: skip
    return VitsConfig(
        symbols=get("vocab_size", 38), rate=get("sampling_rate", 16_000), bins=get("spectrogram_bins", 513),
        width=width, hidden=get("ffn_dim", 768), depth=get("num_hidden_layers", 6),
        heads=get("num_attention_heads", 2), window=get("window_size", 4) or None, kernel=get("ffn_kernel_size", 3),
        eps=get("layer_norm_eps", 1e-5),
        decoder=_hifigan(
            decoder, latent=latent, width=get("upsample_initial_channel", 512), condition=speaker,
            slope=get("leaky_relu_slope", 0.1),
        ),
        flows=get("prior_encoder_num_flows", 4),
        flow=WavenetConfig(layers=get("prior_encoder_num_wavenet_layers", 4), **wavenet),
        posterior=WavenetConfig(layers=get("posterior_encoder_num_wavenet_layers", 16), **wavenet),
        duration=DurationConfig(
            stochastic=stochastic, width=width if stochastic else get("duration_predictor_filter_channels", 256),
            kernel=get("duration_predictor_kernel_size", 3), flows=get("duration_predictor_num_flows", 4),
            depth=get("depth_separable_num_layers", 3), bins=get("duration_predictor_flow_bins", 10),
            bound=get("duration_predictor_tail_bound", 5.0), eps=get("layer_norm_eps", 1e-5),
        ),
        speakers=speakers if speaker else 0, speaker_width=speaker, noise=get("noise_scale", 0.667),
        duration_noise=get("noise_scale_duration", 0.8), speed=get("speaking_rate", 1.0),
    )  # fmt: skip


def _from_coqui(theirs: Mapping[str, Any]) -> VitsConfig:
    args = theirs["model_args"]

    def get(name: str, default: Any) -> Any:
        return args.get(name, default)

    _only(args, encoder_sample_rate=(None,), resblock_type_decoder=("1", "2"), max_inference_len=(None,))
    _odd(args, "kernel_size_text_encoder", "kernel_size_flow", "kernel_size_posterior_encoder")
    _odd(args, "resblock_kernel_sizes_decoder")
    stochastic, told = get("use_sdp", True), get("condition_dp_on_speaker", True)
    if not stochastic and not told:
        raise InputError("condition_dp_on_speaker", "off, with a predictor that was built for it", "set it to true")
    vectors = get("use_d_vector_file", False)
    speakers = _count(theirs, "speakers") if get("use_speaker_embedding", False) and not vectors else 0
    speaker = get("d_vector_dim", 0) if vectors else get("speaker_embedding_channels", 256) if speakers else 0
    languages = _count(theirs, "languages") if get("use_language_embedding", False) else 0
    audio, width = theirs.get("audio", {}), get("hidden_channels", 192)
    decoder = {
        "ratios": get("upsample_rates_decoder", (8, 8, 2, 2)),
        "ratio_kernels": get("upsample_kernel_sizes_decoder", (16, 16, 4, 4)),
        "kernels": get("resblock_kernel_sizes_decoder", (3, 7, 11)),
        "dilations": get("resblock_dilation_sizes_decoder", ((1, 3, 5),) * 3),
    }
    return VitsConfig(
        symbols=get("num_chars", 100), rate=audio.get("sample_rate", 22_050), bins=get("out_channels", 513),
        width=width, hidden=get("hidden_channels_ffn_text_encoder", 768),
        depth=get("num_layers_text_encoder", 6), heads=get("num_heads_text_encoder", 2), window=4,
        kernel=get("kernel_size_text_encoder", 3),
        decoder=_hifigan(
            decoder, latent=width, width=get("upsample_initial_channel_decoder", 512), condition=speaker,
            paired=get("resblock_type_decoder", "1") == "1",
        ),
        flows=4,
        flow=WavenetConfig(
            layers=get("num_layers_flow", 4), kernel=get("kernel_size_flow", 5), dilation=get("dilation_rate_flow", 1)
        ),
        posterior=WavenetConfig(
            layers=get("num_layers_posterior_encoder", 16), kernel=get("kernel_size_posterior_encoder", 5),
            dilation=get("dilation_rate_posterior_encoder", 1),
        ),
        duration=DurationConfig(
            stochastic=stochastic, width=192 if stochastic else 256, eps=1e-5 if stochastic else 1e-4, speaker=told
        ),
        speakers=speakers, speaker_width=speaker, languages=languages,
        language_width=get("embedded_language_dim", 4) if languages else 0,
        noise=get("inference_noise_scale", 0.667), duration_noise=get("inference_noise_scale_dp", 1.0),
        speed=1 / get("length_scale", 1.0),
    )  # fmt: skip


def _hifigan(shape: Mapping[str, Any], **more: Any) -> HifiganConfig:
    ratios, kernels = tuple(shape["ratios"]), tuple(shape["ratio_kernels"])
    if len(ratios) != len(kernels) or any(
        kernel < ratio or (kernel - ratio) % 2 for ratio, kernel in zip(ratios, kernels, strict=True)
    ):
        raise InputError("upsample_kernel_sizes", f"{kernels} over rates {ratios}", "each must exceed its rate evenly")
    dilations = tuple(tuple(dilation) for dilation in shape["dilations"])
    return HifiganConfig(
        ratios=ratios, ratio_kernels=kernels, kernels=tuple(shape["kernels"]), dilations=dilations, **more
    )


def _count(theirs: Mapping[str, Any], what: str) -> int:
    older = theirs["model_args"].get(f"num_{what}") or theirs.get(f"num_{what}")
    count = len(theirs.get(what) or ()) or older
    if not count:
        raise InputError(f"num_{what}", f"the config does not say how many {what} there are", "add it to model_args")
    return int(count)


def _only(theirs: Mapping[str, Any], **known: tuple[Any, ...]) -> None:
    for name, values in known.items():
        if name in theirs and theirs[name] not in values:
            raise InputError(name, f"{theirs[name]!r} is not supported", f"we have {' and '.join(map(str, values))}")


def _odd(theirs: Mapping[str, Any], *names: str) -> None:
    for name in names:
        sizes = theirs.get(name, 1)
        if any(size % 2 == 0 for size in (sizes if isinstance(sizes, (list, tuple)) else (sizes,))):
            raise InputError(name, f"{sizes} is even", "only kernels with a centre are supported")
