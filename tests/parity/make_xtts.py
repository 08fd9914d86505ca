"""Writes data/xtts.safetensors: a tiny XTTS v2 of Coqui's own code with random weights, what went in, what came out.

Run it where coqui-tts 0.28 is installed, with the folder to write to. Weights are rounded to float16 first, so that the
file is small and exact. Coqui fixes the widths of the perceiver, of the decoder and of the speaker's network; they are
replaced by small ones of its own classes. torchaudio is imported without its compiled part, which nothing here needs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import types
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

WIDTH, VOICE, BANDS, STRIDE = 16, 6, 16, 16
ARGS: dict[str, Any] = {
    "gpt_max_audio_tokens": 40, "gpt_max_text_tokens": 40, "gpt_layers": 2, "gpt_n_model_channels": WIDTH,
    "gpt_n_heads": 2, "gpt_num_audio_tokens": 42, "gpt_start_audio_token": 40, "gpt_stop_audio_token": 41,
    "gpt_use_perceiver_resampler": True, "decoder_input_dim": WIDTH, "d_vector_dim": VOICE,
}  # fmt: skip
TEXT = "Mr. Bell has 2 cats & a dog."


def without_extension() -> None:
    """torchaudio's Python alone: its transforms are torch's own operations."""
    stand_in: Any = types.ModuleType("torchaudio._extension")
    stand_in._IS_TORCHAUDIO_EXT_AVAILABLE = stand_in._IS_ALIGN_AVAILABLE = False
    stand_in._IS_RIR_AVAILABLE = stand_in._IS_KALDI_AVAILABLE = False
    stand_in.fail_if_no_align = stand_in.fail_if_no_rir = lambda function: function
    stand_in._check_cuda_version = lambda: None
    sys.modules["torchaudio._extension"] = stand_in


def vocabulary() -> str:
    """A vocabulary of letters and a few pairs, in the layout of theirs."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    special = ["[STOP]", "[UNK]", "[SPACE]", *".,?'abcdefghijklmnopqrstuvwxyz", "th", "he", "an", "the"]
    ids = {token: index for index, token in enumerate([*special, "[START]", "[en]", "[de]"])}
    made = Tokenizer(models.BPE(ids, [("t", "h"), ("h", "e"), ("a", "n"), ("th", "e")], unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = ("[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]")
    made.add_special_tokens([AddedToken(mark, normalized=False) for mark in marks])
    return str(made.to_str())


def build(folder: Path) -> Any:
    """Coqui's model, in eval mode, with its tokenizer."""
    from TTS.encoder.models.resnet import ResNetSpeakerEncoder
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder
    from TTS.tts.layers.xtts.perceiver_encoder import PerceiverResampler
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    (folder / "vocab.json").write_text(vocabulary(), "utf-8")
    model = Xtts(XttsConfig(model_args=XttsArgs(**ARGS, gpt_code_stride_len=STRIDE)))
    model.tokenizer = VoiceBpeTokenizer(vocab_file=str(folder / "vocab.json"))
    model.init_models()
    model.gpt.conditioning_perceiver = PerceiverResampler(
        dim=WIDTH, depth=2, dim_context=WIDTH, num_latents=5, dim_head=4, heads=3, ff_mult=4
    )
    audio = {
        "fft_size": 512, "win_length": 400, "hop_length": 160, "sample_rate": 16000, "preemphasis": 0.97,
        "num_mels": BANDS,
    }  # fmt: skip
    model.hifigan_decoder = HifiDecoder(
        decoder_input_dim=WIDTH, d_vector_dim=VOICE, upsample_initial_channel_decoder=16, output_hop_length=4,
        ar_mel_length_compression=STRIDE, upsample_rates_decoder=[2, 2], upsample_kernel_sizes_decoder=[4, 4],
        resblock_kernel_sizes_decoder=[3, 5], resblock_dilation_sizes_decoder=[[1, 3, 5], [1, 2, 3]],
    )  # fmt: skip
    model.hifigan_decoder.speaker_encoder = ResNetSpeakerEncoder(
        input_dim=BANDS, proj_dim=VOICE, layers=[1, 2, 1, 1], num_filters=[8, 8, 16, 16], log_input=True,
        use_torch_spec=True, audio_config=audio,
    )  # fmt: skip
    return model


def fill(model: Any) -> None:
    """Random weights and statistics; those of layers that add to their input are smaller."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, tensor in sorted(model.state_dict().items()):
            if not tensor.is_floating_point() or "torch_spec" in name or "gpt_inference" in name:
                continue
            plain = tensor.ndim > 1 and not name.endswith("original0")
            value = torch.randn(tensor.shape, generator=generator) * (tensor[0].numel() ** -0.5 if plain else 0.2)
            if name.endswith(("running_var", "mel_stats")):
                value = value.abs() + 0.8
            if name.endswith(("original0", "gamma")) or (("norm" in name or "bn" in name) and name.endswith(".weight")):
                value += 1
            tensor.copy_(value.half().float())


def reference(seconds: float, rate: int) -> torch.Tensor:
    """Something voiced that rises, [1, N]."""
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * (130 + 40 * time) * n * time + n * n) / n for n in range(1, 30))
    return torch.tensor(0.2 * wave * (1.1 + np.sin(9 * time)), dtype=torch.float32)[None]


def run(model: Any) -> dict[str, torch.Tensor]:
    """Part by part, then text to samples, whole, at another speed and live; the likeliest code is always taken."""
    gpt, decoder = model.gpt, model.hifigan_decoder
    generator = torch.Generator().manual_seed(3)
    kept: dict[str, torch.Tensor] = {}
    with torch.inference_mode():
        sound = reference(1.5, 22_050)
        mels: list[torch.Tensor] = []
        hook = gpt.conditioning_encoder.register_forward_pre_hook(lambda _, given: mels.append(given[0].clone()))
        style = model.get_gpt_cond_latents(sound, 22_050, length=30, chunk_length=1)
        hook.remove()
        kept |= {"mel": mels[0][..., ::8], "style": style}
        kept["encoded"] = gpt.conditioning_encoder(mels[0])[..., ::8]
        sixteen = reference(0.6, 16_000)
        kept["features"] = decoder.speaker_encoder.torch_spec(sixteen)[..., ::4]
        speaker = decoder.speaker_encoder(sixteen.clone(), l2_norm=True)
        kept["speaker"] = speaker
        ids = torch.tensor(model.tokenizer.encode(TEXT.strip().lower(), lang="en"))[None]
        kept["ids"] = ids
        codes = torch.randint(0, 40, (1, 9), generator=generator)
        length = (torch.tensor([ids.shape[1]]), torch.tensor([9 * STRIDE]))
        kept |= {"codes": codes, "states": gpt(
            ids, length[0], codes, length[1], cond_latents=style, return_latent=True
        )}  # fmt: skip
        kept["logits"] = gpt.mel_head(kept["states"])
        latents = torch.randn(1, 7, WIDTH, generator=generator)
        kept |= {"latents": latents, "decoded": decoder(latents, g=speaker[..., None])}
        greedy = {"top_k": 1, "repetition_penalty": 10.0}
        for name, speed in (("whole", 1.0), ("fast", 1.3)):
            out = model.inference(TEXT, "en", style, speaker[..., None], speed=speed, **greedy)
            kept |= {f"{name}.samples": torch.tensor(out["wav"]), f"{name}.states": torch.tensor(out["gpt_latents"])}
        live = model.inference_stream(
            TEXT, "en", style, speaker[..., None], stream_chunk_size=5, overlap_wav_len=12, **greedy
        )
        pieces = [piece.clone() for piece in live]
        kept |= {"live.samples": torch.cat(pieces), "live.lengths": torch.tensor([len(piece) for piece in pieces])}
    return {name: tensor.contiguous().clone() for name, tensor in kept.items()}


def full_shapes() -> torch.Tensor:
    """Names and shapes of the whole v2, as compressed JSON."""
    from TTS.encoder.models.base_encoder import BaseEncoder
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    BaseEncoder.get_torch_mel_spectrogram_class = lambda *_: torch.nn.Identity()  # it looks at its numbers
    with torch.device("meta"):
        model = Xtts(XttsConfig(model_args=XttsArgs(
            gpt_use_perceiver_resampler=True, gpt_number_text_tokens=6681, gpt_start_text_token=261,
            gpt_stop_text_token=0, gpt_num_audio_tokens=1026, gpt_start_audio_token=1024, gpt_stop_audio_token=1025,
        )))  # fmt: skip
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    return torch.from_numpy(np.frombuffer(zlib.compress(json.dumps(shapes).encode(), 9), np.uint8).copy())


def main(folder: Path) -> None:
    """The file."""
    without_extension()
    with tempfile.TemporaryDirectory() as scratch:
        model = build(Path(scratch))
        fill(model)
        weights = {f"weights.{name}": tensor.half() if tensor.is_floating_point() else tensor
                   for name, tensor in model.state_dict().items() if "torch_spec" not in name}  # fmt: skip
        spectral = {
            f"weights.{name}": tensor[:0] for name, tensor in model.state_dict().items() if "torch_spec" in name
        }
        model.eval()
        kept = run(model)
        vocab = (Path(scratch) / "vocab.json").read_text("utf-8")
    config = {"model": "xtts", "model_args": ARGS}
    save_file(
        kept | weights | spectral | {"full": full_shapes()},
        folder / "xtts.safetensors",
        metadata={"config": json.dumps(config), "vocab": vocab, "text": TEXT},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
