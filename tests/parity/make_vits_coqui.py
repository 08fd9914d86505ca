"""Writes data/vits_coqui_*.safetensors: tiny VITS of Coqui's own code with random weights, what went in, what came out.

Run it where coqui-tts 0.28 is installed, with the folder to write to. Weights are rounded to float16 first, so that the
files are small and exact. Coqui fixes the predictors' widths; they are replaced by small ones of its own classes.
torchaudio, which Coqui imports but needs for resampling only, may be absent.
"""

from __future__ import annotations

import importlib.machinery
import json
import sys
import types
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

SYMBOLS, VOICE, TONGUE, WIDTH, HOP, BINS = 11, 4, 2, 8, 4, 9
COMMON: dict[str, Any] = {
    "num_chars": SYMBOLS, "out_channels": BINS, "hidden_channels": WIDTH, "hidden_channels_ffn_text_encoder": 12,
    "num_layers_text_encoder": 2, "num_layers_posterior_encoder": 2, "num_layers_flow": 1, "kernel_size_flow": 3,
    "kernel_size_posterior_encoder": 3, "upsample_rates_decoder": [2, 2], "upsample_kernel_sizes_decoder": [4, 4],
    "upsample_initial_channel_decoder": 8, "resblock_kernel_sizes_decoder": [3, 5], "spec_segment_size": 6,
    "use_language_embedding": True, "embedded_language_dim": TONGUE, "init_discriminator": False,
    "inference_noise_scale_dp": 0.5, "length_scale": 1.25,
}  # fmt: skip
NAMES = {"speakers": ["ada", "ben", "cleo"], "languages": ["de", "en"]}
CASES: dict[str, dict[str, Any]] = {
    "stochastic": {
        "use_speaker_embedding": True, "speaker_embedding_channels": VOICE,
        "resblock_dilation_sizes_decoder": [[1, 3, 5], [1, 2, 3]],
    },
    "deterministic": {
        "use_sdp": False, "use_d_vector_file": True, "d_vector_dim": VOICE, "resblock_type_decoder": "2",
        "resblock_dilation_sizes_decoder": [[1, 3], [1, 2]],
    },
}  # fmt: skip


def build(case: str) -> Any:
    """Coqui's model of a case."""
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.layers.glow_tts.duration_predictor import DurationPredictor
    from TTS.tts.layers.vits.stochastic_duration_predictor import StochasticDurationPredictor
    from TTS.tts.models.vits import Vits

    config = VitsConfig(model_args=VitsArgs(**{**COMMON, **CASES[case]}), **NAMES)
    config.audio.hop_length = HOP
    model = Vits(config)
    model.text_encoder.emb = torch.nn.Embedding(SYMBOLS, WIDTH)  # it was made for the default alphabet
    more = {"language_emb_dim": TONGUE, "cond_channels": VOICE}
    if case == "stochastic":
        model.duration_predictor = StochasticDurationPredictor(WIDTH, WIDTH, 3, 0.5, 2, **more)
    else:
        model.duration_predictor = DurationPredictor(WIDTH, 10, 3, 0.5, **more)
    return model.eval()


def fill(model: Any) -> None:
    """Random weights, such that durations stay short."""
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            plain = parameter.ndim > 1 and not name.endswith(("original0", "gamma", "beta", "translation", "log_scale"))
            spread = parameter[0].numel() ** -0.5 if plain else 0.3
            value = torch.randn(parameter.shape, generator=generator) * spread
            value += name.endswith(("original0", "gamma"))
            parameter.copy_(value.half().float())


def run(case: str) -> dict[str, torch.Tensor]:
    """Inputs, draws and outputs of speaking, of one training pass and of converting a voice."""
    model = build(case)
    fill(model)
    generator, randn, draws = torch.Generator().manual_seed(1), torch.randn, list[torch.Tensor]()

    def drawn(*shape: Any, **_: Any) -> torch.Tensor:
        draws.append(randn(*shape, generator=generator))
        return draws[-1]

    torch.randn, torch.randn_like = drawn, lambda x: drawn(x.shape)  # type: ignore[assignment]
    kept: dict[str, torch.Tensor] = {}
    ids, lengths = torch.randint(0, SYMBOLS, (2, 7), generator=generator), torch.tensor([7, 5])
    spectrogram, frames = randn(2, BINS, 12, generator=generator).abs(), torch.tensor([12, 9])
    tongue, vectors = torch.tensor([1, 0]), randn(2, VOICE, generator=generator)
    numbers = torch.tensor([2, 0])
    told = {"language_ids": tongue, "d_vectors": None, "speaker_ids": None}
    told |= {"speaker_ids": numbers} if case == "stochastic" else {"d_vectors": vectors}
    kept |= {"ids": ids, "lengths": lengths, "spectrogram": spectrogram, "frames": frames, "tongue": tongue}
    kept |= {"voice": numbers if case == "stochastic" else vectors}
    with torch.no_grad():
        spoken = model.inference(ids, {**told, "x_lengths": lengths, "durations": None})
        kept |= {f"spoken.draw{index}": draw for index, draw in enumerate(draws)}
        kept |= {"spoken.samples": spoken["model_outputs"][:, 0], "spoken.durations": spoken["durations"][:, 0]}
        draws.clear()
        trained = model(ids, lengths, spectrogram, frames, randn(2, 1, 12 * HOP, generator=generator), told)
        kept |= {f"trained.draw{index}": draw for index, draw in enumerate(draws)}
        kept |= {
            "trained.made": trained["model_outputs"][:, 0], "trained.starts": trained["slice_ids"],
            "trained.latent": trained["z_p"], "trained.prior_mean": trained["m_p"],
            "trained.log_deviation": trained["logs_q"], "trained.prior_log_deviation": trained["logs_p"],
            "trained.durations": trained["alignments"].sum(-1), "trained.duration_loss": trained["loss_duration"],
        }  # fmt: skip
        draws.clear()
        if case == "stochastic":
            converted, _, _ = model.inference_voice_conversion(spectrogram[:1], frames[:1], 2, 0)
            kept |= {"converted.draw0": draws[0], "converted.samples": converted[:, 0]}
    torch.randn = randn
    kept = {name: tensor.contiguous() for name, tensor in kept.items()}
    return kept | {f"weights.{name}": tensor.half() for name, tensor in model.state_dict().items()}


def main(folder: Path) -> None:
    """Both files."""
    if "torchaudio" not in sys.modules:
        stand_in = types.ModuleType("torchaudio")
        stand_in.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
        sys.modules["torchaudio"] = stand_in
    for case in CASES:
        config = {"model": "vits", "model_args": {**COMMON, **CASES[case]}, **NAMES}
        save_file(run(case), folder / f"vits_coqui_{case}.safetensors", metadata={"config": json.dumps(config)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
